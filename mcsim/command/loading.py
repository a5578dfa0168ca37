"""A study as a command gets it: loaded, set, conditioned, and fit for a report before the hours of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcsim.study import Study


def pairs_of(settings: Sequence[str]) -> list[tuple[str, str]]:
    """Return the names and values of K=V words.

    Raises
    ------
    InputError
        For a word that is none.

    Examples
    --------
    >>> pairs_of(["annual_degradation=normal(0.02, 0.003)"])
    [('annual_degradation', 'normal(0.02, 0.003)')]
    """
    from mcsim.study import InputError

    pairs = []
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name or not value:
            raise InputError(f"--set: not K=V (got {setting!r}); such as --set annual_degradation=0.02")
        pairs.append((name.strip(), value.strip()))
    return pairs


def settled(study: Study, settings: Sequence[str]) -> Study:
    """Return a study with what the user set, fit for a report."""
    from mcsim.report.check import check_figures

    study = study.set_items(pairs_of(settings))
    check_figures(study)
    return study


def stated(study: str, settings: Sequence[str], data: Path | None) -> Study:
    """Return a study by name or path with what the user set; what its report asks for is not looked at."""
    from mcsim.study.load import load

    return load(study, data).set_items(pairs_of(settings))


def loaded(study: str, settings: Sequence[str], data: Path | None, posterior: str | None = None) -> Study:
    """Return a study by name or path with what the user set, on a posterior where one is said."""
    from mcsim.study.load import load

    return conditioned(settled(load(study, data), settings), posterior)


def conditioned(study: Study, posterior: str | None) -> Study:
    """Return a study on a posterior where one is said."""
    if posterior is None:
        return study
    from mcsim.engine.conditioned import condition

    return condition(study, posterior)
