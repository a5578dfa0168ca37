"""Survival across an export: a vehicle lives by its home country's curve and then by its destination's.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), section Vehicle Lifetime, equation (1). The equation leaves
open how the two curves meet; the readings are the options in `SURVIVAL_JUNCTIONS`.
"""

from mcsim.kernels._jit import FloatArray, inline_kernel, kernel
from mcsim.kernels.laws.survival import MAXIMUM_AGE, tabulated_survival, weibull_survival

# An option's number, which kernels take, is its place here.
SURVIVAL_JUNCTIONS = ("conditional", "printed", "renewed")
_CONDITIONAL = 0
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
    passed = max(age - export_age, 0.0) / life_multiplier
    return passed if junction == _RENEWED else export_age + passed


@inline_kernel
def joined_survival(home_at_export: float, abroad: float, abroad_at_export: float, junction: int) -> float:
    """Return survival after the export age from the two curves.

    Equation (1) as printed is ``printed``: S_us(aX) * S_mx(a), with a drop at aX.
    ``conditional`` divides it by S_mx(aX), which is what a vehicle that is alive faces; ``renewed`` starts the
    destination's curve anew.

    Parameters
    ----------
    home_at_export : float
        Home curve at the export age.
    abroad : float
        Destination's curve at `age_abroad` of the present age.
    abroad_at_export : float
        Destination's curve at the export age.
    junction : int
        Place of the option in `SURVIVAL_JUNCTIONS`.

    Returns
    -------
    float
        Share of the original cohort alive.

    Examples
    --------
    >>> from mcsim.kernels.laws.junction import joined_survival
    >>> joined_survival(0.9, 0.4, 0.8, 0), round(joined_survival(0.9, 0.4, 0.8, 1), 12)
    (0.45, 0.36)
    """
    given = 1.0 if junction != _CONDITIONAL else abroad_at_export
    # A destination where nothing is alive at that age takes no vehicle.
    return home_at_export * (abroad / given if given > 0.0 else 0.0)


@kernel
def fill_joined_weibull(
    ages: FloatArray,
    export_age: FloatArray,
    home: FloatArray,
    home_at_export: FloatArray,
    shape: FloatArray,
    scale: FloatArray,
    life_multiplier: FloatArray,
    junction: int,
    out: FloatArray,
) -> None:
    """Fill survival across an export, with a Weibull law in the destination.

    Parameters
    ----------
    ages : ndarray, shape (j,)
        Ages [yr].
    export_age : ndarray, shape (n,)
        Of each draw [yr].
    home : ndarray, shape (n, at least j)
        Home survival at `ages`.
    home_at_export : ndarray, shape (n,)
        Home survival at the export age.
    shape, scale, life_multiplier : ndarray, shape (n,)
        Law of the destination [-], [yr], and remaining life of imports relative to it [-].
    junction : int
        Place of the option in `SURVIVAL_JUNCTIONS`.
    out : ndarray, shape (n, at least j)
        Filled: the home curve up to the export age included; columns past the last age become 0.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.junction import fill_joined_weibull
    >>> one, out = np.ones(1), np.empty((1, 3))
    >>> home = np.array([[1.0, 0.9, 0.5]])
    >>> ages = np.array([0.0, 5.0, 28.0])
    >>> fill_joined_weibull(ages, 5.0 * one, home, 0.9 * one, 2.5 * one, 28.0 * one, one, 1, out)
    >>> out.round(4).tolist()
    [[1.0, 0.9, 0.3311]]
    """
    for i in range(out.shape[0]):
        at_export = weibull_survival(export_age[i], shape[i], scale[i])
        for j in range(ages.size):
            abroad = weibull_survival(
                age_abroad(ages[j], export_age[i], life_multiplier[i], junction), shape[i], scale[i]
            )
            share = joined_survival(home_at_export[i], abroad, at_export, junction)
            share = home[i, j] if ages[j] <= export_age[i] else share
            out[i, j] = 0.0 if ages[j] >= MAXIMUM_AGE else share
        out[i, ages.size :] = 0.0


@kernel
def fill_joined_tabulated(
    ages: FloatArray,
    export_age: FloatArray,
    home: FloatArray,
    home_at_export: FloatArray,
    table: FloatArray,
    stretch: FloatArray,
    life_multiplier: FloatArray,
    junction: int,
    out: FloatArray,
) -> None:
    """Fill survival across an export, with a tabulated curve in the destination.

    Parameters
    ----------
    ages : ndarray, shape (j,)
        Ages [yr].
    export_age : ndarray, shape (n,)
        Of each draw [yr].
    home : ndarray, shape (n, at least j)
        Home survival at `ages`.
    home_at_export : ndarray, shape (n,)
        Home survival at the export age.
    table : ndarray, shape (n, k)
        The destination's share alive at ages 0, 1, ..., k - 1.
    stretch, life_multiplier : ndarray, shape (n,)
        Factor on the destination's age axis and remaining life of imports relative to it [-].
    junction : int
        Place of the option in `SURVIVAL_JUNCTIONS`.
    out : ndarray, shape (n, at least j)
        Filled: the home curve up to the export age included; columns past the last age become 0.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.junction import fill_joined_tabulated
    >>> one, out = np.ones(1), np.empty((1, 3))
    >>> home, table = np.array([[1.0, 0.9, 0.5]]), np.array([[1.0, 0.8, 0.4]])
    >>> fill_joined_tabulated(np.arange(3.0), one, home, 0.9 * one, table, one, one, 0, out)
    >>> out.round(4).tolist()
    [[1.0, 0.9, 0.45]]
    """
    for i in range(out.shape[0]):
        at_export = tabulated_survival(export_age[i] / stretch[i], table[i])
        for j in range(ages.size):
            years = age_abroad(ages[j], export_age[i], life_multiplier[i], junction)
            abroad = 0.0 if years >= MAXIMUM_AGE else tabulated_survival(years / stretch[i], table[i])
            share = joined_survival(home_at_export[i], abroad, at_export, junction)
            share = home[i, j] if ages[j] <= export_age[i] else share
            out[i, j] = 0.0 if ages[j] >= MAXIMUM_AGE else share
        out[i, ages.size :] = 0.0
