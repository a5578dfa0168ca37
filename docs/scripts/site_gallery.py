"""The gallery: every kind of figure drawn from the example that its page shows, of a small made-up study.

`python docs/scripts/site_gallery.py FOLDER` draws them without Sphinx.
"""

import sys
import tomllib
from dataclasses import replace
from pathlib import Path

from gallery_study import study
from site_words import cell

import mcsim
from mcsim.report.draw import draw_figures
from mcsim.report.kind import Kind
from mcsim.report.kinds import KINDS

DRAWS, BASE = 400, 64  # enough to see what a figure is like


def drawn() -> dict[str, Kind]:
    """Return the kinds that are pictures; the others stand in the table of numbers."""
    return {name: kind for name, kind in KINDS.items() if kind.draw is not None}


def section(name: str, kind: Kind) -> str:
    """Return the part of the page on one kind: its picture, what the marks mean, the lines that draw it."""
    keys = f"[its keys](../figures.md#{name})"
    return f"""## {name}

{cell(kind.shows)}

![{cell(kind.shows)}](gallery/{name}.svg)

{cell(kind.caption)}; {keys}.

```toml
[[report.figures]]
{kind.example}```"""


def pages() -> dict[str, str]:
    """Return the page of the gallery; its pictures are drawn by `write`, since they take a run."""
    parts = "\n\n".join(section(name, kind) for name, kind in drawn().items())
    return {
        "gallery.md": f"""# Gallery of figures

Each kind of figure that a report can hold, drawn while this site was built from the lines below it. The study is made
up: packs that retire in a country, by year, origin and material (`docs/scripts/gallery_study.py`). In Python
`result.plot("mass", x="year", line="origin", material="lithium")` draws the same.

{parts}
"""
    }


def write(folder: Path) -> list[Path]:
    """Run the study once, and draw the example of every kind into a folder; return the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    result = mcsim.run(study(), draws=DRAWS, seed=1)
    ranking = mcsim.sensitivity(study(), base=BASE, seed=1)
    found = []
    for name, kind in drawn().items():
        asked = replace(result, study=study([tomllib.loads(kind.example)]))
        (picture,) = draw_figures(asked, ranking, folder)
        path = folder / f"{name}.svg"
        (folder / f"{picture.name}.svg").rename(path)
        found.append(path)
    return found


if __name__ == "__main__":
    print("\n".join(str(path) for path in write(Path(sys.argv[1]))))
