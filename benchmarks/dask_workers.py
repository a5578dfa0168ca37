"""Two Dask workers on this machine: what a chunk costs more there than on a thread, and how a study scales.

    python benchmarks/dask_workers.py [--draws 4000]

The workers are processes of one thread each, started here and warmed up; a second start (`distributed` imports, two
processes) is told by itself. Wall time, the least; the same draws are checked to the bit.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from engine import product, two_inputs

import mcsim


def best(call: Callable[[], Any], rounds: int = 3) -> tuple[float, Any]:
    """Return the least wall time [s] of some calls, after one to warm up, and what the last of them gave."""
    found, least = call(), float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        found = call()
        least = min(least, time.perf_counter() - start)
    return least, found


def per_chunk(address: str) -> None:
    """Print what a chunk of a model that costs nothing takes, on one thread and through Dask."""
    study, chunk, chunks = two_inputs(product), 1024, 64
    here, _ = best(lambda: mcsim.run(study, chunk * chunks, jobs=1, chunk=chunk))
    there, _ = best(lambda: mcsim.run(study, chunk * chunks, jobs=2, chunk=chunk, backend="dask", scheduler=address))
    print(f"  a chunk of {chunk:,} draws of a model that costs nothing, {chunks} of them:")
    print(f"    one thread {here / chunks * 1e3:.2f} ms, two Dask workers {there / chunks * 1e3:.2f} ms")


def scaling(address: str, draws: int) -> None:
    """Print how long a study takes on one thread, two threads and two Dask workers."""
    study = mcsim.load("second-hand-ev")
    asked: dict[str, dict[str, Any]] = {
        "one thread": {"jobs": 1},
        "two threads": {"jobs": 2},
        "two Dask workers": {"jobs": 2, "backend": "dask", "scheduler": address},
    }
    print(f"  second-hand-ev, {draws:,} draws:")
    name = study.headline[0].split("@")[0] if study.headline else study.outputs[0].name
    alone, expected = 0.0, None
    for told, how in asked.items():
        seconds, found = best(lambda how=how: mcsim.run(study, draws, **how), 1)  # type: ignore[misc]
        band = found.summary(name).select_dtypes("number").to_numpy()
        alone, expected = alone or seconds, band if expected is None else expected
        if not np.array_equal(band, expected, equal_nan=True):
            raise ValueError(f"{told}: other draws than on one thread (got other bands of {name}); the same bits")
        print(f"    {told:<18}{seconds:7.2f} s {alone / seconds:6.2f} x")


def main() -> None:
    """Start two workers, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=4000)
    given = parser.parse_args()
    start = time.perf_counter()
    import distributed

    settings = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**settings) as cluster:
        print(f"Dask {distributed.__version__}, two local workers, started in {time.perf_counter() - start:.1f} s")
        per_chunk(cluster.scheduler_address)
        scaling(cluster.scheduler_address, given.draws)


if __name__ == "__main__":
    main()
