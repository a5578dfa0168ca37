"""What the Python of a page prints stands under it: ```python, `prints`, ```text. One command writes it anew.

Usage: python docs/scripts/prints.py PAGE ... [--write]
"""

import argparse
import contextlib
import io
import re
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"```python\n(?P<code>.*?)```(?:\n\nprints\n\n```text\n(?P<told>.*?)```)?", flags=re.DOTALL)


def printed(document: str) -> list[tuple[str, str]]:
    r"""Return what a document says that its blocks print, and what they do, in its order; blocks share their names.

    Examples
    --------
    >>> printed("```python\nx = 2\nprint(x)\n```\n\nprints\n\n```text\n3\n```\n")
    [('3\n', '2\n')]
    """
    names: dict[str, object] = {}
    found = []
    for block in BLOCK.finditer(document):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(block["code"], "document", "exec"), names)
        if block["told"] is not None:
            found.append((block["told"], said.getvalue()))
    return found


def written(document: str) -> str:
    """Return the document with what its blocks print."""
    fresh = iter(printed(document))

    def filled(block: re.Match[str]) -> str:
        if block["told"] is None:
            return block[0]
        return f"```python\n{block['code']}```\n\nprints\n\n```text\n{next(fresh)[1]}```"

    return BLOCK.sub(filled, document)


def main() -> int:
    """Print the pages with what their blocks print, or write it into them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="+", help="such as start.md")
    parser.add_argument("--write", action="store_true", help="write into the pages")
    chosen = parser.parse_args()
    for page in chosen.pages:
        text = written((DOCS / page).read_text())
        if chosen.write:
            (DOCS / page).write_text(text)
        else:
            print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
