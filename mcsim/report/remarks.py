"""Remarks on a run or a ranking as a page tells them: in the reader's language, of things by their long names."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mcsim.report.answers import first_large
from mcsim.report.language import retold
from mcsim.study import Study


def remarks_told(notes: Iterable[str], study: Study, named: Callable[[str], str] | None = None) -> list[str]:
    """Return remarks as sentences of a page.

    Parameters
    ----------
    notes : iterable of str
        As they were said, in English.
    study : Study
        In the language that is spoken, whose labels name its outputs and inputs.
    named : callable, optional
        Code -> its long name, where other things than these have codes.
    """
    return [f"{first_large(retold(note, named or study.labels.name))}." for note in notes]
