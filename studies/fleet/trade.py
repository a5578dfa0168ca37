"""Second-hand imports: what was observed, what is wanted later, at which ages, and what the rules allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels.cohorts.records import ENTRY_AGES, Trade
from mcsim.studies.fleet.policy import combustion_cut
from mcsim.studies.fleet.series import (
    YEARS,
    interpolation,
    refuse_negative,
    rows_of,
    spread,
    yearly_rows,
)
from mcsim.study import FloatArray, InputError, IntArray, OptionValue, TableSpec
from mcsim.study.tables import Table, cell_name

HISTORY = tuple(range(2005, 2024))
UPLIFT_YEAR = 2022
# Unregistered vehicles come at any of these ages.
IRREGULAR = (5, 25)

SPECS = (
    TableSpec("mx_imports", ("year",), (0.0, np.inf), "import history", "registered second-hand imports"),
    TableSpec(
        "import_ages",
        ("first_year", "age"),
        (0.0, np.inf),
        "import ages",
        "registered imports by age, from each year on; weights that the model normalises",
    ),
    TableSpec("population", ("year",), (0.0, np.inf), meaning="people in Mexico, interpolated"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Border:
    """Where the rows of the trade tables lie; built once per study."""

    imports: IntArray
    periods: tuple[int, ...]
    period_rows: tuple[IntArray, ...]
    period_ages: tuple[IntArray, ...]
    population: FloatArray


def read_border(tables: Mapping[str, Table], longest_age: int) -> Border:
    """Return the places of the trade figures in their tables, checked.

    Parameters
    ----------
    tables : mapping
        The tables of `SPECS`.
    longest_age : int
        Last age of the exporting country's survival table.

    Returns
    -------
    Border

    Raises
    ------
    InputError
        When a year is missing, a flow is negative, shares do not sum to 1, or an age is outside the survival table.
    """
    for spec in SPECS:
        refuse_negative(tables[spec.name])
    ages = tables["import_ages"]
    last = min(longest_age, ENTRY_AGES - 1)
    for key in ages.index:
        if not 0 <= int(key[1]) <= last:
            raise InputError(
                f"{ages.origin or ages.name}: {cell_name(ages.name, key)}: import age outside the survival table "
                f"(got {key[1]}); an age from 0 to {last}"
            )
    ages.check_sums("age")
    periods = tuple(sorted({int(key[0]) for key in ages.index}))
    if periods[0] > HISTORY[0]:
        raise InputError(
            f"{ages.origin or ages.name}: first_year: history has no ages (got {periods[0]} as the first); "
            f"{HISTORY[0]} or before"
        )
    rows = tuple(
        np.array([row for row, key in enumerate(ages.index) if int(key[0]) == period], np.int64) for period in periods
    )
    return Border(
        imports=yearly_rows(tables["mx_imports"], HISTORY),
        periods=periods,
        period_rows=rows,
        period_ages=tuple(np.array([int(ages.index[row][1]) for row in found], np.int64) for found in rows),
        population=interpolation(tables["population"], YEARS, None),
    )


def _by_age(values: FloatArray, ages: IntArray) -> FloatArray:
    weights = np.zeros((values.shape[0], ENTRY_AGES))
    weights[:, ages] = values
    total = weights.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(weights, total, out=np.zeros_like(weights), where=total > 0), np.float64)


def period_weights(border: Border, inputs: Mapping[str, FloatArray]) -> list[FloatArray]:
    """Return shares by age of each period of the rules, each (n, ages)."""
    values = inputs["import_ages"]
    return [_by_age(values[:, rows], ages) for rows, ages in zip(border.period_rows, border.period_ages, strict=True)]


def irregular_weights(inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return shares by age of unregistered imports, a triangle around their mean age, (n, ages)."""
    ages = np.arange(ENTRY_AGES)
    distance = np.abs(ages - inputs["unregistered_import_age"][:, None])
    weights = np.maximum(0.0, 1.0 - distance / inputs["unregistered_age_width"][:, None])
    weights *= (ages >= IRREGULAR[0]) & (ages <= IRREGULAR[1])
    total = weights.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(weights, total, out=np.zeros_like(weights), where=total > 0), np.float64)


def _history(border: Border, weights: list[FloatArray], registered_only: bool) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return shares by age of every year of history, and the ages that may give when one has not enough."""
    which = [max(place for place, first in enumerate(border.periods) if first <= year) for year in HISTORY]
    by_year = np.stack([weights[place] for place in which], axis=1)
    may_give = np.zeros((len(HISTORY), ENTRY_AGES), bool)
    for row, place in enumerate(which):
        # Certificates of origin let older vehicles in beside the decree: up to the oldest age of any rule.
        ages = border.period_ages[place]
        oldest = max(int(found.max()) for found in border.period_ages)
        may_give[row, int(ages.min()) : oldest + 1] = True
        if not registered_only:
            may_give[row, IRREGULAR[0] : IRREGULAR[1] + 1] = True
    return by_year, may_give


def trade(
    border: Border,
    inputs: Mapping[str, FloatArray],
    options: Mapping[str, OptionValue],
    target: FloatArray | None = None,
) -> Trade:
    """Return what the kernels need of the trade.

    Parameters
    ----------
    border : Border
        From `read_border`.
    inputs, options : mapping
        As the model gets them.
    target : ndarray, shape (n, years), optional
        A stock to reach after the history (mode 2 of the kernel's rules).

    Returns
    -------
    Trade
    """
    weights = period_weights(border, inputs)
    registered_only = options["unregistered"] == "off"
    history_weight, history_open = _history(border, weights, registered_only)
    irregular = irregular_weights(inputs)
    n = irregular.shape[0]
    ages = np.arange(ENTRY_AGES)
    low, high = inputs["import_age_minimum"][:, None], inputs["import_age_maximum"][:, None]
    may_give = (ages >= low) & (ages <= high)
    legal = weights[-1] * may_give
    total = legal.sum(axis=1, keepdims=True)
    legal = np.divide(legal, total, out=np.zeros_like(legal), where=total > 0)
    share = inputs["us_retirement_share_to_mx"]
    if not registered_only:
        all_of_them = np.maximum(inputs["us_retirement_share_unregistered"], share)
        part = (share / all_of_them)[:, None]
        legal = part * legal + (1.0 - part) * irregular
        may_give = may_give | ((ages >= IRREGULAR[0]) & (ages <= IRREGULAR[1]))
        share = all_of_them
    observed = rows_of(inputs["mx_imports"], border.imports)
    early = np.asarray(HISTORY) <= 2010
    observed = np.where(early, observed * inputs["mx_imports_early_factor"][:, None], observed)
    population = spread(inputs["population"], border.population) * inputs["population_factor"][:, None]
    return Trade(
        observed=np.ascontiguousarray(observed),
        uplift=np.zeros(n) if registered_only else np.ascontiguousarray(inputs["unregistered_stock_uplift"]),
        uplift_year=UPLIFT_YEAR - YEARS[0],
        history_weight=np.ascontiguousarray(history_weight),
        history_open=history_open,
        irregular_weight=irregular,
        weight=np.ascontiguousarray(legal),
        open_age=np.ascontiguousarray(may_give),
        share=np.ascontiguousarray(share),
        selection=np.ascontiguousarray(inputs["ev_selection_ratio"]),
        ev_age=np.ascontiguousarray(inputs["ev_export_age"]),
        ev_width=np.ascontiguousarray(inputs["ev_export_age_width"]),
        combustion_cut=combustion_cut(inputs),
        substitution=np.ascontiguousarray(inputs["combustion_substitution"]),
        population=np.ascontiguousarray(population),
        saturation=np.ascontiguousarray(inputs["motorisation_saturation"] / 1000.0),
        target=np.zeros((n, len(YEARS))) if target is None else np.ascontiguousarray(target),
    )
