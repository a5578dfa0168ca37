"""Failure laws of packs: the ages at which they reach each loss, in either climate and at the border."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from mcsim.kernels.cohorts.records import CountryLaw, Laws
from mcsim.kernels.laws.health import fill_age_at_loss
from mcsim.kernels.laws.weibull_fit import fill_capacity_cdf
from mcsim.studies.fleet.policy import BorderRule
from mcsim.study import FloatArray, OptionValue

LN_2 = float(np.log(2.0))
GUMBEL = float(np.pi / np.sqrt(6.0))  # standard deviation of the logarithm of a Weibull of shape 1


class Lives(NamedTuple):
    """Weibulls of pack lives, (n,) each.

    Parameters
    ----------
    shape : ndarray
        Of all laws [-].
    home_warranty, home_end, host_warranty, host_end : ndarray
        Scales in either climate, of packs in vehicles sold new there: to the loss that a warranty replaces, and to the
        end of life [yr].
    abroad : ndarray
        Scale to the end of life in the host country, of packs that came with an import [yr].
    passing : ndarray
        Scale to the loss that the border allows, at home [yr].
    defects : ndarray
        Constant hazard [1/yr].
    """

    shape: FloatArray
    home_warranty: FloatArray
    home_end: FloatArray
    host_warranty: FloatArray
    host_end: FloatArray
    abroad: FloatArray
    passing: FloatArray
    defects: FloatArray


def _median_life(inputs: Mapping[str, FloatArray], loss: FloatArray, climate: FloatArray) -> FloatArray:
    """Age at which the median pack of a fleet reaches a loss [yr]."""
    one = np.ones_like(loss)
    out = np.empty_like(loss)
    degradation = np.ascontiguousarray(inputs["annual_degradation"] * climate)
    knee, sharpness = np.ascontiguousarray(inputs["knee_age"]), np.ascontiguousarray(inputs["knee_sharpness"])
    fill_age_at_loss(np.ascontiguousarray(loss), degradation, one, knee, one, sharpness, 0, out)
    return out


def first_passage(inputs: Mapping[str, FloatArray], allowed: FloatArray) -> Lives:
    """Return Weibull lives around medians that are the ages at which the capacity loss reaches each threshold."""
    shape = np.ascontiguousarray(inputs["pack_life_shape"])
    # Weibull: median = scale (ln 2)^(1 / shape).
    per_median = LN_2 ** (-1.0 / shape)
    one, climate = np.ones_like(shape), inputs["host_climate_multiplier"]
    # What is sold new in the host country is of a design of its own; an import keeps that of home.
    design = inputs["host_design_multiplier"]
    other = climate * design
    warranty, end, host_end = inputs["warranty_loss"], inputs["end_of_life_loss"], inputs["host_end_of_life_loss"]
    abroad = _median_life(inputs, host_end, climate) * per_median
    return Lives(
        shape=shape,
        home_warranty=_median_life(inputs, warranty, one) * per_median,
        home_end=_median_life(inputs, end, one) * per_median,
        host_warranty=_median_life(inputs, warranty, other) * per_median,
        host_end=abroad if (design == 1.0).all() else _median_life(inputs, host_end, other) * per_median,
        abroad=abroad,
        passing=_median_life(inputs, allowed, one) * per_median,
        defects=np.ascontiguousarray(inputs["defect_hazard"]),
    )


def capacity_cdf(inputs: Mapping[str, FloatArray], allowed: FloatArray) -> Lives:
    """Return the source report's lives: its own priors, one law for warranty and end, no defects, one climate."""
    beta = np.ascontiguousarray(inputs["pack_life_shape"])
    one = np.ones_like(beta)
    shape, scale, rmse = np.empty_like(beta), np.empty_like(beta), np.empty_like(beta)
    degradation, knee = inputs["report_annual_degradation"], inputs["report_knee_age"]
    fill_capacity_cdf(
        np.ascontiguousarray(degradation), one, np.ascontiguousarray(knee), one, one, 0, shape, scale, rmse
    )
    report = {"annual_degradation": degradation, "knee_age": knee, "knee_sharpness": one}
    passing = _median_life(report, allowed, one) * LN_2 ** (-1.0 / beta)
    return Lives(shape, scale, scale, scale, scale, scale, passing, np.zeros_like(beta))


def weibull(inputs: Mapping[str, FloatArray], allowed: FloatArray) -> Lives:
    """Return lives of shape and scale given, one scale for warranty and end of life."""
    shape = np.ascontiguousarray(inputs["pack_life_shape"])
    home = np.ascontiguousarray(inputs["pack_life_scale"])
    abroad = np.ascontiguousarray(home / inputs["host_climate_multiplier"])
    host = np.ascontiguousarray(abroad / inputs["host_design_multiplier"])
    passing = _median_life(inputs, allowed, np.ones_like(shape)) * LN_2 ** (-1.0 / shape)
    return Lives(shape, home, home, host, host, abroad, passing, np.ascontiguousarray(inputs["defect_hazard"]))


LIVES: dict[str, Callable[[Mapping[str, FloatArray], FloatArray], Lives]] = {
    "first_passage": first_passage,
    "capacity_cdf": capacity_cdf,
    "weibull": weibull,
}


# Under each law, what `laws` reads.
_ALWAYS = ("pack_life_shape", "warranty_years", "host_warranty_years")
_CLIMATE = (
    "host_climate_multiplier",
    "host_design_multiplier",
    "annual_degradation",
    "knee_age",
    "knee_sharpness",
    "defect_hazard",
)
READS = {
    "first_passage": (*_ALWAYS, *_CLIMATE, "warranty_loss", "end_of_life_loss", "host_end_of_life_loss"),
    "capacity_cdf": (*_ALWAYS, "report_annual_degradation", "report_knee_age"),
    "weibull": (*_ALWAYS, *_CLIMATE, "pack_life_scale"),
}


def laws(inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue], rule: BorderRule) -> Laws:
    """Return the failure laws of packs under the option `battery_law`, without repairs.

    Parameters
    ----------
    inputs, options : mapping
        As the model gets them.
    rule : BorderRule
        Whose packs may cross.

    Returns
    -------
    Laws
    """
    minimum = rule.minimum_health
    lives = LIVES[str(options["battery_law"])](inputs, np.maximum(1.0 - minimum, 1e-6))
    never, at_once = np.zeros_like(lives.shape), np.zeros(len(lives.shape), np.int64)
    pass_shape, passing = _as_read(
        np.ascontiguousarray(inputs["pack_life_shape"]), lives.passing, inputs, options, rule
    )
    return Laws(
        shape=lives.shape,
        home=CountryLaw(
            warranty=lives.home_warranty,
            end=lives.home_end,
            cover=_half_years(inputs["warranty_years"]),
            repair=never,
            mended=never,
            mended_for=at_once,
            mended_until=at_once,
        ),
        host=CountryLaw(
            warranty=lives.host_warranty,
            end=lives.host_end,
            cover=_half_years(inputs["host_warranty_years"]),
            repair=never,
            mended=never,
            mended_for=at_once,
            mended_until=at_once,
        ),
        abroad=lives.abroad,
        pass_shape=pass_shape,
        pass_scale=np.where(minimum > 0.0, passing, np.inf),
        defects=lives.defects,
    )


def _as_read(
    shape: FloatArray,
    scale: FloatArray,
    inputs: Mapping[str, FloatArray],
    options: Mapping[str, OptionValue],
    rule: BorderRule,
) -> tuple[FloatArray, FloatArray]:
    """Return shape and scale of the age up to which packs pass as their state of health is read, with its error.

    A standard error s of the reading is one of the logarithm of that age, half of what lies between the ages at which
    the loss is s more and s less than is allowed. Its square adds to that of the packs themselves, which for a Weibull
    of shape k is (pi / sqrt(6) / k)^2; the median age stays.
    """
    error = rule.reading_error
    if not error.any():
        return shape, scale
    law, allowed = LIVES[str(options["battery_law"])], 1.0 - rule.minimum_health
    later, sooner = (law(inputs, np.maximum(allowed + step, 1e-6)).passing for step in (error, -error))
    spread = 0.5 * np.log(later / sooner)
    read = GUMBEL / np.sqrt((GUMBEL / shape) ** 2 + spread**2)
    moved_scale = scale * LN_2 ** (1.0 / shape - 1.0 / read)
    ruled = (error > 0.0) & (rule.minimum_health > 0.0)
    return np.where(ruled, read, shape), np.where(ruled, moved_scale, scale)


def _half_years(years: FloatArray) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.rint(2.0 * years).astype(np.int64)
