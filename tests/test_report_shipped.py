"""The report of every shipped study, read as a reader would: words that mean something, numbers that are the run's."""

import base64
import pathlib
import platform
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from html.parser import HTMLParser

import numpy as np
import pytest
from shipped import STUDIES, shipped

from mcsim.report.answers import answers_of, input_words, plain_text, title_of
from mcsim.report.check import read_picture
from mcsim.report.choose import figures_of, numbers_of
from mcsim.report.first import rows_of
from mcsim.report.words import label_words
from mcsim.study.answers import FIRST, MANY, slots

NONSENSE = re.compile(r"\b(?:nan|NaN|inf|None|True|False)\b|\de\+\d|[{}]|\bnp\.|\bobject at\b|  +,|\(\)")


class Reader(HTMLParser):
    """What a reader meets on a page: its words, its tables, its pictures with their captions."""

    def __init__(self):
        super().__init__()
        self.words, self.tables, self.pictures = [], [], []
        self.inside = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag not in ("meta", "link", "br", "img", "source"):
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
    ranking: object
    page: Reader
    drawn: bool


@pytest.fixture(scope="module", params=STUDIES)
def written(request, tmp_path_factory):
    made = shipped(request.param, tmp_path_factory)
    page = Reader()
    page.feed((made.folder / "report.html").read_text())
    assert page.inside == []
    return Written(made.result, made.ranking, page, made.drawn)


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
    study = written.result.study
    assert len(pictures) == len(figures_of(study)) + (read_picture(study) is not None)
    for picture in pictures:
        assert len(picture["caption"]) > 20
        assert len(picture["alt"]) > 20
        assert picture["alt"].split(". ")[0] in picture["caption"]


def test_every_picture_is_one(written):
    for picture in written.page.pictures:
        svg = base64.b64decode(picture["data"].removeprefix("data:image/svg+xml;base64,")).decode("utf-8")
        root = ET.fromstring(svg)
        assert root.tag.endswith("svg")
        words = ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]
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
    if unit.partition(" ")[0] == "kg" and re.search(r"\b[kM]?t\b", text):
        factor *= 1e3  # a thousand kilograms and more are told in tonnes
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
    told = next(table for table in written.page.tables if "half of the draws " in table[0])[1:]
    assert told
    names = result.study.labels
    by_place = {(names.name(row["output"]), _where(result, row)): row for row in rows}
    checked, title = 0, ""
    for where, *numbers in told:
        if not numbers:  # the title of those that follow; one that stands alone has its output's name before its labels
            title = where.strip().lower()
            continue
        # What the study tells beside a number follows its labels in the same cell.
        said = where.strip().lower()
        # A title may say in brackets what stands beside most of the rows below it.
        mine = [key for key in by_place if title == key[0].lower() or title.startswith(f"{key[0].lower()} (")]
        inside = [key for key in mine if said.startswith(key[1].lower())]
        fits = [key for key in by_place if said.startswith(_both(*key).lower())] or inside
        row = by_place[max(fits, key=lambda key: len(_both(*key)))]
        checked += 1
        if row["unit"] == "indicator" or row["undefined"] == 1:
            continue
        median, half, band = (text.replace("\N{NO-BREAK SPACE}", " ").strip() for text in numbers)
        words = median.partition(" ")[2]
        texts = [median, *(f"{end} {words}" for ends in (half, band) for end in ends.split(" to "))]
        for text, quantile in zip(texts, ("p50", "p25", "p75", "p2.5", "p97.5"), strict=True):
            value, slack = value_of(text, row["unit"])
            np.testing.assert_allclose(value, row[quantile], atol=slack)
    assert 0 < checked <= len(rows)


def _both(name, where):
    return ", ".join(filter(None, (name, where)))


def _where(result, row):
    dims = result.study.output(row["output"]).dims
    return ", ".join(label_words(result.study.labels, dim.name, row[dim.name]) for dim in dims)


NUMBER = re.compile("(?<![A-Za-z\\d.])[\N{MINUS SIGN}-]?\\d[\\d,]*(?:\\.\\d+)?")
BIG = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "Mt": 1e6, "kt": 1e3}


def told_numbers(text):
    """The numbers in a text with half of the last digit of each; those in the name of a substance are none."""
    for found in NUMBER.findall(text.replace("1,4-DCBe", "")):
        digits = found.replace(",", "").replace("\N{MINUS SIGN}", "-")
        yield float(digits), 0.5000001 * 10.0 ** -len(digits.partition(".")[2])


def is_of(value, slack, wanted):
    """Whether a number that is told is one of a run, in one of the sizes of units, whatever its sign is told by."""
    sizes = (1.0, 100.0, *(1 / size for size in BIG.values()))
    return any(abs(abs(value) - abs(size * one)) <= slack for size in sizes for one in wanted)


def numbers_of_cell(result, ranking, cell):
    row = result.summary(cell.output.name, **cell.labels).iloc[0]
    found = [row[key] for key in ("p2.5", "p50", "p97.5", "mean", "undefined")]
    if result.study.output(cell.output.name).keep and row["undefined"] < 1:
        draws = result.values(cell.output.name, **cell.labels)
        draws = draws[np.isfinite(draws)]
        found += [(draws > 0).mean(), (draws < 0).mean()]
    if ranking is not None and cell.output.name in {output.name for output in ranking.outputs}:
        table = ranking.table(cell.output.name, **cell.labels)
        found += [part for key in ("ST", "shapley") if key in table for part in table[key].clip(lower=0).dropna()]
    return [float(number) for number in found if number == number]


def numbers_of_slot(result, ranking, slot):
    if slot.part != FIRST:
        return numbers_of_cell(result, ranking, slot.cell)
    (dim,) = (dim.name for dim in slot.cell.output.dims if dim.name not in slot.cell.labels)
    rows = result.standings(slot.cell.output.name, dim, top=int(slot.form or MANY), **slot.cell.labels)
    return list(rows["p_top"])


def test_every_number_of_page_one_is_one_of_the_run(written):
    result, ranking = written.result, written.ranking
    brief = result.study.brief
    rows = [row for row in rows_of(result)[0] if brief.rows]
    texts = [plain_text(told) for told in (title_of(result, ranking), *answers_of(result, ranking))]
    templates = [brief.title, *(part for pair in brief.answers for part in pair)]
    assert (not brief.answers) == (len(texts) == 1)
    asked = [slot for template in templates for slot in slots(template)]
    literal = [value for template in templates for part in template if isinstance(part, str)
               for value, _ in told_numbers(part)]  # fmt: skip
    wanted = [number for slot in asked for number in numbers_of_slot(result, ranking, slot)]
    # The name of an input may hold a year: the names of those that a ranking may call leading are left out.
    names = [input_words(result.study, item.name) for item in result.study.inputs if item.table is None]
    dated = sorted((name for name in names if re.search(r"\d", name)), key=len, reverse=True)
    for text in texts:
        for name in dated:
            text = text.replace(name, "").replace(f"{name[0].lower()}{name[1:]}", "")
        for value, slack in told_numbers(text.replace("(95 %:", "(")):
            assert value in literal or is_of(value, slack, wanted), (value, text)
    by_name = {str(row.cell): row.cell for row in brief.rows}
    for row in rows:
        wanted = numbers_of_cell(result, ranking, by_name[row["cell"]])
        for value, slack in told_numbers(f"{row['number']} {row['band']}"):
            assert is_of(value, slack, wanted), row
    page = " ".join("".join(written.page.words).replace("\N{NO-BREAK SPACE}", " ").split())
    for text in (*texts, *(row[key] for row in rows for key in ("what", "number", "band"))):
        assert " ".join(text.split()) in page


def test_a_report_names_no_machine_and_no_path(written):
    words = " ".join(written.page.words)
    assert platform.node() not in words
    assert str(pathlib.Path(written.result.study.origin).parent) not in words
