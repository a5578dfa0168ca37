"""Texts of a study where others read them: spreadsheets, terminals, folders."""

import csv

import numpy as np
import pytest
from report_study import report_study

import mcsim
from mcsim.command.main import main
from mcsim.result.pairs import POINTS, compare
from mcsim.store.claim import new_folder
from mcsim.store.directory import read_failures, write_failures
from mcsim.store.files import escaped_text, plain_text
from mcsim.study import Dim, InputError, Output
from mcsim.study.errors import printable
from mcsim.study.failure import Failure

TEXTS = ["=1+1", "@SUM(A1)", "+10 %", "-x", "'=1", "''", "'s", "-", "-5", "+1e3", "kg", "", "\t=1", " =1"]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_comes_back_from_its_cell(text):
    assert plain_text(escaped_text(text)) == text


@pytest.mark.parametrize("text", TEXTS)
def test_no_cell_is_a_formula(text):
    cell = escaped_text(text)
    assert not cell.lstrip(" \t").startswith(("=", "@"))
    assert cell[:1] not in ("+", "-") or len(cell) == 1 or float(cell) == float(text)


def test_labels_in_the_summary_are_no_formulas(tmp_path):
    output = Output("cost", "=US$", "cost", (Dim("year", ("=cmd()", "ok")),))
    study = report_study(
        outputs=[output], run=lambda inputs, context: {"cost": np.outer(inputs["a"], [1, 2])}, headline=("cost",)
    )
    mcsim.run(study, draws=20, out=tmp_path / "run")
    with (tmp_path / "run" / "summary.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["year"], row["unit"]) for row in rows] == [("'=cmd()", "'=US$"), ("ok", "'=US$")]


def test_a_reason_comes_back_from_failed_csv(tmp_path):
    failure = Failure(3, "=1+1", {"a": -0.5})
    write_failures([failure], tmp_path / "failed.csv")
    assert "'=1+1" in (tmp_path / "failed.csv").read_text()
    assert read_failures(tmp_path / "failed.csv") == (failure,)


@pytest.mark.parametrize("name", ["=a", "@a", "-a", "+a"])
def test_a_name_that_begins_as_a_formula_is_refused(name):
    with pytest.raises(InputError, match="begins as a formula"):
        report_study(names=(name,))


def test_a_terminal_is_shown_what_it_would_obey():
    assert printable("a\x1b]0;title\x07b\nc\u202ed é") == "a\\u001b]0;title\\u0007b\nc\\u202ed é"


def test_an_error_line_holds_no_escapes(capsys):
    assert main(["show", "no\x1b[31msuch"]) == 2
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../../x", "a/b", "..", ".hidden", "a\\b"])
def test_a_folder_is_made_of_names_only(name, tmp_path):
    with pytest.raises(InputError, match="not a name"):
        new_folder(name, tmp_path)


def test_a_difference_of_indicators_is_in_percentage_points():
    def met(least):
        output = Output("met", "indicator", "target met", (Dim("year", (2030, 2040)),))
        return report_study(
            outputs=[output],
            run=lambda inputs, context: {
                "met": np.stack([inputs["a"] > least, inputs["a"] > 0.9], axis=1).astype(float)
            },
            headline=("met",),
        )

    delta = compare(mcsim.run(met(0.5), draws=400, seed=1), mcsim.run(met(0.25), draws=400, seed=1))
    rows = delta.summary("met")
    assert set(rows["unit"]) == {POINTS}
    assert rows["mean"].iloc[0] == pytest.approx(25, abs=4 * 100 * np.sqrt(0.25 * 0.75 / 400))
    assert rows["mean"].iloc[1] == 0
