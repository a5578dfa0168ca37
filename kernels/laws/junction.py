"""Survival across an export: a vehicle lives by its home country's curve and then by its destination's.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), section Vehicle Lifetime, equation (1). The equation leaves
open how the two curves meet at the export age aX; the readings are the options in `SURVIVAL_JUNCTIONS`, with the
destination's curve S read at `age_abroad`:

* ``conditional``: S_home(aX) S(a) / S(aX), what a vehicle that is alive at the crossing faces;
* ``printed``: S_home(aX) S(a), equation (1) to the letter, which loses the share 1 - S(aX) on crossing;
* ``renewed``: S_home(aX) S(a - aX), the destination's curve from its age 0 on.
"""

from mcsim.kernels._jit import inline_kernel

# An option's number, which kernels take, is its place here.
SURVIVAL_JUNCTIONS = ("conditional", "printed", "renewed")
_RENEWED = 2


@inline_kernel
def age_abroad(age: float, export_age: float, life_multiplier: float, junction: int) -> float:
    """Return the age at which the destination's curve is read for an exported vehicle.

    Parameters
    ----------
    age, export_age : float
        The vehicle's age, at or after its export, and its age at export [yr].
    life_multiplier : float
        Remaining life of imports relative to vehicles of the destination [-], positive.
    junction : int
        Place of the option in `SURVIVAL_JUNCTIONS`.

    Returns
    -------
    float
        Age [yr]; counted from the export under ``renewed``.

    Examples
    --------
    >>> from mcsim.kernels.laws.junction import age_abroad
    >>> age_abroad(14.0, 5.0, 0.9, 0), age_abroad(14.0, 5.0, 0.9, 2)
    (15.0, 10.0)
    """
    # Imports that live m times as long pass through the destination's curve m times as slowly.
    passed = max(age - export_age, 0.0) / life_multiplier
    return passed if junction == _RENEWED else export_age + passed
