"""When packs fail: hazard, yearly conditional probabilities and conditional lives of a Weibull law with defects.

The law is H(a) = (a / scale)**shape + defect * a. Where its shape and scale come from is in `mcsim.kernels.laws.health`
(`first_passage_scale`) and `mcsim.kernels.laws.weibull_fit`.
"""

from mcsim.kernels._jit import FloatArray, inline_kernel, kernel
from mcsim.kernels.maths import exp, expm1, log, power

# Nothing survives such a cumulative hazard, and two of them may both be inf.
_CERTAIN = 1e15


@inline_kernel
def cumulative_hazard(age: float, shape: float, scale: float, defect_hazard: float) -> float:
    """Return the cumulative hazard of a pack, (age / scale)**shape + defect_hazard * age.

    Parameters
    ----------
    age : float
        Age of the pack [yr].
    shape, scale : float
        Weibull shape [-] and scale [yr]; an infinite scale means no ageing.
    defect_hazard : float
        Constant hazard of defects [1/yr].

    Returns
    -------
    float
        Hazard accumulated since the pack was new [-].

    Examples
    --------
    >>> from mcsim.kernels.laws.failure import cumulative_hazard
    >>> round(cumulative_hazard(10.0, 4.0, 10.0, 0.002), 12)
    1.02
    """
    return power(max(age, 0.0) / scale, shape) + defect_hazard * max(age, 0.0)


@inline_kernel
def failure_probability(hazard_before: float, hazard_after: float) -> float:
    """Return the probability of failing between two ages given survival to the first, -expm1(H(before) - H(after)).

    The textbook ratio of survivals is 0/0 in the tail; this one is 1 there.

    Parameters
    ----------
    hazard_before, hazard_after : float
        Cumulative hazards at the two ages.

    Returns
    -------
    float
        Probability in [0, 1].

    Examples
    --------
    >>> from mcsim.kernels.laws.failure import failure_probability
    >>> failure_probability(0.0, 0.0), round(failure_probability(1.0, 2.0), 6), failure_probability(1e300, float("inf"))
    (0.0, 0.632121, 1.0)
    """
    certain = hazard_before > _CERTAIN
    return 1.0 if certain else 0.0 - expm1(hazard_before - hazard_after)


@kernel
def fill_failure_probability(
    ages: FloatArray, shape: FloatArray, scale: FloatArray, defect_hazard: FloatArray, out: FloatArray
) -> None:
    """Fill the conditional probability of failing in each step of age, for every draw.

    Parameters
    ----------
    ages : ndarray, shape (j + 1,)
        Edges of the steps [yr], rising.
    shape, scale, defect_hazard : ndarray, shape (n,)
        See `cumulative_hazard`.
    out : ndarray, shape (n, at least j)
        Filled: column k is for a pack alive at ``ages[k]`` to fail by ``ages[k + 1]``; columns past the last step
        become 1.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.failure import fill_failure_probability
    >>> one, out = np.ones(1), np.empty((1, 2))
    >>> fill_failure_probability(np.array([0.0, 10.0, 20.0]), 4.0 * one, 10.0 * one, 0.0 * one, out)
    >>> out.round(6).tolist()
    [[0.632121, 1.0]]
    """
    steps = ages.size - 1
    for i in range(out.shape[0]):
        # Hazards first, each once; then from the last step back, since a step reads the one before it.
        for j in range(steps):
            out[i, j] = cumulative_hazard(ages[j + 1], shape[i], scale[i], defect_hazard[i])
        for j in range(steps - 1, 0, -1):
            out[i, j] = failure_probability(out[i, j - 1], out[i, j])
        first = cumulative_hazard(ages[0], shape[i], scale[i], defect_hazard[i])
        out[i, 0] = failure_probability(first, out[i, 0])
        out[i, steps:] = 1.0


@inline_kernel
def conditional_life(age: float, shape: float, scale: float, uniform: float) -> float:
    """Return the age at failure of a pack that is alive at an age, without defects.

    It is scale * ((age / scale)**shape - ln U)**(1 / shape), written so that a pack far past its scale keeps its age.

    Parameters
    ----------
    age : float
        Age that the pack has reached [yr].
    shape, scale : float
        Weibull shape [-] and scale [yr].
    uniform : float
        A number in (0, 1): the survival function's value, so small numbers are long lives.

    Returns
    -------
    float
        Age at failure [yr], not below `age`.

    Examples
    --------
    >>> import math
    >>> from mcsim.kernels.laws.failure import conditional_life
    >>> round(conditional_life(0.0, 4.0, 10.0, math.exp(-1.0)), 9), conditional_life(900.0, 90.0, 9.0, 0.5)
    (10.0, 900.0)
    """
    reached = power(max(age, 0.0) / scale, shape)
    added = -log(uniform)
    near = scale * power(reached + added, 1.0 / shape)
    far = age * exp(log(1.0 + added / max(reached, 1.0)) / shape)
    return max(far if reached > 1.0 else near, age)


@inline_kernel
def conditional_life_with_defects(
    age: float, shape: float, scale: float, defect_hazard: float, uniform: float, defect_uniform: float
) -> float:
    """Return the age at failure of a pack that is alive at an age: the earlier of ageing and a defect.

    Parameters
    ----------
    age : float
        Age that the pack has reached [yr].
    shape, scale : float
        Weibull shape [-] and scale [yr].
    defect_hazard : float
        Constant hazard of defects [1/yr]; 0 for none.
    uniform, defect_uniform : float
        Independent numbers in (0, 1).

    Returns
    -------
    float
        Age at failure [yr], not below `age`.

    Examples
    --------
    >>> from mcsim.kernels.laws.failure import conditional_life_with_defects
    >>> round(conditional_life_with_defects(5.0, 4.0, 10.0, 1.0, 0.5, 0.5), 6)
    5.693147
    """
    # 0 / 0 does not happen: the logarithm of a number inside (0, 1) is not 0.
    defect = age - log(defect_uniform) / defect_hazard
    return min(conditional_life(age, shape, scale, uniform), defect)
