"""Ours beside the peers' own published code: stock models, Sobol' indices, overhead per draw, the domain's vehicles.

    python -m pip install -e '.[peers]'                        # OpenTURNS, chaospy, EMA workbench, monaco, flodym, ...
    python benchmarks/peers.py [stocks] [sobol] [overhead] [vehicle] [--odym FOLDER] [--carculator PYTHON]

Every baseline is what its authors published, at the version that is printed, called as its documentation calls it and
in the fastest way that we found. Results are compared before any time is printed: numbers of the same arithmetic agree
to rounding, estimates from other samples with what is known exactly. Times are CPU seconds, the best of several rounds,
peers and ours in turns, so that other work on the machine favours nobody. A peer that is not
installed is named and left out.

ODYM's stock model has no package: ``git clone https://github.com/IndEcol/ODYM`` and give its folder ``odym/modules``.
carculator asks for NumPy 1: give the Python of an environment of its own (``pip install carculator``).
"""

from __future__ import annotations

import argparse
import importlib
import os
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

TOPICS = ("stocks", "sobol", "overhead", "vehicle")


class Missing(Exception):  # noqa: N818 - it is no error of ours
    """A peer is not installed."""


def need(name: str, package: str = "") -> Any:
    """Return a module of a peer.

    Raises
    ------
    Missing
        Where it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Missing(f"{package or name}: not installed here") from None


def told(package: str) -> str:
    """Return a package with its version."""
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return package


def best(*calls: Callable[[], object], rounds: int = 7, seconds: float = 4.0) -> list[float]:
    """Return the least CPU time of each call [s]: in turns, so that what disturbs one disturbs all."""
    least = [float("inf")] * len(calls)
    for call in calls:
        call()
    end = time.perf_counter() + seconds
    for done in range(rounds):
        for place, call in enumerate(calls):
            start = time.process_time()
            call()
            least[place] = min(least[place], time.process_time() - start)
        if done > 1 and time.perf_counter() > end:
            break
    return least


def agree(what: str, found: Any, expected: Any, within: float) -> float:
    """Return the largest difference, relative to the largest number expected.

    Raises
    ------
    ValueError
        Where it is above `within`: then a ratio of times would mean nothing.
    """
    import numpy as np

    found, expected = np.asarray(found, float), np.asarray(expected, float)
    apart = float(np.abs(found - expected).max() / np.abs(expected).max())
    if not apart <= within:
        raise ValueError(f"{what}: other results than ours (got a difference of {apart:.2g}); within {within:g}")
    return apart


def show(rows: list[tuple[str, ...]]) -> None:
    """Print rows of texts in columns."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        first, *others = (text.ljust(width) if not place else text.rjust(width)
                          for place, (text, width) in enumerate(zip(row, widths, strict=True)))  # fmt: skip
        print("  ".join((f"  {first}", *others)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("topics", nargs="*", choices=[*TOPICS, []], help="all of them by default")
    parser.add_argument("--odym", default=os.environ.get("ODYM"), help="folder with dynamic_stock_model.py of ODYM")
    parser.add_argument("--carculator", default=os.environ.get("CARCULATOR"), help="Python with carculator installed")
    given = parser.parse_args()
    topics = given.topics or TOPICS
    if "stocks" in topics:
        from peers_stocks import stocks

        stocks(given.odym)
    if "sobol" in topics:
        from peers_sobol import sobol

        sobol()
    if "overhead" in topics:
        from peers_overhead import overhead

        overhead()
    if "vehicle" in topics:
        from peers_vehicle import vehicle

        vehicle(given.carculator)


if __name__ == "__main__":
    main()
