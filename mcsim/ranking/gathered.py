"""What rankings remember of their rows where sums will not do: the rows themselves, or sums that are added in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mcsim.study import FloatArray

if TYPE_CHECKING:
    from mcsim.engine.reduce import Portion
    from mcsim.store.pieces import Arrays


class Gathered:
    """Rows as they are, joined in order at the end."""

    def __init__(self) -> None:
        self._parts: dict[int, Arrays] = {}

    def take(self, portion: Portion) -> None:
        """Take in arrays by name, a row each."""
        self._parts[portion.start] = portion.content

    def whole(self, name: str) -> FloatArray:
        """Return all rows of an array."""
        return np.concatenate([self._parts[start][name] for start in sorted(self._parts)])

    def arrays(self) -> Arrays:
        """Return the rows as arrays by name, for a file."""
        return {f"{start}|{name}": rows for start, part in self._parts.items() for name, rows in part.items()}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take in the arrays of other rows."""
        for key, rows in arrays.items():
            start, _, name = key.partition("|")
            self._parts.setdefault(int(start), {})[name] = rows


class InOrder:
    """Sums to which rows are added strictly in their order; those that come early wait.

    Parameters
    ----------
    sums : ndarray
        Added to, in place.
    add : callable
        ``add(sums, start, rows)`` adds the rows from `start` on.
    """

    def __init__(self, sums: FloatArray, add: Callable[[FloatArray, int, FloatArray], None]) -> None:
        self.sums, self._add = sums, add
        self._next = 0
        self._waiting: dict[int, FloatArray] = {}

    def take(self, portion: Portion) -> None:
        """Take in rows, (n, ...)."""
        self._waiting[portion.start] = portion.content
        self._fold()

    def _fold(self) -> None:
        while self._next in self._waiting:
            rows = self._waiting.pop(self._next)
            self._add(self.sums, self._next, rows)
            self._next += len(rows)

    def arrays(self) -> Arrays:
        """Return the sums and what waits as arrays by name, for a file."""
        waiting = {f"waiting|{start}": rows for start, rows in self._waiting.items()}
        return {"sums": self.sums, "next": np.array(self._next), **waiting}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take in the arrays of other rows; at most one of two states has the first row."""
        if int(arrays["next"]) > 0:
            self.sums[...] = arrays["sums"]
            self._next = int(arrays["next"])
        for key, rows in arrays.items():
            kind, _, start = key.partition("|")
            if kind == "waiting":
                self._waiting[int(start)] = rows
        self._fold()
