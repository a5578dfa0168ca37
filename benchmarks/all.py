"""Every benchmark in its own process, one after the other: a printed table, and one JSON with machine and versions.

    python benchmarks/all.py [--out results.json] [--only NAME ...] [--minutes 15]

Ratios are measured inside one script, against a baseline of the same run; nothing here compares across machines. Run it
where nothing else runs: it takes less than a quarter of an hour on two cores. A part that fails or takes too long is
told and the others go on; the JSON is written after each, so that what was measured stays. Peers: ``pip install -e
'.[peers]'`` and the variables ODYM and CARCULATOR, see `benchmarks/peers.py`; those that are absent are named and left
out.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from mcsim.store.record import machine, versions

HERE = Path(__file__).resolve().parent
# The most telling first: what is left when the time is over is left out.
SCRIPTS = {
    "kernels": ["kernels_basic.py"],
    "vehicle": ["vehicle.py"],
    "fleet": ["fleet.py"],
    "peers": ["peers.py"],
    "commands": ["commands.py", "--cold"],
    "storage": ["storage.py", "second-hand-ev", "2000"],
    "sensitivity-study": ["sensitivity.py", "study", "--base", "4096"],
    "wide": ["wide.py", "--dims", "50", "200", "800"],
    "lives": ["lives.py"],
    "levers": ["commands.py", "--levers"],
    "dask": ["dask_workers.py", "--draws", "2000"],
    "engine": ["engine.py", "--quick"],
    "studies": ["-m", "mcsim.command.main", "bench"],
    "shapley-data": ["shapley_data.py", "speed"],
    "sensitivity-speed": ["sensitivity.py", "speed"],
}
LONGEST = 300.0  # seconds that one part may take: twice the longest on an idle machine
FAILED = "FAILED"


def measured(words: list[str], seconds: float) -> dict[str, object]:
    """Return the output of one script, its duration, and what became of it; it is ended when its time is over."""
    command = words if words[0] == "-m" else [str(HERE / words[0]), *words[1:]]
    start = time.perf_counter()
    # A session of its own, so that its workers end with it.
    process = subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        output, _ = process.communicate(timeout=max(seconds, 1.0))
        ended = "done" if process.returncode == 0 else f"{FAILED}: exit code {process.returncode}"
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        ended = f"{FAILED}: not done after {seconds:.0f} s"
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "exit_code": process.returncode,
        "ended": ended,
        "output": output.splitlines(),
    }


def kept(results: dict[str, dict[str, object]], out: Path | None) -> None:
    """Write what was measured so far."""
    if out is not None:
        content = {"machine": machine(), "versions": versions(), "results": results}
        part = out.with_name(f"{out.name}.part")
        part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        part.replace(out)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="write JSON here")
    parser.add_argument("--only", nargs="+", choices=list(SCRIPTS), default=list(SCRIPTS), help="these alone")
    parser.add_argument("--minutes", type=float, default=15.0, help="of all parts together")
    given = parser.parse_args()
    end = time.perf_counter() + 60.0 * given.minutes
    results: dict[str, dict[str, object]] = {}
    for name in given.only:
        left = end - time.perf_counter()
        if left < 1.0:
            results[name] = {"seconds": 0.0, "exit_code": None, "ended": f"{FAILED}: left out, no time", "output": []}
        else:
            results[name] = measured(SCRIPTS[name], min(LONGEST, left))
        one = results[name]
        print(f"\n== {name}: {one['ended']} ({one['seconds']} s)", *one["output"], sep="\n", flush=True)  # type: ignore[misc]
        kept(results, given.out)
    failed = [f"{name} ({one['ended']})" for name, one in results.items() if str(one["ended"]).startswith(FAILED)]
    told = f"; of these {len(failed)} without a result: {', '.join(failed)}" if failed else ""
    print(f"\n{len(results)} parts, {sum(float(str(one['seconds'])) for one in results.values()):.0f} s{told}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
