"""Every page as a reader meets it: in a real browser, wide, narrow and on paper, by mouse and by keyboard."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shipped import STUB, STUDIES, shipped

from mcsim.report import draw
from mcsim.report.compared import Compared, Lever
from mcsim.report.compared import in_language as compared_in
from mcsim.report.compared_page import write_page
from mcsim.report.explorer import told_apart
from mcsim.report.language import speaking
from mcsim.report.page import write_report
from mcsim.result.matrix import SEVERAL, SINGLE, TODAY, Matrix
from mcsim.study.load import load
from mcsim.study.overlay import overlays_for

told = "NO DRIVER OF A BROWSER IS INSTALLED: no page is opened by any test; pip install '.[test]'"
pytest.importorskip("axe_playwright_python", reason=told)
pytest.importorskip("vl_convert", reason=told)

from axe_playwright_python.sync_playwright import Axe  # noqa: E402 - after the driver was looked for
from playwright.sync_api import sync_playwright  # noqa: E402


def the_browser():
    """The machine's own browser, or the one that playwright brought; nothing where there is none."""
    own = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if own is not None:
        return own
    with sync_playwright() as driver:
        brought = driver.chromium.executable_path
    return brought if Path(brought).exists() else None


BROWSER = the_browser()
if BROWSER is None:
    told = "NO BROWSER IS INSTALLED: no page is opened by any test; playwright install chromium"
    pytest.skip(told, allow_module_level=True)

WIDE, NARROW, PAPER = 1280, 390, 680  # pixels; on A4 a page's text is 184 mm wide
MOST_SHEETS = 12
SMALLEST = 11  # pixels of a letter
# Letters too small, tables or words that stick out of the page or of their cell, pictures without a picture.
WRONG = """() => {
  const found = [], wide = document.documentElement.scrollWidth;
  if (wide > innerWidth + 1) found.push(`the page is ${wide} wide in ${innerWidth}`);
  for (const img of document.images)
    if (!img.complete || !img.naturalWidth) found.push(`no picture: ${img.alt.slice(0, 60)}`);
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const own = walk.currentNode.parentElement;
    const skipped = ["SCRIPT", "STYLE", "OPTION"].includes(own.tagName) || !own.checkVisibility();
    if (!walk.currentNode.data.trim() || skipped) continue;
    const size = parseFloat(getComputedStyle(own).fontSize);
    if (size < SMALLEST) found.push(`small letters: ${walk.currentNode.data.slice(0, 40)}`);
  }
  for (const cell of document.querySelectorAll("td, th"))
    if (cell.checkVisibility() && cell.scrollWidth > cell.clientWidth + 2)
      found.push(`cut cell: ${cell.textContent.slice(0, 60)}`);
  for (const axis of document.querySelectorAll("svg .role-axis-label")) {
    const all = [...axis.querySelectorAll("text")];
    const seen = all.filter(one => one.textContent && one.getAttribute("opacity") !== "0");
    const words = seen.map(one => one.getBoundingClientRect());
    for (const [place, one] of words.entries())
      for (const other of words.slice(place + 1))
        if (Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 3
            && Math.min(one.right, other.right) - Math.max(one.left, other.left) > 3)
          found.push(`words over words: ${axis.textContent.slice(0, 60)}`);
  }
  return found;
}""".replace("SMALLEST", str(SMALLEST))


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def opened(browser):
    """Open a page and fail where the browser has something to say of it."""
    heard, pages = [], []

    def open_page(path, fragment=""):
        page = browser.new_page(viewport={"width": WIDE, "height": 900})
        page.on("console", lambda line: heard.append(line.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on(
            "request",
            lambda one: heard.append(one.url) if not one.url.startswith(("file:", "data:", "blob:")) else None,
        )
        page.goto(path.as_uri() + fragment)
        if path.name == "explorer.html":
            page.wait_for_function("document.body.dataset.ready > 0")
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert heard == []


@pytest.fixture(params=STUDIES)
def study(request, tmp_path_factory):
    return shipped(request.param, tmp_path_factory)


@pytest.fixture(scope="module")
def vehicle(tmp_path_factory):
    return shipped("second-hand-ev", tmp_path_factory)


@pytest.fixture(scope="module")
def spanish(tmp_path_factory):
    """The fleet's report in Spanish; its pictures are drawn elsewhere."""
    made, folder = shipped("fleet", tmp_path_factory), tmp_path_factory.mktemp("es")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draw, "_svg", lambda picture: STUB)
        write_report(made.result, made.ranking, folder, language="es")
    return folder


def spread(page):
    """Open all that is folded."""
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")


def wrong(page, width, media="screen"):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(media=media)
    # Another width is another drawing, which is read before anyone sees it.
    page.evaluate("Promise.all([...document.images].map(image => image.decode().catch(() => null)))")
    return page.evaluate(WRONG)


def sheets(page):
    """How many sheets a page takes on A4."""
    return page.pdf(format="A4", prefer_css_page_size=True).count(b"/Type /Page\n")


def serious(page):
    """What an accessibility checker finds serious."""
    rules = [rule for rule in Axe().run(page).response["violations"] if rule["impact"] in ("serious", "critical")]
    return [(rule["id"], [node["html"][:120] for node in rule["nodes"][:3]]) for rule in rules]


def check_report(page, checked):
    assert wrong(page, PAPER, "print") == []
    assert sheets(page) == 1
    spread(page)
    assert wrong(page, PAPER, "print") == []
    assert sheets(page) <= MOST_SHEETS
    assert wrong(page, NARROW) == []
    assert wrong(page, WIDE) == []
    assert not checked or serious(page) == []


def test_a_report_holds_all_it_shows_on_screens_and_on_twelve_sheets_page_one_on_one(opened, study):
    check_report(opened(study.folder / "report.html"), study.drawn)
    assert (study.folder / "report.html").stat().st_size < 4_000_000


def test_a_report_in_spanish_does_so_too(opened, spanish):
    check_report(opened(spanish / "report.html"), True)


LINED = (
    "[...document.querySelectorAll('a.told')].filter(one => getComputedStyle(one).textDecorationLine !== 'none').length"
)


# Bands of the first table that take two lines.
BROKEN = """[...document.querySelectorAll('#rows td:last-child a')]
  .filter(one => one.getClientRects().length > 1).map(one => one.textContent)"""


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_longest_page_one_is_one_sheet_without_what_only_a_screen_can_follow(
    opened, tmp_path_factory, tmp_path, language
):
    made = shipped("trade", tmp_path_factory)
    write_report(made.result, made.ranking, tmp_path, language=language)
    page = opened(tmp_path / "report.html")
    assert page.evaluate(LINED) > 10
    assert wrong(page, NARROW) == []
    assert page.evaluate(BROKEN) == []
    page.set_viewport_size({"width": WIDE, "height": 900})
    page.emulate_media(media="print")
    assert page.evaluate(LINED) == 0
    assert page.locator(".screen:visible").count() == 0
    assert sheets(page) == 1


# Each row that the explorer can show of some outputs, as its tooltips and its sentence tell it.
ROWS = """() => data.outputs.map(output => {
  const rows = [], dims = output.dims, count = dims.reduce((size, [, codes]) => size * codes.length, 1);
  for (let at = 0; at < count; at += Math.max(1, Math.floor(count / 40))) {
    let rest = at;
    const labels = {};
    for (const [dim, codes] of [...dims].reverse()) {
      labels[dim] = codes[rest % codes.length];
      rest = Math.floor(rest / codes.length);
    }
    const row = rowOf(output, labels, {});
    if (row) rows.push({labels, ...row, drivers: (data.drivers[output.name] || {})[row.cell] || null});
  }
  return {name: output.name, chance: output.chance, rows};
})"""
SIZES = (1.0, 0.01, 1e3, 1e6, 1e9)  # of a unit that is told: as it is, per cent, thousand, million, billion


def near(text, wanted):
    """Whether a number that is told, of three digits or a whole number, is one of the run in one of the sizes."""
    digits = text.replace(",", "").replace("\N{MINUS SIGN}", "-")
    slack = 0.5000001 * 10.0 ** -len(digits.partition(".")[2])
    value = float(digits)
    return any(abs(value * size - wanted) <= max(slack * size, 6e-3 * abs(wanted)) for size in SIZES)


def numbers_in(text):
    return re.findall("[\N{MINUS SIGN}-]?\\d[\\d,]*(?:\\.\\d+)?", text.replace("1,4-DCB", ""))


def test_the_explorer_holds_what_it_shows_and_tells_the_numbers_of_summary_and_sensitivity(opened, study):
    page = opened(study.folder / "explorer.html")
    assert wrong(page, NARROW) == []
    assert wrong(page, WIDE) == []
    assert not study.drawn or serious(page) == []
    assert (study.folder / "explorer.html").stat().st_size < 3_000_000
    told = page.evaluate(ROWS)
    assert told
    for output in told:
        for row in output["rows"]:
            compare_row(study.result, output, row)
            if row["drivers"]:
                compare_drivers(study, page.evaluate("data.inputs"), output["name"], row)


def compare_row(result, output, row):
    (found,) = result.summary(output["name"], **row["labels"]).to_dict("records")
    middle = found["mean" if output["chance"] else "p50"]
    texts = [(row["value"], [middle])]
    if row["band"]:
        texts += [(row["band"], [found["p2.5"], found["p97.5"]]), (row["half"], [found["p25"], found["p75"]])]
    for text, wanted in texts:
        numbers = numbers_in(text)
        assert len(numbers) >= len(wanted), (output["name"], row)
        for number, value in zip(numbers, wanted, strict=False):
            assert near(number, value), (output["name"], row, found)
    np.testing.assert_allclose(row["undefined"], found["undefined"], rtol=1e-3)


def compare_drivers(study, names, output, row):
    ranking = study.ranking
    table = ranking.table(output, **row["labels"]).set_index("input")
    key = ranking.order_by
    told = {names[place]: numbers for place, *numbers in row["drivers"]}
    assert len(told) == len(row["drivers"])  # no two bars of one name
    words = dict(zip(ranking.factors, told_apart(study.result.study, ranking.factors), strict=True))
    for name in table.index:
        numbers = told.get(words[name])
        if numbers is None:
            continue
        wanted = 100 * table.loc[name, [key, f"{key}_low", f"{key}_high"]].to_numpy(float)
        np.testing.assert_allclose(np.array(numbers, float), wanted, rtol=1e-3)


def number_told(page):
    return page.text_content("#told")


def test_pickers_change_the_pictures_and_a_link_restores_the_choice(opened, vehicle):
    explorer = vehicle.folder / "explorer.html"
    page = opened(explorer)
    first, drawn = number_told(page), page.inner_html("#bands")
    page.select_option("#pick-category", "pmfp")
    page.wait_for_function("document.body.dataset.ready > 1")
    assert number_told(page) != first
    assert page.inner_html("#bands") != drawn
    page.focus("#pick-export_age")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("document.body.dataset.ready > 2")
    assert page.evaluate("document.activeElement.id") == "pick-export_age"
    said, link = number_told(page), page.get_attribute("#link", "href")
    again = opened(explorer, fragment=link)
    assert number_told(again) == said
    assert again.input_value("#pick-category") == "pmfp"


def test_every_picker_of_every_explorer_works_by_keyboard(opened, study):
    page = opened(study.folder / "explorer.html")
    names = page.eval_on_selector_all("#picks select", "all => all.map(one => one.id)")
    assert names
    for name in names:
        if page.query_selector(f"#{name}") is None:  # an earlier choice has other dims
            continue
        page.focus(f"#{name}")
        ready, before = page.evaluate("[+document.body.dataset.ready, document.activeElement.selectedIndex]")
        page.keyboard.press("ArrowDown" if before == 0 else "ArrowUp")
        if page.evaluate(f"document.getElementById('{name}').selectedIndex") == before:
            assert page.evaluate(f"document.getElementById('{name}').options.length") == 1
            continue
        page.wait_for_function(f"document.body.dataset.ready > {ready}")
        assert page.evaluate("document.activeElement.id") == name


def test_a_point_tells_its_numbers_when_it_is_pointed_at(opened, spanish):
    page = opened(spanish / "explorer.html")
    assert json.loads(page.text_content("#data"))["texts"]["median"] == "mediana"
    mark = page.locator("#bands path[aria-roledescription='point']").last
    mark.hover(force=True)
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert "95 % de las simulaciones" in tip.text_content()


TALL = 844  # pixels of a screen of 390
MOST_SCREENS = 15


@pytest.fixture(scope="module")
def all_levers(tmp_path_factory):
    """The page of every lever and package of the trade, on made-up differences of every outcome, in both languages."""
    trade = load("trade")
    overlays = overlays_for(trade)
    # Of a lever's study the page reads what it is called alone.
    studies = [
        replace(trade, name=one.name, title=one.title, labels=replace(trade.labels, texts=one.texts))
        for one in overlays
    ]
    kinds = (TODAY, *(SEVERAL if overlay.members else SINGLE for overlay in overlays))
    generator = np.random.default_rng(1)
    # Every second lever moves every second outcome, to the better as often as not.
    places, columns = np.arange(len(kinds)), np.arange(len(trade.outcomes))
    moved = np.where((places[:, None] + columns) % 2 == 0, np.sin(1.0 + places[:, None] + columns // 3), 0.0)
    values = generator.lognormal(10.0, 1.0, (len(columns), 40))
    values = values * (1.0 + 0.05 * (places > 0)[:, None, None] * moved[..., None])
    names, titles = zip(*((one.name, one.title) for one in (trade, *studies)), strict=True)
    matrix = Matrix(names, titles, kinds, trade.outcomes, values)
    levers = tuple(Lever(study, kind, ()) for study, kind in zip(studies, kinds[1:], strict=True))
    steps = np.linspace(0.0, 1.0, 5)[:, None, None]
    ladders = {at: values[0] + steps * (values[at] - values[0]) for at in range(1, len(kinds))}
    found = Compared(trade, "40 draws", 1, "random", matrix, levers, pd.DataFrame(), {}, ladders)
    folder = tmp_path_factory.mktemp("compared")
    for language in ("en", "es"):
        with speaking(language):
            write_page(compared_in(found, language), folder / f"{language}.html")
    return folder


@pytest.mark.parametrize("language", ["en", "es"])
def test_all_levers_are_a_few_screens_and_sheets_and_nothing_is_cut(all_levers, opened, language):
    page = opened(all_levers / f"{language}.html")
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": TALL})
        assert page.evaluate(WRONG) == []
        assert page.evaluate("document.documentElement.scrollHeight") <= MOST_SCREENS * TALL
    # The names of rows stay where a matrix is pushed aside.
    first = page.locator("#matrix tbody th[scope=row]").first
    before = first.bounding_box()["x"]
    page.locator(".wide").first.evaluate("one => { one.scrollLeft = 300; }")
    assert first.bounding_box()["x"] == pytest.approx(before, abs=1.0)
    assert sheets(page) <= MOST_SHEETS
    page.set_viewport_size({"width": WIDE, "height": TALL})
    page.locator("details.lever").first.locator("summary").click()
    assert page.locator("details.lever li").first.is_visible()
    rules = [rule for rule in Axe().run(page).response["violations"] if rule["impact"] in ("serious", "critical")]
    assert [rule["id"] for rule in rules] == []
