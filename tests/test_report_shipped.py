"""The report of every shipped study, read as a reader would: words that mean something, numbers that are the run's."""

import base64
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest

from mcsim.engine.run import run
from mcsim.ranking.sensitivity import sensitivity
from mcsim.report import draw
from mcsim.report.choose import figures_of, numbers_of
from mcsim.report.page import write_report
from mcsim.study.load import find_studies, load

NONSENSE = re.compile(r"\b(?:nan|NaN|inf|None|True|False)\b|\de\+\d|[{}]|\bnp\.|\bobject at\b|  +,|\(\)")
STUDIES = sorted(find_studies())
# Scenarios of a study ask for the same pictures: one of them draws, which is what takes the time.
STUB = "data:image/svg+xml;base64," + base64.b64encode(b'<svg xmlns="http://www.w3.org/2000/svg"/>').decode("ascii")


class Reader(HTMLParser):
    """What a reader meets on a page: its words, its tables, its pictures with their captions."""

    def __init__(self):
        super().__init__()
        self.words, self.tables, self.pictures = [], [], []
        self.inside = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag not in ("meta", "link", "br", "img"):
            self.inside.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        elif tag == "figure":
            self.pictures.append({"caption": ""})
        elif tag == "img":
            self.pictures[-1] |= {"alt": given["alt"], "data": given["src"]}

    def handle_startendtag(self, tag, attributes):
        pass  # parts of the small drawings of distributions

    def handle_endtag(self, tag):
        assert self.inside.pop() == tag

    def handle_data(self, data):
        if "style" in self.inside:
            return
        self.words.append(data)
        if "figcaption" in self.inside:
            self.pictures[-1]["caption"] += data
        elif "td" in self.inside or "th" in self.inside:
            self.tables[-1][-1][-1] += data + " "


@dataclass(frozen=True)
class Written:
    result: object
    page: Reader
    drawn: bool


@cache
def pictures_of(name):
    """What a study asks to be drawn, as text that is the same for studies that ask for the same of the same outputs."""
    study = load(name)
    return f"{study.figures} {study.outputs}"


def draws_for_all(name):
    """Whether a study is the first that asks for its pictures."""
    return next(other for other in STUDIES if pictures_of(other) == pictures_of(name)) == name


@pytest.fixture(scope="module", params=STUDIES)
def written(request, tmp_path_factory):
    study = load(request.param)
    folder = tmp_path_factory.mktemp("run") / "run"
    drawn = draws_for_all(request.param)
    with pytest.MonkeyPatch.context() as patch:
        if not drawn:
            patch.setattr(draw, "_draw", lambda rows, figure, path, png: STUB)
        result = run(study, 24, jobs=1, out=folder, quiet=True)
        ranking = sensitivity(study, base=4, jobs=1) if any(output.rank for output in study.outputs) else None
        page = Reader()
        page.feed(write_report(result, ranking, folder).read_text())
    assert page.inside == []
    return Written(result, page, drawn)


def test_no_word_of_a_report_is_nonsense(written):
    found = {word for text in written.page.words for word in NONSENSE.findall(text)}
    where = [text[:200] for text in written.page.words if NONSENSE.search(text)]
    assert (found, where) == (set(), [])


def test_no_table_of_a_report_is_empty(written):
    assert written.page.tables
    for table in written.page.tables:
        rows = table if len(table[0]) == 2 else table[1:]
        assert rows
        assert all(any(cell.strip() for cell in row) for row in rows), table[0]


def test_every_figure_that_a_study_asks_for_is_there_with_its_words(written):
    pictures = written.page.pictures
    assert len(pictures) == len(figures_of(written.result.study))
    for picture in pictures:
        assert len(picture["caption"]) > 20
        assert len(picture["alt"]) > 20
        assert picture["alt"].split(". ")[0] in picture["caption"]


def test_every_picture_is_one(written):
    for picture in written.page.pictures:
        svg = base64.b64decode(picture["data"].removeprefix("data:image/svg+xml;base64,")).decode("utf-8")
        root = ET.fromstring(svg)
        assert root.tag.endswith("svg")
        words = re.findall(r"<!--(.*?)-->", svg, flags=re.DOTALL)
        assert bool(words) == written.drawn
        assert [word for word in words if NONSENSE.search(word)] == []


FACTORS = {"%": 0.01, "thousand": 1e3, "million": 1e6, "billion": 1e9, "kt": 1e3, "Mt": 1e6}


def value_of(text, unit):
    """Return the number that a text such as ``1.23 million km`` tells, and half of its last digit."""
    found = re.match(r"(-?[\d,]*\.?\d+)(?: (\S+))?", text)
    digits = found[1].replace(",", "")
    # The unit itself may count in millions: "0.311 billion USD" of "million USD".
    own = FACTORS.get(unit.partition(" ")[0], 1.0)
    factor = 1.0 if text.partition(" ")[2] == unit else FACTORS.get(found[2], 1.0) / own
    places = len(digits.partition(".")[2])
    # At most three digits are told, so that whole numbers may be rounded too.
    slack = max(0.5 * 10.0**-places, 0.006 * abs(float(digits)))
    return float(digits) * factor, slack * factor


def test_the_numbers_of_a_report_are_those_of_its_summary(written):
    result = written.result
    rows = [
        row
        for figure in numbers_of(result.study)
        for row in result.summary(figure.output.name, **figure.where).to_dict("records")
    ]
    told = written.page.tables[0][1:]
    assert told
    by_place = {(row["output"].replace("_", " "), _where(result, row)): row for row in rows}
    assert len(told) <= len(rows)
    for what, where, median, _, band in told:
        # What the study tells beside a number follows its labels in the same cell.
        place = max((at for name, at in by_place if name == what.strip() and where.strip().startswith(at)), key=len)
        row = by_place[what.strip(), place]
        if row["unit"] == "indicator" or row["undefined"] == 1:
            continue
        value, slack = value_of(median.strip(), row["unit"])
        np.testing.assert_allclose(value, row["p50"], atol=slack)
        low, _, high = band.strip().partition(" to ")
        words = high.partition(" ")[2]
        for text, quantile in ((f"{low} {words}", "p2.5"), (high, "p97.5")):
            value, slack = value_of(text, row["unit"])
            np.testing.assert_allclose(value, row[quantile], atol=slack)


def _where(result, row):
    return ", ".join(str(row[dim.name]) for dim in result.study.output(row["output"]).dims)
