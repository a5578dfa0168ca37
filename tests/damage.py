"""Damaged run directories at the command line, in one process: bytes flipped, files cut, emptied, deleted, swapped.

Every case copies folders that mcsim wrote, damages one file, and calls a command that reads them. It ends with exit
code 2 and one line, or with exit code 0 and exactly what the undamaged folders give. Counted as faults: an exception
that escapes or stands behind an exit 3, an exit code that means something else, and a number that is another than
without the damage. Seeded: ``python tests/damage.py 1000 --seed 1`` gives the same cases again.
"""

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path

from fuzz import called

from mcsim.engine import collect, reduce
from mcsim.store.chunks import DiskShelf

STUDY = """[study]
function = "model.py:f"
[inputs]
p = { uniform = [0, 1], unit = "kg", source = "s" }
q = { triangular = [0, 1, 4], source = "s" }
[outputs]
r = { unit = "km", rank = true }
wide = { unit = "km", dims = { cell = ["a", "b", "c"] }, keep = false, rank = false }
"""
MODEL = """import numpy as np
def f(p, q):
    r = np.where(p > 0.98, np.nan, p + 2 * q)
    return {"r": r, "wide": np.stack([p, q, p * q], 1)}
"""
QUIET = ["--quiet", "--jobs", "1"]
RUN = ["run", "study.toml", "--base", "16", "--chunk", "64", "--max-failed", "0.5", *QUIET]
RANK = ["sensitivity", "study.toml", "--base", "64", "--chunk", "4", "--max-failed", "0.5", *QUIET]
COMPARE = ["compare", "study.toml", "other.toml", "--draws", "200", "--no-sensitivity", *QUIET]
DRAWN = ["sensitivity", "study.toml", "--method", "prcc", "--base", "64", "--max-failed", "0.5", *QUIET]
# What is called -> folders that it reads (damaged), words, and the files whose content has to be that of the undamaged.
CALLS = {
    "report": (["done"], ["report", "done"], ["done/report.html", "done/report.md"]),
    "run --resume, complete": (["done"], [*RUN, "--draws", "300", "--out", "done", "--resume"], ["done"]),
    "run --resume, extended": (["done"], [*RUN, "--draws", "500", "--out", "done", "--resume"], ["done"]),
    "run --resume, stopped": (["going"], [*RUN, "--draws", "300", "--out", "going", "--resume"], ["going"]),
    "run --from": (["done"], ["run", "--from", "done", "--out", "again", *QUIET], ["again"]),
    "run --from, of samples": (["sampled"], ["run", "--from", "sampled", "--out", "again", *QUIET], ["again"]),
    "sensitivity --from": (["ranked"], ["sensitivity", "--from", "ranked", "--out", "again", *QUIET], ["again"]),
    "merge": (["parts"], ["merge", "parts/1", "parts/2", "--out", "merged"], ["merged"]),
    "merge of rankings": (["halves"], ["merge", "halves/1", "halves/2", "--out", "whole"], ["whole"]),
    "sensitivity --resume, complete": (["ranked"], [*RANK, "--out", "ranked", "--resume"], ["ranked"]),
    "sensitivity --resume, stopped": (["ranking"], [*RANK, "--out", "ranking", "--resume"], ["ranking"]),
    "merge of comparisons": (["pairs"], ["merge", "pairs/1", "pairs/2", "--out", "pair"], ["pair"]),
    "sensitivity by draws --resume": (["drawn"], [*DRAWN, "--out", "drawn", "--resume"], ["drawn"]),
    "compare --resume": (["compared"], [*COMPARE, "--out", "compared", "--resume"], ["compared"]),
}
NUMBERS = ("summary.csv", "sensitivity.csv", "failed.csv", "deltas.csv", "draws.nc", "report.html", "report.md")


def done(words):
    """Call a command that has to work."""
    what, line = called(words)
    assert what == "exit 0", (words, what, line)


@contextlib.contextmanager
def stopping(thing, name, calls):
    """Let a method stop the run after some calls, as a person would."""
    method, left = getattr(thing, name), [calls]

    def stop(self, *given):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return method(self, *given)

    setattr(thing, name, stop)
    try:
        yield
    finally:
        setattr(thing, name, method)


def prepare(folder):
    """Write the study and the folders that are damaged."""
    (folder / "study.toml").write_text(STUDY)
    (folder / "other.toml").write_text(STUDY.replace("[0, 1, 4]", "[0, 1, 5]"))
    (folder / "model.py").write_text(MODEL)
    with contextlib.chdir(folder):
        done([*RUN, "--draws", "300", "--out", "done"])
        with stopping(DiskShelf, "put", 3):
            assert called([*RUN, "--draws", "300", "--out", "going"])[0] == "exit 130"
        for part in ("1", "2"):
            done([*RUN, "--draws", "300", "--shard", f"{part}/2", "--out", f"parts/{part}"])
            done([*RANK, "--shard", f"{part}/2", "--out", f"halves/{part}"])
            done([*COMPARE, "--shard", f"{part}/2", "--out", f"pairs/{part}"])
        Path("samples.csv").write_text("p,q\n" + "".join(f"{row / 100},{row / 30}\n" for row in range(90)))
        done(["run", "study.toml", "--samples", "samples.csv", "--no-sensitivity", *QUIET, "--out", "sampled"])
        done([*DRAWN, "--out", "drawn"])
        done([*RANK, "--out", "ranked"])
        with stopping(reduce.Reduced, "accept", 4):
            assert called([*RANK, "--out", "ranking"])[0] == "exit 130"
        done([*COMPARE, "--out", "compared"])


def files_of(folder):
    """Return the files below a folder that a person may damage."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and "figures" not in path.parts)


def flip(path, chance, others):
    content = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 1, 2, 8, 64])):
        if content:
            content[chance.randrange(len(content))] ^= chance.randrange(1, 256)
    path.write_bytes(content)


def cut(path, chance, others):
    os.truncate(path, chance.randrange(path.stat().st_size + 1))


def empty(path, chance, others):
    path.write_bytes(b"")


def delete(path, chance, others):
    path.unlink()


def swap(path, chance, others):
    alike = [other for other in others if other.suffix == path.suffix and other != path] or others
    other = chance.choice(alike)
    one, two = path.read_bytes(), other.read_bytes()
    path.write_bytes(two)
    other.write_bytes(one)


def grow(path, chance, others):
    with path.open("ab") as stream:
        stream.write(chance.randbytes(chance.choice([1, 10, 1000])))


def change_json(path, chance, others):
    """Change a value or the name of a key somewhere in a JSON file of the folder, and write it as JSON again."""
    texts = [other for other in others if other.suffix == ".json"]
    if not texts:
        flip(path, chance, others)
        return
    path = chance.choice(texts)
    content = json.loads(path.read_text())
    place = content
    while True:
        key = chance.choice(list(place)) if isinstance(place, dict) else chance.randrange(len(place))
        if not isinstance(place[key], dict | list) or not place[key] or chance.random() < 0.3:
            break
        place = place[key]
    if isinstance(place, dict) and chance.random() < 0.4:
        value = place.pop(key)
        if chance.random() < 0.5:
            place[f"{key}x"] = value
    else:
        place[key] = chance.choice([None, -1, 0, 1, 1e30, "", "x", [], {}, [1], True])
    path.write_text(json.dumps(content, indent=1))


DAMAGES = {damage.__name__: damage for damage in (flip, cut, empty, delete, swap, grow, change_json)}


def found(places):
    """Return what the files of some places hold: numbers of tables, arrays and reports."""
    content = {}
    for place in map(Path, places):
        for path in [place] if place.is_file() else files_of(place) if place.is_dir() else []:
            if path.name in NUMBERS:
                text = path.read_bytes()
                own = rb"(?s)<summary>How it was computed</summary>.*"  # how long a run took, and its folder
                content[str(path)] = re.sub(own, b"", text) if path.suffix == ".html" else text
    return content


def damaged(count, seed, home, seconds=float("inf")):
    """Return {call: Counter of outcomes} and the faults as (call, damage, file, outcome, line)."""
    templates = home / "templates"
    templates.mkdir()
    prepare(templates)
    chance, counted, faults, truth = random.Random(seed), {call: Counter() for call in CALLS}, [], {}
    start = time.monotonic()
    for number in range(count):
        call, (folders, words, results) = chance.choice(list(CALLS.items()))
        work = home / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        for name in ("study.toml", "other.toml", "model.py"):
            shutil.copy2(templates / name, work)
        for name in folders:
            shutil.copytree(templates / name, work / name)
        with contextlib.chdir(work):
            if call not in truth:
                what, line = called(words)
                assert what == "exit 0", (call, line)
                truth[call] = found(results)
                assert truth[call], call
                shutil.rmtree(work / folders[0])
                shutil.copytree(templates / folders[0], work / folders[0])
                if results[0].split("/")[0] not in folders:
                    shutil.rmtree(results[0])
            files = [path for name in folders for path in files_of(Path(name))]
            path, kind = chance.choice(files), chance.choice(list(DAMAGES))
            before = {file: file.read_bytes() for file in files}
            DAMAGES[kind](path, chance, files)
            changed = [str(file) for file in files if not file.exists() or file.read_bytes() != before[file]]
            what, line = called(words)
            if what == "exit 0" and found(results) != truth[call]:
                mine = found(results)
                off = sorted(name for name in {*mine, *truth[call]} if mine.get(name) != truth[call].get(name))
                what, line = "another number", f"{', '.join(off)}: {line}"
            if what == "exit 3" and re.search(r"stopped by \w+|Error", line):
                what = "unforeseen"
            counted[call][what] += 1
            if what not in ("exit 0", "exit 2"):
                faults.append((call, kind, ", ".join(changed), what, line, number))
        if time.monotonic() - start > seconds:
            break
    return counted, faults


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    said = parser.parse_args()
    os.environ.setdefault("MPLBACKEND", "Agg")
    collect.PENDING_BYTES = 2_000  # the bands' state is written while the run goes on, so that damage meets it
    with tempfile.TemporaryDirectory() as home:
        outcomes, wrong = damaged(said.count, said.seed, Path(home), said.seconds)
    for call, counter in outcomes.items():  # "exit 2" is a refusal in one line, "exit 0" the numbers of the undamaged
        print(f"{call}: {sum(counter.values())}: {dict(sorted(counter.items()))}")
    for call, kind, changed, what, line, number in wrong:
        print(f"--- case {number}: {call}: {kind} {changed}: {what}: {line}")
    print(f"faults: {len(wrong)} of {sum(sum(counter.values()) for counter in outcomes.values())}")
