"""Ageing and warranty of packs: the words of the inputs and of the failure laws that several studies read."""

from __future__ import annotations

import math

from mcsim.distributions import constant
from mcsim.study import Option, Parameter

AGEING = "battery ageing"
# Name -> unit, meaning. The valid range is each study's own: it is the range that its kernels hold for.
WORDS = {
    "annual_degradation": ("1/yr", "capacity lost per year before the knee (Dr)"),
    "knee_age": ("yr", "age of the knee (k)"),
    "knee_sharpness": ("1/yr", "growth of the loss after the knee (gamma)"),
    "end_of_life_loss": ("share", "capacity loss at which a pack leaves (theta)"),
    "host_end_of_life_loss": ("share", "capacity loss at which a pack that serves in {host} leaves"),
    "warranty_loss": ("share", "capacity loss at which a warranty replaces a pack"),
    "pack_life_scale": ("yr", "Weibull scale of pack lives, battery_law = weibull"),
    "defect_hazard": ("1/yr", "constant hazard of pack defects"),
    "warranty_years": ("yr", "warranty of an electric vehicle's pack"),
}
BATTERY_LAWS = ("capacity_cdf", "first_passage", "weibull")


def ageing_input(name: str, low: float, high: float, group: str = AGEING, default: float | None = None) -> Parameter:
    """Return an input of pack ageing or warranty, its unit and meaning as in every study.

    Examples
    --------
    >>> ageing_input("knee_age", 0.5, 100.0).unit
    'yr'
    """
    unit, meaning = WORDS[name]
    return Parameter(name, unit, meaning, (low, high), group, None if default is None else constant(default))


def life_shape(spread: float) -> float:
    """Return the Weibull shape of lives that spread as much as rates of loss do between vehicles of one fleet.

    Where a loss is reached at age loss / rate, log lives spread as log rates. A Weibull of shape k has log lives of
    standard deviation pi / (sqrt(6) k). So the spread between vehicles stands inside the law of lives, and an input
    such as `annual_degradation` is the median vehicle's, spread by what is not known of it alone: both in one
    input would count vehicles twice, and draw one rate for a whole fleet.

    Parameters
    ----------
    spread : float
        Standard deviation of the log rate between vehicles [-]; 0.29 in the field.

    Returns
    -------
    float

    Examples
    --------
    >>> round(life_shape(0.29), 2)
    4.42
    """
    return math.pi / (math.sqrt(6.0) * spread)


def battery_law(default: str) -> Option:
    """Return the option that says how pack failures follow from ageing."""
    return Option(
        "battery_law",
        default,
        BATTERY_LAWS,
        meaning="from state of health to failures: Weibull fitted to the loss, first passage of a threshold, or given",
    )
