"""The ageing law of packs by itself, as fleets in the field show it: what other studies read, held against evidence.

Median loss, spread between vehicles and failures are those of the option ``battery_law = first_passage``: packs of one
fleet lose capacity at rates whose logarithms spread as the logarithms of a Weibull of lives do (`life_shape`), and a
pack is replaced where its loss reaches what a warranty allows, or where it has a defect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import ndtri

from mcsim.kernels.laws.health import fill_age_at_loss, fill_state_of_health
from mcsim.studies.common.ageing import AGEING, ageing_input, life_shape
from mcsim.study import Context, Dim, FloatArray, Model, Output, Parameter

AGES = tuple(0.5 * step for step in range(2, 31))  # 1 to 15 years
LN_2 = float(np.log(2.0))
SHIFTED = 0  # the knee's reading, a place in `mcsim.kernels.laws.health.KNEES`
PARAMETERS = (
    ageing_input("annual_degradation", 0.0, np.inf),
    ageing_input("knee_age", 0.5, 100.0),
    ageing_input("knee_sharpness", 0.0, 5.0),
    ageing_input("warranty_loss", 0.02, 0.95),
    Parameter("pack_life_shape", "-", "Weibull shape of pack lives within the fleet (beta)", (0.5, 30.0), AGEING),
    ageing_input("defect_hazard", 0.0, np.inf),
)


def model(tables: Mapping[str, Any]) -> Model:
    """Return the law as a model; it reads no tables."""
    age = Dim("age", AGES)
    outputs = (
        Output("capacity_loss", "share", "median capacity loss of packs in use", (age,), rank=True),
        Output("replaced_share", "share", "packs replaced by an age, of those sold", (age,), rank=True),
    )
    return Model("battery_law", PARAMETERS, (), outputs, evaluate)


def evaluate(inputs: Mapping[str, FloatArray], context: Context) -> dict[str, FloatArray]:
    """Return what a fleet shows at every age."""
    rate, knee, growth, shape = (
        np.ascontiguousarray(inputs[name])
        for name in ("annual_degradation", "knee_age", "knee_sharpness", "pack_life_shape")
    )
    one, ages = np.ones_like(rate), np.array(AGES)
    health, median_life = np.empty((len(rate), len(ages))), np.empty_like(rate)
    fill_state_of_health(ages, rate, one, knee, one, growth, SHIFTED, 0.0, health)
    fill_age_at_loss(np.ascontiguousarray(inputs["warranty_loss"]), rate, one, knee, one, growth, SHIFTED, median_life)
    # Weibull: median = scale (ln 2)^(1 / shape), so the cumulated hazard at age a is ln 2 (a / median)^shape.
    worn = LN_2 * (ages / median_life[:, np.newaxis]) ** shape[:, np.newaxis]
    replaced = -np.expm1(-worn - inputs["defect_hazard"][:, np.newaxis] * ages)
    # Who looks at cars in use sees the packs that lose least: those that wore out are gone from the upper tail of
    # rates, and the median of the rest is the quantile (1 - F) / 2 of all. A defect takes packs of any rate. The loss
    # at an age is proportional to the rate.
    spread = np.array([life_shape(float(k)) for k in shape])  # pi / (sqrt(6) k) is its own inverse
    quantile = ndtri(0.5 * np.exp(-worn))
    loss = (1.0 - health) * np.exp(spread[:, np.newaxis] * quantile)
    return {"capacity_loss": loss, "replaced_share": replaced}
