"""Second-hand imports: what was observed, what is wanted later, at which ages, and what the rules allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mcsim.kernels.cohorts.records import ENTRY_AGES, Demand, Gate, Gates, History, Trade
from mcsim.studies.fleet.levers import moved
from mcsim.studies.fleet.market import demand_factor
from mcsim.studies.fleet.policy import BorderRule
from mcsim.studies.fleet.series import (
    FEW_YEARS,
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
# From then on imports by supply are their long-run share of what leaves the home fleet.
SHARE_SETTLES = 2030
# Sources differ on imports up to this year.
EARLY_IMPORTS_LAST = 2010
# Unregistered vehicles come at any of these ages.
IRREGULAR = (5, 25)

SPECS = (
    TableSpec(
        "host_imports", ("year",), (0.0, np.inf), "import history", "registered second-hand imports",
        f"every year from {HISTORY[0]} to {HISTORY[-1]}",
    ),
    TableSpec(
        "import_ages", ("first_year", "age"), (0.0, np.inf), "import ages",
        "registered imports by age, from each year on; weights that the model normalises",
        f"every age at which vehicles came, from {HISTORY[0]} or before, and again from each year in which ages or "
        "rules changed; values of each such year sum to 1",
    ),
    TableSpec("population", ("year",), (0.0, np.inf), None, "people in {host}", FEW_YEARS),
)  # fmt: skip
# May be left out: then no year is set apart.
EV_DEMAND = TableSpec(
    "ev_demand", ("year",), (-10.0, 10.0), "import history",
    "what sets the demand for used EVs in a year apart, in standard deviations (ev_demand_spread)",
    "some years; 0 in the others",
)  # fmt: skip


def reads(options: Mapping[str, OptionValue], years_apart: bool = False) -> tuple[str, ...]:
    """Return what `trade` reads under some options, and whether the table `EV_DEMAND` is among it."""
    unregistered = ("home_retirement_share_unregistered", "unregistered_stock_uplift", "unregistered_import_age")
    demand = ("population", "population_factor", "motorisation_saturation")
    always = (
        "import_ages", "host_imports", "host_imports_early_factor", "home_retirement_share_to_host",
        "ev_selection_ratio", "ev_export_age", "ev_export_age_width",
    )  # fmt: skip
    return (
        *always,
        *((*unregistered, "unregistered_age_width") if options["unregistered"] == "on" else ()),
        *(demand if options["trade"] == "demand" else ()),
        *((EV_DEMAND.name, "ev_demand_spread") if years_apart else ()),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Border:
    """Where the rows of the trade tables lie; built once per study."""

    imports: IntArray
    periods: tuple[int, ...]
    period_rows: tuple[IntArray, ...]
    period_ages: tuple[IntArray, ...]
    population: FloatArray
    ev_demand: FloatArray | None


def read_border(tables: Mapping[str, Table], longest_age: int) -> Border:
    """Return the places of the trade figures in their tables, checked.

    Parameters
    ----------
    tables : mapping
        The tables of `SPECS`.
    longest_age : int
        Last age of the home country's survival table.

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
        imports=yearly_rows(tables["host_imports"], HISTORY),
        periods=periods,
        period_rows=rows,
        period_ages=tuple(np.array([int(ages.index[row][1]) for row in found], np.int64) for found in rows),
        population=interpolation(tables["population"], YEARS, None),
        ev_demand=_years_apart(tables[EV_DEMAND.name]) if EV_DEMAND.name in tables else None,
    )


def _years_apart(table: Table) -> FloatArray:
    """Return weights (n_rows, years) that put each row in its year; refuse a year that the model does not reach."""
    for key in table.index:
        if key[0] not in map(str, YEARS):
            raise InputError(
                f"{table.origin or table.name}: {cell_name(table.name, key)}: unknown year (got {key[0]}); "
                f"from {YEARS[0]} to {YEARS[-1]}"
            )
    return np.array([[float(key[0] == str(year)) for year in YEARS] for key in table.index])


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


def _history(border: Border, weights: list[FloatArray], registered_only: bool) -> tuple[FloatArray, Gate]:
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
    rule: BorderRule,
    target: FloatArray | None = None,
) -> tuple[Trade, Gates]:
    """Return what the kernels need of the trade; ages after the last at which anybody enters are left out.

    Parameters
    ----------
    border : Border
        From `read_border`.
    inputs, options : mapping
        As the model gets them.
    rule : BorderRule
        Ages of registered imports after the history.
    target : ndarray, shape (n, years), optional
        A stock to reach after the history (mode `TARGET` of the kernel's rules).

    Returns
    -------
    Trade, Gates
    """
    registered_only = options["unregistered"] == "off"
    weights = period_weights(border, inputs)
    history_weight, history_open = _history(border, weights, registered_only)
    irregular = np.zeros_like(weights[-1]) if registered_only else irregular_weights(inputs)
    weight, open_age, share = _later(weights[-1], irregular, inputs, rule.oldest, rule.youngest, registered_only)
    if (rule.late > 0.0).any():
        late_weight, late_open, _ = _later(
            weights[-1], irregular, inputs, rule.late_oldest, rule.youngest, registered_only
        )
    else:
        late_weight, late_open = weight, open_age
    uplift = np.zeros(len(irregular)) if registered_only else np.ascontiguousarray(inputs["unregistered_stock_uplift"])
    entry_ages = history_open.any(axis=0) | open_age.any(axis=0) | (history_weight > 0).any(axis=(0, 1))
    entry_ages |= (irregular > 0).any(axis=0) & bool(uplift.max() > 0)
    ages = int(np.flatnonzero(entry_ages).max(initial=0)) + 1
    today = Trade(
        history=History(
            observed=_observed(border, inputs),
            weight=np.ascontiguousarray(history_weight[:, :, :ages]),
            uplift=uplift,
            irregular_weight=np.ascontiguousarray(irregular[:, :ages]),
        ),
        demand=_demand(border, inputs, target, options["trade"] == "demand"),
        share=np.ascontiguousarray(share),
        weight=np.ascontiguousarray(weight[:, :ages]),
        open_age=np.ascontiguousarray(open_age[:, :ages]),
        late_weight=np.ascontiguousarray(late_weight[:, :ages]),
        late_open=np.ascontiguousarray(late_open[:, :ages]),
        late=rule.late,
        late_evs=rule.late_evs,
        checked=rule.checked,
        volume=np.ones((len(share), len(YEARS))),
        selection=_selection(border, inputs),
        ev_age=np.ascontiguousarray(inputs["ev_export_age"]),
        ev_width=np.ascontiguousarray(inputs["ev_export_age_width"]),
        combustion_cut=np.zeros((len(share), len(YEARS))),
        substitution=np.zeros(len(share)),
    )
    years = UPLIFT_YEAR - YEARS[0], SHARE_SETTLES - YEARS[0]
    ever = np.asarray(entry_ages)[:ages]
    return moved(today, inputs), Gates(np.ascontiguousarray(history_open[:, :ages]), ever, *years)


def _later(
    weight: FloatArray,
    irregular: FloatArray,
    inputs: Mapping[str, FloatArray],
    oldest: FloatArray,
    youngest: FloatArray,
    registered_only: bool,
) -> tuple[FloatArray, Gate, FloatArray]:
    """Return shares by age after the history, the ages that may give, and imports over deregistrations at home."""
    ages = np.arange(ENTRY_AGES)
    may_give = (ages >= youngest[:, None]) & (ages <= oldest[:, None])
    legal = weight * may_give
    total = legal.sum(axis=1, keepdims=True)
    legal = np.divide(legal, total, out=np.zeros_like(legal), where=total > 0)
    share = inputs["home_retirement_share_to_host"]
    if registered_only:
        return legal, may_give, share
    all_of_them = np.maximum(inputs["home_retirement_share_unregistered"], share)
    part = (share / all_of_them)[:, None]
    legal = part * legal + (1.0 - part) * irregular
    may_give = may_give | ((ages >= IRREGULAR[0]) & (ages <= IRREGULAR[1]))
    return legal, may_give, all_of_them


def _selection(border: Border, inputs: Mapping[str, FloatArray]) -> FloatArray:
    ratio = np.repeat(inputs["ev_selection_ratio"][:, None], len(YEARS), axis=1)
    if border.ev_demand is None:
        return ratio
    return ratio * demand_factor(inputs["ev_demand_spread"], spread(inputs[EV_DEMAND.name], border.ev_demand))


def _observed(border: Border, inputs: Mapping[str, FloatArray]) -> FloatArray:
    observed = rows_of(inputs["host_imports"], border.imports)
    early = np.asarray(HISTORY) <= EARLY_IMPORTS_LAST
    return np.ascontiguousarray(np.where(early, observed * inputs["host_imports_early_factor"][:, None], observed))


def _demand(border: Border, inputs: Mapping[str, FloatArray], target: FloatArray | None, wanted: bool) -> Demand:
    """Return what the stock has to reach; people where the demand is theirs, 1 a year where nobody asks for them."""
    n = len(inputs["ev_selection_ratio"])
    none = np.zeros((n, len(YEARS)))
    population, saturation = none + 1.0, np.ones(n)
    if wanted:
        population = spread(inputs["population"], border.population) * inputs["population_factor"][:, None]
        saturation = inputs["motorisation_saturation"] / 1000.0
    return Demand(
        population=np.ascontiguousarray(population),
        saturation=np.ascontiguousarray(saturation),
        target=none if target is None else np.ascontiguousarray(target),
    )
