"""Numbers in the documents: a script's tables stand between two marks, and one command writes them anew."""

import argparse
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent


def marked(name: str, text: str) -> str:
    """Return a text between the two marks of a block."""
    return f"<!-- {name} -->\n\n{text.strip()}\n\n<!-- end -->"


def find_blocks(document: str) -> dict[str, str]:
    """Return the text of every block of a document, by name."""
    found = re.findall(r"<!-- ([\w .]+) -->\n\n(.*?)\n\n<!-- end -->", document, flags=re.DOTALL)
    return dict(found)


def write_blocks(page: str, blocks: dict[str, str]) -> None:
    """Put the texts in the place of the blocks of the same names in a page of the documents.

    Raises
    ------
    ValueError
        When the page has no block of such a name.
    """
    path = DOCS / page
    document = path.read_text()
    for name, text in blocks.items():
        pattern = rf"<!-- {re.escape(name)} -->\n\n.*?\n*<!-- end -->"
        if not re.search(pattern, document, flags=re.DOTALL):
            raise ValueError(f"{page}: {name}: no such block; a line <!-- {name} --> and a line <!-- end -->")
        block = marked(name, text)
        document = re.sub(pattern, lambda _, block=block: block, document, flags=re.DOTALL)
    path.write_text(document)


def tell(page: str, blocks: dict[str, str], write: bool) -> None:
    """Write the blocks into their page, or print them."""
    if write:
        write_blocks(page, blocks)
    else:
        print("\n\n".join(f"{name}\n\n{text}" for name, text in blocks.items()))


def print_lines(
    description: str | None, lines: Callable[[int, int], Iterable[str]], draws: int, arguments: Sequence[str] | None
) -> None:
    """Print the lines that a script computes of ``--draws`` and ``--seed``, each as soon as it is there."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=draws, help=f"draws of each run (default {draws})")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    for line in lines(chosen.draws, chosen.seed):
        print(line)


def table(header: list[str], rows: list[list[str]], words: int = 1) -> str:
    """Return a Markdown table whose columns after the first `words` are aligned to the right."""
    rules = ["---"] * words + ["---:"] * (len(header) - words)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [header, rules, *rows])


def percent(share: float, digits: int = 1) -> str:
    """Return a relative change as text, with its sign and without a minus before zero.

    Examples
    --------
    >>> percent(-0.0004), percent(0.123)
    ('0.0', '+12.3')
    """
    text = f"{100 * share:+.{digits}f}"
    return text[1:] if float(text) == 0 else text
