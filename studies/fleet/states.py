"""Where it lands: national flows spread over the Mexican states, and how unevenly, by income.

The shipped table holds the population of the 32 states alone (INEGI, census of 2020): nothing else was found as a whole
in a public source that can be cited. New sales, second-hand imports, stock, motorisation, income and remittances by
state are the user's to supply, as more rows of the same table (columns state, quantity, value, unit, source).
Without them every state gets its share of the population, which says nothing about inequality: `landing` refuses an
index without income.

    python -m mcsim.studies.fleet.states [--data FILE] [--year Y] [--draws N]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from mcsim.distributions import build
from mcsim.kernels.streams import stream_of, uniforms
from mcsim.studies.fleet.priors import read_priors
from mcsim.study import FloatArray, InputError, nearest
from mcsim.study.tables import Table, read_rows, table_from_rows

QUANTITIES = ("population", "new_sales", "imports", "stock", "motorisation", "income", "remittances")
# Quantities whose shares may carry each flow, the best first.
CARRIERS = {"second-hand": ("imports", "stock", "population"), "new": ("new_sales", "stock", "population")}


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """The table of states.

    Parameters
    ----------
    names : tuple of str
        States.
    columns : dict
        Quantity -> value of every state.
    missing : tuple of str
        Quantities that nobody supplied.
    """

    names: tuple[str, ...]
    columns: dict[str, FloatArray]
    missing: tuple[str, ...]


def read_states(path: Path | None = None) -> States:
    """Return the table of states: the shipped one, with the rows of a user's file over it.

    Parameters
    ----------
    path : Path, optional
        A CSV file with the columns state, quantity, value, unit, source.

    Returns
    -------
    States

    Raises
    ------
    InputError
        When a quantity is unknown, a state misses one that others have, or a value is negative.
    """
    with resources.as_file(resources.files("mcsim.studies.fleet").joinpath("data/states.csv")) as shipped:
        tables = [table_from_rows("states", read_rows(shipped), origin="states.csv")]
    if path is not None:
        tables.append(table_from_rows("states", read_rows(path), origin=str(path)))
    values: dict[tuple[str, str], float] = {}
    for table in tables:
        values |= _rows(table)
    names = tuple(dict.fromkeys(state for state, _ in values))
    columns = {}
    for quantity in QUANTITIES:
        have = [state for state in names if (state, quantity) in values]
        if have and len(have) < len(names):
            absent = next(state for state in names if state not in have)
            raise InputError(
                f"{tables[-1].origin}: states[{absent},{quantity}]: missing cell (got {len(have)} of {len(names)} "
                "states); a row for every state"
            )
        if have:
            columns[quantity] = np.array([values[state, quantity] for state in names])
    return States(names, columns, tuple(name for name in QUANTITIES if name not in columns))


def _rows(table: Table) -> dict[tuple[str, str], float]:
    found = {}
    for (state, quantity), value in zip(table.index, table.value, strict=True):
        if quantity not in QUANTITIES:
            raise InputError(
                f"{table.origin}: states[{state},{quantity}]: unknown quantity (got {quantity!r}); one of "
                f"{', '.join(QUANTITIES)}{nearest(quantity, QUANTITIES)}"
            )
        if value < 0:
            raise InputError(f"{table.origin}: states[{state},{quantity}]: negative (got {value:g}); 0 or more")
        found[state, quantity] = float(value)
    return found


def dirichlet_shares(weights: FloatArray, concentration: float, draws: int, seed: int, name: str) -> FloatArray:
    """Return Dirichlet draws of shares around weights, from gamma variates.

    Parameters
    ----------
    weights : ndarray, shape (k,)
        Central weights; a share without weight stays 0.
    concentration : float
        Sum of the Dirichlet's parameters: the larger, the closer to the weights.
    draws, seed : int
        How many, and the seed.
    name : str
        Name of the stream of random numbers.

    Returns
    -------
    ndarray, shape (draws, k)
        Rows sum to 1.

    Examples
    --------
    >>> shares = dirichlet_shares(np.array([3.0, 1.0, 0.0]), 1e9, 2, 1, "demo")
    >>> shares.round(3).tolist()
    [[0.75, 0.25, 0.0], [0.75, 0.25, 0.0]]
    """
    shares = np.zeros((draws, weights.size))
    for place, share in enumerate(weights / weights.sum()):
        if share > 0:
            variate = build("gamma", [concentration * float(share), 1.0])
            shares[:, place] = variate.ppf(uniforms(seed, stream_of(f"{name}[{place}]"), 0, draws))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float64)


def allocate(states: States, flow: FloatArray, origin: str, concentration: float = 300.0, seed: int = 1) -> FloatArray:
    """Return a national flow by state, shares uncertain.

    Parameters
    ----------
    states : States
        From `read_states`.
    flow : ndarray, shape (n,)
        National flow of every draw.
    origin : str
        ``new`` or ``second-hand``: whose flow, which decides the quantity that carries it (`CARRIERS`, the first that
        the table has).
    concentration : float
        Of the Dirichlet shares.
    seed : int
        Seed.

    Returns
    -------
    ndarray, shape (n, states)
        Rows sum to the flow.
    """
    carrier = next(name for name in CARRIERS[origin] if name in states.columns)
    shares = dirichlet_shares(states.columns[carrier], concentration, flow.size, seed, f"states {origin}")
    return np.asarray(shares * flow[:, None], np.float64)


def lorenz(amount: FloatArray, people: FloatArray, order: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the concentration curve: cumulated shares of people, ranked, and of an amount; both start at 0.

    Parameters
    ----------
    amount, people : ndarray, shape (k,)
        What is shared, and among how many.
    order : ndarray, shape (k,)
        What ranks the groups, the lowest first: amount per person for a Lorenz curve, income for a concentration curve.

    Returns
    -------
    tuple of two ndarrays, shape (k + 1,)
    """
    ranked = np.argsort(order, kind="stable")
    x = np.concatenate([[0.0], np.cumsum(people[ranked]) / people.sum()])
    y = np.concatenate([[0.0], np.cumsum(amount[ranked]) / amount.sum()])
    return x, y


def concentration_index(amount: FloatArray, people: FloatArray, order: FloatArray) -> float:
    """Return 1 less twice the area under the concentration curve.

    Ranked by amount per person it is the Gini coefficient, in [0, 1]; ranked by income, in [-1, 1]: negative where the
    poorer states get more than their share (as Suits' index has it, with people in the place of income).

    Parameters
    ----------
    amount, people, order
        As in `lorenz`.

    Returns
    -------
    float

    Examples
    --------
    >>> people = np.ones(4)
    >>> concentration_index(np.ones(4), people, np.arange(4.0))
    0.0
    >>> round(concentration_index(np.array([0.0, 0.0, 0.0, 1.0]), people, np.arange(4.0)), 3)
    0.75
    """
    x, y = lorenz(amount, people, order)
    return float(1.0 - np.sum(np.diff(x) * (y[1:] + y[:-1])))


def landing(states: States, packs: FloatArray) -> dict[str, FloatArray]:
    """Return packs per 1,000 people by state, their Gini coefficient, and the index against income, by draw.

    Parameters
    ----------
    states : States
        With income per person (quantity ``income``).
    packs : ndarray, shape (n, states)
        From `allocate`.

    Returns
    -------
    dict
        ``per_1000`` (n, states), ``gini`` (n,), ``concentration`` (n,).

    Raises
    ------
    InputError
        When the table has no income.
    """
    if "income" not in states.columns:
        raise InputError(
            "states: income: missing quantity (got none); rows with quantity income for every state, from a source "
            "that you can cite"
        )
    people, income = states.columns["population"], states.columns["income"]
    per_person = packs / people
    return {
        "per_1000": 1000.0 * per_person,
        "gini": np.array([concentration_index(row, people, rank) for row, rank in zip(packs, per_person, strict=True)]),
        "concentration": np.array([concentration_index(row, people, income) for row in packs]),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Print retired packs of second-hand vehicles by state in one year, and the index where there is income."""
    parser = argparse.ArgumentParser(prog="states", description="Retired packs by Mexican state.")
    parser.add_argument("--data", type=Path, help="CSV with more quantities by state")
    parser.add_argument("--year", type=int, default=2040, choices=range(2013, 2051), metavar="2013..2050")
    parser.add_argument("--draws", type=int, default=500)
    chosen = parser.parse_args(arguments)
    priors, states = read_priors(), read_states(chosen.data)
    found = priors.evaluate(chosen.draws)
    packs = found["retired_packs"][:, chosen.year - 2005, :]
    by_state = allocate(states, packs[:, 1], "second-hand") + allocate(states, packs[:, 0], "new")
    for name, column in zip(states.names, by_state.T, strict=True):
        low, middle, high = np.quantile(column, [0.05, 0.5, 0.95])
        print(f"{name:<22} {middle:>10,.0f} packs ({low:,.0f} to {high:,.0f})")
    print(f"not supplied: {', '.join(states.missing)}")
    if "income" in states.columns:
        index = landing(states, by_state)["concentration"]
        print(
            "concentration index against income: "
            + " / ".join(f"{q:.3f}" for q in np.quantile(index, [0.05, 0.5, 0.95]))
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
