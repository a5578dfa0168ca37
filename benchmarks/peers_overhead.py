"""What a tool adds to each draw of a model that costs nothing: z = x y, x uniform on 0 to 1, y normal (1, 0.1)."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr
from io import StringIO
from typing import Any

import numpy as np
from peers import Missing, agree, best, need, show, told

import mcsim
from mcsim.distributions import normal, uniform
from mcsim.study import Input, Model, Study

Maker = Callable[[], tuple[str, Callable[[int], Any]]]


def product(x: Any, y: Any) -> Any:
    """Return the product of two inputs: a model that costs nothing."""
    return x * y


def study(per_draw: bool) -> Study:
    """Return the study of `product`."""
    model = Model.from_function(product, inputs={"x": "1", "y": "1"}, outputs={"z": "1"}, per_draw=per_draw)
    inputs = (Input("x", "1", "x", uniform(0, 1), "x"), Input("y", "1", "y", normal(1, 0.1), "y"))
    return Study("product", "Product", "?", "1", model, inputs, {})


def ours(per_draw: bool) -> tuple[str, Callable[[int], Any]]:
    """Return mcsim, which also finds bands and failures."""
    asked = study(per_draw)
    return told("mcsim"), lambda n: mcsim.run(asked, n, jobs=1).values("z")


def openturns(per_draw: bool) -> tuple[str, Callable[[int], Any]]:
    """Return OpenTURNS, the model given for one point or for a sample."""
    ot = need("openturns")
    law = ot.JointDistribution([ot.Uniform(0, 1), ot.Normal(1, 0.1)])

    def sample(points: Any) -> Any:
        found = np.asarray(points)
        return (found[:, 0] * found[:, 1])[:, np.newaxis]

    alone = ot.PythonFunction(2, 1, lambda point: [point[0] * point[1]])
    many = ot.PythonFunction(2, 1, func_sample=sample)
    return told("openturns"), lambda n: np.asarray((alone if per_draw else many)(law.getSample(n)))


def chaospy(per_draw: bool) -> tuple[str, Callable[[int], Any]]:
    """Return chaospy, which samples and leaves the loop to its user."""
    peer = need("chaospy")
    law = peer.J(peer.Uniform(0, 1), peer.Normal(1, 0.1))

    def call(n: int) -> Any:
        points = law.sample(n)
        return np.array([product(*point) for point in points.T]) if per_draw else product(*points)

    return told("chaospy"), call


def monaco(per_draw: bool) -> tuple[str, Callable[[int], Any]]:
    """Return monaco, whose cases are objects."""
    peer = need("monaco")
    from scipy.stats import norm
    from scipy.stats import uniform as flat

    functions = {
        "preprocess": lambda case: (case.invals["x"].val, case.invals["y"].val),
        "run": lambda x, y: (product(x, y),),
        "postprocess": lambda case, z: case.addOutVal("z", z),
    }

    def call(n: int) -> Any:
        quiet = {"verbose": False, "debug": False, "savecasedata": False, "savesimdata": False, "singlethreaded": True}
        sim = peer.Sim(name="p", ndraws=n, fcns=functions, firstcaseismedian=False, seed=1, **quiet)
        sim.addInVar(name="x", dist=flat, distkwargs={"loc": 0, "scale": 1})
        sim.addInVar(name="y", dist=norm, distkwargs={"loc": 1, "scale": 0.1})
        sim.runSim()
        return np.array(sim.outvars["z"].nums)

    return told("monaco"), call


def workbench(per_draw: bool) -> tuple[str, Callable[[int], Any]]:
    """Return the EMA workbench, which samples uniform ranges only: y uniform with the mean and deviation of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = need("ema_workbench")
        logging.disable(logging.WARNING)
    half = 0.1 * 3.0**0.5
    model = peer.Model("p", function=lambda x=0.0, y=0.0: {"z": product(x, y)})
    model.uncertainties = [peer.RealParameter("x", 0.0, 1.0), peer.RealParameter("y", 1.0 - half, 1.0 + half)]
    model.outcomes = [peer.ScalarOutcome("z")]
    quiet = peer.em_framework.evaluators.SequentialEvaluator

    def call(n: int) -> Any:
        # It draws a bar of progress.
        with warnings.catch_warnings(), redirect_stderr(StringIO()), quiet(model) as evaluator:
            warnings.simplefilter("ignore")
            return evaluator.perform_experiments(scenarios=n)[1]["z"]

    return told("ema_workbench"), call


def overhead() -> None:
    """Print both tables."""
    for title, per_draw, makers, sizes in (
        ("plain Python model", True, (openturns, chaospy, monaco, workbench), (20_000, 1_000)),
        ("vectorised model", False, (openturns, chaospy), (200_000, 200_000)),
    ):
        print(f"overhead per draw, {title}, one worker")
        rows = [("", "us per draw", "ours adds less", "mean of z, 0.5 expected")]
        name, mine = ours(per_draw)
        least = [best(lambda mine=mine, n=sizes[0]: mine(n), rounds=5)[0] / sizes[0]]
        rows.append((name, f"{least[0] * 1e6:.2f}", "1", f"{_checked(name, mine(sizes[0])):.3f}"))
        for make in makers:
            try:
                name, call = make(per_draw)
            except Missing as error:
                print(f"  {error}")
                continue
            n = sizes[1] if make in (monaco, workbench) else sizes[0]
            mean = _checked(name, call(n))
            seconds = best(lambda call=call, n=n: call(n), rounds=3)[0] / n
            rows.append((name, f"{seconds * 1e6:.2f}", f"{seconds / least[0]:.1f} x", f"{mean:.3f}"))
        show(rows)


def _checked(name: str, values: Any) -> float:
    values = np.asarray(values, float).ravel()
    # Within five standard errors of the mean.
    agree(name, [values.mean(), values.std()], [0.5, np.sqrt(1.01 / 3 - 0.25)], 3.0 / np.sqrt(len(values)))
    return float(values.mean())
