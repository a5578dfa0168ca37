"""Rows of a posterior: joint draws of some inputs, each with its weight, that a run takes the place of priors from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.study.errors import InputError, one_of
from mcsim.study.types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Draws of a posterior for some inputs, to be drawn again by key.

    Parameters
    ----------
    name : str
        What tells it from other tables of a run; the stream of its random numbers.
    columns : mapping of str to ndarray (m,)
        Input -> value per row; words as they are, or as codes once a study has said which they are.
    weights : ndarray, shape (m,)
        Of the rows, of any sum.
    record : mapping
        What it was made of: study, version, fingerprint, priors by input, observations, method, k-hat, ESS.
    place : str
        The file, for messages.
    said : str
        As a user asks for it: ``shipped``, or a folder.

    Examples
    --------
    >>> rows = Rows("law", {"x": np.array([1.0, 2.0])}, np.array([3.0, 1.0]), {})
    >>> bool((rows.drawn(1, 0, 9)["x"][4:] == rows.drawn(1, 4, 9)["x"]).all())
    True
    """

    name: str
    columns: Mapping[str, NDArray[Any]]
    weights: FloatArray
    record: Mapping[str, Any] = field(repr=False)
    place: str = ""
    said: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of names, values and weights: of all that decides which values a draw gets."""
        found = hashlib.sha256(self.name.encode())
        for name in sorted(self.columns):
            column = self.columns[name]
            found.update(name.encode())
            found.update("|".join(column.tolist()).encode() if column.dtype.kind in "UO" else column.tobytes())
        found.update(self.weights.tobytes())
        return found.hexdigest()

    @property
    def alone(self) -> str:
        """The one column, where there is one: it is independent of all else, and follows a design's own column."""
        return next(iter(self.columns)) if len(self.columns) == 1 else ""

    def quantile(self, unit: FloatArray) -> FloatArray:
        """Return the values of the one column at points (n,) between 0 and 1."""
        column = np.asarray(self.columns[self.alone], np.float64)
        order = np.argsort(column, kind="stable")
        reached = np.cumsum(self.weights[order])
        at = np.searchsorted(reached, unit * reached[-1], side="right")
        return np.ascontiguousarray(column[order][np.minimum(at, len(order) - 1)])

    def drawn(self, seed: int, start: int, stop: int) -> dict[str, FloatArray]:
        """Return the values of the draws start..stop-1: one row each, by (seed, table, draw)."""
        from mcsim.kernels.streams import stream_of, uniforms

        reached = np.cumsum(self.weights)
        unit = uniforms(seed, stream_of(f"posterior/{self.name}"), start, stop) * reached[-1]
        at = np.minimum(np.searchsorted(reached, unit, side="right"), len(reached) - 1)
        return {name: np.ascontiguousarray(column[at], np.float64) for name, column in self.columns.items()}

    def only(self, names: Iterable[str]) -> Rows:
        """Return the table without other columns: what is left is the posterior of these inputs."""
        return replace(self, columns={name: self.columns[name] for name in names})

    def where(self, column: str, word: str) -> Rows:
        """Return the rows that have a word in a column, without it: the posterior given the word.

        Raises
        ------
        InputError
            When no row has it.
        """
        words = self.columns[column]
        kept = words == word
        if not kept.any():
            raise InputError(f"{self.place}: {column}: no row of the posterior (got {word!r}); {one_of(set(words))}")
        left = {name: values[kept] for name, values in self.columns.items() if name != column}
        return replace(self, columns=left, weights=self.weights[kept])
