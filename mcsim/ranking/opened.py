"""What a folder holds: the result of a run, or a ranking."""

from __future__ import annotations

from pathlib import Path

from mcsim.ranking.ranking import Ranking
from mcsim.result.result import Result
from mcsim.store.directory import DRAWS, RANKING, read
from mcsim.study import InputError, Study, suggests


@suggests
def open(folder: str | Path, study: Study | None = None) -> Result | Ranking:
    """Return what `mcsim run` or `mcsim sensitivity` left in a folder.

    Parameters
    ----------
    folder : path
        A run directory gives its `Result` (its ranking is ``mcsim.Ranking.of(folder)``), a folder with a ranking alone
        gives the `Ranking`.
    study : Study, optional
        The study, where it was built in Python.

    Raises
    ------
    InputError
        When it is neither, or files are damaged or changed.

    Examples
    --------
    >>> import mcsim, tempfile
    >>> place = Path(tempfile.mkdtemp()) / "run"
    >>> _ = mcsim.run(mcsim.load("ishigami"), draws=100, out=place)
    >>> mcsim.open(place).complete
    100
    """
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"{place}: no such folder; a run directory, such as runs/fleet-1")
    if (place / RANKING).is_file() and not (place / DRAWS).is_file():
        return Ranking.load(place / RANKING)
    return read(place, study)
