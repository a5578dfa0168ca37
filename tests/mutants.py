"""Study files with something changed at random: each is read, or refused in one line, never anything else."""

import math
import random
import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path

from mcsim.study import InputError
from mcsim.study.load import load

MODEL = """
import sys
import numpy as np
from mcsim.study import Model, Option, Output, Parameter, TableSpec

def factory(tables, side="left"):
    def evaluate(inputs, context):
        return {"y": inputs["p"] * inputs["t"][:, 0] + inputs["w"][:, 0]}

    return Model(
        "toy",
        (Parameter("p", "km", "p", valid=(0, 1e6)), Parameter("w", "1", "w", labels=("a", "b"))),
        (Option("word", "left", ("left", "right")), Option("steps", 4, low=1, high=12, integer=True)),
        (Output("y", "km", "y", rank=True),),
        evaluate,
        tables=(TableSpec("t", ("key",), group="t"),),
    )

def plain(p, q):
    return {"r": (p + q)[:, None, None] * np.ones((2, 2))}

if __name__ == "__main__":
    print('{"r": %s}' % open(sys.argv[1]).read())
"""
STUDIES = {
    "model": """
[study]
title = "Toy"
question = "What?"
version = "1"
model = "model.py:factory"
headline = ["y"]
arguments = { side = "left" }
[options]
word = { categorical = [["left", "right"], [0.5, 0.5]] }
steps = 4
[inputs]
p = { uniform = [1, 2], unit = "km", group = "g", source = "s", note = "n" }
w = { dirichlet = [2, 3], labels = ["a", "b"], source = "s" }
"t[two]" = "normal(1, 0.1)"
[tables.t]
file = "t.csv"
group = "g"
[data]
folder = "own"
[dependence]
spearman = [["p", "t[two]", 0.5]]
[[observation]]
output = "y"
kind = "observed"
value = 3
low = 2
high = 4
interval = 0.9
distribution = "lognormal"
unit = "km"
source = "s"
group = "g"
scope = "all"
[calibration]
options = { word = { categorical = [["left", "right"], [0.5, 0.5]] } }
groups = { g = { pooling = "random", between = 0.2 } }
shipped = ["own/rows.csv"]
[[report.figures]]
kind = "interval"
output = "y"
[[published]]
name = "y"
kind = "stated"
output = "y"
value = 3
low = 2
unit = "km"
where = "p. 3"
source = "s"
""",
    "function": """
[study]
function = "model.py:plain"
per_draw = false
[inputs]
p = { triangular = { low = 0, mode = 1, high = 2 }, unit = "km", meaning = "p", source = "s" }
q = 3
[outputs]
r = { unit = "km", meaning = "r", dims = { year = [2030, 2040], place = ["here", "there"] }, keep = true, rank = false }
""",
    "program": """
[study]
name = "outside"
[program]
command = ["python3", "model.py", "{input}"]
template = "in.txt"
input = "in.json"
output = "-"
timeout = 5.5
parallel = 2
name = "prog"
[inputs]
p = { value = 2, unit = "km", source = "s" }
[outputs]
r = { unit = "km" }
""",
    "extends": """
[study]
extends = "base.toml"
name = "child"
[inputs]
p = 1.5
""",
}
VALUES = [
    *(0, -1, 1, 3.5, 1e400, -math.inf, math.nan, 10**30, True, False, "", " ", "x", "false", "nan", "normal(1, nan)"),
    *(
        "uniform(1",
        "../../x",
        "a\\u0000b",
        [],
        [[]],
        [1, "x"],
        {},
        {"x": 1},
        {"value": 1},
        [True],
        "os:system",
        "p",
        "km",
    ),
]


def written(value):
    """Return a value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\\\\u0000", "\\u0000") + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return "{ " + ", ".join(f"{written(str(key))} = {written(item)}" for key, item in value.items()) + " }"


def places(node, found):
    """Fill the list with every (container, key) below a node."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, item in items:
        found.append((node, key))
        places(item, found)
    return found


def mutant(text, chance):
    """Return a study file with one value, key or letter changed."""
    if chance.random() < 0.15:
        at = chance.randrange(len(text))
        return text[:at] + chance.choice(["", "[", '"', "=", "\n", "\\", "é", "0"]) + text[at + 1 :]
    content = tomllib.loads(text)
    node, key = chance.choice(places(content, []))
    what = chance.choice(["value", "value", "value", "key", "delete", "add"])
    if what == "value":
        node[key] = chance.choice(VALUES)
    elif what == "delete":
        del node[key]
    elif what == "add" and isinstance(node, dict):
        node[chance.choice(["x", "nam", "kee", "value", "unit", "extends", "uniform"])] = chance.choice(VALUES)
    elif isinstance(node, dict):
        name = str(key)
        at = chance.randrange(len(name))
        node[name[:at] + name[at + 1 :] or "y"] = node.pop(key)
    return "\n".join(f"{written(name)} = {written(item)}" for name, item in content.items()) + "\n"


def prepare(folder):
    """Write what the study files refer to."""
    (folder / "own").mkdir()
    (folder / "model.py").write_text(MODEL)
    for place, value in ((folder, 1), (folder / "own", 2)):
        (place / "t.csv").write_text(f"key,value,unit,source\none,{value},km,s\ntwo,{value},km,s\n")
    (folder / "base.toml").write_text(STUDIES["model"])
    (folder / "in.txt").write_text("{{p}}")


def outcome(path):
    """Return what becomes of a study file: read, refused, or what went wrong."""
    try:
        load(path)
    except InputError as error:
        return "refused" if "\n" not in str(error) else f"two lines: {error!r}"
    except BaseException as error:  # the point of the exercise
        return f"{type(error).__name__}: {error}"
    return "read"


def outcomes(count, seed, folder):
    """Yield (what becomes of it, text) of that many mutants."""
    chance = random.Random(seed)
    prepare(folder)
    for _ in range(count):
        text = mutant(STUDIES[chance.choice(list(STUDIES))], chance)
        path = folder / "study.toml"
        path.write_text(text)
        yield outcome(path), text


if __name__ == "__main__":
    number, start = (int(word) for word in (*sys.argv[1:], "10000", "1")[:2])
    with tempfile.TemporaryDirectory() as home:
        counted: Counter[str] = Counter()
        for what, text in outcomes(number, start, Path(home)):
            if what not in counted and what not in ("read", "refused"):
                print(what, "\n", text)
            counted[what] += 1
        print(dict(counted))
