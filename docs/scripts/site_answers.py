"""The answers: page one of each study's report, from a run made while the site is built.

`python docs/scripts/site_answers.py FOLDER STUDY ...` writes such pages without Sphinx.
"""

import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from site_words import cell, code

import mcsim
from mcsim.command.main import mcsim as command

STUDIES = (
    "second-hand-ev",
    "fleet",
    "trade",
    "cell-onshoring",
    "battery-circularity",
    "export-check",
    "fleet-jp-nz",
    "vehicle-jp-nz",
)
FEW = ("--draws", "400", "--base", "64")  # enough to read, and the site is built in minutes
PICTURE = re.compile(r"^!\[[^\]]*\]\((figures/[^)]+)\)\n\n\*\*.*$", flags=re.MULTILINE)
ANNEX = "\n## All headline numbers\n"


def pages() -> dict[str, str]:
    """Return the page that lists the answers; the answers themselves are written by `write`, since they take runs."""
    rows = [f"| {code(name)} | {cell(mcsim.load(name).question)} |" for name in STUDIES]
    listed = "\n".join(STUDIES)
    return {
        "answers/index.md": f"""# The answers

What each shipped study answers by default, as `mcsim run STUDY {" ".join(FEW)}` prints it on page one of its
report: computed while this site was built, with the seed that anybody's first run has. A run without these words has
more draws and a longer ranking, hence narrower intervals of the shares.

| study | question |
|---|---|
{chr(10).join(rows)}

```{{toctree}}
:hidden:

{listed}
```
"""
    }


def page(study: str, words: Sequence[str], told: str) -> tuple[str, str | None]:
    """Return the page of a study from its ``report.md``, and the picture that it shows, as a path beside the report."""
    first = told.partition(ANNEX)[0].rstrip()
    picture = PICTURE.search(told)
    if picture is None:
        shown, file = "", None
    else:
        file = picture[1]
        shown = "\n\n" + picture[0].replace(file, f"{study}.svg")
    return f"{first}{shown}\n\nPrinted by\n\n    {' '.join(['mcsim run', study, *words])}\n", file


def write(folder: Path, studies: Sequence[str] = STUDIES, words: Sequence[str] = FEW) -> None:
    """Run the studies and write their pages and pictures to a folder; `words` follow ``mcsim run STUDY``."""
    folder.mkdir(parents=True, exist_ok=True)
    for study in studies:
        with tempfile.TemporaryDirectory() as place:
            run = Path(place) / "run"
            command.main(["run", study, "--quiet", "--out", str(run), *words], standalone_mode=False)
            text, picture = page(study, words, (run / "report.md").read_text(encoding="utf-8"))
            (folder / f"{study}.md").write_text(text, encoding="utf-8")
            if picture:
                (folder / f"{study}.svg").write_bytes((run / picture).read_bytes())


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2:] or STUDIES)
