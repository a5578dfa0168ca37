"""Maps of tiles and standings: what they read, what they refuse, and the table beside the report."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from report_study import report_study
from scipy.stats import rankdata

import mcsim
from mcsim.command.main import main
from mcsim.engine.run import run
from mcsim.report.check import check_figures
from mcsim.report.draw import draw_figures
from mcsim.report.page import write_report
from mcsim.result.standings import ranks
from mcsim.study import InputError
from mcsim.study.labels import Labels

TILES = {"kind": "tiles", "output": "mass", "x": "material", "where": {"year": 2050, "origin": "new"}}
STANDINGS = {"kind": "standings", "output": "mass", "x": "material", "where": {"origin": "new"}}


@pytest.fixture(scope="module")
def result():
    return run(report_study(), 80, seed=4)


def test_ranks_are_those_of_a_loop():
    values = np.random.default_rng(1).integers(0, 6, (50, 5)).astype(float)
    naive = [[1 + sum(v > x for v in row) + (sum(v == x for v in row) - 1) / 2 for x in row] for row in values.tolist()]
    np.testing.assert_allclose(ranks(values), naive)


def test_standings_are_ranks_over_the_draws(result):
    rows = result.standings("mass", "year", origin="new", material="copper", top=2)
    values = result.values("mass", origin="new", material="copper")
    found = rankdata(-values, axis=1)  # copper of new cars is below zero: the first year is the largest
    assert list(rows["year"]) == [2030, 2040, 2050]
    np.testing.assert_allclose(rows["rank_mean"], found.mean(axis=0))
    np.testing.assert_allclose(rows["p_first"], [1, 0, 0])
    np.testing.assert_allclose(rows["p_top"], [1, 1, 0])
    assert (rows["n"] == 80).all()


def test_draws_without_a_value_rank_nobody(result):
    kept = result.kept["mass"].copy()
    kept[:20] = np.nan
    some = replace(result, kept={**result.kept, "mass": kept})
    rows = some.standings("mass", "material", origin="new", year=2050)
    assert (rows["n"] == 60).all()
    assert rows["rank_mean"].notna().all()


def test_standings_of_a_dim_that_is_not_there_are_refused(result):
    with pytest.raises(InputError, match=r"mass: no such dim \(got 'yeer'\); .*did you mean 'year'\?"):
        result.standings("mass", "yeer")


def test_the_interval_of_a_rank_holds_what_a_closed_form_says():
    # Two independent uniform numbers and a constant between them: the chance to be first is 1/2 of those above it.
    values = np.random.default_rng(3).random((20_000, 2))
    found = ranks(np.column_stack([values, np.full(len(values), 0.5)]))
    error = np.sqrt(0.25 * 0.75 / len(values))
    assert abs((found[:, 2] == 1).mean() - 0.25) < 4 * error


def test_standings_stand_in_a_table_beside_the_report(result, tmp_path):
    two = {**STANDINGS, "output": "total", "x": "year", "top": 1}
    two.pop("where")
    figures = ({**STANDINGS, "where": {"origin": "new", "year": 2050}}, two)
    asked = replace(result, study=replace(result.study, figures=figures))
    write_report(asked, None, tmp_path)
    with (tmp_path / "standings.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["material"] for row in rows if row["output"] == "mass"] == ["lithium", "nickel", "copper"]
    assert [row["year"] for row in rows if row["output"] == "total"] == ["2050", "2040", "2030"]
    assert {row["top"] for row in rows} == {"1", "3"}
    assert rows[0]["p_first"] == "1"
    assert "standings.csv" not in {path.name for path in _report(result, tmp_path / "none").iterdir()}


def _report(result, folder):
    write_report(result, None, folder)
    return folder


def test_a_map_shows_every_label_with_its_letters_and_number(result, tmp_path):
    figure = {**TILES, "where": {"origin": "new"}, "panel": "year"}
    asked = replace(result, study=replace(result.study, figures=(figure,)))
    (picture,) = draw_figures(asked, None, tmp_path)
    words = [text.strip() for text in re.findall(r">([^<]+)</text>", (tmp_path / f"{picture.name}.svg").read_text())]
    assert [words.count(short) for short in ("Li", "Ni", "Cu")] == [3, 3, 3]
    assert picture.narrow
    assert "2040" in " ".join(words)


def test_a_map_of_a_dim_without_tiles_is_refused():
    study = replace(report_study([TILES]), labels=Labels())
    with pytest.raises(InputError, match=r"\[1\]: x: no map of tiles for this dim \(got 'material'\); \[labels"):
        check_figures(study)


HEAD = "label,row,column,short\n"
GOOD = "a,0,0,A\nb,0,1,B\n"
BAD = [
    ("a,0,0,A\nc,0,1,B\n", r"line 3: label: no such state \(got 'c'\); one of a, b"),
    ("a,0,0,A\n", r"label: no tile for 'b' \(got 1 of 2\); a row for every state"),
    ("a,0,0,A\na,0,1,B\n", r"line 3: label: stands twice \(got 'a'\)"),
    ("a,0,0,A\nb,0,0,B\n", r"line 3: the tile of 'a' \(got row 0, column 0\); another row or column"),
    ("a,-1,0,A\nb,0,0,B\n", r"line 2: row: not a whole number from 0 on \(got '-1'\)"),
    ("a,0,0,A\nb,0,1,Benito\n", r"line 3: short: not 1 to 5 letters \(got 'Benito'\)"),
    ("a,0,0\n", r"line 2: not 4 cells"),
]


def study_with_tiles(folder, text, dim="state"):
    (folder / "toy.py").write_text("import numpy as np\ndef toy(x):\n    return {'y': np.stack([x, 2 * x], axis=-1)}\n")
    (folder / "tiles.csv").write_text(HEAD + text)
    file = folder / "toy.toml"
    file.write_text(
        '[study]\ntitle = "t"\nquestion = "?"\nfunction = "toy.py:toy"\n[inputs]\nx = { uniform = [0, 1] }\n'
        '[outputs]\ny = { dims = { state = ["a", "b"] } }\n'
        f'[labels.tiles]\n{dim} = "tiles.csv"\n'
        '[[report.figures]]\nkind = "tiles"\noutput = "y"\nx = "state"\n'
    )
    return file


@pytest.mark.parametrize(("text", "message"), BAD, ids=range(len(BAD)))
def test_a_table_of_tiles_that_cannot_be_is_refused_in_one_line(text, message, tmp_path):
    with pytest.raises(InputError, match=rf"tiles.csv: {message}") as caught:
        mcsim.load(study_with_tiles(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_tiles_of_a_dim_that_is_not_there_are_refused(tmp_path, capsys):
    assert main(["check", str(study_with_tiles(tmp_path, GOOD, "stat"))]) == 2
    assert re.search(r"labels.tiles.stat: no such dim; .*did you mean 'state'\?", capsys.readouterr().err)


def test_a_run_directory_keeps_its_map(tmp_path):
    study = mcsim.load(study_with_tiles(tmp_path, GOOD))
    mcsim.run(study, draws=20, out=tmp_path / "run")
    assert mcsim.open(tmp_path / "run").study.labels.tiles == {"state": {"a": [0, 0, "A"], "b": [0, 1, "B"]}}
    page = mcsim.open(tmp_path / "run").report(tmp_path / "page")
    assert 'id="01-tiles-y"' in Path(page).read_text(encoding="utf-8")
