"""Failed packs that are repaired: by year as policy says it, and in the laws of packs, which know ages alone.

A pack's chances are a function of its age, so that a right to repair that comes in a year counts by the mean over the
packs that fail without a warranty to the last year: the share of its way that it has gone when they fail, on average.
Totals to the last year then hold as many first repairs as year by year; some of them lie before the start.

What is repaired is replaced by a new pack or mended by the module, where that costs less than a share of what the
vehicle is worth: value_new exp(-loss age), so up to the age ln(limit value_new / cost) / loss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from mcsim.kernels.cohorts.records import EV, CountryLaw, Laws, Vehicles
from mcsim.studies.fleet.levers import moved
from mcsim.studies.fleet.policy import Repairs
from mcsim.studies.fleet.series import YEARS
from mcsim.study import FloatArray

QUARTERS = 4  # of a year


def varies(inputs: Mapping[str, FloatArray], n: int) -> bool:
    """Tell whether repairs of any of n draws change over the years."""
    return any((values != values[:, :1]).any() for values in _by_year(inputs, n))


def _by_year(inputs: Mapping[str, FloatArray], n: int) -> Repairs:
    none = np.zeros((n, len(YEARS)))
    found: Repairs = moved(Repairs(none, none, none, none), inputs)
    return found


def repaired(
    laws: Laws, inputs: Mapping[str, FloatArray], vehicles: Callable[[], Vehicles], survival: FloatArray
) -> Laws:
    """Return laws of packs with what is repaired of them.

    Parameters
    ----------
    laws : Laws
        Without repairs.
    inputs : mapping
        As the model gets them.
    vehicles : callable
        Gives those whose packs fail; asked where repairs change over the years.
    survival : ndarray, shape (styles, k)
        Of vehicles at home, by whole age.
    """
    found = _by_year(inputs, len(laws.shape))
    gained = np.rint(QUARTERS * inputs["module_repair_years"]).astype(np.int64)
    worth = np.log(inputs["repair_cost_limit"] * inputs["used_ev_value_new"] / inputs["module_repair_cost"])
    until = np.floor(QUARTERS * np.maximum(worth / inputs["used_ev_value_loss"], 0.0)).astype(np.int64)
    ages = np.arange(len(YEARS) + 1)

    def at_home(sold: Vehicles) -> tuple[FloatArray, FloatArray]:
        stretched = ages / sold.home.stretch[:, None]
        return sold.home.sales, np.interp(stretched, np.arange(survival.shape[1]), survival[0])

    def in_host(sold: Vehicles) -> tuple[FloatArray, FloatArray]:
        return sold.host.sales, np.exp(-((ages / sold.host.scale[:, None]) ** sold.host.shape[:, None]))

    def country(name: str, law: CountryLaw, of: Callable[[Vehicles], tuple[FloatArray, FloatArray]]) -> CountryLaw:
        replaced, mended = getattr(found, name), getattr(found, f"{name}_mended")
        if (replaced == replaced[:, :1]).all() and (mended == mended[:, :1]).all():
            return law._replace(repair=_first(replaced), mended=_first(mended), mended_for=gained, mended_until=until)
        sales, alive = of(vehicles())
        weights = failing(law, laws.shape, sales[:, -len(YEARS) :, EV], alive)
        means = (_mean(values, weights) for values in (replaced, mended))
        return law._replace(repair=next(means), mended=next(means), mended_for=gained, mended_until=until)

    return laws._replace(home=country("home", laws.home, at_home), host=country("host", laws.host, in_host))


def _first(values: FloatArray) -> FloatArray:
    return np.ascontiguousarray(values[:, 0])


def _mean(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the weighted mean over years, the first year's where all are alike, bit for bit."""
    return np.asarray(values[:, 0] + ((values - values[:, :1]) * weights).sum(axis=1))


def failing(law: CountryLaw, shape: FloatArray, sales: FloatArray, alive: FloatArray) -> FloatArray:
    """Return the shares by year of the first packs that fail after the warranty in vehicles still there, (n, years).

    Parameters
    ----------
    law : CountryLaw
        End of life, and cover.
    shape : ndarray, shape (n,)
        Weibull shape of the former.
    sales : ndarray, shape (n, years)
        EVs sold new.
    alive : ndarray, shape (n, years + 1)
        Survival of vehicles by whole age.

    Examples
    --------
    >>> one, none = np.ones(1), np.zeros(1)
    >>> law = CountryLaw(one, one, np.array([0]), none, none, np.array([0]), np.array([0]))
    >>> failing(law, one, np.array([[1.0, 0.0]]), np.ones((1, 3))).round(3).tolist()
    [[0.731, 0.269]]
    """
    years = sales.shape[1]
    ages = np.arange(years + 1)
    serving = np.exp(-((ages / law.end[:, None]) ** shape[:, None]))
    lost = (serving[:, :-1] - serving[:, 1:]) * alive[:, 1:] * (2 * ages[:-1] >= law.cover[:, None])
    found = np.zeros_like(sales)
    for age in range(years):
        found[:, age:] += lost[:, age, None] * sales[:, : years - age]
    total = found.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(found, total, out=np.full_like(found, 1.0 / years), where=total > 0.0), np.float64)
