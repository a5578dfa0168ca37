"""The budgets of commands: CPU and wall seconds, peak memory and bytes on disk of what a user types.

    python benchmarks/commands.py            # warm: each command once before it is measured
    python benchmarks/commands.py --cold     # the README's first command once more with nothing compiled
    python benchmarks/commands.py --levers   # all levers and packages compared, on the trade and on the fleet

Each command runs in a process and a folder of its own; CPU seconds and the peak are its process's and its children's.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

REPORT = ("report.html", "report.md", ".svg", ".png")  # not counted: draws, bands and state are what grows


@dataclass(frozen=True, slots=True)
class Budget:
    """A command and what it may take: `None` where nothing was agreed.

    Parameters
    ----------
    words : str
        After ``mcsim``.
    cpu, wall : float, optional
        Seconds on two idle cores.
    disk : float, optional
        Of the run directory without its report [MB].
    """

    words: str
    cpu: float | None = None
    wall: float | None = None
    disk: float | None = None


WARM = (
    Budget("--help", wall=0.5),
    Budget("evaluate second-hand-ev", cpu=0.6),
    Budget("run second-hand-ev", cpu=8.0, wall=6.0, disk=20.0),
    Budget("run fleet", cpu=9.0),
    Budget("sensitivity second-hand-ev --base 4096", cpu=15.0),
)
LONG = 5.0  # seconds of wall time
# Two cores idle for 60 s are 120 CPU s; on a loaded machine the processor's seconds are the ones to read.
LEVERS = tuple(
    Budget(f"compare {study} --levers --no-sensitivity --draws 2000", cpu=120.0, wall=60.0)
    for study in ("trade", "fleet")
)
COLD = Budget("run second-hand-ev", wall=30.0)


def measured(words: str, environment: dict[str, str]) -> tuple[float, float, float, float]:
    """Return CPU seconds, wall seconds, peak [MB] and bytes left [MB] of a command in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "mcsim.command.main", *words.split()],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        if status != 0:
            told = b"" if process.stderr is None else process.stderr.read()
            raise RuntimeError(f"mcsim {words}: exit status {os.waitstatus_to_exitcode(status)}: {told.decode()}")
        files = [path for path in Path(folder).rglob("*") if path.is_file() and not path.name.endswith(REPORT)]
        left = sum(path.stat().st_size for path in files) / 1e6
    return used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1e3, left


def told(value: float, wanted: float | None) -> str:
    """Return a number beside its budget."""
    return f"{value:8.2f}" + (
        " " * 14 if wanted is None else f" (<= {wanted:g}{'' if value <= wanted else ', over'})".ljust(14)
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--levers", action="store_true")
    given = parser.parse_args()
    environment = {**os.environ, "NO_COLOR": "1"}
    print(f"{'mcsim ...':<56} CPU s                 wall s                peak MB   on disk MB, report aside")
    if given.levers:
        for budget in LEVERS:
            show(budget, *measured(budget.words, environment))
        return
    for budget in WARM:
        # The first of each warms what it needs; of those that take long, one more is enough.
        first = measured(budget.words, environment)
        least = min(measured(budget.words, environment) for _ in range(2 if first[1] < LONG else 1))
        show(budget, *least)
    if given.cold:
        with tempfile.TemporaryDirectory() as cache:
            show(COLD, *measured(COLD.words, {**environment, "NUMBA_CACHE_DIR": cache}), "cold: ")


def show(budget: Budget, cpu: float, wall: float, peak: float, disk: float, before: str = "") -> None:
    """Print a row."""
    words = f"{before}{budget.words}"
    print(
        f"{words:<56}{told(cpu, budget.cpu)}{told(wall, budget.wall)}{peak:8.0f}{told(disk, budget.disk)}", flush=True
    )


if __name__ == "__main__":
    main()
