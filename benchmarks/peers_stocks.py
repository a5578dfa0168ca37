"""The cohort kernel beside the stock models of industrial ecology: one Weibull-lived stream of 46 years per draw."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from peers import Missing, agree, best, need, show, told

import mcsim
from mcsim.engine.design import make_design
from mcsim.engine.evaluation import design_columns, model_inputs, transform
from mcsim.kernels._jit import kernel
from mcsim.kernels.cohorts.stock import fill_stock, fill_weibull_steps
from mcsim.study import Context

YEARS, DRAWS = 46, 256
# Streams of cohorts in a draw of the fleet: home, 2 body styles x 3 powertrains; host, 3 new and 8 ages x 3 that cross.
STREAMS = 6 + 3 + 24
Streams = tuple[np.ndarray, np.ndarray, np.ndarray]  # inflow (n, years), shape (n,), scale (n,)
Flows = tuple[np.ndarray, np.ndarray]  # stock and outflow, each (n, years)


@kernel
def _survivals(shape, scale, left):
    for i in range(shape.size):
        fill_weibull_steps(shape[i], scale[i], 1.0, left[i])


def ours(streams: Streams, given: np.ndarray | None = None) -> Flows:
    """Return stock and outflow by our kernels; with the survival redrawn where none is given."""
    inflow, shape, scale = streams
    left = given
    if left is None:
        left = np.empty_like(inflow)
        _survivals(shape, scale, left)
    stock, gone = np.empty_like(inflow), np.empty_like(inflow)
    fill_stock(inflow, left, stock, gone)
    return stock, gone


def convolved(streams: Streams, left: np.ndarray) -> np.ndarray:
    """Return the stock by `numpy.convolve`, the survival given."""
    return np.array([np.convolve(row, alive)[:YEARS] for row, alive in zip(streams[0], left, strict=True)])


def odym(folder: str | None) -> tuple[str, Callable[[Streams], Flows]]:
    """Return ODYM's model with its version."""
    path = None if folder is None else Path(folder) / "dynamic_stock_model.py"
    if path is None or not path.is_file():
        raise Missing("ODYM's dynamic_stock_model: not here; git clone https://github.com/IndEcol/ODYM, --odym FOLDER")
    found = importlib.util.spec_from_file_location("odym_stock_model", path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)

    def call(streams: Streams) -> Flows:
        models = [_driven(module.DynamicStockModel, *row) for row in zip(*streams, strict=True)]
        return np.array([model.s for model in models]), np.array([model.o for model in models])

    return "ODYM " + module.__version__()[1].split("Version ")[-1].split(". Check")[0], call


def released() -> tuple[str, Callable[[Streams], Flows]]:
    """Return the release on PyPI, which ODYM's model has replaced, with its version."""
    module = need("dynamic_stock_model.dynamic_stock_model", "dynamic_stock_model")

    def call(streams: Streams) -> Flows:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            models = [_driven(module.DynamicStockModel, *row) for row in zip(*streams, strict=True)]
        # Its outflow leaves out the year of entry, in which nobody leaves here.
        return np.array([model.s for model in models]), np.array([model.o for model in models])

    # A call of scipy per cell of the cohort table: what it is measured by, and why nobody should be.
    return f"{told('dynamic_stock_model')}, which ODYM's has replaced", call


def _driven(model: Any, inflow: np.ndarray, shape: float, scale: float) -> Any:
    law = {"Type": "Weibull", "Shape": np.array([shape]), "Scale": np.array([scale])}
    found = model(t=np.arange(YEARS), i=inflow, lt=law)
    found.compute_s_c_inflow_driven()
    found.compute_o_c_from_s_c()
    found.compute_stock_total()
    found.compute_outflow_total()
    return found


def flodym() -> tuple[str, Callable[[Streams], Flows]]:
    """Return flodym's inflow-driven model, all streams as one more dimension, which is its fastest way."""
    peer = need("flodym")

    def call(streams: Streams) -> Flows:
        inflow, shape, scale = streams
        years = peer.Dimension(letter="t", name="time", dtype=int, items=list(range(2005, 2005 + YEARS)))
        draws = peer.Dimension(letter="d", name="draw", dtype=int, items=list(range(len(inflow))))
        dims = peer.DimensionSet(dim_list=[years, draws])
        law = peer.WeibullLifetime(dims=dims, inflow_at="end")
        law.set_prms(
            weibull_shape=peer.FlodymArray(dims=dims["d",], values=shape),
            weibull_scale=peer.FlodymArray(dims=dims["d",], values=scale),
        )
        entering = peer.StockArray(dims=dims, values=np.ascontiguousarray(inflow.T))
        model = peer.InflowDrivenDSM(dims=dims, lifetime_model=law, inflow=entering)
        model.compute()
        return model.stock.values.T, model.outflow.values.T

    return told("flodym"), call


def fleet_draws() -> float:
    """Return full draws of the fleet per second and core."""
    study = mcsim.load("fleet")
    columns = design_columns(study)
    unit = make_design("random", columns, DRAWS, 1).points(0, DRAWS)
    inputs, context = (
        model_inputs(study, transform(study, unit, columns), DRAWS),
        Context(study.options, 1, np.arange(DRAWS)),
    )
    return DRAWS / best(lambda: study.model.evaluate(inputs, context))[0]


def stocks(odym_folder: str | None) -> None:
    """Print the table."""
    random = np.random.default_rng(1)
    streams = (random.uniform(1e5, 1e6, (DRAWS, YEARS)), random.uniform(2, 4, DRAWS), random.uniform(24, 31, DRAWS))
    few = {"ODYM": 32, "dynamic_stock_model": 2}
    left = np.empty((DRAWS, YEARS))
    _survivals(streams[1], streams[2], left)
    expected = ours(streams)
    print(f"stock and outflow of {YEARS} years, Weibull survival redrawn per stream; streams per second and core")
    agree("numpy.convolve", convolved(streams, left), expected[0], 1e-9)
    mine, given, plain = best(
        lambda: ours(streams), lambda: ours(streams, left), lambda: convolved(streams, left), rounds=30
    )
    rows = [("", "streams / s", "ours is faster", "largest difference")]
    rows.append(("mcsim", f"{DRAWS / mine:,.0f}", "1", ""))
    for make in (lambda: odym(odym_folder), released, flodym):
        try:
            name, call = make()
        except Missing as error:
            print(f"  {error}")
            continue
        n = few.get(name.split()[0], DRAWS)
        part = tuple(column[:n] for column in streams)
        found = call(part)
        apart = max(agree(name, one, two[:n], 1e-9) for one, two in zip(found, expected, strict=True))
        seconds, again = best(lambda call=call, part=part: call(part), lambda: ours(streams))
        per_stream, mine = seconds / n, min(mine, again)
        rows.append((name, f"{1 / per_stream:,.0f}", f"{per_stream * DRAWS / mine:,.1f} x", f"{apart:.0e}"))
        if name.startswith("ODYM"):
            full = per_stream * STREAMS * fleet_draws()
    rows.append(("mcsim, survival given", f"{DRAWS / given:,.0f}", "", ""))
    rows.append(
        (
            f"numpy.convolve {np.__version__}, stock alone, survival given",
            f"{DRAWS / plain:,.0f}",
            f"{plain / given:,.1f} x",
            "",
        )
    )
    show(rows)
    if odym_folder is not None:
        print(
            f"  one full draw of the fleet, with trade, packs and materials, beside ODYM's model of its {STREAMS} "
            f"streams alone: {full:,.0f} x"
        )
