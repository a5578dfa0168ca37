"""Names that others import have a public place, and the page that says where is right."""

import importlib
import re
from pathlib import Path

import numpy as np
import pytest

import mcsim

PAGE = Path(__file__).resolve().parent.parent / "docs" / "names.md"
NAMES = sorted(set(re.findall(r"`(mcsim(?:\.\w+)+)`", PAGE.read_text())))


def found(name: str) -> object:
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            thing: object = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            thing = getattr(thing, part)
        return thing
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_the_page_is_there(name):
    assert found(name) is not None


def test_the_page_tells_every_public_name():
    public = {name for name in dir(mcsim) if not name.startswith("_")}
    families = set(importlib.import_module("mcsim.distributions").__all__)
    assert {f"mcsim.{name}" for name in public - families} - set(NAMES) == set()


@pytest.mark.parametrize("name", ["Dim", "Output", "Parameter", "Option", "Model", "TableSpec"])
def test_a_model_is_written_from_one_place(name):
    assert getattr(importlib.import_module("mcsim.study"), name) is getattr(mcsim, name)


def test_samples_of_ones_own_and_saltelli_points_are_public():
    import pandas as pd

    study = mcsim.load("ishigami")
    design = mcsim.user_design(pd.DataFrame({"x1": [0.1], "x2": [0.2], "x3": [0.3]}), study)
    a, b = mcsim.saltelli_points(("x", "y"), 8, 1, 0, 8)
    assert (design.draws, a.shape) == (1, (8, 2))
    assert not np.array_equal(a, b)
