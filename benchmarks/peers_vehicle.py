"""Draws of a vehicle with its impacts: carculator, of which NumPy 2 is no part, in an environment of its own."""

from __future__ import annotations

import json
import subprocess

import numpy as np
from peers import best, told
from vehicle import drawn

from mcsim.study import Context
from mcsim.study.load import load

# As its documentation has it: stochastic inputs, one battery electric car of medium size, impacts of all categories.
CODE = """
import json, time, warnings
warnings.simplefilter("ignore")
import carculator
from importlib.metadata import version
from carculator import CarInputParameters, CarModel, InventoryCar, fill_xarray_from_input_parameters
def draws(n):
    start = time.perf_counter()
    inputs = CarInputParameters()
    inputs.stochastic(n)
    scope = {"powertrain": ["BEV"], "size": ["Medium"], "year": [2020]}
    _, array = fill_xarray_from_input_parameters(inputs, scope=scope)
    car = CarModel(array, cycle="WLTC")
    car.set_all()
    impacts = InventoryCar(car).calculate_impacts()
    return time.perf_counter() - start, impacts.sizes["impact_category"]
draws(2)
seconds, categories = draws(10)
print(json.dumps([version("carculator"), seconds / 10, categories]))
"""


def vehicle(python: str | None) -> None:
    """Print both rates; they are of other models, so there is no ratio."""
    print("draws of a vehicle with its impacts, per second and core; other models, so no ratio")
    study, n = load("second-hand-ev"), 500
    inputs, context = drawn(study, n), Context(dict(study.options), 1, np.arange(n), 0)
    print(f"  {told('mcsim')}, second-hand-ev: {n / best(lambda: study.model.evaluate(inputs, context))[0]:,.0f}"
          " (5 vehicles, 3 routes, 21 export ages, 10 categories)")  # fmt: skip
    if python is None:
        print("  carculator: not here; give the Python of an environment with it (--carculator)")
        return
    done = subprocess.run([python, "-W", "ignore", "-c", CODE], capture_output=True, text=True, check=True)
    release, seconds, categories = json.loads(done.stdout.splitlines()[-1])
    print(f"  carculator {release}: {1 / seconds:.1f} (1 battery electric car, {categories} categories)")
