"""A process that runs a study in children of its own and kills them with SIGKILL at random moments.

Started by test_kill.py. Children are forked from an interpreter that has everything imported and compiled, so that a
kill costs milliseconds and not a start of Python. Prints one JSON object.
"""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import numpy as np
from engine_studies import slow, small

from mcsim.engine import collect
from mcsim.engine.run import run

DRAWS, CHUNK = 3000, 25
KILLS_WHILE_COMPUTING, KILLS_WHILE_WRITING = 22, 6
PENDING_BYTES = 8_000  # the bands' state is written every few chunks, so that kills meet that too


def start(folder: Path) -> int:
    """Fork a child that goes on with the run, and return its number."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            run(small(slow), DRAWS, out=folder, resume=True, chunk=CHUNK, jobs=1)
            code = 0
        finally:
            os._exit(code)
    return child


def kill_after(child: int, seconds: float) -> bool:
    """Kill a child unless it ended before, and say whether it was killed."""
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def whole_pieces(folder: Path) -> set[str]:
    return {path.name for path in (folder / "chunks").glob("*-*.npz") if "bands" not in path.name}


def main(folder: Path, seed: int) -> None:
    """Kill, resume, kill, ..., then let the run end."""
    moments = np.random.default_rng(seed)
    collect.PENDING_BYTES = PENDING_BYTES
    run(small(slow), 50, jobs=1)
    kills = lost = 0
    writing = []
    while kills < KILLS_WHILE_COMPUTING:
        before = whole_pieces(folder)
        killed = kill_after(start(folder), moments.uniform(0.01, 0.12))
        if killed and not (folder / "run.json").exists():
            kills += 1
            lost += len(before - whole_pieces(folder))
        else:  # a busy machine woke us at the end of the run, when its pieces are no longer needed: another one
            shutil.rmtree(folder)
    while len(writing) < KILLS_WHILE_WRITING:
        # Everything up to the last chunks is there: these kills meet the end of the run.
        child = start(folder)
        while len(whole_pieces(folder)) < DRAWS // CHUNK and not (folder / "run.json").exists():
            time.sleep(0.001)
        writing.append(kill_after(child, moments.uniform(0.0, 0.06)))
        if (folder / "run.json").exists():
            break
    _, status = os.waitpid(start(folder), 0)
    print(json.dumps({"kills": kills + sum(writing), "lost": lost, "ended": os.waitstatus_to_exitcode(status)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
