"""The replication preset of the vehicle study: it gives the printed changes, and is what its search finds."""

import sys
from pathlib import Path

import numpy as np
import pytest

from mcsim.study.load import load

SCRIPTS = Path(__file__).resolve().parent.parent / "docs" / "scripts"
PRESET = "second-hand-ev-ncst"


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import vehicle_ncst

    yield vehicle_ncst
    sys.modules.pop("vehicle_ncst", None)


def test_the_preset_gives_the_printed_changes_and_most_categories_below_the_gasoline_car(script):
    printed = script.printed_figures()
    assert [figure.category for figure in printed] == ["gwp", "htpnc", "tetp"]
    (name, values, below), *others = script.undone(printed)
    assert name == PRESET
    np.testing.assert_allclose(values, [0.20, 0.62, 0.16], rtol=0.03)
    assert min(below) > 5
    shipped = others[-1]
    assert shipped[0] == "second-hand-ev"
    assert abs(shipped[1][1] - 0.62) > 0.3


def test_the_preset_is_the_best_of_the_search(script):
    best, *others = script.search(script.printed_figures())
    preset = load(PRESET)
    known = {item.name: item for item in preset.inputs}
    for name, value in best.setting.items():
        if name in preset.options:
            assert preset.options[name] == value
        elif name in known and name != "ev_brake_wear_ratio":
            assert known[name].distribution.median() == pytest.approx(value)
    assert best.setting["housing"] == "not made"
    assert best.met == 3
    assert best.misfit < others[0].misfit


def test_every_assumption_of_the_preset_says_whether_it_is_stated_or_inferred():
    preset, shipped = load(PRESET), {item.name: str(item.distribution) for item in load("second-hand-ev").inputs}
    changed = [item for item in preset.inputs if str(item.distribution) != shipped[item.name]]
    assert len(changed) == 13
    assert [item.name for item in changed if not item.source.startswith(("stated: ", "inferred: "))] == []
