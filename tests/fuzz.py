"""Wrong input of four sorts at the command line, in one process: study files, `--set` texts, tables, command lines.

Every case ends with exit code 0, or with 2 (or, where the run itself fails, 3) and one line. Counted as faults: an
exception that escapes, an exit 3 that stands for an exception nobody foresaw, and a file with an unknown key that is
read. Seeded: ``python tests/fuzz.py 10000 3000 3000 1000 --seed 1`` gives the same cases again.
"""

import argparse
import contextlib
import io
import os
import random
import re
import tempfile
import time
import tomllib
from collections import Counter
from pathlib import Path

from mutants import STUDIES, VALUES, mutant, prepare

from mcsim.command.main import main
from mcsim.distributions import FAMILIES, SHARES
from mcsim.report.kinds import KINDS

# What a study file may hold, written out here so that it does not come from the schema under test.
STUDY_KEYS = "name title question version model function per_draw extends headline arguments"
KNOWN = {
    (): "study options inputs tables dependence data outputs program report observation calibration published",
    ("study",): STUDY_KEYS,
    ("dependence",): "spearman factors observed ordered sorted when",
    ("calibration",): "options groups shipped",
    ("data",): "folder",
    ("report",): "figures",
    ("program",): "command template input output timeout parallel name",
    ("tables", "*"): "file group",
    ("outputs", "*"): "unit meaning dims keep rank may_be_undefined",
    ("inputs", "*"): f"value unit group source note meaning labels {' '.join([*FAMILIES, *SHARES])}",
    ("options", "*"): f"value {' '.join(FAMILIES)}",
}
NAMES = [*["p", "t[one]", "word", "steps"] * 3, "t[two]", "w[a]", "w[b]", "w", "t", "g", "x", "", "p ", "P"]
TEXTS = [
    *("1.5", "0.5", "5", "left", "centre", "uniform(1, 2)", "normal(2, 0.1)", "triangular(1, 2, 3)", "lognormal(1, 2)"),
    *('categorical(["left", "right"])', "discrete([1, 2], [0.5, 0.5])", "truncated_normal(2, 1, 0, 4)", "beta(2, 3)"),
    *("nan", "inf", "1e999", "-1", "0x10", "1_000", "uniform(low=1, high=2)", "metalog([1, 2, 3], [0.1, 0.5, 0.9])"),
]
MARKS = ["", "(", ")", ",", "[", "]", '"', "=", "-", "1e9", "nan", "inf", " ", "é", "\u2028", "x", ".", "0", "{", "\\"]
CELLS = ["", "0", "-1", "nan", "inf", "1,5", "x", "km", "kg", "uniform", "normal", "fixed", "1e400", "%", "ton", ";"]
COMMANDS = ["check", "evaluate", "show", "run", "sensitivity", "compare", "report", "merge", "list", "chek", ""]
# Option -> what may be said with it; nothing for a flag.
OPTIONS = {
    **dict.fromkeys(("--draws", "--base"), ("8", "16", "1e1")),
    **dict.fromkeys(("--drws", "--from", "--lives", "--samples", "--shard", "--chunk"), ("1/2", "8", "own/t.csv", "x")),
    **dict.fromkeys(("--output", "--keep"), ("y",)),
    **dict.fromkeys(("--resume", "--no-sensitivity", "--groups", "--second-order", "--json", "--quiet", "--pdf"), ()),
    "--seed": ["0", "7"],
    "--design": ["random", "lhs", "sobol"],
    "--method": ["sobol", "morris", "tornado", "shapley", "prcc", "delta", "evppi"],
    "--until": ["y:0.1", "y.mean 5 %"],
    "--confidence": ["0.9"],
    "--timeout": ["60"],
    "--max-failed": ["0", "0.5"],
    "--data": ["own"],
    "--out": ["new", "own"],
    "--set": ["p=1", "word=right", "p=uniform(1, 2)"],
    "--backend": ["threads"],
}
SAID = [
    *("0", "1", "-1", "8", "16", "1e1", "nan", "inf", "x", "", "1/2", "3/2", "0/0", "random", "lhs", "sobol", "all"),
    *("y", "z", "p=1", "p=x", "p", "1e30", "none.csv", "own", "morris", "prcc", "tornado", "threads", "0.5", "y:0.1"),
]


def unknown_keys(content, place=()):
    """Return the keys of a study file that no section knows."""
    found = []
    if not isinstance(content, dict):
        return found
    wild = (place[0], "*") if len(place) == 2 and place[0] in ("tables", "outputs", "inputs", "options") else place
    known = KNOWN[wild].split() if wild in KNOWN else None
    for key, item in content.items():
        if known is not None and key not in known:
            found.append(".".join((*place, key)))
        found += unknown_keys(item, (*place, key)) if len(place) < 2 else []
    figures = content.get("figures", ()) if place == ("report",) else ()
    for figure in figures if isinstance(figures, list) else ():
        kind = KINDS.get(figure.get("kind"))
        known = {"kind", "output", *(key.name for key in kind.keys)} if kind is not None else set()
        found += [key for key in figure if key not in known]
    return found


def called(words):
    """Return (what came of a command line, the last line of its standard error)."""
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([*words])
    except BaseException as error:  # the point of the exercise
        return "escaped", f"{type(error).__name__}: {error}"
    last = (err.getvalue().strip().splitlines() or [""])[-1]
    # At the start of a line: what a user's program wrote to its own standard error is quoted within one.
    if re.search(r"^Traceback", err.getvalue(), re.MULTILINE) or (code and not last):
        return "traceback", last
    if code == 3 and "--debug shows where" in last:
        return "unforeseen", last
    return f"exit {code}", last


def garbled(text, chance, marks):
    """Return a text with one to three of its letters changed, or as it is."""
    for _ in range(chance.choice([0, 1, 1, 2, 3])):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(marks) + text[at + chance.choice([0, 1, 2]) :]
    return text


def study_files(count, chance):
    """Yield (outcome, line, case) of mutated study files, evaluated at the centre where they are read."""
    for _ in range(count):
        text = mutant(STUDIES[chance.choice(list(STUDIES))], chance)
        Path("study.toml").write_text(text)
        what, line = called(["check", "study.toml"])
        if what == "exit 0" and (unknown := unknown_keys(tomllib.loads(text))):
            what, line = "unknown key read", str(unknown)
        yield what, line, text


def set_texts(count, chance):
    """Yield (outcome, line, case) of `--set` texts."""
    for _ in range(count):
        said = f"{chance.choice(NAMES)}={garbled(chance.choice(TEXTS), chance, MARKS)}"
        yield *called(["evaluate", "base.toml", "--set", said]), said


def tables(count, chance):
    """Yield (outcome, line, case) of mutated tables, as the study's and in its place."""
    header = "key,value,low,high,unit,distribution,source"
    rows = ["one,1,0.5,2,km,triangular,s", "two,2,,,km,fixed,s"]
    for _ in range(count):
        cells = [line.split(",") for line in (header, *rows)]
        for _ in range(chance.choice([1, 1, 2, 3])):
            line = chance.choice(cells)
            line[chance.randrange(len(line))] = chance.choice([*CELLS, *VALUES[10:13]])
        text = "\n".join(",".join(map(str, line)) for line in cells) + "\n"
        text = garbled(text, chance, [*MARKS, "\n", "\r", "\0", ";", "\t"]) if chance.random() < 0.3 else text
        Path("mine/t.csv").write_bytes(text.encode())
        own = chance.random() < 0.5
        yield *called(["check", "base.toml", "--data", "mine"] if own else ["check", "mine.toml"]), text


def command_lines(count, chance):
    """Yield (outcome, line, case) of command lines of random words."""
    studies = [*["base.toml", "ishigami"] * 4, "none.toml", "ishi", "", "own", "../x"]
    for _ in range(count):
        words = [chance.choice(COMMANDS)]
        words += [chance.choice(studies) for _ in range(chance.choice([0, 1, 1, 1, 2]))]
        for _ in range(chance.choice([0, 1, 1, 2, 3])):
            option = chance.choice(list(OPTIONS))
            value = [chance.choice(OPTIONS[option] or [""])] if chance.random() < 0.7 else [chance.choice(SAID)]
            words += [option, *value] if OPTIONS[option] or chance.random() < 0.1 else [option]
        if words[0] in ("run", "sensitivity", "compare"):
            words += [] if "--draws" in words or words[0] == "sensitivity" else ["--draws", "8"]
            words += [] if "--base" in words or words[0] == "compare" else ["--base", "8"]
        yield *called(words), " ".join(words)


SORTS = {"study files": study_files, "set texts": set_texts, "tables": tables, "command lines": command_lines}
FAULTS = ("escaped", "traceback", "unforeseen", "unknown key read")


def fuzz(counts, seed, folder, seconds=float("inf")):
    """Return {sort: Counter of outcomes} and the faults as (sort, outcome, line, case), in a folder of its own."""
    prepare(folder)
    (folder / "mine").mkdir()
    (folder / "mine.toml").write_text('[study]\nextends = "base.toml"\n[tables.t]\nfile = "mine/t.csv"\n')
    counted = {sort: Counter() for sort in SORTS}
    faults = []
    with contextlib.chdir(folder):
        for (sort, cases), count in zip(SORTS.items(), counts, strict=True):
            start = time.monotonic()
            for what, line, case in cases(count, random.Random(f"{seed} {sort}")):
                counted[sort][what] += 1
                if what in FAULTS:
                    faults.append((sort, what, line, case))
                if time.monotonic() - start > seconds:
                    counted[sort]["stopped by the clock"] += 1
                    break
    return counted, faults


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="*", type=int, default=[10_000, 3_000, 3_000, 1_000])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="at most so many for each sort")
    said = parser.parse_args()
    os.environ.setdefault("MPLBACKEND", "Agg")
    with tempfile.TemporaryDirectory() as home:
        outcomes, wrong = fuzz(said.counts, said.seed, Path(home), said.seconds)
    for sort, counter in outcomes.items():  # "exit 2" is a refusal in one line
        print(f"{sort}: {sum(counter.values())}: {dict(sorted(counter.items()))}")
    seen = Counter()
    for sort, what, line, case in wrong:
        seen[line[:60]] += 1
        if seen[line[:60]] == 1:
            print(f"--- {sort}: {what}: {line}\n{case}")
    print(f"faults: {len(wrong)} of {len(seen)} kinds")
