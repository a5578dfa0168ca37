"""Share of a cohort still on the road by age, in one country and across an export.

Every curve is 1 at age 0, does not rise, and is 0 from age 90 on, where lives end at the latest. Tables are by whole
year of age, linear between, and the stretch of a curve is S(age / stretch).
"""

import numpy as np
import numpy.typing as npt

from mcsim.kernels._jit import FloatArray, inline_kernel, kernel
from mcsim.kernels.maths import exp, expm1, log, power

MAXIMUM_AGE = 90.0


def check_survival_table(
    ages: npt.ArrayLike, survival: npt.ArrayLike, place: str = "survival table"
) -> npt.NDArray[np.float64]:
    """Return a user's survival table as an array by whole year of age, refusing one that is no survival curve.

    Parameters
    ----------
    ages, survival : array_like, shape (k,)
        Ages 0, 1, 2, ... [yr] without gaps, at least two of them, and the share of the cohort alive at each.
    place : str
        What the message names as the place of the table.

    Returns
    -------
    ndarray, shape (k,)
        The survival column.

    Raises
    ------
    ValueError
        Naming the row (counted from 1) whose age is out of order or whose share is outside [0, 1], not 1 at age 0, or
        above the one before.

    Examples
    --------
    >>> from mcsim.kernels.laws.survival import check_survival_table
    >>> check_survival_table([0, 1, 2], [1.0, 0.9, 0.95])
    Traceback (most recent call last):
    ValueError: survival table row 3: survival rises with age (got 0.95 after 0.9); give shares that do not increase
    """
    age = np.asarray(ages, dtype=np.float64)
    share = np.asarray(survival, dtype=np.float64)
    if age.ndim != 1 or age.shape != share.shape or age.size < 2:
        raise ValueError(
            f"{place}: too short (got {share.size} shares for {age.size} ages); give a share at ages 0, 1, …"
        )
    for row in range(age.size):
        where = f"{place} row {row + 1}"
        value = float(share[row])
        if age[row] != row:
            raise ValueError(
                f"{where}: age out of order (got {age[row]:g}); give whole years from 0 without gaps ({row})"
            )
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"{where}: survival is no share (got {value:g}); give a number in [0, 1]")
        if row == 0 and value != 1.0:
            raise ValueError(
                f"{where}: survival at age 0 is not 1 (got {value:g}); divide the table by its first share"
            )
        if row > 0 and value > share[row - 1]:
            before = float(share[row - 1])
            raise ValueError(
                f"{where}: survival rises with age (got {value:g} after {before:g}); give shares that do not increase"
            )
    return share


@inline_kernel
def weibull_survival(age: float, shape: float, scale: float) -> float:
    """Return the Weibull survival exp(-(age / scale)**shape).

    Parameters
    ----------
    age, shape, scale : float
        Age [yr], shape [-] and the age at which 1/e is alive [yr], both positive.

    Returns
    -------
    float
        Share alive.

    Examples
    --------
    >>> from mcsim.kernels.laws.survival import weibull_survival
    >>> round(weibull_survival(15.0, 2.5, 28.0), 4)
    0.8105
    """
    # The hazard (k / s)(a / s)**(k - 1), integrated from 0, is (a / s)**k.
    share = exp(-power(max(age, 0.0) / scale, shape))
    return 0.0 if age >= MAXIMUM_AGE else share


@inline_kernel
def logistic_survival(age: float, median_age: float, scale: float) -> float:
    """Return the logistic survival (1 + exp(-median_age/scale)) / (1 + exp((age - median_age)/scale)).

    The numerator makes it 1 at age 0; without it a young median would lose vehicles at once.

    Parameters
    ----------
    age, median_age : float
        Age, and that at which the curve without the numerator is 1/2 [yr].
    scale : float
        Spread of the lives [yr]: standard deviation times sqrt(3)/pi; positive.

    Returns
    -------
    float
        Share alive.

    Examples
    --------
    >>> from mcsim.kernels.laws.survival import logistic_survival
    >>> round(logistic_survival(15.1, 15.1, 3.5), 4)
    0.5067
    """
    share = (1.0 + exp(-median_age / scale)) / (1.0 + exp((max(age, 0.0) - median_age) / scale))
    return 0.0 if age >= MAXIMUM_AGE else share


@inline_kernel
def gompertz_survival(age: float, first_hazard: float, growth: float) -> float:
    """Return the Gompertz survival exp(-(first_hazard / growth) * (exp(growth * age) - 1)).

    Parameters
    ----------
    age, first_hazard : float
        Age [yr] and hazard at age 0 [1/yr], not negative.
    growth : float
        Relative growth of the hazard [1/yr]; at 0 the hazard is constant.

    Returns
    -------
    float
        Share alive.

    Examples
    --------
    >>> from mcsim.kernels.laws.survival import gompertz_survival
    >>> round(gompertz_survival(15.0, 0.01, 0.12), 4)
    0.6565
    """
    # The hazard h exp(g a), integrated from 0, is h expm1(g a) / g; its limit for g = 0, where that is 0 / 0, is h a.
    years = max(age, 0.0)
    small = abs(growth) < 1e-9
    hazard_years = years if small else expm1(growth * years) / (1.0 if small else growth)
    # 0 * inf is no number.
    share = 1.0 if first_hazard == 0.0 else exp(-first_hazard * hazard_years)
    return 0.0 if age >= MAXIMUM_AGE else share


@inline_kernel
def _double_exponential_at(
    year: float, intercept: float, slope: float, late_intercept: float, late_slope: float, switch_age: float
) -> float:
    # 1 - exp(-x) as -expm1(-x): late shares are so small that the difference from 1 would lose their digits.
    early = -expm1(-exp(intercept + slope * min(year, switch_age)))
    late = -expm1(-exp(late_intercept + late_slope * year))
    # `early` stops at the switch age, hence the bound on the later part where its own A and B would jump up.
    share = early if year <= switch_age else min(early, late)
    return 1.0 if year <= 0.0 else share


@inline_kernel
def double_exponential_survival(
    age: float, intercept: float, slope: float, late_intercept: float, late_slope: float, switch_age: float
) -> float:
    """Return the two-part double exponential 1 - exp(-exp(A + B age)) at whole ages, linear between.

    Source: Lu (2006), "Vehicle survivability and travel mileage schedules", NHTSA DOT HS 809 952, the form of its
    tables by whole age from 1 on. Age 0 is 1 and not the 0.995 of the formula; between its parts the curve is linear as
    the tables are (the formulas jump up there); the later part never exceeds the last value of the earlier one.

    Parameters
    ----------
    age : float
        Age [yr].
    intercept, slope : float
        A [-] and B [1/yr, negative] up to `switch_age`.
    late_intercept, late_slope : float
        A and B after it.
    switch_age : float
        Last whole age of the first part [yr].

    Returns
    -------
    float
        Share alive.

    Examples
    --------
    >>> from mcsim.kernels.laws.survival import double_exponential_survival
    >>> round(double_exponential_survival(10.0, 1.649, -0.121, 3.381, -0.286, 10.0), 4)
    0.788
    """
    year = np.floor(max(age, 0.0))
    here = _double_exponential_at(year, intercept, slope, late_intercept, late_slope, switch_age)
    after = _double_exponential_at(year + 1.0, intercept, slope, late_intercept, late_slope, switch_age)
    share = here + (after - here) * (max(age, 0.0) - year)
    return 0.0 if age >= MAXIMUM_AGE else share


@inline_kernel
def tabulated_survival(age: float, table: FloatArray) -> float:
    """Return survival from a table by whole year, linear between; beyond its end the last interval's hazard goes on.

    The extension is a choice of ours where a source stops short of age 90: S(K) * (S(K) / S(K-1))**(age - K) after the
    last age K; a table that reaches 0 stays there.

    Parameters
    ----------
    age : float
        Age, already divided by a stretch [yr].
    table : ndarray, shape (k,)
        Share alive at ages 0, 1, ..., k - 1; k >= 2.

    Returns
    -------
    float
        Share alive; the caller ends lives at `MAXIMUM_AGE`, which is not stretched.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.survival import tabulated_survival
    >>> table = np.array([1.0, 0.8, 0.4])
    >>> round(tabulated_survival(1.5, table), 12), round(tabulated_survival(4.0, table), 12)
    (0.6, 0.1)
    """
    last = table.size - 1
    # The last age itself belongs to the interval before it.
    year = min(int(max(age, 0.0)), last - 1)
    here = table[year]
    after = table[year + 1]
    if age <= last:
        return here + (after - here) * (max(age, 0.0) - year)
    if after <= 0.0:
        return 0.0
    # The last year's hazard is -ln(after / here) per year, held for all later ones.
    return after * exp((age - last) * log(after / here))


@kernel
def fill_weibull_survival(ages: FloatArray, shape: FloatArray, scale: FloatArray, out: FloatArray) -> None:
    """Fill the Weibull survival of every draw at every age.

    Parameters
    ----------
    ages : ndarray, shape (j,)
        Ages [yr].
    shape, scale : ndarray, shape (n,)
        Of each draw [-] and [yr]. A stretch of the age axis is a factor on the scale.
    out : ndarray, shape (n, at least j)
        Filled; columns past the last age, there to pad a row, become 0.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.survival import fill_weibull_survival
    >>> out = np.empty((1, 4))
    >>> fill_weibull_survival(np.array([0.0, 28.0]), np.array([2.5]), np.array([28.0]), out)
    >>> out.round(4).tolist()
    [[1.0, 0.3679, 0.0, 0.0]]
    """
    for i in range(out.shape[0]):
        for j in range(ages.size):
            out[i, j] = weibull_survival(ages[j], shape[i], scale[i])
        out[i, ages.size :] = 0.0


@kernel
def fill_logistic_survival(ages: FloatArray, median_age: FloatArray, scale: FloatArray, out: FloatArray) -> None:
    """Fill the logistic survival of every draw at every age.

    Parameters
    ----------
    ages : ndarray, shape (j,)
        Ages [yr].
    median_age, scale : ndarray, shape (n,)
        Of each draw [yr]. A stretch is a factor on both.
    out : ndarray, shape (n, at least j)
        Filled; columns past the last age become 0.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.survival import fill_logistic_survival
    >>> out = np.empty((1, 2))
    >>> fill_logistic_survival(np.array([0.0, 15.1]), np.array([15.1]), np.array([3.5]), out)
    >>> out.round(4).tolist()
    [[1.0, 0.5067]]
    """
    for i in range(out.shape[0]):
        for j in range(ages.size):
            out[i, j] = logistic_survival(ages[j], median_age[i], scale[i])
        out[i, ages.size :] = 0.0


@kernel
def fill_gompertz_survival(ages: FloatArray, first_hazard: FloatArray, growth: FloatArray, out: FloatArray) -> None:
    """Fill the Gompertz survival of every draw at every age.

    Parameters
    ----------
    ages : ndarray, shape (j,)
        Ages [yr].
    first_hazard, growth : ndarray, shape (n,)
        Of each draw [1/yr]. A stretch divides both.
    out : ndarray, shape (n, at least j)
        Filled; columns past the last age become 0.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.survival import fill_gompertz_survival
    >>> out = np.empty((1, 2))
    >>> fill_gompertz_survival(np.array([0.0, 15.0]), np.array([0.01]), np.array([0.12]), out)
    >>> out.round(4).tolist()
    [[1.0, 0.6565]]
    """
    for i in range(out.shape[0]):
        for j in range(ages.size):
            out[i, j] = gompertz_survival(ages[j], first_hazard[i], growth[i])
        out[i, ages.size :] = 0.0


@kernel
def fill_double_exponential_survival(
    ages: FloatArray,
    intercept: FloatArray,
    slope: FloatArray,
    late_intercept: FloatArray,
    late_slope: FloatArray,
    switch_age: float,
    stretch: FloatArray,
    out: FloatArray,
) -> None:
    """Fill the double exponential survival of every draw at every age.

    Parameters
    ----------
    ages : ndarray, shape (j,)
        Ages [yr].
    intercept, slope, late_intercept, late_slope : ndarray, shape (n,)
        See `double_exponential_survival`.
    switch_age : float
        Last whole age of the first part [yr].
    stretch : ndarray, shape (n,)
        Factor on the age axis [-], positive.
    out : ndarray, shape (n, at least j)
        Filled; columns past the last age become 0.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.survival import fill_double_exponential_survival
    >>> out = np.empty((1, 2))
    >>> numbers = [np.array([x]) for x in (1.649, -0.121, 3.381, -0.286)]
    >>> fill_double_exponential_survival(np.array([0.0, 20.0]), *numbers, 10.0, np.array([2.0]), out)
    >>> out.round(4).tolist()
    [[1.0, 0.788]]
    """
    for i in range(out.shape[0]):
        for j in range(ages.size):
            share = double_exponential_survival(
                ages[j] / stretch[i], intercept[i], slope[i], late_intercept[i], late_slope[i], switch_age
            )
            # Against the age itself: a stretch moves the curve, not the end of lives.
            out[i, j] = 0.0 if ages[j] >= MAXIMUM_AGE else share
        out[i, ages.size :] = 0.0


@kernel
def fill_tabulated_survival(ages: FloatArray, table: FloatArray, stretch: FloatArray, out: FloatArray) -> None:
    """Fill the tabulated survival of every draw at every age.

    Parameters
    ----------
    ages : ndarray, shape (j,)
        Ages [yr].
    table : ndarray, shape (n, k)
        Share alive at ages 0, 1, ..., k - 1 of each draw.
    stretch : ndarray, shape (n,)
        Factor on the age axis [-], positive.
    out : ndarray, shape (n, at least j)
        Filled; columns past the last age become 0.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.survival import fill_tabulated_survival
    >>> out = np.empty((1, 3))
    >>> fill_tabulated_survival(np.array([0.0, 3.0, 90.0]), np.array([[1.0, 0.8, 0.4]]), np.array([2.0]), out)
    >>> out.round(4).tolist()
    [[1.0, 0.6, 0.0]]
    """
    for i in range(out.shape[0]):
        for j in range(ages.size):
            share = tabulated_survival(ages[j] / stretch[i], table[i])
            out[i, j] = 0.0 if ages[j] >= MAXIMUM_AGE else share
        out[i, ages.size :] = 0.0
