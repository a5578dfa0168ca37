"""Throughput of this machine: every study found, and what the engine adds per draw, beside the README's numbers."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import numpy as np

from mcsim.study import Model, Study
from mcsim.study.load import find_studies, load

REFERENCE = "bench_reference.json"
SECONDS = 0.6  # long enough that the clock does not matter, short enough that nobody waits


def table(as_json: bool) -> str:
    """Return the measurements as text or JSON; one core, compilation excluded."""
    from mcsim.store.record import machine

    rows = [*studies(), *overheads()]
    reference = json.loads(files("mcsim.command").joinpath(REFERENCE).read_text(encoding="utf-8"))
    for row in rows:
        row["readme"] = reference["rows"].get(row["what"])
    if as_json:
        return json.dumps({"machine": machine(), "rows": rows, "readme_machine": reference["machine"]}, indent=2)
    width = max(len(row["what"]) for row in rows)
    lines = [f"{'what':<{width}}  {'here':>14}  {'README':>14}"]
    for row in rows:
        told = f"{row['readme']:,.3g}" if row["readme"] is not None else "-"
        lines.append(f"{row['what']:<{width}}  {row['here']:>14,.4g}  {told:>14}  {row['unit']}")
    lines.append(f"this machine: {machine()['processor']}, {os.cpu_count()} cores; README: {reference['machine']}")
    return "\n".join(lines)


def studies() -> list[dict[str, Any]]:
    """Return the full evaluations per second and core of every study that is no scenario of another."""
    rows = []
    for name in find_studies():
        study = load(name)
        if len(study.files) and _is_scenario(study):
            continue
        rate = 1.0 / seconds_per_draw(study)
        rows.append({"what": f"{name}: full evaluations", "here": rate, "unit": "1/s/core"})
    return rows


def _is_scenario(study: Study) -> bool:
    return sum(path.endswith(".toml") for path in study.files) > 1


def seconds_per_draw(study: Study, batch: int = 512) -> float:
    """Return the seconds that one draw takes, points, transformation and checks included, on one thread."""
    from mcsim.engine.design import make_design
    from mcsim.engine.run import design_columns, evaluate_points

    points = make_design("random", design_columns(study), batch, 1).points(0, batch)
    numbers = np.arange(batch)
    lives = 0
    return best(lambda: evaluate_points(study, points, numbers, 1, lives)) / batch


def overheads() -> list[dict[str, Any]]:
    """Return what the engine adds per draw to a vectorised model, and to a plain Python model of floats."""
    rows = []
    for words, per_draw, batch in (("a vectorised model", False, 65536), ("a plain Python model", True, 4096)):
        study = _toy(per_draw)
        seconds = seconds_per_draw(study, batch)
        rows.append({"what": f"engine and {words}, per draw", "here": seconds * 1e6, "unit": "us"})
    return rows


def _toy(per_draw: bool) -> Study:
    from mcsim.distributions import uniform
    from mcsim.study import Input
    from mcsim.study.inputs import Inputs

    inputs = {name: uniform(0, 1) for name in ("a", "b", "c")}
    model = Model.from_function(lambda a, b, c: a + b * c, inputs, {"y": ""}, name="toy", per_draw=per_draw)
    declared = Inputs(Input(name, "", name, distribution, name) for name, distribution in inputs.items())
    return Study("toy", "toy", "", "1", model, declared, {})


def best(call: Callable[[], object]) -> float:
    """Return the shortest time of a call, in seconds, after one call that compiles."""
    call()
    shortest, start = np.inf, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        begin = time.perf_counter()
        call()
        shortest = min(shortest, time.perf_counter() - begin)
    return float(shortest)
