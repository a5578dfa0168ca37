"""A process that ranks a study in children of its own and kills them with SIGKILL at random moments.

Started by test_engine_of_rankings.py; children are forked from an interpreter that has everything imported. Prints one
JSON object.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
from engine_studies import slow, small

from mcsim.engine import reduce
from mcsim.ranking.place import is_ranked
from mcsim.ranking.sensitivity import sensitivity

BASE, KILLS = 128, 12


def start(folder: Path, method: str) -> int:
    """Fork a child that goes on with the ranking, and return its number."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            sensitivity(small(slow), BASE, method=method, out=folder, resume=True, jobs=1)
            code = 0
        finally:
            os._exit(code)
    return child


def rows_there(folder: Path) -> int:
    """Return how many base rows the state on disk holds: all of them once the ranking is there and its state is not."""
    if is_ranked(folder):
        return BASE
    try:
        with np.load(folder / "ranking" / "part-0.npz") as file:
            return int(np.diff(file["spans"]).sum())
    except (OSError, ValueError, KeyError):
        return 0


def main(folder: Path, method: str, seed: int) -> None:
    """Kill, resume, kill, ..., then let the ranking end."""
    moments = np.random.default_rng(seed)
    reduce.SECONDS_BETWEEN, reduce.SHARE_OF_TIME = 0.0, 1e9  # after each leaf
    sensitivity(small(slow), 16, method=method, jobs=1)
    kills, there = 0, []
    while kills < KILLS:
        child = start(folder, method)
        time.sleep(moments.uniform(0.005, 0.05))
        os.kill(child, signal.SIGKILL)
        if not os.WIFSIGNALED(os.waitpid(child, 0)[1]):
            break
        kills += 1
        there.append(rows_there(folder))
    _, status = os.waitpid(start(folder, method), 0)
    print(json.dumps({"kills": kills, "there": there, "ended": os.waitstatus_to_exitcode(status)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
