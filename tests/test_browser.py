"""Every page as a reader meets it: in a real browser, wide, narrow and on paper, by mouse and by keyboard."""

import json
import shutil
from pathlib import Path

import pytest

from mcsim.engine.run import run
from mcsim.ranking.sensitivity import sensitivity
from mcsim.report.page import write_report
from mcsim.study.load import load

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if BROWSER is None:
    told = "NO BROWSER IS INSTALLED: no page is opened by any test; install chromium (apt-get install chromium)"
    pytest.skip(told, allow_module_level=True)
told = "NO DRIVER OF A BROWSER IS INSTALLED: no page is opened by any test; pip install '.[browser,explorer]'"
pytest.importorskip("axe_playwright_python", reason=told)
pytest.importorskip("vl_convert", reason=told)

from axe_playwright_python.sync_playwright import Axe  # noqa: E402 - after the browser was looked for
from playwright.sync_api import sync_playwright  # noqa: E402

RUNS = (("second-hand-ev", "en", False), ("fleet", "es", False), ("cell-onshoring", "en", True))
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
  return found;
}""".replace("SMALLEST", str(SMALLEST))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Reports and explorers of a few small runs."""
    made = {}
    for name, language, ranked in RUNS:
        study = load(name)
        folder = tmp_path_factory.mktemp(name)
        result = run(study, 30, design="lhs", seed=1, out=folder / "run", jobs=1, quiet=True)
        ranking = sensitivity(study, base=8, jobs=1) if ranked else None
        write_report(result, ranking, folder / "run", language=language)
        made[name] = folder / "run"
    return made


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def opened(browser, folders):
    """Open a page of a run and fail where the browser has something to say of it."""
    heard, pages = [], []

    def open_page(name, file, width=1280, fragment=""):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("console", lambda line: heard.append(line.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on(
            "request",
            lambda one: heard.append(one.url) if not one.url.startswith(("file:", "data:", "blob:")) else None,
        )
        page.goto((folders[name] / file).as_uri() + fragment)
        if file == "explorer.html":
            page.wait_for_function("document.body.dataset.ready > 0")
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert heard == []


def spread(page):
    """Open all that is folded."""
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("file", ["report.html", "explorer.html"])
@pytest.mark.parametrize("name", [name for name, *_ in RUNS])
def test_a_page_holds_all_it_shows_and_an_accessibility_checker_finds_nothing_serious(opened, name, file, width):
    page = opened(name, file, width)
    spread(page)
    assert page.evaluate(WRONG) == []
    if width == 1280:
        found = Axe().run(page).response["violations"]
        serious = [
            (rule["id"], [node["html"][:120] for node in rule["nodes"][:3]])
            for rule in found
            if rule["impact"] in ("serious", "critical")
        ]
        assert serious == []


def sheets(page):
    """How many sheets a page takes on A4."""
    return page.pdf(format="A4", prefer_css_page_size=True).count(b"/Type /Page\n")


@pytest.mark.parametrize("name", [name for name, *_ in RUNS])
def test_page_one_is_a_sheet_and_all_of_it_at_most_twelve(opened, name):
    page = opened(name, "report.html", 680)
    page.emulate_media(media="print")
    assert page.evaluate(WRONG) == []
    assert sheets(page) == 1
    spread(page)
    assert page.evaluate(WRONG) == []
    assert sheets(page) <= 12


def number_told(page):
    return page.text_content("#told")


def test_pickers_change_the_pictures_and_a_link_restores_the_choice(opened):
    page = opened("second-hand-ev", "explorer.html")
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
    again = opened("second-hand-ev", "explorer.html", fragment=link)
    assert number_told(again) == said
    assert again.input_value("#pick-category") == "pmfp"


def test_the_numbers_of_the_explorer_are_those_of_the_summary(opened, folders):
    from mcsim.store.directory import read

    page = opened("cell-onshoring", "explorer.html")
    result = read(folders["cell-onshoring"])
    data = json.loads(page.text_content("#data"))
    assert data["outputs"]
    for told in data["outputs"]:
        rows = result.summary(told["name"]).to_dict("records")
        at = told["at"] or range(len(told["mean"]))
        cells = [cell for cell in at if cell >= 0]
        assert len(cells) == len(rows)
        for cell, row in zip(cells, rows, strict=True):
            key, column = ("mean", "mean") if told["chance"] else ("median", "p50")
            if row[column] != row[column]:
                assert told[key][cell] is None
                continue
            factors = (told[key][cell] or 0.0) and row[column] / told[key][cell]
            sizes = (0.0, 0.01, 1.0, 1e3, 1e6, 1e9)
            assert any(abs(factors - size) <= 1e-3 * size for size in sizes), (told["name"], row, told[key][cell])


def test_a_point_tells_its_numbers_when_it_is_pointed_at(opened):
    page = opened("fleet", "explorer.html")
    mark = page.locator("#bands path[aria-roledescription='point']").last
    mark.hover(force=True)
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert "95 % de las simulaciones" in tip.text_content()


def test_pages_are_no_larger_than_promised(folders):
    for folder in folders.values():
        assert Path(folder, "report.html").stat().st_size < 4_000_000
        assert Path(folder, "explorer.html").stat().st_size < 3_000_000
