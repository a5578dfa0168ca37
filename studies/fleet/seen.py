"""What others see of packs and of imported EVs: capacity lost by age, of either design, and EVs left since they came.

Both are functions of the laws of packs and vehicles alone, which the flows follow too, and can therefore be held
against readings of batteries and against a register.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mcsim.kernels.cohorts.records import NEW, ORIGINS, SECOND_HAND
from mcsim.kernels.laws.health import fill_state_of_health
from mcsim.studies.fleet import failures
from mcsim.study import Dim, FloatArray, OptionValue, Output, Stage
from mcsim.study.declared import Context
from mcsim.study.stages import Found, Results

LOSS, LEFT = "pack_capacity_loss", "imported_ev_survival"
AGES = tuple(0.5 * step for step in range(2, 31))  # of packs, 1 to 15 years
SINCE = tuple(0.5 * step for step in range(41))  # entry, 0 to 20 years
SHIFTED = 0  # the knee's reading, a place in `mcsim.kernels.laws.health.KNEES`
OUTPUTS = (
    Output(
        LOSS,
        "share",
        "median capacity loss of packs by age: of the design new in {host}, there, and of imports', in {home}",
        (Dim("origin", ORIGINS), Dim("pack_age", AGES)),
        keep=False,
    ),
    Output(
        LEFT,
        "share",
        "imported EVs with a working pack left, of those that came at the mean age of EVs",
        (Dim("years_since_import", SINCE),),
        keep=False,
    ),
)
_VEHICLES = (
    "host_survival_shape", "host_survival_scale", "second_hand_life_multiplier", "second_hand_ev_life_multiplier",
    "ev_export_age",
)  # fmt: skip


def reads(law: str) -> tuple[str, ...]:
    """Return what `seen` reads under a law of packs."""
    both = ("host_climate_multiplier", "host_design_multiplier", "annual_degradation", "knee_age", "knee_sharpness")
    return tuple(dict.fromkeys((*failures.READS[law], *_VEHICLES, *both)))


def capacity_loss(inputs: Mapping[str, FloatArray], law: str) -> FloatArray:
    """Return the median loss of either design in the country where it is new, (n, origins, ages).

    Under the law of the source report, which has one climate and one design, both are its own.
    """
    one, ages = np.ones(len(inputs["knee_age"])), np.array(AGES)
    if law == "capacity_cdf":
        rate, knee, growth = inputs["report_annual_degradation"], inputs["report_knee_age"], one
        factors = {NEW: one, SECOND_HAND: one}
    else:
        rate, knee, growth = (inputs[name] for name in ("annual_degradation", "knee_age", "knee_sharpness"))
        factors = {NEW: inputs["host_climate_multiplier"] * inputs["host_design_multiplier"], SECOND_HAND: one}
    found = np.empty((len(one), len(ORIGINS), len(ages)))
    for origin, factor in factors.items():
        health, yearly = np.empty((len(one), len(ages))), np.ascontiguousarray(rate * factor)
        knees, growths = np.ascontiguousarray(knee), np.ascontiguousarray(growth)
        fill_state_of_health(ages, yearly, one, knees, one, growths, SHIFTED, 0.0, health)
        found[:, origin] = 1.0 - health
    return found


def left(inputs: Mapping[str, FloatArray], law: str, renewed: bool) -> FloatArray:
    """Return the share of imported EVs in use by years since entry, (n, years).

    A vehicle lives on by the host's curve; its first pack, which worked at the border, fails as in the kernels: no
    earlier than where the host's law reaches the quantile that it is known to have, and by defects.
    """
    lives = failures.LIVES[law](inputs, np.full(len(inputs["knee_age"]), 0.5))
    t, shape, age = np.array(SINCE), lives.shape[:, None], inputs["ev_export_age"][:, None]
    worked = np.exp(-((age / lives.home_end[:, None]) ** shape))
    known = np.minimum(np.exp(-((age / lives.abroad[:, None]) ** shape)), worked)
    packs = np.minimum(np.exp(-(((age + t) / lives.abroad[:, None]) ** shape)), known) / np.maximum(known, 1e-300)
    packs *= np.exp(-lives.defects[:, None] * t)
    multiplier = inputs["second_hand_life_multiplier"] * inputs["second_hand_ev_life_multiplier"]
    start = np.zeros_like(age) if renewed else age
    curve, scale = inputs["host_survival_shape"][:, None], inputs["host_survival_scale"][:, None]
    end = start + t / multiplier[:, None]
    return np.asarray(packs * np.exp((start / scale) ** curve - (end / scale) ** curve), np.float64)


def seen(inputs: Mapping[str, FloatArray], found: Found, context: Context) -> Results:
    """Return both outputs, as a step of the fleet."""
    law = str(context.options["battery_law"])
    drawn = {name: np.asarray(inputs[name], np.float64) for name in reads(law)}
    results = {LOSS: capacity_loss(drawn, law), LEFT: left(drawn, law, context.options["import_clock"] == "renewed")}
    return {name: values for name, values in results.items() if context.wanted is None or name in context.wanted}


def stage(options: Mapping[str, OptionValue]) -> Stage:
    """Return the step under some options."""
    return Stage("seen", seen, reads(str(options["battery_law"])), gives=(LOSS, LEFT))
