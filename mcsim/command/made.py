"""`mcsim new`: a folder in which something of one's own is filled in."""

from __future__ import annotations

from pathlib import Path

import click

KINDS = ("corridor",)


def make(kind: str, folder: Path, home: str | None, host: str | None, of: str | None) -> str:
    """Write a new folder and return what is to be done in it.

    Raises
    ------
    InputError
        For a folder that exists, labels that make no corridor, or a study that has none.
    """
    from mcsim.study.template import corridor_template

    if kind not in KINDS:
        raise click.UsageError(f"new: no such kind (got {kind!r}); {', '.join(KINDS)}")
    for option, label in (("--home", home), ("--host", host)):
        if label is None:
            raise click.UsageError(f"new corridor: no {option} (got nothing); a label such as jp")
    template = corridor_template(str(home), str(host), of or "fleet")
    path = template.write(folder)
    return (
        f"{folder}: {path.name}, {len(template.files) - 2} tables in data/, README.md tells their columns; "
        f"{template.unfilled} figures to fill in\nmcsim check {path} names the next one"
    )
