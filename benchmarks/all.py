"""Every benchmark in its own process, one after the other: a printed table, and one JSON with machine and versions.

    python benchmarks/all.py [--out results.json] [--only NAME ...]

Ratios are measured inside one script, against a baseline of the same run; nothing here compares across machines. Run it
where nothing else runs: it takes less than ten minutes on two cores. Peers: ``pip install -e '.[peers]'`` and the
variables ODYM and CARCULATOR, see `benchmarks/peers.py`; those that are absent are named and left out.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from mcsim.store.record import machine, versions

HERE = Path(__file__).resolve().parent
SCRIPTS = {
    "kernels": ["kernels_basic.py"],
    "vehicle": ["vehicle.py"],
    "lives": ["lives.py"],
    "fleet": ["fleet.py"],
    "peers": ["peers.py"],
    "dask": ["dask_workers.py"],
    "commands": ["commands.py", "--cold"],
    "levers": ["commands.py", "--levers"],
    "storage": ["storage.py", "second-hand-ev", "2000"],
    "engine": ["engine.py", "--quick"],
    "sensitivity-speed": ["sensitivity.py", "speed"],
    "sensitivity-study": ["sensitivity.py", "study", "--base", "4096"],
    "shapley-data": ["shapley_data.py", "speed"],
    "studies": ["-m", "mcsim.command.main", "bench"],
}


def measured(words: list[str]) -> dict[str, object]:
    """Return the output and the duration of one script."""
    command = words if words[0] == "-m" else [str(HERE / words[0]), *words[1:]]
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "exit_code": done.returncode,
        "output": (done.stdout if done.returncode == 0 else done.stdout + done.stderr).splitlines(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="write JSON here")
    parser.add_argument("--only", nargs="+", choices=list(SCRIPTS), default=list(SCRIPTS), help="these alone")
    given = parser.parse_args()
    results = {}
    for name in given.only:
        results[name] = measured(SCRIPTS[name])
        print(f"\n== {name} ({results[name]['seconds']} s)", *results[name]["output"], sep="\n", flush=True)
    if given.out is not None:
        content = {"machine": machine(), "versions": versions(), "results": results}
        given.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
