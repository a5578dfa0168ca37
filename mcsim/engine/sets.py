"""Sets of points that share most of their columns: what is the same array in two of them is told once.

The sets of a design share arrays: where a set takes an input from another it holds the very same array. A mixed point
of a Saltelli design differs from a base row in the columns of one factor, so that is all a `Moved` carries: D sets of D
columns would be D squared pointers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from mcsim.engine.evaluation import plan_of
from mcsim.study import FloatArray, IntArray, Study

Values = Mapping[str, FloatArray]


class Moved(Mapping[str, FloatArray]):
    """A set of values that takes some inputs from elsewhere, and the others from a whole set.

    Parameters
    ----------
    origin : dict
        Name -> (n,), the whole set.
    moved : dict
        Name -> (n,), of some of its names.
    source : dict, optional
        Whose arrays these are, where they come from one whole set.

    Examples
    --------
    >>> here, there = np.zeros(1), np.ones(1)
    >>> {name: float(values[0]) for name, values in Moved({"a": here, "b": here}, {"b": there}).items()}
    {'a': 0.0, 'b': 1.0}
    """

    __slots__ = ("moved", "origin", "source")

    def __init__(
        self, origin: dict[str, FloatArray], moved: dict[str, FloatArray], source: dict[str, FloatArray] | None = None
    ) -> None:
        self.origin, self.moved, self.source = origin, moved, source

    def __getitem__(self, name: str) -> FloatArray:
        found = self.moved.get(name)
        return self.origin[name] if found is None else found

    def __iter__(self) -> Iterator[str]:
        return iter(self.origin)

    def __len__(self) -> int:
        return len(self.origin)


class Sets:
    """Sets of values of a study's uncertain inputs, the same rows in each.

    Parameters
    ----------
    study : Study
        Whose inputs they are.
    values : sequence of mappings
        Name -> (n,), the same names in each set; what is the same array in two sets is equal in them.
    """

    def __init__(self, study: Study, values: Sequence[Values]) -> None:
        self._study, self._values = study, values
        self._origins: list[Values] = []
        self._moves: dict[str, list[tuple[int, FloatArray]]] = {}  # name -> sets that have it from elsewhere
        self._origin = np.empty(len(values), np.int64)
        known: dict[int, int] = {}
        for number, one in enumerate(values):
            origin: Values = one
            if isinstance(one, Moved):
                origin = one.origin
                for name, array in one.moved.items():
                    self._moves.setdefault(name, []).append((number, array))
            place = known.setdefault(id(origin), len(self._origins))
            if place == len(self._origins):
                self._origins.append(origin)
            self._origin[number] = place
        self._version_of: dict[tuple[int, ...], IntArray] = {}
        self._classes: dict[tuple[str, ...], IntArray] = {}

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, part: slice) -> Sets:
        return Sets(self._study, self._values[part])

    def flat(self, rows: slice) -> dict[str, FloatArray]:
        """Return the values of some rows, set after set, in arrays of the caller's own."""
        names = list(self._origins[0])
        if not names:
            return {}
        n = len(self._origins[0][names[0]][rows])
        columns = np.empty((len(names), len(self), n))
        for place, origin in enumerate(self._origins):
            whole = np.array([origin[name][rows] for name in names])
            # All sets mostly have one origin, and a slice is filled several times faster than places.
            columns[:, slice(None) if len(self._origins) == 1 else self._origin == place] = whole[:, np.newaxis]
        for column, name in zip(columns, names, strict=True):
            for number, array in self._moves.get(name, ()):
                column[number] = array[rows]
        return dict(zip(names, columns.reshape(len(names), -1), strict=True))

    def column(self, name: str, rows: slice) -> FloatArray:
        """Return some rows of one input, set after set."""
        return np.concatenate([one[name][rows] for one in self._values])

    @property
    def structure(self) -> tuple[tuple[Any, ...], ...] | None:
        """What each set takes from which whole one, the same for sets of other values; none where that is not known."""
        place_of = {id(origin): place for place, origin in enumerate(self._origins)}
        found: list[tuple[Any, ...]] = []
        for one, origin in zip(self._values, self._origin.tolist(), strict=True):
            if not isinstance(one, Moved):
                found.append((origin,))
            elif (source := place_of.get(id(one.source))) is not None:
                found.append((origin, source, *one.moved))
            else:
                return None
        return tuple(found)

    def _versions(self, moved_in: tuple[int, ...]) -> IntArray:
        """Return which version each set has of an input that some have from elsewhere: an origin's, or their own."""
        if moved_in not in self._version_of:
            version = self._origin.copy()
            version[list(moved_in)] = len(self._origins) + np.arange(len(moved_in))
            self._version_of[moved_in] = version
        return self._version_of[moved_in]

    def at(self, names: Sequence[str], rows: slice, sets: IntArray, places: IntArray) -> FloatArray:
        """Return the values of some inputs (n, n_names) at n places (set, row of these rows)."""
        # Inputs that move together have the same versions: mostly all cells of a table.
        alike: dict[tuple[int, ...], list[int]] = {}
        for column, name in enumerate(names):
            alike.setdefault(tuple(number for number, _ in self._moves.get(name, ())), []).append(column)
        found = np.empty((len(places), len(names)))
        for moved_in, columns in alike.items():
            own = [names[column] for column in columns]
            versions = [[origin[name][rows] for name in own] for origin in self._origins]
            versions += [[self._moves[name][turn][1][rows] for name in own] for turn in range(len(moved_in))]
            where = slice(None) if len(alike) == 1 else columns
            if len(versions) == 1:
                found[:, where] = np.array(versions[0]).T[places]
            else:
                found[:, where] = np.array(versions).transpose(0, 2, 1)[self._versions(moved_in)[sets], places]
        return found

    def classes(self, names: tuple[str, ...]) -> IntArray:
        """Return the class of each set by the values of some inputs, tables and vectors; counted from the first."""
        if names not in self._classes:
            self._classes[names] = self._classified(names)
        return self._classes[names]

    def _classified(self, names: tuple[str, ...]) -> IntArray:
        columns = [column for name in names for column in plan_of(self._study).columns_of[name]]
        keys = [np.array([id(origin[column]) for column in columns], np.int64) for origin in self._origins]
        found: dict[bytes, int] = {}
        classes = np.array([found.setdefault(key.tobytes(), len(found)) for key in keys])[self._origin]
        # Only sets that have some of these inputs from elsewhere can differ from where the others come from.
        changes: dict[int, list[tuple[int, int]]] = {}
        for place, column in enumerate(columns):
            for number, array in self._moves.get(column, ()):
                changes.setdefault(number, []).append((place, id(array)))
        for number, moved in changes.items():
            key = keys[self._origin[number]].copy()
            for place, array_id in moved:
                key[place] = array_id
            classes[number] = found.setdefault(key.tobytes(), len(found))
        _, first, inverse = np.unique(classes, return_index=True, return_inverse=True)
        return np.asarray(np.argsort(np.argsort(first))[inverse])
