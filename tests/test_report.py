"""The report: what it says, what it draws, and that it stands alone in one file."""

import re
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mcsim.distributions import uniform
from mcsim.engine.run import run
from mcsim.report import words
from mcsim.report.brief import write_pdf
from mcsim.report.choose import figures_of
from mcsim.report.figures import KINDS, selected
from mcsim.report.page import write_report
from mcsim.report.style import number, scale, span
from mcsim.study import Dim, Input, InputError, Layout, Model, Output, Parameter, Study

YEARS = (2030, 2040, 2050)
PARTS = ("mine", "plant")


def evaluate(inputs, context):
    a = inputs["a"][:, np.newaxis]
    by_part = np.stack([a * [1.0, 2.0, 3.0], a * [-1.0, 0.5, 1.0]], axis=-1)
    return {"total": by_part.sum(axis=-1), "parts": by_part, "met": (by_part[:, :, 0] > 1).astype(float)}


@pytest.fixture
def study():
    year, part = Dim("year", YEARS), Dim("part", PARTS)
    model = Model(
        "toy",
        (Parameter("a", "t", "the only input"), Parameter("b", "t", "not used")),
        (),
        (
            Output("total", "t", "mass of all parts", (year,), rank=True),
            Output("parts", "t", "mass by part", (year, part)),
            Output("met", "indicator", "target met", (year,)),
        ),
        evaluate,
    )
    inputs = tuple(Input(name, "t", name, uniform(0, 1), name, "assumption <&>") for name in "ab")
    return Study("toy", "Toy & title", "How much?", "1", model, inputs, {}, headline=("total", "met"))


FIGURES = [
    {"kind": "bands", "output": "total", "x": "year"},
    {"kind": "bands", "output": "parts", "x": "year", "line": "part"},
    {"kind": "bars", "output": "parts", "x": "part", "panel": "year"},
    {"kind": "stack", "output": "parts", "x": "year", "stack": "part"},
    {"kind": "waterfall", "output": "parts", "x": "year", "stack": "part"},
    {"kind": "flow", "output": "parts", "x": "part", "where": {"year": 2050}},
    {"kind": "interval", "output": "total", "where": {"year": 2050}},
    {"kind": "probability", "output": "met", "x": "year", "threshold": 0.5},
    {"kind": "ranking", "output": "total", "panel": "year"},
    {"kind": "sensitivity_over", "output": "total", "x": "year"},
]


def ranking_rows():
    rows = [
        {"output": "total", "year": year, "input": name, "S1": s, "S1_low": s - 0.1, "S1_high": s + 0.1}
        | {"ST": s, "ST_low": s - 0.1, "ST_high": s + 0.1, "n": 64, "method": "sobol", "verdict": "influential"}
        for year in YEARS
        for name, s in (("a", 0.9), ("b", 0.05))
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def written(study, tmp_path):
    result = run(replace(study, figures=tuple(FIGURES)), 200, seed=3)
    path = write_report(result, ranking_rows(), tmp_path)
    return result, path, path.read_text()


def test_every_kind_of_figure_is_drawn_here():
    assert {figure["kind"] for figure in FIGURES} == set(KINDS)


def test_each_figure_becomes_an_svg_and_a_png(written, tmp_path):
    names = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert len([name for name in names if name.endswith(".svg")]) == len(FIGURES)
    assert len([name for name in names if name.endswith(".png")]) == len(FIGURES)
    for path in (tmp_path / "figures").glob("*.svg"):
        assert ET.parse(path).getroot().tag.endswith("svg")


def test_the_page_needs_nothing_from_outside(written):
    _, _, html = written
    assert re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', html) == []
    assert "<script" not in html


def test_every_picture_has_words_for_those_who_do_not_see_it(written):
    _, _, html = written
    alts = re.findall(r'<img[^>]*alt="([^"]*)"', html)
    assert len(alts) == len(FIGURES)
    assert min(map(len, alts)) > 20


def test_text_from_files_is_escaped(written):
    _, _, html = written
    assert "assumption &lt;&amp;&gt;" in html
    assert "Toy &amp; title" in html


def test_the_headline_numbers_are_those_of_the_summary(written):
    result, _, html = written
    row = result.summary("total", year=2050).iloc[0]
    assert number(row["p50"], "t") in html
    assert span(row["p2.5"], row["p97.5"], "t") in html


def test_an_indicator_is_told_as_a_share_of_the_draws(written):
    result, _, _ = written
    line = next(line for line in words.headlines(result) if (line["what"], line["where"]) == ("met", "2050"))
    assert line["median"] == f"in {result.values('met', year=2050).mean():.0%} of the draws"


def test_the_count_of_draws_is_told_first(written):
    _, _, html = written
    assert "200 draws; seed 3, random design." in html


def test_figures_drawn_twice_are_the_same_bytes(written, tmp_path):
    result, _, html = written
    again = write_report(result, ranking_rows(), tmp_path)
    assert again.read_text() == html


def test_the_markdown_brief_holds_the_same_numbers_and_figures_that_exist(written, tmp_path):
    result, path, _ = written
    text = (tmp_path / "report.md").read_text()
    row = result.summary("total", year=2050).iloc[0]
    assert number(row["p50"], "t") in text
    targets = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
    assert len(targets) == len(FIGURES)
    assert all((path.parent / target).is_file() for target in targets)


def test_a_pdf_without_its_extra_is_refused(written, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(InputError, match=r"--pdf: weasyprint is not usable here .*pip install 'mcsim\[pdf\]'"):
        write_pdf(written[1])


def test_a_study_that_asks_for_nothing_gets_plain_figures(study):
    kinds = [(figure["kind"], figure["output"]) for figure in figures_of(study)]
    assert kinds == [("bands", "total"), ("ranking", "total"), ("bands", "met")]


BAD = [
    ({"kind": "band", "output": "total", "x": "year"}, r"kind \(got 'band'\); one of .*did you mean 'bands'"),
    ({"kind": "bands", "output": "totl", "x": "year"}, r"totl: no such output; .*did you mean 'total'"),
    ({"kind": "bands", "output": "total"}, r"total: x: missing; a bands figure needs it"),
]


@pytest.mark.parametrize(("figure", "message"), BAD)
def test_a_figure_that_cannot_be_is_refused(study, figure, message):
    with pytest.raises(InputError, match=message):
        figures_of(replace(study, figures=(figure,)))


@pytest.mark.parametrize(
    ("where", "message"),
    [({"yeer": 2030}, r"where.yeer: no such dim; one of year"), ({"year": 2031}, r"no such label \(got '2031'\)")],
)
def test_labels_that_are_not_there_are_refused(study, where, message):
    rows = run(study, 20).summary("total")
    with pytest.raises(InputError, match=message):
        selected(rows, {"output": "total", "where": where}, ["year"])


def test_masked_elements_have_no_row(study):
    layout = Layout(np.array([0, -1, 1]))
    output = Output("total", "t", "with a hole", (Dim("year", YEARS),), layout=layout)
    model = Model("toy", (), (), (output,), lambda inputs, context: {"total": np.ones((len(context.draws), 2))})
    holed = replace(study, model=model, inputs=(), headline=("total",))
    assert list(run(holed, 8).summary("total")["year"]) == [2030, 2050]


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.123, "relative", (0.01, "%")),
        (2.5e6, "t", (1e6, "Mt")),
        (2.5e3, "km", (1e3, "thousand km")),
        (3, "1", (1.0, "")),
    ],
)
def test_units_are_scaled_to_what_a_reader_expects(value, unit, expected):
    assert scale(unit, value) == expected
