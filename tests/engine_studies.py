"""Small studies for the tests of the engine, importable by worker processes."""

import time
from dataclasses import replace

import numpy as np

from mcsim.distributions import Categorical, categorical, constant, normal, uniform
from mcsim.study import Context, Dim, Input, Layout, Model, Option, Output, Parameter, Study

KIND = Dim("kind", ("a", "b", "c"))
AGE = Dim("age", (0, 1, 2, 3))
# Age 0 of kind a is computed once and shown for kind b; kind c has no meaning at ages 2 and 3.
LAYOUT = Layout(np.array([[0, 1, 2, 3], [0, 4, 5, 6], [7, 8, -1, -1]]))


def product(inputs, context: Context):
    x, y = inputs["x"], inputs["y"]
    steps = np.arange(9.0)
    return {"z": x * y, "steps": x[:, np.newaxis] * steps - y[:, np.newaxis], "detail": np.stack([x, y, x - y], 1)}


def fails_sometimes(inputs, context: Context):
    x, y = inputs["x"], inputs["y"]
    if ((x > 0.5) & (x < 0.51)).any():
        raise ArithmeticError("x in the gap")
    return {**product(inputs, context), "z": np.where(x > 0.97, np.nan, x * y)}


def sleeps(inputs, context: Context):
    time.sleep(30.0 if (inputs["x"] > 0.9).any() else 0.002)
    return product(inputs, context)


def slow(inputs, context: Context):
    time.sleep(0.002)
    return product(inputs, context)


def matrix_product(inputs, context: Context):
    """A model whose last bits depend on how many rows a call has."""
    columns = np.column_stack([inputs["x"], inputs["y"]])
    weights = np.sin(np.arange(2.0 * 9.0)).reshape(2, 9)
    return {**product(inputs, context), "steps": columns @ weights}


def wrong_shape(inputs, context: Context):
    return {**product(inputs, context), "z": np.ones((len(context.draws), 2))}


def forgets(inputs, context: Context):
    return {"z": inputs["x"]}


def named_form(inputs, context: Context):
    sign = {"plus": 1.0, "minus": -1.0}[context.options["form"]]
    return {**product(inputs, context), "z": sign * inputs["x"]}


OUTPUTS = (
    Output("z", "km2", "product", rank=True),
    Output("steps", "km", "steps", (KIND, AGE), LAYOUT),
    Output("detail", "km", "detail that is kept as bands", (KIND,), keep=False),
)


def small(evaluate=product, *, name: str = "small", outputs=OUTPUTS) -> Study:
    parameters = (
        Parameter("x", "km", "a length"),
        Parameter("y", "km", "another length"),
        Parameter("k", "1", "fixed"),
    )
    options = (Option("form", "plus", ("plus", "minus")),)
    model = Model(name, parameters, options, outputs, evaluate, lives=True)
    inputs = (
        Input("x", "km", "a length", uniform(0, 1), "x"),
        Input("y", "km", "another length", normal(1, 0.1), "y"),
        Input("k", "1", "fixed", constant(2.0), "k"),
    )
    return Study(name, "Small", "What is the product?", "1", model, inputs, {"form": "plus"})


def with_form(study: Study) -> Study:
    """Return the study with its option uncertain: plus three times as likely as minus."""
    choice: Categorical = categorical(["plus", "minus"], [0.75, 0.25])
    item = Input("form", "", "sign", choice, "model form")
    return replace(study, inputs=(*study.inputs, item))


BANDS = ("n", "mean", "sd", "quantiles")


def _same(mine, theirs) -> bool:
    return np.array_equal(mine, theirs, equal_nan=True)


def unlike(result, other) -> list[str]:
    """Return what differs in any bit between two results."""
    found = [] if np.array_equal(result.draw, other.draw) else ["draw"]
    found += [name for name in result.inputs if not np.array_equal(result.inputs[name], other.inputs[name])]
    found += [name for name in result.kept if not _same(result.kept[name], other.kept[name])]
    for name, band in result.bands.items():
        theirs = other.bands[name]
        same = [getattr(band, item).tobytes() == getattr(theirs, item).tobytes() for item in BANDS]
        if band.draws != theirs.draws or not all(same):
            found.append(f"bands of {name}")
    return found
