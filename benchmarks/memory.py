"""What a run, a ranking and a merge take in memory, as they grow: peaks of processes of their own.

    python benchmarks/memory.py run second-hand-ev 20000 100000       # bands and draws on disk, no ranking
    python benchmarks/memory.py rank 1000 100000                       # elements of one output of 10 inputs, base 1024
    python benchmarks/memory.py merge 100 1000 10000                   # shards of a ranking, tiny ones, into one

A peak is the largest resident set of the process, some 200 MB of which Python and compiled kernels take beforehand.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import Any

BEGIN = """
import json, resource, sys, tempfile, time
from pathlib import Path
import numpy as np
import mcsim
began, cpu = time.perf_counter(), time.process_time()
def told(**more):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"peak": peak, "wall": time.perf_counter() - began, "cpu": time.process_time() - cpu, **more}))
"""
RUN = """
with tempfile.TemporaryDirectory() as scratch:
    mcsim.run(mcsim.load(sys.argv[1]), draws=int(sys.argv[2]), out=Path(scratch) / "run")
    size = sum(path.stat().st_size for path in Path(scratch).rglob("*") if path.is_file())
    told(disk=size / 1e6)
"""
RANK = """
from mcsim.study import Dim, Output
cells, calls = int(sys.argv[1]), []
names = [f"x{number}" for number in range(10)]
def model(**inputs):
    calls.append(len(inputs["x0"]))
    found = inputs["x0"][:, None] * np.arange(1.0, cells + 1.0)
    for number, name in enumerate(names[1:]):
        found[:, number::9] += inputs[name][:, None] ** 2
    return found
output = Output("y", "1", "y", (Dim("cell", tuple(range(cells))),), rank=True)
declared = mcsim.Model.from_function(model, {name: mcsim.uniform(0, 1) for name in names}, {"y": output})
with tempfile.TemporaryDirectory() as scratch:
    ranking = mcsim.sensitivity(mcsim.study_of(declared), base=1024, out=Path(scratch) / "ranking")
    told(evaluations=sum(calls) / (1024 * 12))
"""
MERGE = """
from mcsim.engine.asked import Asked
from mcsim.ranking.merge import merge_rankings
from mcsim.ranking import sobol
from mcsim.ranking.sensitivity import rank_asked
shards, study = int(sys.argv[1]), mcsim.load("ishigami")
base = 1 << (64 * shards - 1).bit_length()
with tempfile.TemporaryDirectory() as scratch:
    folders = [Path(scratch) / str(number) for number in range(shards)]
    for number, folder in enumerate(folders, start=1):
        asked = Asked.of(base=base, shard=(number, shards), out=folder, jobs=1, quiet=True)
        rank_asked(study, asked)
        sobol.check_drawn = lambda plan: None  # all shards are of one design, whose check takes longer than 64 rows
    began = time.perf_counter()
    merge_rankings(folders, Path(scratch) / "merged")
    told(merged=time.perf_counter() - began)
"""
PARTS = {"run": RUN, "rank": RANK, "merge": MERGE}


def measured(part: str, *arguments: str) -> dict[str, Any]:
    """Return the peak (MB) and the seconds of a process of its own, and what else it tells."""
    command = [sys.executable, "-c", BEGIN + PARTS[part], *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def line(part: str, size: str, found: dict[str, Any]) -> str:
    """Return what to print of one process."""
    begun = f"peak {found['peak']:.0f} MB, {found['wall']:.1f} s wall, {found['cpu']:.1f} s CPU"
    if part == "run":
        return f"run, {int(size):,} draws: {begun}, {found['disk']:.0f} MB on disk"
    if part == "rank":
        return f"ranking, {int(size):,} elements: {begun}, the model evaluated {found['evaluations']:.3f} times"
    return f"merge, {int(size):,} shards: {begun}, of it {found['merged']:.1f} s merging"


def main() -> None:
    """Measure each size and print the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("words", nargs="+", help="study and draws, elements, or shards")
    asked = parser.parse_args()
    study = asked.words[:1] if asked.part == "run" else []
    for size in asked.words[len(study) :]:
        print(line(asked.part, size, measured(asked.part, *study, size)), flush=True)


if __name__ == "__main__":
    main()
