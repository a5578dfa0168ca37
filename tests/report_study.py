"""A small study for the report: the one whose outputs the examples in docs/figures.md name."""

import numpy as np

from mcsim.distributions import uniform
from mcsim.ranking.ranking import Ranking
from mcsim.study import Dim, Input, Model, Output, Parameter, Study
from mcsim.study.labels import Labels
from mcsim.study.observation import Calibration, observation_of

YEARS = (2030, 2040, 2050)
YEAR = Dim("year", YEARS)
ORIGIN = Dim("origin", ("new", "second-hand"))
MATERIAL = Dim("material", ("lithium", "nickel", "copper"))
SIZES = np.array([1.0, 2.0, 3.0])[:, np.newaxis, np.newaxis] * np.array([[1.0, 0.5, -0.2], [0.4, 2.0, 1.0]])


def evaluate(inputs, context):
    mass = (inputs["a"] + 0.2 * inputs["b"])[:, np.newaxis, np.newaxis, np.newaxis] * SIZES
    total = mass.sum(axis=(2, 3))
    return {"mass": mass, "total": total, "met": (total > 2).astype(float), "peak": total.max(axis=1)}


# Where the labels of a dim stand on a map.
LABELS = Labels(tiles={"material": {"lithium": (0, 0, "Li"), "nickel": (0, 1, "Ni"), "copper": (1, 1, "Cu")}})
OUTPUTS = (
    Output("mass", "t", "mass that retires", (YEAR, ORIGIN, MATERIAL), rank=True),
    Output("total", "t", "mass of all parts", (YEAR,), rank=True),
    Output("met", "indicator", "target met", (YEAR,)),
    Output("peak", "t", "largest mass of a year"),
)


def seen(year, value, **more):
    """An observation of the lithium of both origins, as a study file holds it."""
    what = {"output": f"mass@{year},lithium", "total": True, "kind": "observed", "source": "a count", "sd": 0.1}
    return what | {"value": value} | more


def report_study(
    figures=(), outputs=OUTPUTS, run=evaluate, headline=("total", "met"), names=("a", "b"), observations=None
):
    """Return the study with the figures that it asks for."""
    parameters = tuple(Parameter(name, "t", f"what matters: {name}") for name in names)
    model = Model("toy", parameters, (), tuple(outputs), run)
    inputs = tuple(Input(name, "t", name, uniform(0, 1), name, "assumption <&>") for name in names)
    known = {output.name: output for output in outputs}
    observed = tuple(observation_of(entry, known.__getitem__, "toy") for entry in observations or ())
    return Study(
        "toy", "Toy & title", "How much?", "1", model, inputs, {},
        headline=headline, figures=tuple(figures), calibration=Calibration(observed), labels=LABELS,
    )  # fmt: skip


def report_ranking(outputs=OUTPUTS):
    """Return a ranking of two inputs, the same for every element."""
    scores = {}
    for output in (output for output in outputs if output.rank):
        shape = (2, *output.packed_shape)
        first = np.broadcast_to(np.reshape([0.9, 0.05], (2, *[1] * len(output.packed_shape))), shape)
        low, high, verdict = first - 0.1, first + 0.1, np.full(shape, 2.0)
        scores[output.name] = {"S1": first, "S1_low": low, "S1_high": high, "verdict": verdict}
        scores[output.name] |= {"ST": first, "ST_low": low, "ST_high": high}
    ranked = tuple(output for output in outputs if output.rank)
    return Ranking("toy", "sobol", ("a", "b"), ranked, scores, 64)
