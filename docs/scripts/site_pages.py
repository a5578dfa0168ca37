"""Pages of the site that are read from registries, studies and tables, never typed: written below docs/generated/.

Sphinx calls `setup`; `python docs/scripts/site_pages.py` writes the same pages without Sphinx.
"""

import shutil
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import site_answers
import site_gallery
import site_names
import site_studies
import site_words

DOCS = Path(__file__).resolve().parent.parent
GENERATED = DOCS / "generated"
WRITERS: tuple[Callable[[], dict[str, str]], ...] = (
    site_names.pages,
    site_words.pages,
    site_studies.pages,
    site_answers.pages,
    site_gallery.pages,
)


def pages() -> dict[str, str]:
    """Return every generated page: its path below docs/generated/ and its text."""
    return {path: text for pages_of in WRITERS for path, text in pages_of().items()}


def write(folder: Path = GENERATED) -> list[Path]:
    """Write the pages, remove what is no page any more; leave what is as it was, return what changed."""
    wanted = {folder / path: text.rstrip() + "\n" for path, text in pages().items()}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path not in wanted:
            path.unlink()
    changed = [path for path, text in wanted.items() if not path.is_file() or path.read_text() != text]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path])
    return changed


def written() -> None:
    """Write the pages, and beside them what takes runs: the answers, and the pictures of the gallery."""
    write()
    site_answers.write(GENERATED / "answers")
    site_gallery.write(GENERATED / "gallery")


class Loads(HTMLParser):
    """Collect what a page loads by itself: scripts, styles, images and the like, not where its links lead.

    Examples
    --------
    >>> Loads.of('<a href="https://a.org"><script src="https://b.org/x.js"></script><img src="c.png">')
    ['https://b.org/x.js', 'c.png']
    """

    # A link element that names a page, such as the next one, loads nothing.
    RELATIONS = frozenset({"stylesheet", "preload", "icon", "modulepreload", "prefetch", "preconnect", "manifest"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @classmethod
    def of(cls, text: str) -> list[str]:
        """Return the addresses that a page loads, in its order."""
        parser = cls()
        parser.feed(text)
        return parser.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the address of a tag that loads something."""
        told = dict(attrs)
        if tag == "link" and self.RELATIONS.intersection((told.get("rel") or "").split()):
            self.found.append(told.get("href") or "")
        elif tag in {"script", "img", "iframe", "source", "video", "audio", "embed"} and told.get("src"):
            self.found.append(told["src"] or "")


def outside(folder: Path) -> list[str]:
    """Return what the built pages load from elsewhere, as `page: address`."""
    return [
        f"{page.relative_to(folder)}: {address}"
        for page in sorted(folder.rglob("*.html"))
        for address in Loads.of(page.read_text(encoding="utf-8"))
        if address.startswith(("http:", "https:", "//"))
    ]


def setup(app: Any) -> dict[str, Any]:
    """Connect to Sphinx: pages before the sources are listed, the check for a network when all is written."""
    from pygments.lexers.special import TextLexer
    from sphinx.util.logging import getLogger

    def told(found: Iterable[str]) -> None:
        for line in found:
            getLogger("mcsim").warning("loaded from elsewhere, so the page needs a network: %s", line)

    app.add_lexer("csv", TextLexer)  # Pygments has none
    app.connect("config-inited", lambda *_: written())
    app.connect("build-finished", lambda app, failed: None if failed else told(outside(Path(app.outdir))))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    shutil.rmtree(GENERATED, ignore_errors=True)
    print("\n".join(str(path) for path in write()))
