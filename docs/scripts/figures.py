"""The page of the kinds of figures, from their registry.

Usage: python docs/scripts/figures.py [--write]
"""

import argparse

from blocks import table, write_blocks

from mcsim.report.kind import Kind
from mcsim.report.kinds import KINDS


def overview() -> str:
    """Return the table of all kinds."""
    rows = [[f"[`{kind.name}`](#{kind.name})", kind.shows, kind.reads.words] for kind in KINDS.values()]
    return table(["kind", "what it shows", "it reads"], rows, words=3)


def section(kind: Kind) -> str:
    """Return the part of the page on one kind: what its marks mean, its keys, an example."""
    rows = [
        [f"`{key.name}`", key.holds.words, "yes" if key.required else "", key.meaning[0].upper() + key.meaning[1:]]
        for key in kind.keys
    ]
    keys = table(["key", "holds", "needed", "meaning"], rows, words=4)
    return f"### {kind.name}\n\n{kind.caption}.\n\n{keys}\n\n```toml\n[[report.figures]]\n{kind.example}```"


def blocks() -> dict[str, str]:
    """Return every block of the page, by name."""
    return {"overview": overview(), "kinds": "\n\n".join(section(kind) for kind in KINDS.values())}


def main() -> int:
    """Print the blocks, or write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write them into docs/figures.md")
    chosen = parser.parse_args()
    found = blocks()
    if chosen.write:
        write_blocks("figures.md", found)
    else:
        print("\n\n".join(found.values()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
