"""The picture of page one in the README: the first screen of a report, as Chromium shows it.

Usage: mcsim run second-hand-ev --out runs/page-one && python docs/scripts/page_one.py runs/page-one
Needs the extra `browser` and a Chromium; writes docs/img/page-one.png.
"""

import argparse
import io
import shutil
from pathlib import Path

IMAGE = Path(__file__).resolve().parent.parent / "img" / "page-one.png"
WIDTH, HEIGHT = 1000, 1180  # pixels of the page that are shown
COLOURS = 96  # of the PNG: flat colours and letters need few


def shot(report: Path) -> bytes:
    """Return the first screen of a report as a PNG of true colours."""
    from playwright.sync_api import sync_playwright

    own = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=own, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(report.resolve().as_uri())
        picture = page.screenshot()
        browser.close()
    return picture


def main() -> int:
    """Write the picture of the report of a run directory."""
    from PIL import Image

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a run directory with its report.html")
    chosen = parser.parse_args()
    with Image.open(io.BytesIO(shot(chosen.folder / "report.html"))) as picture:
        picture.convert("RGB").quantize(COLOURS).save(IMAGE, optimize=True)
    print(IMAGE, IMAGE.stat().st_size)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
