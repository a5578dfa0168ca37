"""How long it takes to begin: help, import, one evaluation, a first run that compiles, the same run again.

    python benchmarks/start.py [--against FOLDER] [--repeats 3] [--cold]

CPU seconds are of a process and all that it starts; each row is the least of the repeats. Python keeps its bytecode, as
it does of an installed mcsim. The floor is plain numba that calls one kept kernel. With ``--against`` the state of
mcsim in another folder (a git worktree) is measured in alternation. ``--cold`` adds README's first command with an
empty cache of kernels, once per state.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent.parent
ONE_KERNEL = """
import numba

@numba.njit(cache=True)
def one(x):
    return x + 1.0

one(1.0)
"""
MAIN = "import sys; from mcsim.command.main import main; sys.exit(main(sys.argv[1:]))"


class Cost(NamedTuple):
    """What a process cost: CPU seconds with its children, wall seconds."""

    cpu: float
    wall: float


def cost(tree: Path, code: str, *words: str, cache: str | None = None) -> Cost:
    """Return what Python costs with the mcsim of a folder."""
    environment = os.environ | {"PYTHONPATH": str(tree)} | ({} if cache is None else {"NUMBA_CACHE_DIR": cache})
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, began = os.times(), time.perf_counter()
    program = [code] if code.endswith(".py") else ["-c", code]
    subprocess.run([sys.executable, *program, *words], env=environment, check=True, capture_output=True)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(used, time.perf_counter() - began)


def told(what: str, tree: Path, costs: list[Cost]) -> None:
    """Print a row."""
    cpu, wall = (min(values) for values in zip(*costs, strict=True))
    print(f"{what:44s} {tree.name:10s} {cpu:8.2f} CPU s {wall:8.2f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, help="folder of another state of mcsim")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--cold", action="store_true", help="with an empty cache of kernels too: minutes")
    said = parser.parse_args()
    trees = [HERE, *([] if said.against is None else [said.against.resolve()])]
    with tempfile.TemporaryDirectory() as folder:

        def run(tree: Path, number: int) -> tuple[str, ...]:
            return ("run", "second-hand-ev", "--quiet", "--out", f"{folder}/{tree.name}-{number}")

        if said.cold:
            for tree in trees:
                told("first run, nothing compiled", tree, [cost(tree, MAIN, *run(tree, -1), cache=f"{folder}/cache")])
        one = Path(folder) / "one.py"
        one.write_text(ONE_KERNEL)
        rows = {
            "mcsim --help": lambda tree, _: cost(tree, MAIN, "--help"),
            "import mcsim": lambda tree, _: cost(tree, "import mcsim"),
            "import numba, for comparison": lambda tree, _: cost(tree, "import numba"),
            "one kept kernel of plain numba": lambda tree, _: cost(tree, str(one)),
            "mcsim evaluate second-hand-ev": lambda tree, _: cost(tree, MAIN, "evaluate", "second-hand-ev"),
            "mcsim run second-hand-ev": lambda tree, number: cost(tree, MAIN, *run(tree, number)),
        }
        for what, measured in rows.items():
            if "mcsim " in what or "kernel" in what:  # compiled and warm from here on
                for tree in trees:
                    measured(tree, 1000)
            found: dict[Path, list[Cost]] = {tree: [] for tree in trees}
            for number in range(said.repeats):
                for tree in trees:
                    found[tree].append(measured(tree, number))
            for tree in trees:
                told(what, tree, found[tree])


if __name__ == "__main__":
    main()
