"""What a template leaves open: a source that nobody has said yet is refused by the name of its input or row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mcsim.study.errors import InputError

UNFILLED = "to be filled"


def refuse_unfilled(sources: Iterable[tuple[str, object]], key: str) -> None:
    """Refuse the first of some places whose source is still that of a template.

    Parameters
    ----------
    sources : iterable of (str, str)
        Where each source stands, and what it is.
    key : str
        What else has one, in words: ``inputs``, ``rows``.

    Raises
    ------
    InputError
        Naming the first, and how many more there are.

    Examples
    --------
    >>> refuse_unfilled([("t.csv: t[a]", "a report"), ("t.csv: t[b]", UNFILLED)], "rows")
    Traceback (most recent call last):
    mcsim.study.errors.InputError: t.csv: t[b]: source: not said yet (got 'to be filled'); a value, and where it is from
    """
    open_places = [place for place, source in sources if source == UNFILLED]
    if open_places:
        more = f", and {len(open_places) - 1} more {key}" if len(open_places) > 1 else ""
        raise InputError(
            f"{open_places[0]}: source: not said yet (got {UNFILLED!r}{more}); a value, and where it is from"
        )


def refuse_unfilled_inputs(entries: Mapping[str, Any], place: str) -> None:
    """Refuse the first entry of [inputs] whose source is still that of a template."""
    sources = [(f"{place}.{name}", entry.get("source")) for name, entry in entries.items() if isinstance(entry, dict)]
    refuse_unfilled(sources, "inputs")
