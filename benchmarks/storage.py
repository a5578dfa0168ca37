"""What a run leaves on disk and takes in memory: bytes by file, seconds and the peak, by the number of draws.

    python benchmarks/storage.py second-hand-ev 2000 20000        # each number of draws in a process of its own
    python benchmarks/storage.py second-hand-ev 2000 --keep DIR   # leaves the run directories there

The peak is the largest resident set of the process that runs, report and ranking apart. Levels of compression are
compared on the draws of the first run, inputs and small outputs whole: bytes, CPU seconds to write and to read.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LEVELS = 0, 1, 4, 9  # of gzip
RUN = """
import json, resource, sys, time
import mcsim
study, draws, out = mcsim.load(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
began, cpu = time.perf_counter(), time.process_time()
mcsim.run(study, draws=draws, out=out)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([time.perf_counter() - began, time.process_time() - cpu, peak]))
"""


def measured(study: str, draws: int, out: Path) -> None:
    """Print what a run of so many draws takes."""
    arguments = [sys.executable, "-c", RUN, study, str(draws), str(out)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    wall, cpu, peak = json.loads(done.stdout.splitlines()[-1])
    sizes = {path.name: path.stat().st_size / 1e6 for path in sorted(out.iterdir()) if path.is_file()}
    told = ", ".join(f"{name} {size:.1f}" for name, size in sizes.items() if size >= 0.05)
    print(f"{draws:,} draws: {wall:.1f} s wall, {cpu:.1f} s CPU, peak {peak / 1e3:.0f} MB", flush=True)
    print(f"  on disk {sum(sizes.values()):.1f} MB: {told}", flush=True)


def levels(folder: Path) -> None:
    """Print what each level of compression makes of the draws in a run directory, inputs and small outputs whole."""
    import mcsim
    from mcsim.store import deflated, netcdf

    result = mcsim.open(folder)
    path = folder.parent / "levels.nc"
    for level in LEVELS:
        deflated.COMPRESSION["compression_opts"] = level
        began = time.process_time()
        netcdf.write_draws(result, path)
        written = time.process_time()
        kept = netcdf.StoredDraws(path, result.study, tuple(result.kept))
        for output in kept:
            kept[output]
        ended = time.process_time()
        size = path.stat().st_size / 1e6
        print(f"  gzip-{level}: {size:.1f} MB, write {written - began:.2f} s, read {ended - written:.2f} s", flush=True)
    path.unlink()


def main() -> None:
    """Run for each number of draws and print the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study")
    parser.add_argument("draws", type=int, nargs="+")
    parser.add_argument("--keep", type=Path, help="where to leave the run directories")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) if asked.keep is None else asked.keep
        place.mkdir(parents=True, exist_ok=True)
        for draws in asked.draws:
            measured(asked.study, draws, place / str(draws))
        levels(place / str(asked.draws[0]))


if __name__ == "__main__":
    main()
