"""Every kind of figure: drawn, told and checked, by one suite that reads the registry."""

import re
import tomllib
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from report_study import LABELS, MATERIAL, OUTPUTS, YEAR, report_ranking, report_study, seen

from mcsim.command.main import main
from mcsim.engine.run import run
from mcsim.report.check import check_figures, figure_of
from mcsim.report.draw import draw_figures
from mcsim.report.kinds import KINDS
from mcsim.report.style import drawing
from mcsim.report.words import headlines
from mcsim.study import InputError, Layout

DRAWN = [name for name, kind in KINDS.items() if kind.draw is not None]
TABLED = [name for name in KINDS if name not in DRAWN]


def entry(name, **changes):
    """The example of a kind, as a study file would hold it."""
    found = tomllib.loads(KINDS[name].example) | changes
    return {key: value for key, value in found.items() if value is not None}


@pytest.fixture(scope="module")
def result():
    return run(report_study(observations=[seen(2040, 1.5, scope="all of it")]), 60, seed=3)


def texts(path):
    """What an SVG says."""
    return ["".join(one.itertext()) for one in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")]


def drawn(result, figure, folder):
    asked = replace(result, study=replace(result.study, figures=(figure,)))
    return draw_figures(asked, report_ranking(), folder)


@pytest.mark.parametrize("name", DRAWN)
def test_the_example_of_a_kind_is_drawn(result, name, tmp_path):
    (picture,) = drawn(result, entry(name), tmp_path)
    path = tmp_path / f"{picture.name}.svg"
    root = ET.parse(path).getroot()
    assert root.tag.endswith("svg")
    words = " ".join(texts(path))
    assert len(words) > 20
    assert re.findall(r"\b(nan|inf|None|NaN)\b|e\+|[{}]", words) == []
    assert picture.title
    assert picture.caption.endswith(".")
    assert KINDS[name].caption in picture.caption


@pytest.mark.parametrize("name", DRAWN)
def test_no_panel_of_the_example_of_a_kind_is_empty(result, name):
    figure = figure_of(entry(name), {output.name: output for output in OUTPUTS}, "here", LABELS)
    with drawing() as plt:
        picture = figure.kind.draw(plt, figure.kind.reads.rows(figure, result, report_ranking()), figure)
        shown = [axis for axis in picture.axes if axis.get_visible()]
        assert shown
        for axis in shown:
            assert axis.has_data()
            assert np.isfinite(axis.dataLim.get_points()).all()  # lines across an axis have no end and no such limits


@pytest.mark.parametrize("name", TABLED)
def test_the_example_of_a_kind_without_a_drawing_stands_in_the_table(result, name):
    asked = replace(result, study=replace(result.study, figures=(entry(name),)))
    assert [line["where"] for line in headlines(asked)] == ["2030, new, lithium", "2050, new, lithium"]


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_says_what_it_is(name):
    kind = KINDS[name]
    assert kind.name == name
    assert entry(name)["kind"] == name
    assert kind.shows.endswith(".")
    assert kind.caption
    assert len({key.name for key in kind.keys}) == len(kind.keys)


@pytest.mark.parametrize("name", KINDS)
def test_a_key_that_no_kind_knows_is_refused(name):
    with pytest.raises(
        InputError, match=rf"report.figures\[1\]: colour: unknown key of a {name} figure; one of kind, "
    ):
        check_figures(report_study([entry(name, colour="red")]))


@pytest.mark.parametrize("name", KINDS)
def test_an_output_that_is_not_there_is_refused(name):
    with pytest.raises(InputError, match=r"\[1\]: output: no such output \(got 'mas'\); .*did you mean 'mass'\?"):
        check_figures(report_study([entry(name, output="mas")]))


REQUIRED = [(name, key.name) for name, kind in KINDS.items() for key in kind.keys if key.required]


@pytest.mark.parametrize(("name", "key"), REQUIRED)
def test_a_figure_without_a_key_that_its_kind_needs_is_refused(name, key):
    with pytest.raises(InputError, match=rf"\[1\]: {key}: missing; a {name} figure needs it: .*one of year, origin"):
        check_figures(report_study([entry(name, **{key: None})]))


EVERY = [(name, key) for name, kind in KINDS.items() for key in kind.keys]


@pytest.mark.parametrize(("name", "key"), EVERY, ids=[f"{name}-{key.name}" for name, key in EVERY])
def test_a_key_of_another_type_is_refused(name, key):
    with pytest.raises(InputError, match=rf"\[1\]: {key.name}: not .*\(got True\); "):
        check_figures(report_study([entry(name, **{key.name: True})]))


DIMS = [(name, key) for name, kind in KINDS.items() for key in kind.dims]


@pytest.mark.parametrize(("name", "key"), DIMS)
def test_a_dim_that_is_not_there_is_refused(name, key):
    with pytest.raises(InputError, match=rf"{key}: no such dim of mass \(got 'yeer'\); .*did you mean 'year'\?"):
        check_figures(report_study([entry(name, **{key: "yeer"})]))


@pytest.mark.parametrize("name", KINDS)
def test_a_label_that_is_not_there_is_refused(name):
    message = r"\[1\]: where.material: no such label \(got 'lithum'\); one of lithium, .*did you mean 'lithium'\?"
    with pytest.raises(InputError, match=message):
        check_figures(report_study([entry(name, where={"material": "lithum"})]))


@pytest.mark.parametrize("name", DRAWN)
def test_labels_that_no_mark_would_tell_apart_are_refused(name):
    figure = {key: value for key, value in entry(name).items() if key not in ("line", "panel", "where")}
    with pytest.raises(InputError, match=r"where.\w+: \d labels that the figure would not tell apart; one of them"):
        check_figures(report_study([figure]))


BANDS = {"kind": "bands", "output": "mass", "x": "year", "line": "origin", "where": {"material": "lithium"}}
BAD = [
    ({"kind": "bandz"}, r"kind: no such kind \(got 'bandz'\); one of bands, .*; did you mean 'bands'\?"),
    ({"kind": None}, r"kind: missing; one of bands, "),
    ({"output": None}, r"output: missing; one of mass, total"),
    ({"x": "origin"}, r"x: labels that are no numbers \(got 'origin'\); one of year"),
    ({"line": "year"}, r"line: the x already \(got 'year'\); another dim, or no line"),
    ({"title": " "}, r"title: not a text \(got ' '\)"),
    ({"where": {"yeer": 2030}}, r"where.yeer: no such dim of mass; one of year, .*did you mean 'year'\?"),
    ({"where": {"material": []}}, r"where.material: no label \(got \[\]\); one of lithium"),
    ({"where": {"material": ["lithium", 3]}}, r"where.material: no such label \(got 3\)"),
    ({"where": {"material": {"a": 1}}}, r"where.material: not a label \(got \{'a': 1\}\)"),
    ({"kind": "probability", "threshold": "1"}, r"threshold: not a number \(got '1'\)"),
    ({"kind": "waterfall", "stack": "material", "x": "origin", "line": None, "ends": ["new"]}, r"ends: not two labels"),
    (
        {"kind": "waterfall", "stack": "material", "x": "origin", "line": None, "ends": ["new", "old"]},
        r"ends: no such label \(got 'old'\); one of new, second-hand",
    ),
    ({"output": "met", "line": None, "where": {}}, r"output: met gives a bands figure nothing to read: .*probability"),
    ({"kind": "ranking", "output": "peak", "x": None, "line": None, "where": {}}, r"output: peak .*: not ranked"),
]


@pytest.mark.parametrize(("changes", "message"), BAD)
def test_a_figure_that_cannot_be_is_refused_in_one_line(changes, message):
    wrong = {key: value for key, value in (BANDS | changes).items() if value is not None}
    with pytest.raises(InputError, match=rf"^toy: report.figures\[2\]: {message}") as caught:
        check_figures(report_study([BANDS, wrong]))
    assert "\n" not in str(caught.value)


def test_an_askedthat_is_no_section_is_refused():
    with pytest.raises(InputError, match=r"report.figures\[1\]: not a section \(got 'bands'\)"):
        check_figures(report_study(["bands"]))


def test_a_probability_of_what_is_not_kept_is_refused():
    outputs = [replace(output, keep=False) for output in OUTPUTS]
    with pytest.raises(InputError, match=r"output: mass gives a probability figure nothing to read: stored as bands"):
        check_figures(report_study([entry("probability")], outputs=outputs))


@pytest.mark.parametrize(("threshold", "expected"), [(0.5, None), (1.0, 0.0), (-0.5, 1.0)])
def test_the_chance_of_a_zero_or_one_needs_no_draws(threshold, expected):
    outputs = [replace(output, keep=output.name != "met") for output in OUTPUTS]
    study = report_study(outputs=outputs)
    found = run(study, 60, seed=3)
    asked = {"kind": "probability", "output": "met", "x": "year", "threshold": threshold}
    figure = figure_of(asked, {output.name: output for output in study.outputs}, "here")
    rows = figure.kind.reads.rows(figure, found, None)
    wanted = (found.values("total") > 2).mean(axis=0) if expected is None else expected
    np.testing.assert_allclose(rows["above"], wanted)


def test_more_panels_than_a_page_takes_are_refused():
    year = replace(YEAR, coords=tuple(range(2030, 2050)))
    outputs = [replace(OUTPUTS[0], dims=(year, MATERIAL))]
    figure = {"kind": "bars", "output": "mass", "x": "material", "panel": "year"}
    with pytest.raises(InputError, match=r"panel: 20 panels, at most 12 \(got 'year'\); where.year = \[...\]"):
        check_figures(report_study([figure], outputs=outputs, headline=("mass",)))


def test_labels_without_a_meaning_together_are_refused():
    index = np.arange(18).reshape(3, 2, 3)
    index[:, 0, 0] = -1
    outputs = [replace(OUTPUTS[0], layout=Layout(index))]
    figure = BANDS | {"where": {"origin": "new", "material": "lithium"}}
    with pytest.raises(InputError, match=r"where: no element of mass has these labels together"):
        check_figures(report_study([figure], outputs=outputs, headline=("mass",)))


@pytest.mark.parametrize("name", DRAWN)
def test_an_output_that_is_undefined_in_every_draw_is_left_out(result, name, tmp_path):
    band = result.bands["mass"]
    nothing, no_quantile = np.full_like(band.mean, np.nan), np.full_like(band.quantiles, np.nan)
    kept = {**result.kept, "mass": np.full_like(result.kept["mass"], np.nan)}
    bands = {**result.bands, "mass": replace(band, mean=nothing, quantiles=no_quantile)}
    empty = replace(result, bands=bands, kept=kept)
    pictures = drawn(empty, entry(name), tmp_path)
    assert len(pictures) == (1 if "ranking" in KINDS[name].reads.words else 0)


STUDY = """\
[study]
title = "toy"
question = "?"
function = "toy.py:toy"
headline = ["y"]
[inputs]
x = { uniform = [0, 1], unit = "km" }
[outputs]
y = { unit = "km", meaning = "distance", dims = { year = [2030, 2040] } }
[[report.figures]]
kind = "bandz"
output = "y"
x = "year"
"""


@pytest.mark.parametrize("command", ["check", "show", "run", "sensitivity"])
def test_a_command_refuses_a_figure_before_it_draws(command, tmp_path, capsys):
    (tmp_path / "toy.py").write_text("raise SystemExit('evaluated')\n".replace("raise", "def toy(x):\n    raise"))
    file = tmp_path / "toy.toml"
    file.write_text(STUDY)
    out = ["--out", str(tmp_path / "out")] if command in ("run", "sensitivity") else []
    assert main([command, str(file), *out]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"{file}: report.figures[1]: kind: no such kind (got 'bandz'); one of bands, ")
    assert told.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_key_of_report_that_is_not_known_is_refused(tmp_path, capsys):
    (tmp_path / "toy.py").write_text("def toy(x):\n    return {'y': x}\n")
    file = tmp_path / "toy.toml"
    file.write_text(STUDY.replace("report.figures", "report.figurs"))
    assert main(["check", str(file)]) == 2
    assert (
        "report.figurs: unknown key; one of title, title_es, answers, rows, picture, figures,"
        in capsys.readouterr().err
    )


def hindcast(result, **changes):
    """The rows of a hindcast of the mass of a result, as its figure reads them."""
    figure = figure_of(entry("hindcast", **changes), {output.name: output for output in OUTPUTS}, "here")
    return figure.kind.reads.rows(figure, result, None)


def test_a_hindcast_holds_the_total_against_what_was_observed_of_it():
    observations = [
        seen(2040, 1.5, scope="all of it"),
        seen(2030, 0.5, sd=None, low=0.3, high=0.7, interval=0.5),
        seen(2030, 9.0, output="mass@2030,nickel"),
        seen(2030, 9.0, output="mass@2030,lithium,new", total=False),
    ]
    found = run(
        report_study(observations=[{k: v for k, v in one.items() if v is not None} for one in observations]), 60
    )
    rows = hindcast(found)
    total = found.values("mass")[:, :, :, 0].sum(axis=2)
    model = rows[rows["series"] == "prior"]
    assert list(model["year"]) == [2030, 2040, 2050]
    np.testing.assert_allclose(model["p97.5"], np.quantile(total, 0.975, axis=0))
    marks = rows[rows["seen"]].to_dict("records")
    assert [(row["year"], row["series"], row["p50"]) for row in marks] == [
        (2040, "all of it", 1.5),
        (2030, "a count", 0.5),
    ]
    # 50 % of a normal error reach 0.6745 sd, 95 % 1.95996 sd: a half-range of 0.2 becomes 0.581.
    assert marks[1]["p97.5"] - 0.5 == pytest.approx(0.2 * 1.959964 / 0.6744898)
    new = hindcast(found, total=None, where={"material": "lithium", "origin": "new"})
    assert list(new[new["seen"]]["p50"]) == [9.0]


def test_a_hindcast_weighs_its_draws_by_what_was_observed():
    # The total of lithium is 2 (1 + 0.4) a + ...: one observation with a normal error, against weights written out.
    study = report_study(observations=[seen(2040, 3.0, sd=0.4)])
    found = run(study, 4000, seed=3)
    rows = hindcast(found)
    total = found.values("mass")[:, :, :, 0].sum(axis=2)
    weights = np.exp(-0.5 * ((total[:, 1] - 3.0) / 0.4) ** 2)
    order = np.argsort(total[:, 1])
    reached = np.cumsum(weights[order]) / weights.sum()
    expected = total[order, 1][np.searchsorted(reached, [0.025, 0.5, 0.975])]
    (name,) = [series for series in rows["series"].unique() if series.startswith("posterior")]
    row = rows[(rows["series"] == name) & (rows["year"] == 2040)].iloc[0]
    np.testing.assert_allclose(row[["p2.5", "p50", "p97.5"]].to_numpy(float), expected, rtol=0.01)
    ess = weights.sum() ** 2 / (weights**2).sum()
    assert float(name.removeprefix("posterior (").split()[0].replace(",", "")) == pytest.approx(ess, rel=0.02)


@pytest.mark.parametrize(("value", "draws"), [(50.0, 400), (3.0, 200), (3.0, 8)])
def test_weights_that_collapse_draw_no_posterior(value, draws):
    # 50 lies beyond every draw: all weight on the nearest. The others have fewer than 50 effective draws.
    found = run(report_study(observations=[seen(2040, value, sd=0.05)]), draws, seed=3)
    assert [name for name in hindcast(found)["series"].unique() if name.startswith("posterior")] == []


def test_without_an_observation_there_is_no_hindcast(tmp_path):
    found = run(report_study(), 20, seed=3)
    assert drawn(found, entry("hindcast"), tmp_path) == []


@pytest.mark.parametrize(
    ("total", "message"),
    [
        (["year"], r"total: told apart already \(got 'year'\)"),
        (["origin", "origin"], r"total: told apart already \(got 'origin'\)"),
        (["orign"], r"total: no such dim of mass \(got 'orign'\); .*did you mean 'origin'\?"),
        ("origin", r"total: not a list of dims \(got 'origin'\)"),
    ],
)
def test_a_total_over_what_cannot_be_summed_is_refused(total, message):
    with pytest.raises(InputError, match=message):
        check_figures(report_study([entry("hindcast", total=total)]))
