"""Cell capacity against demand: whether a year is self-sufficient."""

from __future__ import annotations

import numpy as np

from mcsim.studies.common.years import known_years
from mcsim.study import FloatArray
from mcsim.study.tables import Table


def covered(table: Table, quantity: str, years: FloatArray) -> FloatArray:
    """Return a quantity of the table `capacity` by year, linear between the years given [GWh/yr].

    Raises
    ------
    InputError
        When a year asked for lies outside those given: announcements say nothing beyond their last year.
    """
    known = known_years(table, quantity, None)
    known.refuse_gap(years[0], years[-1])
    return known.linear(years, table.value)


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
