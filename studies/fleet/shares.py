"""Which draws have what in common: a ranking moves one input at a time, and most points differ in one of many tables.

What a point does not move is the same array in the base row, so nothing is compared by value: the engine tells which
draws agree in what a part of the flows reads, and what is made of several parts is common to draws that agree in each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from mcsim.study import FloatArray, InputError, IntArray


class Alike(NamedTuple):
    """A number for each draw, (n,) each, the same for draws that agree in what a part of the flows reads.

    Parameters
    ----------
    lives : ndarray of int64
        Laws of packs, repairs, and survival in the host country.
    home, host : ndarray of int64
        Sales and survival at home, and sales in the host country.
    first : ndarray of int64
        Stock before the first year.
    border : ndarray of int64
        Who wants to cross, and who may.
    new_capacity, used_capacity : ndarray of int64
        Capacity of packs of vehicles sold new in the host country, and of imports.
    """

    lives: IntArray
    home: IntArray
    host: IntArray
    first: IntArray
    border: IntArray
    new_capacity: IntArray
    used_capacity: IntArray


def each_its_own(n: int) -> Alike:
    """Return n draws that have nothing in common."""
    return Alike(*(np.arange(n) for _ in Alike._fields))


class Classes(NamedTuple):
    """Classes of draws.

    Parameters
    ----------
    first : ndarray of int64, shape (m,)
        A draw of each class.
    place : ndarray of int64, shape (n,)
        Class of each draw.
    """

    first: IntArray
    place: IntArray

    def split(self, place_of: IntArray, starts: IntArray) -> list[IntArray]:
        """Return the first draws of the classes from each start to the next by the place of draws, which rises."""
        return np.split(self.first, np.searchsorted(place_of[self.first], starts[1:]))


def classes(*numbers: IntArray) -> Classes:
    """Return the classes of draws that agree in several numbers, ordered by the first of these, then by the next.

    Examples
    --------
    >>> found = classes(np.array([1, 0, 1, 1]), np.array([5, 5, 5, 2]))
    >>> found.first.tolist(), found.place.tolist()
    ([1, 3, 0], [2, 0, 2, 1])
    """
    keys = numbers[0]
    for more in numbers[1:]:
        # Numbers stay below that of draws, so that a product of two fits.
        keys = np.unique(keys, return_inverse=True)[1] * (int(more.max(initial=0)) + 1) + more
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    return Classes(first, place)


class Shares(NamedTuple):
    """Classes of draws that have one table of a kind, each within those of `tables`.

    Parameters
    ----------
    tables : Classes
        What becomes of packs and vehicles.
    homes : Classes
        Home fleets.
    sold : Classes
        Vehicles sold new in the host country, and its first stock.
    came : Classes
        Imports.
    new_packs, used_packs : Classes
        Packs that retire, of vehicles sold new and of imports.
    used_ends : ndarray of int64
        Where the classes of `used_packs` of each class of `came` begin, and where the last ones end.
    """

    tables: Classes
    homes: Classes
    sold: Classes
    came: Classes
    new_packs: Classes
    used_packs: Classes
    used_ends: IntArray


def shares_of(alike: Alike, apart: bool) -> Shares:
    """Return what draws share; `apart` where imports neither depend on sales of the host country nor add to them."""
    coming = (alike.lives, alike.home, alike.border, alike.first, *(() if apart else (alike.host,)))
    came, used = classes(*coming), classes(*coming, alike.used_capacity)
    return Shares(
        tables=classes(alike.lives),
        homes=classes(alike.lives, alike.home),
        sold=classes(alike.lives, alike.host, alike.first),
        came=came,
        new_packs=classes(alike.lives, alike.host, alike.new_capacity),
        used_packs=used,
        used_ends=np.searchsorted(came.place[used.first], np.arange(len(came.first) + 1)),
    )


class Part(Mapping[str, FloatArray]):
    """What a part of the flows reads, of one draw of each class.

    Parameters
    ----------
    inputs : mapping
        Of all draws.
    found : Classes
        Draws that agree in it.
    names : tuple of str
        What it reads.
    """

    def __init__(self, inputs: Mapping[str, FloatArray], found: Classes, names: tuple[str, ...]) -> None:
        self._inputs, self._names = inputs, names
        self.first, self._place = found
        self._each = len(self.first) == len(self._place)

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self._names:
            # Draws that differ in it would be taken as alike.
            raise InputError(f"fleet: a part of the flows reads {name}, which it does not declare; {name} in its reads")
        return self._inputs[name] if self._each else self._inputs[name][self.first]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def spread(self, record: Any) -> Any:
        """Return what is made of this part, an array or a record, for all draws."""
        if self._each:
            return record
        return rows_of(record)(self._place) if isinstance(record, tuple) else record[self._place]


def rows_of(record: Any) -> Callable[[Any], Any]:
    """Return what gives some draws of a record, or of a record of records: the rows of every array, views for a slice.

    Examples
    --------
    >>> from mcsim.kernels.cohorts.flows import HomeFlows
    >>> flows = HomeFlows(np.arange(4.0), np.arange(8.0).reshape(4, 2), np.arange(4.0))
    >>> rows_of(flows)(slice(1, 2)).gone.tolist()
    [[2.0, 3.0]]
    """
    # Once per record, since a block is a few draws and a record many arrays.
    takes = [rows_of(field) if isinstance(field, tuple) else field.__getitem__ for field in record]
    make = type(record)._make
    return lambda part: make([take(part) for take in takes])
