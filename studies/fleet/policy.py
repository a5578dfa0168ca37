"""What policy acts on, and what a lever is: records of today's world, each of n draws, and one object per lever."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np

from mcsim.distributions import constant
from mcsim.kernels.cohorts.records import ORIGINS, SECOND_HAND, Policy, Trade
from mcsim.studies.common.labels import ROUTES
from mcsim.studies.fleet.series import YEARS
from mcsim.study import BoolArray, FloatArray, Parameter

Inputs = Mapping[str, FloatArray]
GROUP = "policy"
SHARE = (0.0, 1.0)
PYRO, HYDRO, DIRECT = (ROUTES.index(route) for route in ("pyro", "hydro", "direct"))


class BorderRule(NamedTuple):
    """Who may cross.

    Parameters
    ----------
    minimum_health : ndarray, shape (n,)
        Lowest state of health of an EV [share]; 0 without a rule.
    youngest, oldest : ndarray, shape (n,)
        Ages of registered imports [yr].
    reading_error : ndarray, shape (n,)
        Standard error of a reading of it [share].
    checked : ndarray, shape (n, years)
        Share of EVs that meet the rule on health.
    late_oldest : ndarray, shape (n,)
        Highest age under a later rule [yr].
    late : ndarray, shape (n, years)
        Share of imports to which that one applies.
    late_evs : ndarray of bool, shape (n,)
        Whether it binds EVs.
    """

    minimum_health: FloatArray
    youngest: FloatArray
    oldest: FloatArray
    reading_error: FloatArray
    checked: FloatArray
    late_oldest: FloatArray
    late: FloatArray
    late_evs: BoolArray


def no_rule(n: int) -> BorderRule:
    """Return a border without rules, of n draws."""
    oldest = np.full(n, np.inf)
    years = n, len(YEARS)
    return BorderRule(
        np.zeros(n), np.zeros(n), oldest, np.zeros(n), np.ones(years), oldest, np.zeros(years), np.ones(n, bool)
    )


class Repairs(NamedTuple):
    """What becomes of packs that fail outside a warranty, (n, years) each [share].

    Parameters
    ----------
    home, host : ndarray
        Replaced by a new pack.
    home_mended, host_mended : ndarray
        Mended by the module: the same pack serves on.
    """

    home: FloatArray
    host: FloatArray
    home_mended: FloatArray
    host_mended: FloatArray


class Recovery(NamedTuple):
    """What recycling recovers.

    Parameters
    ----------
    routes : ndarray, shape (n, routes, materials)
        Share recovered by each route, in the order of `ROUTES`.
    host, home : ndarray, shape (n, materials)
        By the mix of routes where vehicles retire, and where packs are taken back to.
    """

    routes: FloatArray
    host: FloatArray
    home: FloatArray


class Grid(NamedTuple):
    """CO2e per kWh generated in the host country, (n, years) [kg/kWh]."""

    intensity: FloatArray


Act = Callable[[Any, Inputs], Any]
Record = TypeVar("Record", BorderRule, Recovery, Grid, Repairs, Policy, Trade)


@dataclass(frozen=True, slots=True)
class Lever:
    """A policy lever.

    Parameters
    ----------
    name : str
        One word.
    told : str
        What it does, for the reader.
    parameters : tuple of Parameter
        Its inputs, under the names of `home` and `host`; the default is the world without it.
    acts : mapping
        Kind of record -> ``act(record, inputs)``, which returns the record as the lever makes it.
    also : tuple of str
        Inputs of other levers that it reads.
    """

    name: str
    told: str
    parameters: tuple[Parameter, ...]
    acts: Mapping[type, Act]
    also: tuple[str, ...] = ()


def policy_input(
    name: str,
    unit: str,
    meaning: str,
    default: float = 0.0,
    valid: tuple[float, float] = SHARE,
    group: str = GROUP,
) -> Parameter:
    """Return an input of a lever, fixed at the world without it unless a study says more."""
    source = "no policy; see its lever"
    return Parameter(name, unit, meaning, valid, group, constant(default), source=source)


def from_abroad(values: FloatArray) -> FloatArray:
    """Return what holds of packs of imports alone, (n, years, origins), from (n, years)."""
    found = np.zeros((*values.shape, len(ORIGINS)))
    found[..., SECOND_HAND] = values
    return found


def every_year(values: FloatArray) -> FloatArray:
    """Return what holds alike in all years, (n, years)."""
    return np.repeat(values[:, None], len(YEARS), axis=1)
