"""From inputs to curves: survival in both countries, distance by age, and the failure laws of packs, per draw."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mcsim.kernels.laws.health import KNEES, fill_age_at_loss
from mcsim.kernels.laws.mileage import fill_distance_from_survival
from mcsim.kernels.laws.survival import (
    fill_double_exponential_survival,
    fill_gompertz_survival,
    fill_logistic_survival,
    fill_tabulated_survival,
    fill_weibull_survival,
)
from mcsim.kernels.laws.weibull_fit import fill_capacity_cdf
from mcsim.kernels.life.records import PackLaw, PackLaws
from mcsim.study import FloatArray, OptionValue

MAXIMUM_AGE = 90
SWITCH_AGE = 10.0  # end of the first part of the double exponential (Lu 2006)
LITHIUM, NICKEL, NO_PACK = range(3)  # what a vehicle's pack is, a column of `pack_laws`
ENDLESS = 1e12  # scale [yr] of the law of a vehicle without a pack: it lives by its survival alone
Inputs = Mapping[str, FloatArray]
Options = Mapping[str, OptionValue]


def survival_of_country(
    country: str, form: OptionValue, inputs: Inputs, table: FloatArray, stretch: FloatArray, ages: FloatArray
) -> FloatArray:
    """Return the share of new vehicles alive at the ages, shape (n, n_ages).

    Parameters
    ----------
    country : str
        ``home`` or ``host``: first part of the names of the inputs.
    form : str
        ``tabulated``, ``weibull``, ``logistic``, ``gompertz`` or ``double_exponential``.
    inputs : mapping
        Inputs of the model.
    table : ndarray, shape (n, k)
        The tabulated curve, read under ``tabulated``.
    stretch : ndarray, shape (n,)
        Factor on the age axis.
    ages : ndarray, shape (n_ages,)
        Ages [yr].
    """
    out = np.empty((len(stretch), len(ages)))

    def given(name: str) -> FloatArray:
        return np.ascontiguousarray(inputs[f"{country}_survival_{name}"])

    if form == "tabulated":
        fill_tabulated_survival(ages, np.require(table, np.float64, ["C", "W"]), stretch, out)
    elif form == "weibull":
        fill_weibull_survival(ages, given("shape"), given("scale") * stretch, out)
    elif form == "logistic":
        fill_logistic_survival(ages, given("median") * stretch, given("spread") * stretch, out)
    elif form == "gompertz":
        fill_gompertz_survival(ages, given("hazard") / stretch, given("growth") / stretch, out)
    else:
        parts = [given(name) for name in ("intercept", "slope", "late_intercept", "late_slope")]
        fill_double_exponential_survival(ages, *parts, SWITCH_AGE, stretch, out)
    return out


def yearly(table: FloatArray) -> FloatArray:
    """Return a table by whole year of age up to age 89, its last value held; shape (n, 90)."""
    held = np.minimum(np.arange(MAXIMUM_AGE), table.shape[1] - 1)
    return np.ascontiguousarray(table[:, held])


def distance_in_service(distance: FloatArray, survival: FloatArray, basis: OptionValue) -> FloatArray:
    """Return the distance per year in service from a schedule of distance by year of age, shape (n, 90).

    Parameters
    ----------
    distance : ndarray, shape (n, k)
        Schedule [km/yr].
    survival : ndarray, shape (n, k)
        Survival schedule that it is published with, at whole ages.
    basis : str
        ``registered``: the schedule is per vehicle that begins the year, as the published lifetime mileage
        sum S(a) v(a) reads it, so a vehicle in service all year drives more; ``in_service``: per year in service.
    """
    if basis == "registered":
        after = np.concatenate([survival[:, 1:], survival[:, -1:]], axis=1)
        mean = 0.5 * (survival + after)
        distance = distance * np.divide(survival, mean, out=np.ones_like(mean), where=mean > 0.0)
    return yearly(distance)


def distance_abroad(survival: FloatArray, exponent: FloatArray, mean: FloatArray) -> FloatArray:
    """Return distance by year of age in the host country, v(a) = c S(a)**q with a given mean over the stationary stock.

    Parameters
    ----------
    survival : ndarray, shape (n, 91)
        Survival at whole ages.
    exponent, mean : ndarray, shape (n,)
        q, and the stock's mean distance [km/yr].
    """
    in_year = 0.5 * (survival[:, :-1] + survival[:, 1:])
    out = np.empty_like(in_year)
    # A stock of the hardest survivors has no mean of its own: keep the power away from 0**q.
    fill_distance_from_survival(np.maximum(in_year, 1e-200), exponent, mean, out)
    return out


def end_of_cover(years: FloatArray, cap: FloatArray, distance: FloatArray) -> FloatArray:
    """Return the age at which a warranty ends: by years, or earlier by distance; shape (n,).

    Parameters
    ----------
    years, cap : ndarray, shape (n,)
        Limits in years and in km.
    distance : ndarray, shape (n, 90)
        Distance by year of age.
    """
    driven = np.cumsum(distance, axis=1)
    whole = np.minimum((driven < cap[:, np.newaxis]).sum(axis=1), MAXIMUM_AGE - 1)
    rows = np.arange(len(cap))
    before = np.where(whole > 0, driven[rows, whole - 1], 0.0)
    age = whole + (cap - before) / np.maximum(distance[rows, whole], 1e-9)
    end: FloatArray = np.minimum(years, age)
    return end


def pack_laws(inputs: Inputs, options: Options) -> PackLaws:
    """Return the failure laws of lithium-ion and NiMH packs, and of no pack at all, arrays of shape (n, 3).

    Returns
    -------
    PackLaws
        Columns `LITHIUM`, `NICKEL`, `NO_PACK`: covered and uncovered, at home and in the host country, and at home by
        the loss that ends packs in the host country.
    """
    climate = inputs["host_climate_multiplier"]
    here = np.ones(len(climate))
    # Only a first passage tells thresholds apart.
    apart = options["battery_law"] == "first_passage"
    end, host_end = ("end_of_life_loss", "host_end_of_life_loss") if apart else ("warranty_loss", "warranty_loss")
    found: dict[tuple[str, bool], PackLaw] = {}

    def law(threshold: str, abroad: bool) -> PackLaw:
        # One climate, or one threshold, everywhere: the same law.
        if threshold == host_end and (inputs[host_end] == inputs[end]).all():
            threshold = end
        key = (threshold, abroad and not (climate == 1.0).all())
        if key not in found:
            found[key] = _law(inputs, options, climate if key[1] else here, threshold)
        return found[key]

    covered = "warranty_loss"
    return PackLaws(law(covered, False), law(end, False), law(covered, True), law(host_end, True), law(host_end, False))


def _law(inputs: Inputs, options: Options, climate: FloatArray, threshold: str) -> PackLaw:
    """Return the law of all packs that leave at a threshold, where ageing is faster by a factor."""
    lithium = _lithium_law(inputs, options, climate, threshold)
    own = (inputs["hev_pack_shape"], inputs["hev_pack_scale"] / climate)
    each: dict[int, tuple[FloatArray | float, FloatArray | float]]
    each = {LITHIUM: lithium, NICKEL: lithium if options["hev_battery_law"] == "same" else own, NO_PACK: (1.0, ENDLESS)}
    shape, scale, defect = np.empty((3, len(climate), len(each)))
    for column, (of_shape, of_scale) in each.items():
        shape[:, column], scale[:, column] = of_shape, of_scale
        defect[:, column] = 0.0 if column == NO_PACK else inputs["defect_hazard"]
    return PackLaw(shape, scale, defect)


def _lithium_law(
    inputs: Inputs, options: Options, climate: FloatArray, threshold: str
) -> tuple[FloatArray, FloatArray]:
    if options["battery_law"] == "weibull":
        return inputs["pack_life_shape"], inputs["pack_life_scale"] / climate
    ageing = [
        np.ascontiguousarray(inputs["annual_degradation"] * climate),
        *(
            np.ascontiguousarray(inputs[name])
            for name in ("degradation_exponent", "knee_age", "knee_factor", "knee_sharpness")
        ),
    ]
    knee = KNEES.index(str(options["knee"]))
    shape, scale, error = np.empty((3, len(climate)))
    if options["battery_law"] == "capacity_cdf":
        fill_capacity_cdf(*ageing, knee, shape, scale, error)
        return shape, scale
    fill_age_at_loss(np.ascontiguousarray(inputs[threshold]), *ageing, knee, scale)
    spread = inputs["pack_life_shape"]
    # Median to scale: T = scale (ln 2)**(1 / shape).
    return spread, scale / np.log(2.0) ** (1.0 / spread)
