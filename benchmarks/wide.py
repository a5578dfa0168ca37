"""Ranking of many inputs: CPU time and peak memory as their number grows, the model's own time beside them.

    python benchmarks/wide.py [--dims 50 200 800] [--base 256]

A function of D inputs reads D numbers at each of N (D + 2) points, so its own time per point grows with D, and so does
that of handing it D numbers. What the ranking adds to both, points, sums and intervals, does not. Each D has a process
of its own: the peak is the process's.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from typing import Any

import numpy as np

import mcsim
from mcsim.distributions import uniform
from mcsim.study import Input, Model, Study


def study_of(dims: int) -> tuple[Study, list[float]]:
    """Return a sum of inputs with falling weights, and a list that takes the CPU seconds of its calls."""
    names, seconds = [f"x{number}" for number in range(dims)], list[float]()

    def function(**columns: Any) -> Any:
        start = time.process_time()
        found = np.zeros(len(columns[names[0]]))
        for number, name in enumerate(names):
            found += columns[name] / (1.0 + number)
        seconds.append(time.process_time() - start)
        return found

    model = Model.from_function(function, inputs=dict.fromkeys(names, "1"), outputs={"y": "1"})
    inputs = tuple(Input(name, "1", name, uniform(0, 1), name) for name in names)
    return Study("wide", "wide", "?", "1", model, inputs, {}), seconds


def measured(dims: int, base: int) -> None:
    """Print one row: D, evaluations, CPU us per evaluation, of it the model's, and by how much the peak rose in MB."""
    small, _ = study_of(2)
    mcsim.sensitivity(small, base=base, jobs=1)  # compiles, and imports all that is needed
    study, seconds = study_of(dims)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    mcsim.sensitivity(study, base=base, jobs=1)
    whole = time.process_time() - start
    rise = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    n = base * (dims + 2)
    print(f"{dims:>6} {n:>13,} {whole:>8.2f} {whole / n * 1e6:>12.2f} {sum(seconds) / n * 1e6:>12.2f} {rise:>10.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dims", nargs="+", type=int, default=[50, 200, 800])
    parser.add_argument("--base", type=int, default=256)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one is not None:
        measured(given.one, given.base)
        return
    print("     D   evaluations    CPU s   us per one    the model  peak + MB", flush=True)
    for dims in given.dims:
        subprocess.run([sys.executable, __file__, "--one", str(dims), "--base", str(given.base)], check=True)


if __name__ == "__main__":
    main()
