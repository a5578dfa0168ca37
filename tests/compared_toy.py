"""A toy that is compared: a study of two inputs, two levers over it, and a package of both."""

from mcsim.command.main import main

MODEL = """
import numpy as np
from mcsim.study import Dim, Model, Output, Parameter
from mcsim.distributions import constant

YEAR = Dim("year", (2030, 2040))


def factory(tables):
    names = ("a", "b", "push", "pull")
    parameters = tuple(Parameter(n, "t", n, (0.0, 10.0), None, constant(0.0)) for n in names)

    def evaluate(inputs, context):
        a, b, push, pull = (inputs[name] for name in names)
        waste = np.stack([a * (1 - 0.1 * push), b * (1 - 0.2 * push)], axis=1)
        return {"waste": waste, "gain": a * push + pull, "still": b.copy()}

    outputs = (
        Output("waste", "t/yr", "waste", (YEAR,), rank=True),
        Output("gain", "t", "gain", rank=True, keep=False),
        Output("still", "t", "still"),
    )
    return Model("toy", parameters, (), outputs, evaluate)
"""
STUDY = """
[study]
title = "Today"
model = "model.py:factory"
headline = ["waste"]
[inputs]
a = { uniform = [1, 2], source = "s" }
b = { uniform = [0, 4], source = "s" }
[[compare.outcomes]]
output = "waste"
total = true
label = "Waste to 2040"
better = "less"
[[compare.outcomes]]
output = "gain"
better = "more"
[[compare.outcomes]]
output = "waste@2040"
"""
PUSH = """
[study]
title = "Push"
extends = "toy.toml"
overlay = true
strength = "push"
[inputs]
push = { value = 1.0, source = "s" }
"""
PULL = """
[study]
title = "Pull"
extends = "toy.toml"
overlay = true
[inputs]
pull = { uniform = [0, 3], source = "s" }
"""
BOTH = """
[study]
title = "Both"
extends = "toy.toml"
overlay = true
overlays = ["push.toml", "pull.toml"]
"""
FILES = {"toy": STUDY, "push": PUSH, "pull": PULL, "both": BOTH}


def put(folder):
    """Write the toy and its levers into a folder."""
    (folder / "model.py").write_text(MODEL)
    for name, text in FILES.items():
        (folder / f"{name}.toml").write_text(text)


def called(capsys, *words):
    code = main(list(words))
    out, err = capsys.readouterr()
    return code, out, err
