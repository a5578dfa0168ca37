"""Arrays by name that are read when they are asked for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from mcsim.study import Study

Array = TypeVar("Array")


class OnDisk(Mapping[str, Array]):
    """A mapping whose names are known, and whose values are read from files.

    Whether it has a name is looked up among its names: `Mapping` itself would read the value to know that, of an output
    all its draws.
    """

    def __contains__(self, name: object) -> bool:
        return any(name == known for known in self)


class Stored(OnDisk[Array]):
    """Arrays of a study in its draws.nc.

    Parameters
    ----------
    path : Path
        The file.
    study : Study
        Declares them.
    names : tuple of str
        Those that the file holds.
    """

    def __init__(self, path: Path, study: Study, names: tuple[str, ...]) -> None:
        self._path, self._study, self._names = path, study, names

    def __getitem__(self, name: str) -> Array:
        if name not in self._names:
            raise KeyError(name)
        return self._read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @abstractmethod
    def _read(self, name: str) -> Array:
        """Return one of them, whole."""
