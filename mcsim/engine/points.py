"""Points of the unit cube to values of the uncertain inputs: quantile functions and rank correlation."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from mcsim.distributions.dependence import GaussianCopula, gaussian_copula
from mcsim.distributions.ordered import Ordered
from mcsim.distributions.registry import stacked, stacks
from mcsim.engine.design import Design
from mcsim.study import FloatArray, InputError, Study


def design_columns(study: Study) -> tuple[str, ...]:
    """Return the names of the columns of a design for this study, one per uncertain input."""
    return tuple(item.name for item in study.uncertain)


def values_of(study: Study, design: Design, start: int, stop: int) -> dict[str, FloatArray]:
    """Return the values of every uncertain input in the draws start..stop-1 of a design.

    Parameters
    ----------
    study : Study
        What is uncertain.
    design : Design
        Points of the unit cube, or values of the user's own.
    start, stop : int
        Global draws.

    Returns
    -------
    dict of str to ndarray (n,)
        Values in the inputs' units; codes for words.
    """
    if design.values is not None:
        return {name: design.values[start:stop, place] for place, name in enumerate(design.columns)}
    values = transform(study, design.points(start, stop), design.columns)
    for rows in study.posterior:
        if not rows.alone:
            values.update(rows.drawn(design.seed, start, stop))
    return values


def transform(study: Study, unit: FloatArray, columns: tuple[str, ...]) -> dict[str, FloatArray]:
    """Return the values of every uncertain input at points of the unit cube.

    Inputs with rank correlations pass through a Gaussian copula first; of inputs that stand in an order each follows
    from the one before it and its own column. A column of a vector of shares stays a unit
    value: `evaluate_points` breaks the stick. An input that a posterior speaks of alone has its quantiles.

    Parameters
    ----------
    study : Study
        What is uncertain.
    unit : ndarray, shape (n, D)
        Points strictly inside the unit cube.
    columns : tuple of str
        Name of the input of each column.

    Returns
    -------
    dict of str to ndarray (n,)
        Values in the inputs' units; codes for words.
    """
    dependent = _dependent_units(study, unit, columns)
    values: dict[str, FloatArray] = dict.fromkeys(columns, unit[:, 0] if columns else np.empty(0))
    for family, places in _families(study, columns):
        units = np.array([dependent.get(columns[place], unit[:, place]) for place in places])
        for place, found in zip(places, np.asarray(family.ppf(units), np.float64), strict=True):
            values[columns[place]] = found
    for law, members in _orders(study, columns):
        units = np.full((len(unit), len(members)), 0.5)  # of what is fixed any will do
        for number, name in enumerate(members):
            if name in values:
                units[:, number] = unit[:, columns.index(name)]
        for name, found in zip(members, law.ppf(units).T, strict=True):
            if name in values:
                values[name] = np.ascontiguousarray(found)
    for rows in study.posterior:
        if rows.alone in columns:
            values[rows.alone] = rows.quantile(unit[:, columns.index(rows.alone)])
    return values


@lru_cache(maxsize=16)
def _families(study: Study, columns: tuple[str, ...]) -> tuple[tuple[Any, tuple[int, ...]], ...]:
    """Return the distributions to ask, each with the columns it answers for.

    Inputs of a family that stacks are asked as one: one call of NumPy for hundreds of table cells.
    """
    by_name = {item.name: item.distribution for item in study.inputs}
    members: dict[Any, list[int]] = {}
    for place, name in enumerate(columns):
        kind = type(by_name[name])
        members.setdefault(kind if stacks(kind) else name, []).append(place)
    return tuple((stacked([by_name[columns[place]] for place in places]), tuple(places)) for places in members.values())


@lru_cache(maxsize=16)
def _orders(study: Study, columns: tuple[str, ...]) -> tuple[tuple[Ordered, tuple[str, ...]], ...]:
    """Return the orders in which some of the columns stand, with all their members."""
    try:
        return tuple(
            (order.law(study.inputs), order.names)
            for order in study.ordered
            if not set(order.names).isdisjoint(columns)
        )
    except InputError as error:
        raise InputError(f"{study.origin or study.name}: {error}") from None


@lru_cache(maxsize=16)
def _copula(study: Study, columns: tuple[str, ...]) -> GaussianCopula | None:
    pairs = [pair for pair in study.dependence if pair[0] in columns and pair[1] in columns]
    try:
        return gaussian_copula(pairs) if pairs else None
    except ValueError as error:
        raise InputError(f"{study.origin or study.name}: {error}") from None


def _dependent_units(study: Study, unit: FloatArray, columns: tuple[str, ...]) -> dict[str, FloatArray]:
    copula = _copula(study, columns) if study.dependence else None
    if copula is None:
        return {}
    dependent = copula.apply(unit[:, [columns.index(name) for name in copula.names]])
    return dict(zip(copula.names, np.ascontiguousarray(dependent.T), strict=True))
