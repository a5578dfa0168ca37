"""The report: what it says, what it draws, and that it stands alone in one file."""

import re
import shutil
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from report_study import YEAR, report_ranking, report_study

from mcsim.command.main import main
from mcsim.engine.run import run
from mcsim.report import explorer, words
from mcsim.report.brief import write_pdf
from mcsim.report.choose import figures_of
from mcsim.report.page import write_report
from mcsim.report.style import number, scale, span
from mcsim.study import Dim, InputError, Layout, Output

FIGURES = [
    {"kind": "bands", "output": "total", "x": "year"},
    {"kind": "numbers", "output": "total", "where": {"year": [2040, 2050]}},
    {"kind": "numbers", "output": "met"},
    {"kind": "probability", "output": "met", "x": "year"},
    {"kind": "ranking", "output": "total", "panel": "year"},
]
DRAWN = 3


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    result = run(report_study(FIGURES), 200, seed=3)
    path = write_report(result, report_ranking(), tmp_path_factory.mktemp("run"))
    return result, path, path.read_text()


def test_each_figure_becomes_an_svg(written):
    figures = written[1].parent / "figures"
    names = sorted(path.name for path in figures.iterdir())
    assert len([name for name in names if name.endswith(".svg")]) == len(names) == DRAWN
    for path in figures.glob("*.svg"):
        assert ET.parse(path).getroot().tag.endswith("svg")


def test_the_page_needs_nothing_from_outside(written):
    _, _, html = written
    assert set(re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', html)) <= {'href="explorer.html"'}  # the page beside it
    assert "<script" not in html


def test_every_picture_has_words_for_those_who_do_not_see_it(written):
    _, _, html = written
    alts = re.findall(r'<img[^>]*alt="([^"]*)"', html)
    assert len(alts) == DRAWN
    assert min(map(len, alts)) > 20


def test_text_from_files_is_escaped(written):
    _, _, html = written
    assert "assumption &lt;&amp;&gt;" in html
    assert "Toy &amp; title" in html


def test_the_headline_numbers_are_those_of_the_summary(written):
    result, _, html = written
    row = result.summary("total", year=2050).iloc[0]
    assert number(row["p50"], "t") in html
    assert span(row["p2.5"], row["p97.5"], "t").removesuffix(" t") in html


def test_an_indicator_is_told_as_a_share_of_the_draws(written):
    result, _, _ = written
    line = next(line for line in words.headlines(result) if (line["what"], line["where"]) == ("met", "2050"))
    assert line["median"] == f"in {100 * result.values('met', year=2050).mean():.0f} % of the draws"


def test_a_chance_is_told_the_same_on_the_page(written):
    result, _, html = written
    told = html.replace("\N{NO-BREAK SPACE}", " ")
    assert f"in {100 * result.values('met', year=2040).mean():.0f} % of the draws" in told


@pytest.mark.parametrize(
    ("least", "told"),
    [(0.0, ""), (0.25, "undefined in 25 % of the draws"), (2.0, "undefined in all draws")],
)
def test_undefined_draws_are_told_with_their_share(tmp_path, least, told):
    def crossover(inputs, context):
        return {
            "age": np.where(inputs["a"][:, np.newaxis] < least, np.nan, 5.0 + inputs["a"][:, np.newaxis] * [1, 2, 3])
        }

    output = Output("age", "yr", "age of the crossover", (YEAR,), may_be_undefined=True)
    result = run(report_study(outputs=[output], run=crossover, headline=("age",)), 400, design="lhs", seed=3)
    page = write_report(result, None, tmp_path).read_text()
    assert ("ndefined in" in page) == bool(told)  # the rows behind the numbers tell the share of every one
    assert told in page
    assert page.count("<figure") == (0 if least > 1 else 1)
    assert ("Undefined in up to 25 % of the draws, which are left out." in page) == (least == 0.25)


def test_the_count_of_draws_is_told_with_what_makes_it_sure_and_at_the_foot(written):
    _, _, html = written
    assert "<p>200 draws. " in html
    assert "200 draws, random design, seed 3" in html
    assert "repeat: <code>mcsim.run(study, draws=200, seed=3)</code>" in html


def test_figures_drawn_twice_are_the_same_bytes(written, tmp_path):
    result, _, html = written
    again = write_report(result, report_ranking(), tmp_path)
    assert again.read_text() == html


def test_the_markdown_brief_holds_the_same_numbers_and_figures_that_exist(written):
    result, path, _ = written
    text = path.with_suffix(".md").read_text()
    row = result.summary("total", year=2050).iloc[0]
    assert number(row["p50"], "t") in text
    targets = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
    assert len(targets) == DRAWN
    assert all((path.parent / target).is_file() for target in targets)


def test_a_pdf_without_its_extra_is_refused(written, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(InputError, match=r"--pdf: weasyprint is not usable here .*pip install 'mcsim\[pdf\]'"):
        write_pdf(written[1])


def test_a_study_that_asks_for_nothing_gets_plain_figures():
    kinds = [(figure.kind.name, figure.output.name) for figure in figures_of(report_study())]
    assert kinds == [("bands", "total"), ("ranking", "total"), ("probability", "met")]


def test_masked_elements_have_no_row():
    output = Output("total", "t", "with a hole", (YEAR,), layout=Layout(np.array([0, -1, 1])))
    holed = report_study(
        outputs=[output], run=lambda inputs, context: {"total": np.ones((len(context.draws), 2))}, headline=("total",)
    )
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


def test_names_and_units_are_texts_wherever_they_stand(tmp_path):
    script = "<script>alert(1)</script>"
    name, unit = 'a"><script>alert(1)', "US$ 1 to US$ 2"
    study = report_study(
        outputs=[
            Output("cost", unit, f"cost {script} [x](y) *z*", (Dim("year", ("$a^{$", f"<i>{script}")),), rank=True)
        ],
        run=lambda inputs, context: {"cost": inputs[name][:, np.newaxis] * np.ones(2)},
        headline=("cost",),
        names=(name,),
    )
    page = write_report(run(study, 50, seed=1), None, tmp_path)
    brief = page.with_suffix(".md").read_text()
    assert "<script" not in page.read_text()
    assert 'aria-label="density of a&quot;&gt;&lt;script' in page.read_text()
    assert "<script" not in brief
    assert "[x](y)" not in brief
    assert f">{unit}</text>" in next((tmp_path / "figures").glob("*.svg")).read_text()


def test_pixels_are_drawn_where_asked_and_go_again(written, tmp_path):
    result, _, _ = written
    write_report(result, report_ranking(), tmp_path, png=True)
    (tmp_path / "figures" / "notes.txt").write_text("the user's own")
    assert len(list((tmp_path / "figures").glob("*.png"))) == DRAWN
    write_report(result, report_ranking(), tmp_path)
    assert list((tmp_path / "figures").glob("*.png")) == []
    assert (tmp_path / "figures" / "notes.txt").is_file()


def test_figures_are_not_drawn_through_a_link(written, tmp_path):
    result, _, _ = written
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "figures").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="a link to"):
        write_report(result, None, tmp_path / "run")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_figures_drawn_beside_the_ranking_are_the_same_bytes(jobs, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["run", "ishigami", "--draws", "64", "--base", "64", "--png", "--jobs", jobs, "--out", "run", "--quiet"]
    assert main(words) == 0

    def contents():
        return {path: path.read_bytes() for path in (*Path("run").glob("figures/*"), Path("run/report.html"))}

    beside = contents()
    assert {path.suffix for path in beside} == {".svg", ".png", ".html"}
    shutil.rmtree("run/figures")
    assert main(["report", "run", "--png"]) == 0
    assert contents() == beside
    capsys.readouterr()


def test_scripts_of_the_explorer_are_kept_under_their_hash(tmp_path, monkeypatch):
    vl_convert = pytest.importorskip("vl_convert")
    monkeypatch.setattr(explorer, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda: "first </script>")
    scripts = explorer._scripts.__wrapped__
    assert scripts() == "first <\\/script>"
    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda: "second")
    assert scripts() == "first <\\/script>"
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:-1])
    assert scripts() == "second"
