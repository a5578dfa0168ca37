"""Ageing and warranty of packs: the words of the inputs and of the failure laws that several studies read."""

from __future__ import annotations

from mcsim.distributions import constant
from mcsim.study import Option, Parameter

AGEING = "battery ageing"
# Name -> unit, meaning. The valid range is each study's own: it is the range that its kernels hold for.
WORDS = {
    "annual_degradation": ("1/yr", "capacity lost per year before the knee (Dr)"),
    "knee_age": ("yr", "age of the knee (k)"),
    "knee_sharpness": ("1/yr", "growth of the loss after the knee (gamma)"),
    "end_of_life_loss": ("share", "capacity loss at which a pack leaves (theta)"),
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


def battery_law(default: str) -> Option:
    """Return the option that says how pack failures follow from ageing."""
    return Option(
        "battery_law",
        default,
        BATTERY_LAWS,
        meaning="from state of health to failures: Weibull fitted to the loss, first passage of a threshold, or given",
    )
