"""A process that runs commands in children of its own and kills them at random moments, by SIGKILL and by SIGTERM.

``python tests/kills.py FOLDER SEED KILLS [NAME ...]`` kills KILLS times in each of `COMMANDS` (or in those named) and
prints a table as JSON. Children are forked from an interpreter that has everything imported, so that a kill costs no
start of Python. After each kill the folder is looked at: whatever was complete before has to be there, and what reads
as complete has to be the whole truth, which an undisturbed command gave. The short form runs in test_kill.py.
"""

import json
import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np
from engine_studies import unlike

from mcsim.command.main import main as command
from mcsim.engine import collect, reduce
from mcsim.ranking.ranking import Ranking
from mcsim.store.directory import CHUNKS, MANIFEST, RANKING, read, read_manifest
from mcsim.store.joining import MARK
from mcsim.study import InputError

MODEL = """
import time
import numpy as np

def f(x, y, z):
    time.sleep(0.002)
    return {"a": x * y + z, "b": x[:, np.newaxis] * np.arange(9.0) - z[:, np.newaxis]}
"""
STUDY = """
[study]
function = "slow.py:f"
[inputs]
x = { uniform = [0, 1], unit = "km", source = "s" }
y = { normal = [1, 0.1], unit = "km", source = "s" }
z = { uniform = [0, %s], unit = "km", source = "s" }
[outputs]
a = { unit = "km", rank = true }
b = { unit = "km", keep = false, dims = { step = [1, 2, 3, 4, 5, 6, 7, 8, 9] } }
"""
DRAWS, MORE = 1500, 2600
OPTIONS = ["--chunk", "25", "--jobs", "1", "--quiet"]
RUN = ["run", "slow.toml", "--base", "64", *OPTIONS]
COMMANDS = {
    "run": [*RUN, "--draws", str(DRAWS), "--resume"],
    "extend": [*RUN, "--draws", str(MORE), "--resume"],
    "sensitivity": ["sensitivity", "slow.toml", "--base", "256", "--jobs", "1", "--quiet", "--resume"],
    "prcc": ["sensitivity", "slow.toml", "--method", "prcc", "--base", "1024", *OPTIONS, "--resume"],
    "compare": ["compare", "slow.toml", "other.toml", "--draws", "600", "--no-sensitivity", *OPTIONS, "--resume"],
    "merge": ["merge", "part-1", "part-2"],
    "dask": ["run", "slow.toml", "--no-sensitivity", *OPTIONS, "--draws", str(DRAWS), "--backend", "dask", "--resume"],
}


def start(words, log):
    """Fork a child that runs a command, and return its number."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setsid()
            for stream in (1, 2):
                os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
            code = command(words)
        finally:
            os._exit(code)
    return child


def ended(words, log):
    """Run a command undisturbed and return its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(start(words, log), 0)[1])


def stopped(words, log, seconds, how):
    """Run a command, send it a signal after some time, and return what it was: killed, or its exit code."""
    child = start(words, log)
    time.sleep(seconds)
    os.kill(child, how)
    _, status = os.waitpid(child, 0)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # workers of one that was killed end by themselves, but later
    return "killed" if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)


def complete_parts(folder):
    """Return what a folder holds that must not be lost: pieces of runs, and base rows of rankings."""
    pieces = set()
    for path in folder.rglob(f"{CHUNKS}/*-*.npz"):
        if "bands" not in path.name:
            pieces.add(str(path.relative_to(folder)))
    rows = 0
    for path in folder.rglob("ranking/part-0.npz"):
        with np.load(path) as file:
            rows += int(np.diff(file["spans"]).sum())
    done = {str(path.relative_to(folder).parent) for path in folder.rglob(MANIFEST)}
    return pieces, rows, done, (folder / RANKING).is_file()


def lost(before, after):
    """Count the parts that were there before and are neither there nor in something that is complete by now."""
    there = [piece for piece in before[0] - after[0] if str(Path(piece).parent.parent) not in after[2]]
    return len(there) + (after[1] < before[1] and not after[3]) + len(before[2] - after[2])


def content(folder):
    """Return what a reader finds in a folder that tells him it is complete, or None where it tells him it is not."""
    if (folder / MARK).is_file():
        return None
    try:
        if (folder / "compare.json").is_file():
            if not (folder / "deltas.csv").is_file():
                return None
            runs = [read(path) for path in sorted(folder.glob("?-*"))]
            return runs, None, (folder / "deltas.csv").read_bytes()
        if (folder / MANIFEST).is_file():
            listed = RANKING in read_manifest(folder)["files"]
            return [read(folder)], Ranking.of(folder) if listed else None, (folder / "summary.csv").read_bytes()
        if (folder / "ranking.json").is_file():
            return [], Ranking.of(folder), (folder / "sensitivity.csv").read_bytes()
    except InputError:
        return None
    return None


def same(found, truth):
    """Return whether what a reader finds is the truth, or that part of it which a run is without its ranking."""
    runs, ranking, table = found
    alike = len(runs) == len(truth[0]) and all(
        unlike(one, other) == [] for one, other in zip(runs, truth[0], strict=True)
    )
    if ranking is None:
        return alike and table == truth[2]
    scores = [ranking.scores, truth[1].scores]
    return (
        alike
        and table == truth[2]
        and all(
            np.array_equal(scores[0][output][name], scores[1][output][name], equal_nan=True)
            for output in scores[1]
            for name in scores[1][output]
        )
    )


def names_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


class Trial:
    """One command, killed again and again in folders of its own.

    Parameters
    ----------
    name : str
        One of `COMMANDS`.
    home : Path
        Where its folders go.
    moments : Generator
        When and how to kill.
    """

    def __init__(self, name, home, moments):
        self.name, self.home, self.moments = name, home, moments
        self.log, self.seconds, self.number = home / f"{name}.log", 0.0, 0
        self.told = {"kill": 0, "term": 0, "lost": 0, "false": 0, "unlike": 0, "left over": 0, "wrong exit": 0}
        self.truths = [self.undisturbed("truth")]
        if name == "extend":
            self.truths.insert(0, self.undisturbed("old", COMMANDS["run"]))

    def undisturbed(self, folder, words=None):
        """Return what a command gives that nobody stops."""
        words = COMMANDS[self.name] if words is None else words
        began = time.monotonic()
        code = ended([*words, "--out", str(self.home / self.name / folder)], self.log)
        assert code == 0, self.log.read_text()
        self.seconds = time.monotonic() - began
        return content(self.home / self.name / folder)

    def fresh(self):
        """Return the next folder to begin in."""
        self.number += 1
        folder = self.home / self.name / str(self.number)
        if self.name == "extend":
            shutil.copytree(self.home / self.name / "old", folder)
        return folder

    def look(self, folder, before):
        """Count what is wrong with a folder after a kill."""
        self.told["lost"] += lost(before, complete_parts(folder))
        found = content(folder)
        if found is not None:
            self.told["false"] += not any(same(found, truth) for truth in self.truths)

    def end(self, folder):
        """Let the command end and count what is wrong with what it leaves."""
        code = 0 if self.name == "merge" and self.over(folder) else ended(self.words(folder), self.log)
        self.told["wrong exit"] += code != 0
        found, truth = content(folder), self.home / self.name / "truth"
        self.told["unlike"] += found is None or not same(found, self.truths[-1])
        self.told["left over"] += names_in(folder) != names_in(truth)

    def over(self, folder):
        """Return whether a merge is complete: its command refuses then to do it again."""
        return content(folder) is not None

    def words(self, folder):
        return [*COMMANDS[self.name], "--out", str(folder)]

    def run(self, kills):
        """Kill so often, and return what was counted."""
        folder = self.fresh()
        while self.told["kill"] + self.told["term"] < kills:
            if self.name == "merge" and folder.exists() and self.over(folder):
                folder = self.fresh()
            how = signal.SIGKILL if self.moments.random() < 0.6 else signal.SIGTERM
            before = complete_parts(folder) if folder.exists() else (set(), 0, set(), False)
            code = stopped(self.words(folder), self.log, self.moments.uniform(0.0, self.seconds * 0.8), how)
            if code == 0:
                self.end(folder)
                folder = self.fresh()
                continue
            self.told["kill" if how == signal.SIGKILL else "term"] += 1
            # SIGTERM in the moment before its handler stands ends a process as it always did.
            self.told["wrong exit"] += code not in ("killed", 130)
            if folder.exists():
                self.look(folder, before)
        self.end(folder)
        return {**self.told, "folders": self.number, "seconds": round(self.seconds, 1)}


def prepared(home):
    """Write the study and the shards, and import and compile all that the commands need."""
    (home / "slow.py").write_text(MODEL)
    (home / "slow.toml").write_text(STUDY % "1")
    (home / "other.toml").write_text(STUDY % "2")
    os.chdir(home)
    log = home / "prepared.log"
    for number in ("1", "2"):
        words = [*RUN, "--draws", str(DRAWS), "--shard", f"{number}/2", "--out", f"part-{number}"]
        assert ended(words, log) == 0, log.read_text()
    real = os.dup(1)
    os.dup2(2, 1)  # what the table is printed on is kept clean
    assert (
        command(["run", "slow.toml", "--base", "16", "--draws", "50", "--quiet", "--out", "warm", "--jobs", "1"]) == 0
    )
    assert (
        command(
            [
                "compare",
                "slow.toml",
                "other.toml",
                "--draws",
                "50",
                "--no-sensitivity",
                "--quiet",
                "--out",
                "warm-2",
                "--jobs",
                "1",
            ]
        )
        == 0
    )
    os.dup2(real, 1)


def main(home, seed, kills, names):
    """Kill in each command and print what was counted."""
    home.mkdir(parents=True, exist_ok=True)
    collect.PENDING_BYTES = 8_000  # the bands' state is written every few chunks, so that kills meet that too
    reduce.SECONDS_BETWEEN, reduce.SHARE_OF_TIME = 0.0, 1e9  # and the sums after each leaf
    prepared(home.resolve())
    moments = np.random.default_rng(seed)
    told = {name: Trial(name, home.resolve(), moments).run(kills) for name in names}
    print(json.dumps({**told, "tracebacks": sum(map(tracebacks, home.resolve().glob("*.log")))}))


def tracebacks(log):
    """Count the tracebacks of commands; what Python says of a signal in a callback of its own is none."""
    lines = ["", *log.read_text().splitlines()]
    return sum(
        line.startswith("Traceback") and not before.startswith("Exception ignored") for before, line in pairwise(lines)
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:] or list(COMMANDS))
