"""A toy corridor made of a shipped study's own file and tables, with other labels; and a look for countries in code."""

import re
from collections.abc import Callable
from pathlib import Path

import mcsim
from mcsim.studies.common.corridor import Corridor
from mcsim.study import Study

SHIPPED = Corridor("us", "mx")
COUNTRY = re.compile(r"\b(us|mx|mexic\w*|united states)\b|[\"'_](us|mx)_|_(us|mx)\b", re.IGNORECASE)


def renamed(text: str, toy: Corridor) -> str:
    """Return a name or a text with the toy's labels in the place of the shipped ones."""
    for ours, theirs in ((SHIPPED.home, toy.home), (SHIPPED.host, toy.host)):
        text = re.sub(rf"(?<![A-Za-z]){ours}(?![A-Za-z])", theirs, text)
    return text


def toy_study(shipped: Path, folder: Path, toy: Corridor, rows: Callable[[str], bool] = lambda table: True) -> Study:
    """Write a shipped study file and its tables under the toy's labels and return the study, loaded by its path.

    `rows` tells of which tables the rows carry the labels, not the name alone.
    """
    text = shipped.read_text(encoding="utf-8")
    # One file of a table, or a list with the files of labels.
    for file in set(re.findall(r'files? = \[?"([^"]+)"', text)):
        source = (shipped.parent / file).resolve()
        name = renamed(source.name, toy)
        lines = source.read_text(encoding="utf-8").splitlines()
        if rows(source.stem) or source.stem.startswith("labels"):
            lines = [renamed(line, toy) for line in lines]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        text = text.replace(f'"{file}"', f'"{name}"')
    text = renamed(text, toy).replace(f'name = "{shipped.stem}"', 'name = "toy"')
    (folder / "toy.toml").write_text(text, encoding="utf-8")
    return mcsim.load(folder / "toy.toml")


def code_of(path: Path) -> str:
    """Return a file's code without docstrings and comments, which may cite the source."""
    return re.sub(r'"""[\s\S]*?"""|#.*', "", path.read_text(encoding="utf-8"))
