"""A positive number whose logarithm is normal. See also `scipy.stats.lognorm`."""

from dataclasses import dataclass
from math import exp, inf, log, log1p, sqrt
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.base import INTERVAL, Array, as_unit, number, refusal, require_positive, settle, shown, text
from mcsim.distributions.registry import family

# Twenty e-folds to one standard deviation: nobody means it, and the mean soon leaves double precision.
_LARGEST_SIGMA = 20.0


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Lognormal distribution by median and sigma.

    Parameters
    ----------
    centre : float
        Median, above 0, in the unit of the input.
    sigma : float
        Standard deviation of the natural logarithm, above 0.
    """

    STACKS: ClassVar[bool] = True

    centre: float
    sigma: float

    def __post_init__(self) -> None:
        settle(self, "lognormal")
        require_positive("lognormal", "median", self.centre)
        require_positive("lognormal", "sigma", self.sigma)
        if self.sigma > _LARGEST_SIGMA:
            remedy = "sigma is that of the logarithm: 0.5 means times or over 1.65"
            raise refusal("lognormal", f"sigma must be at most {_LARGEST_SIGMA:g}", shown(self.sigma), remedy)

    def ppf(self, u: ArrayLike) -> Array:
        """Return the values at the probabilities `u`."""
        from scipy.special import ndtri

        return np.asarray(self.centre * np.exp(self.sigma * ndtri(as_unit(u))), dtype=np.float64)

    def cdf(self, x: ArrayLike) -> Array:
        """Return the probabilities of values not above `x`."""
        from scipy.special import ndtr

        with np.errstate(divide="ignore"):  # the logarithm of 0 is the lower end, probability 0
            z = np.log(np.maximum(np.asarray(x, dtype=np.float64) / self.centre, 0.0)) / self.sigma
        return np.asarray(ndtr(z), dtype=np.float64)

    def mean(self) -> float:
        """Return median * exp(sigma^2 / 2)."""
        return self.centre * exp(0.5 * self.sigma**2)

    def median(self) -> float:
        """Return the median."""
        return self.centre

    def support(self) -> tuple[float, float]:
        """Return zero and infinity."""
        return 0.0, inf

    def __str__(self) -> str:
        return text("lognormal", self.centre, self.sigma)


def _from_row(low: float, value: float, high: float, _: tuple[float, float]) -> Lognormal:
    """Return the lognormal distribution with a value as its median and a 95 % interval."""
    if low <= 0.0:
        raise refusal("lognormal", "low must be above 0, since a lognormal is positive", shown(low), "a low above 0")
    return Lognormal(value, log(high / low) / INTERVAL)


@family("lognormal(70, 0.25)", "lognormal(0.001, 1.5)", unit_arguments=("median",), from_row=_from_row)
def lognormal(median: float, sigma: float) -> Lognormal:
    """Return the lognormal distribution with a median and the standard deviation of the logarithm.

    Examples
    --------
    >>> print(lognormal(70, 0.25))
    lognormal(70, 0.25)
    """
    return Lognormal(median, sigma)


@family("lognormal_mean_cv(100, 0.3)", unit_arguments=("mean",))
def lognormal_mean_cv(mean: float, cv: float) -> Lognormal:
    """Return the lognormal distribution with an arithmetic mean and a coefficient of variation (sd / mean).

    Examples
    --------
    >>> round(lognormal_mean_cv(100, 0.3).mean(), 9)
    100.0
    """
    mean, cv = number("lognormal_mean_cv", "mean", mean), number("lognormal_mean_cv", "cv", cv)
    require_positive("lognormal_mean_cv", "mean", mean)
    require_positive("lognormal_mean_cv", "cv", cv)
    variance = log1p(cv**2)
    return Lognormal(mean * exp(-0.5 * variance), sqrt(variance))


@family("lognormal_gsd(100, 1.2)", unit_arguments=("median",))
def lognormal_gsd(median: float, gsd: float) -> Lognormal:
    """Return the lognormal distribution with a median and a geometric standard deviation, sigma = ln(gsd).

    Examples
    --------
    >>> round(lognormal_gsd(100, 1.2).sigma, 6)
    0.182322
    """
    return Lognormal(median, log(_factor("lognormal_gsd", "gsd", gsd)))


@family("lognormal_gsd2(100, 1.5)", unit_arguments=("median",))
def lognormal_gsd2(median: float, gsd2: float) -> Lognormal:
    """Return the lognormal distribution with a median and the squared geometric standard deviation of LCA data.

    sigma = ln(gsd2) / 2, so that [median / gsd2, median * gsd2] spans two sigma to each side: 95.45 % of the
    probability, which ecoinvent rounds to "the 95 % interval" (the 95 % interval itself is 1.96 sigma wide).

    Examples
    --------
    >>> d = lognormal_gsd2(100, 1.5)
    >>> round(float(d.cdf(150) - d.cdf(100 / 1.5)), 4)
    0.9545
    """
    return Lognormal(median, 0.5 * log(_factor("lognormal_gsd2", "gsd2", gsd2)))


def _factor(family: str, name: str, value: float) -> float:
    """Return a spread given as a factor, refusing 1 and below."""
    factor = number(family, name, value)
    if factor <= 1.0:
        raise refusal(family, f"{name} must be above 1", shown(factor), "it is a factor: 1.2 means times or over 1.2")
    return factor
