"""A battery pack's state of health by age, and the age at which it leaves: from capacity loss to a failure law.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), section Battery Degradation, equation (2). As printed the
equation jumps at the knee unless lambda is 1; the readings are the options in `KNEES`.
"""

from mcsim.kernels._jit import FloatArray, inline_kernel, kernel
from mcsim.kernels.maths import exp, log

# An option's number, which kernels take, is its place here.
KNEES = ("shifted", "printed", "rate", "none")
_PRINTED = 1
_RATE = 2
_NONE = 3

# Below this growth [1/yr] the exponential is 1 for longer than any life.
_NO_GROWTH = 1e-9


@inline_kernel
def knee_terms(knee_age: float, decay: float, sharpness: float, knee: int) -> tuple[float, float, float]:
    """Return (growth, start, shift) of the loss after the knee, exp(growth * (age - shift)) for age > start.

    Parameters
    ----------
    knee_age : float
        k, the age of the knee [yr].
    decay : float
        lambda, the "decay rate parameter" [-].
    sharpness : float
        gamma, growth of the loss after the knee [1/yr].
    knee : int
        Place of the option in `KNEES`: ``shifted`` starts at lambda * k; ``printed`` starts at k and is shifted by
        lambda * k, with a jump; ``rate`` starts at k and grows lambda times as fast; ``none`` does not grow.

    Returns
    -------
    tuple of three floats
        Growth [1/yr], start [yr] and shift [yr].

    Examples
    --------
    >>> from mcsim.kernels.laws.health import knee_terms
    >>> knee_terms(10.0, 0.9, 1.0, 0), knee_terms(10.0, 0.9, 1.0, 1), knee_terms(10.0, 0.9, 1.0, 2)
    ((1.0, 9.0, 9.0), (1.0, 10.0, 9.0), (0.9, 10.0, 10.0))
    """
    # Equation (2) after the knee is exp(gamma (a - lambda k)): continuous at k for lambda = 1 alone. A reading says
    # which of the two ages, k or lambda k, begins the growth and which one it is counted from.
    growth = sharpness * decay if knee == _RATE else sharpness
    growth = 0.0 if knee == _NONE else growth
    start = knee_age if knee in (_PRINTED, _RATE) else decay * knee_age
    shift = knee_age if knee == _RATE else decay * knee_age
    return growth, start, shift


@inline_kernel
def capacity_loss(age: float, degradation: float, exponent: float, growth: float, start: float, shift: float) -> float:
    """Return the share of capacity lost, D(a) = Dr * a**p * exp(growth * (a - shift) after the start, else 0).

    Parameters
    ----------
    age : float
        Age of the pack [yr].
    degradation : float
        Dr, loss in the first year [1/yr].
    exponent : float
        p [-], positive; 1 in the source.
    growth, start, shift : float
        From `knee_terms`.

    Returns
    -------
    float
        Loss, not clipped: it passes 1.

    Examples
    --------
    >>> from mcsim.kernels.laws.health import capacity_loss
    >>> round(capacity_loss(9.0, 0.02, 1.0, 1.0, 8.0, 8.0), 4)
    0.4893
    """
    after_knee = growth * (age - shift) if age > start else 0.0
    # a**p = exp(p ln a): one exponential serves the power and the knee. At age 0 the logarithm is -inf, the loss 0.
    return degradation * exp(exponent * log(max(age, 0.0)) + after_knee)


@kernel
def fill_state_of_health(
    ages: FloatArray,
    degradation: FloatArray,
    exponent: FloatArray,
    knee_age: FloatArray,
    decay: FloatArray,
    sharpness: FloatArray,
    knee: int,
    floor: float,
    out: FloatArray,
) -> None:
    """Fill the state of health of every draw at every age, clip(1 - D(a), floor, 1).

    Parameters
    ----------
    ages : ndarray, shape (j,)
        Ages of the pack [yr].
    degradation, exponent, knee_age, decay, sharpness : ndarray, shape (n,)
        See `capacity_loss` and `knee_terms`.
    knee : int
        Place of the option in `KNEES`.
    floor : float
        Lowest state of health [-]; 0 by default in the studies.
    out : ndarray, shape (n, at least j)
        Filled; columns past the last age become the floor.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.health import fill_state_of_health
    >>> one, out = np.ones(1), np.empty((1, 3))
    >>> fill_state_of_health(np.array([0.0, 8.0, 9.0]), 0.02 * one, one, 8.0 * one, one, one, 0, 0.0, out)
    >>> out.round(4).tolist()
    [[1.0, 0.84, 0.5107]]
    """
    for i in range(out.shape[0]):
        growth, start, shift = knee_terms(knee_age[i], decay[i], sharpness[i], knee)
        for j in range(ages.size):
            left = 1.0 - capacity_loss(ages[j], degradation[i], exponent[i], growth, start, shift)
            out[i, j] = min(max(left, floor), 1.0)
        out[i, ages.size :] = floor


@inline_kernel
def _omega_step(x: float, w: float) -> float:
    # The iteration of Fritsch, Shafer and Crowley (1973) for f(w) = w + ln w - x, with 1 + w from f' = 1 + 1/w.
    residual = x - w - log(w)
    above = 1.0 + w
    t = above * (above + residual * (2.0 / 3.0))
    return w * (1.0 + residual / above * (t - 0.5 * residual) / (t - residual))


@inline_kernel
def wright_omega(x: float) -> float:
    """Return the solution w of w + ln w = x for a real x.

    Source: Lawrence, Corless and Jeffrey (2012), Algorithm 917, ACM TOMS 38(3): series for a start, then two steps of
    the Fritsch-Shafer-Crowley iteration (fourth order).

    Parameters
    ----------
    x : float
        Any real number.

    Returns
    -------
    float
        Positive; 0 where it is below the smallest number, inf at inf.

    Examples
    --------
    >>> from mcsim.kernels.laws.health import wright_omega
    >>> wright_omega(1.0), round(wright_omega(0.0), 12)
    (1.0, 0.56714329041)
    """
    # Far below 0, w + ln w = x makes w nearly y = exp(x): the series of W(y) = y - y**2 + 3/2 y**3 - 8/3 y**4 + ...
    y = exp(min(x, 0.0))
    left = y * (1.0 + y * (-1.0 + y * (1.5 + y * (-8.0 / 3.0 + y * (125.0 / 24.0)))))
    # Taylor about x = 1, where w = 1.
    z = x - 1.0
    middle = 1.0 + z * (0.5 + z * (1.0 / 16.0 + z * (-1.0 / 192.0 + z * (-1.0 / 3072.0))))
    # The steps are taken where they neither underflow nor overflow; outside, a series is exact to the last place.
    inner = min(max(x, -10.0), 1e20)
    # For large x the logarithm is small beside w: w = x - ln x + ln(x) / x.
    far = max(inner, 2.0)
    right = far - log(far) * (1.0 - 1.0 / far)
    w = right if x > 4.0 else (middle if x > -2.0 else y * (1.0 - y * (1.0 - 1.5 * y)))
    w = w if x > -10.0 else 1.0
    w = _omega_step(inner, _omega_step(inner, w))
    w = left if x < -10.0 else w
    w = x if x > 1e20 else w
    return x if x != x else w


@inline_kernel
def age_at_loss(
    threshold: float, degradation: float, exponent: float, growth: float, start: float, shift: float
) -> float:
    """Return the first age at which the capacity loss reaches a threshold, inf{a : D(a) >= theta}.

    Before the knee it is (theta / Dr)**(1/p); after it, the logarithm of D = theta becomes w + ln w = x with
    w = growth * a / p, hence the Wright omega function.

    Parameters
    ----------
    threshold : float
        theta, share of capacity lost at the end of life [-], positive.
    degradation, exponent : float
        Dr [1/yr] and p [-].
    growth, start, shift : float
        From `knee_terms`.

    Returns
    -------
    float
        Age [yr]; inf where the loss never gets there.

    Examples
    --------
    >>> from mcsim.kernels.laws.health import age_at_loss
    >>> round(age_at_loss(0.25, 0.05, 1.0, 1.0, 8.0, 8.0), 6), round(age_at_loss(0.25, 0.025, 1.0, 1.0, 9.0, 9.0), 6)
    (5.0, 9.094874)
    """
    log_ratio = log(threshold / degradation)
    before = exp(log_ratio / exponent)  # theta = Dr a**p
    # After it: ln(theta / Dr) = p ln a + g (a - shift). Over p, plus ln(g / p), with w = g a / p: x = w + ln w.
    rate = max(growth, _NO_GROWTH)
    x = (log_ratio + rate * shift) / exponent + log(rate / exponent)
    # Where the printed equation jumps up at the knee, the threshold may lie inside the jump.
    after = max(exponent / rate * wright_omega(x), start)
    # The loss rises with age, so the first crossing is before the knee wherever that branch of D gets there in time.
    return before if before <= start or growth < _NO_GROWTH else after


@kernel
def fill_age_at_loss(
    threshold: FloatArray,
    degradation: FloatArray,
    exponent: FloatArray,
    knee_age: FloatArray,
    decay: FloatArray,
    sharpness: FloatArray,
    knee: int,
    out: FloatArray,
) -> None:
    """Fill the age at which each draw's capacity loss reaches its threshold.

    Parameters
    ----------
    threshold, degradation, exponent, knee_age, decay, sharpness : ndarray, shape (n,)
        See `age_at_loss` and `knee_terms`.
    knee : int
        Place of the option in `KNEES`.
    out : ndarray, shape (n,)
        Filled [yr].

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.health import fill_age_at_loss
    >>> one, out = np.ones(1), np.empty(1)
    >>> fill_age_at_loss(0.25 * one, 0.03 * one, one, 10.0 * one, one, one, 3, out)
    >>> out.round(6).tolist()
    [8.333333]
    """
    for i in range(out.size):
        growth, start, shift = knee_terms(knee_age[i], decay[i], sharpness[i], knee)
        out[i] = age_at_loss(threshold[i], degradation[i], exponent[i], growth, start, shift)
