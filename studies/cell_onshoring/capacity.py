"""Cell capacity against demand: whether a year is self-sufficient."""

from __future__ import annotations

import numpy as np

from mcsim.study import FloatArray, InputError
from mcsim.study.tables import Table


def yearly(table: Table, quantity: str, years: FloatArray) -> FloatArray:
    """Return a quantity of the table `capacity` by year, linear between the years given [GWh/yr].

    Raises
    ------
    InputError
        When a year asked for lies outside those given.
    """
    known = sorted(
        (float(key[1]), float(table.value[row])) for row, key in enumerate(table.index) if key[0] == quantity
    )
    if not known or known[0][0] > years[0] or known[-1][0] < years[-1]:
        raise InputError(
            f"{table.origin}: {table.name}[{quantity}]: years {years[0]:g} to {years[-1]:g} are not covered "
            f"(got {[f'{year:g}' for year, _ in known]}); a row before or at the first and one at or after the last"
        )
    return np.interp(years, [year for year, _ in known], [value for _, value in known])


def capacity_over_demand(
    announced: FloatArray,
    demand: FloatArray,
    completion: FloatArray,
    utilisation: FloatArray,
    demand_factor: FloatArray,
) -> FloatArray:
    """Return production of the capacity that is built over demand.

    What stands in the first year is built; of what is announced beyond it the share `completion` comes. What comes
    produces its capacity times `utilisation`.

    Parameters
    ----------
    announced, demand : ndarray, shape (years,)
        Announced capacity and demand [GWh/yr]; the first is in operation.
    completion, utilisation, demand_factor : ndarray, shape (n,)
        Shares, and demand against its central path.

    Returns
    -------
    ndarray, shape (n, years)

    Examples
    --------
    >>> one = np.array([1.0])
    >>> capacity_over_demand(np.array([74.0, 1564.0]), np.array([100.0, 1225.0]), one, one, one).round(3).tolist()
    [[0.74, 1.277]]
    """
    built = announced[0] + completion[:, None] * (announced - announced[0])
    return np.asarray(built * utilisation[:, None] / (demand * demand_factor[:, None]))
