"""The demand for used EVs where imports follow supply: when their trade began, dated changes of their price, odd years.

The EV share of imports is that of the pool times a ratio. What is here moves that ratio by year: the first years of a
trade that has to be learned; a rebate or a charge on used EVs between two dates, by the elasticity of imports to what a
used EV costs; and what sets one year apart from the next, of which only the size is known (`demand_factor`).
"""

from __future__ import annotations

import numpy as np

from mcsim.kernels.cohorts.records import Trade
from mcsim.studies.fleet.dated import HORIZON, RAMP, START, acts_of, way
from mcsim.studies.fleet.policy import Inputs, Lever, policy_input
from mcsim.studies.fleet.series import YEARS
from mcsim.study import FloatArray

# The end of the last year.
END = HORIZON[1] + 1.0
ELASTICITY = "ev_price_elasticity"


def covered(start: FloatArray, end: FloatArray) -> FloatArray:
    """Return the share of every year that lies between two dates, (n, years).

    Parameters
    ----------
    start, end : ndarray, shape (n,)
        Dates [yr]: 2021.5 is the middle of 2021.

    Examples
    --------
    >>> covered(np.array([2048.5]), np.array([2050.25]))[0, -4:].tolist()
    [0.0, 0.5, 1.0, 0.25]
    """
    years = np.asarray(YEARS, np.float64)
    part = np.minimum(years + 1.0, end[:, None]) - np.maximum(years, start[:, None])
    return np.asarray(np.clip(part, 0.0, 1.0), np.float64)


def demand_factor(spread: FloatArray, scores: FloatArray) -> FloatArray:
    """Return what sets the demand for used EVs of each year apart, (n, years), of median 1: exp(spread times score).

    Parameters
    ----------
    spread : ndarray, shape (n,)
        Standard deviation of the logarithm [-].
    scores : ndarray, shape (n, years)
        Of each year, standard normal where it is uncertain.
    """
    return np.asarray(np.exp(spread[:, None] * scores), np.float64)


def _begun(trade: Trade, inputs: Inputs) -> Trade:
    # At strength 1 nothing crosses before the start; at 0 the trade is as old as the EVs are.
    old = 1.0 - inputs["ev_trade_strength"][:, None]
    return trade._replace(selection=trade.selection * (old + way(inputs, "ev_trade")))


def _price(name: str, told: str, *shared: str) -> Lever:
    """Return a lever that changes the price of used EVs between two dates."""

    def act(trade: Trade, inputs: Inputs) -> Trade:
        # Imports follow the landed price by an elasticity, as those of combustion vehicles do under a tariff.
        more = (1.0 + inputs[f"{name}_change"]) ** inputs[ELASTICITY] - 1.0
        when = covered(inputs[f"{name}_start"], inputs[f"{name}_end"])
        return trade._replace(selection=trade.selection * (1.0 + (inputs[f"{name}_strength"] * more)[:, None] * when))

    parameters = (
        policy_input(f"{name}_start", "yr", f"date from which the lever {name} holds", START, HORIZON),
        policy_input(f"{name}_end", "yr", f"date at which the lever {name} ends", END, (HORIZON[0], END)),
        policy_input(f"{name}_strength", "share", f"share of its way that the lever {name} goes"),
        policy_input(f"{name}_change", "share", "change of what a used EV costs under it", 0.0, (-0.9, 5.0)),
    )
    elastic = policy_input(ELASTICITY, "-", "of imports of used EVs to what they cost", -2.0, (-10.0, 0.0))
    return Lever(name, told, (*parameters, *(() if shared else (elastic,))), acts_of(name, {Trade: act}), shared)


MARKET = (
    Lever(
        "ev_trade",
        "used EVs cross from a year on, and reach their share of imports as the trade learns",
        (
            policy_input("ev_trade_start", "yr", "first year in which used EVs cross", float(YEARS[0]), HORIZON),
            policy_input("ev_trade_ramp", "yr", "from then to their full share", RAMP, (0.0, 45.0)),
            policy_input("ev_trade_strength", "share", "0: they cross since there are any; 1: none before the start"),
        ),
        acts_of("ev_trade", {Trade: _begun}),
    ),
    _price("ev_rebate", "a rebate on used EVs lowers what they cost between two dates"),
    _price("ev_charge", "a charge on used EVs raises what they cost between two dates", ELASTICITY),
)
