"""Overhead, scaling, memory and start of the engine: prints a table and writes JSON with machine and versions.

    python benchmarks/engine.py [--quick] [--out engine.json]

What peers add to a draw: `benchmarks/peers.py`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mcsim.distributions import normal, uniform
from mcsim.engine.run import run
from mcsim.store.record import machine, versions
from mcsim.study import Dim, Input, Model, Output, Study

REPEATS = 3


def product(x: Any, y: Any) -> Any:
    """Return the product of two inputs: a model that costs nothing."""
    return x * y


def costly(x: Any, y: Any) -> Any:
    """Return a model of some microseconds per draw that releases the interpreter's lock."""
    total = np.zeros_like(x)
    for term in range(1, 200):
        total += np.sin(x * term) * np.cos(y * term) / term
    return total


def wide_model(cells: int) -> Model:
    """Return a model with one large output that is kept as bands only."""
    factors = np.linspace(0.5, 1.5, cells)
    output = Output("wide", "1", "many", (Dim("cell", tuple(range(cells))),), keep=False)
    return Model.from_function(
        lambda x, y: {"wide": x[:, np.newaxis] * factors + y[:, np.newaxis]},
        inputs={"x": "1", "y": "1"},
        outputs={"wide": output},
    )


def study_of(model: Model) -> Study:
    """Return a study of two uncertain inputs."""
    inputs = (Input("x", "1", "x", uniform(0, 1), "x"), Input("y", "1", "y", normal(1, 0.1), "y"))
    return Study("bench", "Bench", "?", "1", model, inputs, {})


def two_inputs(function: Callable[..., Any], *, per_draw: bool = False) -> Study:
    """Return a study of a plain function of x and y."""
    return study_of(Model.from_function(function, inputs={"x": "1", "y": "1"}, outputs={"z": "1"}, per_draw=per_draw))


def best(call: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Return the shortest of several wall times [s], after one call to warm up."""
    call()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def overheads(scale: int) -> dict[str, float]:
    """Return what the engine adds to a model, per draw [us]."""
    draws = 200_000 // scale
    x, y = np.random.default_rng(1).random((2, draws))
    vectorised = best(lambda: run(two_inputs(product), draws, jobs=1)) - best(lambda: product(x, y))
    few = 20_000 // scale
    columns = list(zip(x[:few].tolist(), y[:few].tolist(), strict=True))
    alone = best(lambda: [product(*row) for row in columns])
    plain = best(lambda: run(two_inputs(product, per_draw=True), few, jobs=1)) - alone
    return {"vectorised model [us/draw]": vectorised / draws * 1e6, "plain Python model [us/draw]": plain / few * 1e6}


def scaling(scale: int) -> dict[str, float]:
    """Return the gain of a second core, and the seconds for several chunk sizes."""
    draws = 100_000 // scale
    one = best(lambda: run(two_inputs(costly), draws, jobs=1))
    two = best(lambda: run(two_inputs(costly), draws, jobs=2))
    found = {"two cores against one": one / two}
    for chunk in (256, 1024, 4096, 16384):
        found[f"chunk of {chunk} [s]"] = best(
            lambda chunk=chunk: run(two_inputs(costly), draws, jobs=2, chunk=chunk), 1
        )  # type: ignore[misc]
    return found


def _peak(arguments: list[str]) -> float:
    """Return the peak memory [MB] of this script run with arguments in a process of its own."""
    done = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, text=True, check=True)
    return float(done.stdout)


def measure_peak(draws: int, cells: int) -> None:
    """Run a study with a large output to disk and print the peak memory of this process [MB]."""
    import resource

    with tempfile.TemporaryDirectory() as folder:
        run(study_of(wide_model(cells)), draws, jobs=2, out=Path(folder) / "run")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def memory(scale: int) -> dict[str, float]:
    """Return the peak memory [MB] of runs with a large output, by draws."""
    cells = 1000
    return {
        f"{draws:,} draws of {cells:,} cells [MB]": _peak(["--peak", str(draws), str(cells)])
        for draws in (10_000 // scale, 100_000 // scale, 1_000_000 // scale)
    }


def start() -> dict[str, float]:
    """Return seconds from the shell to the help text, and to a first result with kernels compiled before."""
    code = "from mcsim.study.load import load; from mcsim.engine.run import run; run(load('ishigami'), 1000)"
    commands = {"mcsim --help [s]": ["-m", "mcsim.command.main", "--help"], "first result, warm [s]": ["-c", code]}
    return {
        name: best(lambda words=words: subprocess.run([sys.executable, *words], capture_output=True, check=True))  # type: ignore[misc]
        for name, words in commands.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the draws")
    parser.add_argument("--out", type=Path, help="write JSON here")
    parser.add_argument("--peak", nargs=2, type=int, metavar=("DRAWS", "CELLS"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peak is not None:
        measure_peak(*arguments.peak)
        return
    scale = 10 if arguments.quick else 1
    found = {"overhead": overheads(scale), "scaling": scaling(scale), "memory": memory(scale), "start": start()}
    for topic, rows in found.items():
        print(topic)
        for name, value in rows.items():
            print(f"  {name:<45}{value:12.3f}")
    if arguments.out is not None:
        content = {"machine": machine(), "versions": versions(), "quick": arguments.quick, "found": found}
        arguments.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
