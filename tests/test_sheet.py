"""The sheet on which a report's figures are drawn: held against matplotlib, whose names it has."""

import re
import tomllib
import xml.etree.ElementTree as ET
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font, LoadFlags
from report_study import LABELS, OUTPUTS, report_ranking, report_study, seen
from words_in_svg import words_in, wrong_words

from mcsim.engine.run import run
from mcsim.report.check import figure_of
from mcsim.report.kinds import KINDS
from mcsim.report.sheet import Pen, svg
from mcsim.report.sheet.colours import cmap
from mcsim.report.sheet.layout import Grid, measured
from mcsim.report.sheet.letters import fold, width
from mcsim.report.sheet.ticks import ticks, words_of
from mcsim.report.style import NARROW, drawing

DRAWN = [name for name, kind in KINDS.items() if kind.draw is not None]
PATH = "{http://www.w3.org/2000/svg}path"


@pytest.fixture(scope="module")
def result():
    return run(report_study(observations=[seen(2040, 1.5, scope="all of it")]), 60, seed=3)


def both(result, name, **changes):
    """The example of a kind on a sheet, and by matplotlib."""
    entry = tomllib.loads(KINDS[name].example) | changes
    figure = figure_of(entry, {output.name: output for output in OUTPUTS}, "here", LABELS)
    rows = figure.kind.reads.rows(figure, result, report_ranking())
    with drawing() as plt:
        return figure.kind.draw(Pen(), rows, figure), figure.kind.draw(plt, rows, figure)


def test_letters_are_as_wide_as_those_of_the_font():
    font = FT2Font(findfont(FontProperties(family="DejaVu Sans")))
    letters = [chr(code) for code in (*range(32, 127), *range(161, 383), *map(ord, "–—‘’“”…−×·≤≥≈→←αβγμσΣ€√∞‰"))]
    for letter in letters:
        units = font.load_char(ord(letter), flags=LoadFlags.NO_HINTING | LoadFlags.NO_SCALE).horiAdvance
        # An accent may widen a letter a little, and a few letters of other alphabets count as wide as high.
        assert width(letter, 2048.0) > units - 260, letter
        if letter.isascii() or letter in "áéíóúñü¿¡—–…−":
            assert width(letter, 2048.0) == pytest.approx(units, abs=1), letter


def test_a_text_is_folded_to_its_room_without_a_cut_word():
    text = "how long cars last in Mexico, shape with distance driven a year"
    for room in (60.0, 100.0, 200.0, 1000.0):
        lines = fold(text, room, 8.0)
        assert lines.replace("\n", " ") == text
        assert width(lines, 8.0) <= room
    assert fold("unbreakable", 1.0, 8.0) == "unbreakable"


ENDS = [(0.0, 1.0), (-0.37, 0.42), (2005.0, 2050.0), (-3e-4, 2e-4), (0.0, 7.3e5), (99.9, 100.1), (-5.0, -1.0)]


@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("most", [1, 3, 5, 9])
def test_numbers_of_an_axis_are_round_even_and_told_apart(ends, most):
    found = ticks(*ends, most)
    assert 1 <= len(found) <= most + 1
    assert all(ends[0] - 1e-9 <= one <= ends[1] + 1e-9 for one in found)
    steps = np.diff(found)
    np.testing.assert_allclose(steps, steps[:1].repeat(len(steps)), rtol=1e-6)
    told = [float(word.replace(",", "").replace("−", "-")) for word in words_of(found)]
    np.testing.assert_allclose(told, found, rtol=1e-9, atol=1e-12)
    if most > 1:
        assert len(found) >= 2
        # No rounder step would give as many intervals as fit: they are at least a third of them.
        assert 3 * len(found) >= most
    whole = ticks(*ends, most, whole=True)
    assert all(one == round(one) for one in whole)


@pytest.mark.parametrize("name", ["Blues", "Blues_r", "PuOr", "PuOr_r"])
def test_colours_are_those_of_the_maps_of_that_name(name):
    for place in np.linspace(0.0, 1.0, 23):
        np.testing.assert_allclose(cmap(name)(place), mpl.colormaps[name](place), atol=0.02)


@pytest.mark.parametrize("name", DRAWN)
def test_the_axes_of_a_kind_end_where_matplotlib_ends_them(result, name):
    sheet, picture = both(result, name)
    axes = [axis for axis in picture.axes if axis.get_subplotspec() is not None and axis.get_visible()]
    rows, columns = sheet.grid.shape
    grid = Grid(np.zeros(columns), np.zeros(columns), np.zeros(rows), np.zeros(rows), 100.0, 100.0)
    places = [place for place in np.ndindex(rows, columns) if sheet.grid[place].visible]
    for axis, place in zip([one for one in axes if one.get_label() != "<colorbar>"], places, strict=True):
        frame, _ = measured(sheet, place, grid)
        np.testing.assert_allclose(frame.xlim, axis.get_xlim(), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(frame.ylim, axis.get_ylim(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", DRAWN)
def test_words_of_a_kind_lie_inside_and_apart(result, name):
    sheet, _ = both(result, name)
    for wide, high in (sheet.size, (NARROW, max(sheet.size[1], NARROW))):
        if len([axis for axis in sheet.axes if axis.visible]) > 1 and wide == NARROW:
            continue  # panels beside one another are not drawn for a narrow screen
        sheet.set_size_inches(wide, high)
        assert wrong_words(svg(sheet)) == ([], [])


def test_words_that_would_lie_outside_or_over_others_are_seen():
    sheet, axis = Pen.subplots(figsize=(2.0, 1.0))
    axis.plot([0, 1], [0, 1])
    axis.set_yticks([0.5, 0.52], ["over", "under"])
    axis.set_xlabel("oneverylongwordthatnobodycanfoldatall")
    outside, over = wrong_words(svg(sheet))
    assert outside
    assert ("over", "under") in over


def test_a_curve_runs_through_its_points():
    sheet, axis = Pen.subplots(figsize=(5.0, 3.0))
    xs, ys = np.array([0.0, 1.0, 2.0, 3.0, 4.0]), np.array([0.0, 10.0, np.nan, 30.0, 20.0])
    axis.plot(xs, ys, color="#123456", label="it")
    axis.set_xticks([0.0, 4.0], ["first", "last"])
    axis.set_yticks([0.0, 30.0], ["low", "high"])
    drawn = svg(sheet)
    (shape,) = (one.get("d") for one in ET.fromstring(drawn).iter(PATH) if one.get("stroke") == "#123456")
    assert shape.count("M") == 2  # what is unknown parts it
    points = np.array(re.findall(r"[ML]([\d.]+) ([\d.]+)", shape), float)
    places = {word.text: (word.x, word.y) for word in words_in(drawn)}
    seen = np.isfinite(ys)
    across = np.polyfit([0.0, 4.0], [places[word][0] for word in ("first", "last")], 1)
    upward = np.polyfit([0.0, 30.0], [places[word][1] for word in ("low", "high")], 1)
    np.testing.assert_allclose(points[:, 0], np.polyval(across, xs[seen]), atol=0.1)
    np.testing.assert_allclose(points[:, 1], np.polyval(upward, ys[seen]), atol=0.1)
    assert np.diff(points[:, 1])[0] < 0 < np.diff(points[:, 1])[-1]  # up is up


@pytest.mark.parametrize(("height", "va"), [(1.0, "bottom"), (-1.0, "top")])
def test_a_number_at_the_end_of_a_bar_lies_inside(height, va):
    sheet, axis = Pen.subplots(figsize=(3.0, 1.5))
    axis.bar(0, height, 0.6)
    axis.annotate("1.2", (0, height), ha="center", va=va, fontsize=14.0)
    axis.set_xticks([0], [""])
    assert wrong_words(svg(sheet)) == ([], [])


def test_what_lies_beyond_a_panel_is_cut_off():
    sheet, axis = Pen.subplots(figsize=(3.0, 2.0))
    axis.plot([0, 1], [0, 1])
    assert "clip-path" not in svg(sheet)
    axis.set_ylim(0.0, 0.5)
    assert "clip-path" in svg(sheet)


def test_texts_of_an_axis_slant_where_they_would_meet():
    turns = []
    for inches in (8.0, 3.0, 1.5):
        sheet, axis = Pen.subplots(figsize=(inches, 3.0))
        axis.bar(range(6), range(1, 7))
        axis.set_xticks(range(6), [f"a long word {place}" for place in range(6)])
        drawn = svg(sheet)
        assert wrong_words(drawn) == ([], [])
        turns.append(max(abs(word.turn) for word in words_in(drawn)))
    assert turns[0] == 0.0
    assert all(less < more for less, more in pairwise(turns))


def test_a_legend_is_as_low_as_it_can_be():
    sheet, axis = Pen.subplots(figsize=(5.0, 3.0))
    for place in range(6):
        axis.plot([0, 1], [0, place], label=f"line {place}")
    heights = []
    for columns in (1, 3):
        sheet.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=columns)
        drawn = svg(sheet)
        assert wrong_words(drawn) == ([], [])
        heights.append(len({word.y for word in words_in(drawn) if word.text.startswith("line")}))
    assert heights == [6, 2]


def test_a_text_is_no_markup():
    sheet, axis = Pen.subplots(figsize=(3.0, 2.0))
    axis.set_title("a < b & c > d")
    assert "a < b & c > d" in [word.text for word in words_in(svg(sheet))]


def test_a_sheet_without_room_is_written_all_the_same():
    sheet, axes = Pen.subplots(2, 3, figsize=(0.5, 0.3))
    for axis in axes.flat:
        axis.plot([0, 1], [0, 1])
        axis.set_title("a title")
    assert "nan" not in svg(sheet)


def test_a_folded_text_is_found_whole_in_the_file_and_two_hyphens_end_no_comment():
    picture, axes = Pen.subplots(figsize=(2.0, 2.0))
    label = "share of the variance of what -- as a source says -- is lost, US$/kWh of US$ 2020--"
    axes.set_xlabel(label)
    told = svg(picture)
    ET.fromstring(told)
    assert f"<!-- {label.replace('--', '- -')} -->" in told
