"""Fewer draws for a method whose time grows faster than their number."""

from __future__ import annotations

import numpy as np

from mcsim.ranking.method import Analysis
from mcsim.study import InputError, IntArray, remarks


def chosen_rows(n: int, most: int, seed: int, purpose: str) -> IntArray:
    """Return which of n draws are looked at, in order: all, or as many as may be, by chance.

    Keyed by seed, draw and purpose, so that nothing else changes the choice.

    Examples
    --------
    >>> chosen_rows(3, 10, seed=1, purpose="hsic")
    array([0, 1, 2])
    >>> len(chosen_rows(100, 10, seed=1, purpose="hsic"))
    10
    """
    from mcsim.kernels.streams import stream_of, uniforms_at

    if n <= most:
        return np.arange(n)
    chances = uniforms_at(seed, stream_of(purpose), np.arange(n))
    return np.asarray(np.sort(np.argsort(chances, kind="stable")[:most]), np.int64)


def thinned(n: int, most: int, about: Analysis, method: str) -> tuple[IntArray, list[list[int]]]:
    """Return the draws that a fit looks at, and the columns of each factor.

    Raises
    ------
    InputError
        For draws with weights.
    """
    if about.weights is not None:
        raise InputError(f"weights: {method}: takes draws of equal weight; method = shapley_data, or resample")
    places = {name: place for place, name in enumerate(about.inputs)}
    factors = [[places[name] for name in members] for members in about.factors.values()]
    return chosen_rows(n, most, about.seed, method), factors


def thinned_lines(name: str, method: str, n: int, most: int) -> list[str]:
    """Return what the reader has to know of draws that are not looked at.

    Examples
    --------
    >>> thinned_lines("y", "hsic", 4000, 1000)
    ['y: hsic looks at 1,000 of the 4,000 draws, chosen at random']
    """
    told = remarks.LOOKS_AT(output=name, method=method, most=f"{most:,}", draws=f"{n:,}")
    return [told] if n > most else []
