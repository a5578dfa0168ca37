"""The study whose outputs the examples of docs/figures.md name: packs that retire in a made-up country."""

from dataclasses import replace

import numpy as np

import mcsim
from mcsim.study.labels import Labels
from mcsim.study.observation import Calibration, observation_of
from mcsim.study.study import Study

YEAR = mcsim.Dim("year", (2030, 2040, 2050))
ORIGIN = mcsim.Dim("origin", ("new", "second-hand"))
MATERIAL = mcsim.Dim("material", ("lithium", "nickel", "copper"))
CONTENT = np.array([[0.6, 1.4, 0.9], [0.5, 0.7, 1.1]])  # t per 100 packs, by origin and material
BOUGHT = np.array([0.2, 1.0, 1.9])  # packs that retire, in 100, by year
CREDIT = -0.3  # copper that comes back from those brought over, as a part of their copper


def evaluate(inputs, context):
    """Return the mass that retires by year, origin and material, its total, a target and a peak."""
    column = (slice(None), None, None, None)
    packs = BOUGHT[None, :, None, None] * inputs["packs"][column]
    arrived = np.stack([np.ones_like(inputs["brought"]), inputs["brought"]], axis=1)[:, None, :, None]
    mass = packs * arrived * CONTENT * (1.0 + 0.1 * inputs["nickel"][column] * np.array([0.0, 1.0, 0.0]))
    mass[:, 2, 1, 2] *= CREDIT
    total = mass.sum(axis=(2, 3))
    return {"mass": mass, "total": total, "met": (total < 6.0).astype(float), "peak": total.max(axis=1)}


def study(figures=()) -> Study:
    """Return the study with figures that its report shall draw, as ``[[report.figures]]`` writes them."""
    outputs = (
        mcsim.Output("mass", "t", "mass that retires", (YEAR, ORIGIN, MATERIAL), rank=True),
        mcsim.Output("total", "t", "mass of all materials", (YEAR,), rank=True),
        mcsim.Output("met", "indicator", "less than 6 t", (YEAR,)),
        mcsim.Output("peak", "t", "largest mass of a year"),
    )
    said = {
        "packs": ("100 packs", "packs that retire", mcsim.lognormal(1.0, 0.25)),
        "brought": ("1", "packs brought over, for each sold new", mcsim.triangular(0.1, 0.4, 1.0)),
        "nickel": ("1", "nickel in later packs", mcsim.uniform(-1.0, 1.0)),
    }
    parameters = tuple(
        mcsim.Parameter(name, unit, meaning, default=default) for name, (unit, meaning, default) in said.items()
    )
    model = mcsim.Model("retired packs", parameters, (), outputs, evaluate)
    known = {output.name: output for output in outputs}
    seen = {"output": "mass@2030,lithium", "total": True, "kind": "observed", "source": "a count"}
    seen |= {"value": 0.17, "sd": 0.02, "scope": "all that was counted"}
    observed = observation_of(seen, known.__getitem__, "gallery")
    tiles = {"material": {"lithium": (0, 0, "Li"), "nickel": (0, 1, "Ni"), "copper": (1, 1, "Cu")}}
    return replace(
        mcsim.study_of(model, title="Packs that retire (made up)"),
        figures=tuple(figures),
        calibration=Calibration((observed,)),
        labels=Labels(tiles=tiles),
        headline=("total", "met"),
    )
