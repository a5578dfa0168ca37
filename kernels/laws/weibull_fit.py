"""The failure law `capacity_cdf`: a Weibull distribution fitted by least squares to a pack's capacity loss by age.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), section Battery Degradation: a Weibull distribution fitted to
the piecewise function of equation (2), here to 1 - SOH(a) at ages 1 to 20 yr with floor 0.

The sum of squares has wrong minima, so the start matters: from two quantiles of the loss itself. Newton's method in the
logarithms of shape and scale follows; residuals are large (RMSE 0.05-0.1), so Gauss-Newton alone takes three times as
many steps. Where the Hessian is not safely positive it gives way to the Gauss-Newton one, damped while steps fail.
"""

from typing import NamedTuple

import numpy as np

from mcsim.kernels._jit import FloatArray, inline_kernel, kernel
from mcsim.kernels.laws.health import capacity_loss, knee_terms
from mcsim.kernels.maths import exp, log

FITTED_AGES = 20
# Whole vectors of eight; the sums leave the rest out.
_PADDED_AGES = 24

# Quantiles of the loss that the start passes through: F = 1 - 1/e at the scale, and ln(-ln(1 - 0.2)) = -1.49994.
_SCALE_LOSS = 0.6321205588285577
_LOW_LOSS = 0.2
_LOW_LOG_HAZARD = -1.4999399867595158
# exp(-exp(6)) is 1e-175.
_LARGEST_LOG_HAZARD = 6.0
_STEPS = 60
_GAIN = 1e-10
_LONGEST_SHAPE_STEP = 0.7
_LONGEST_SCALE_STEP = 0.3
_LARGEST_DAMPING = 1e8


class FitScratch(NamedTuple):
    """Room for one fit, one number per age 1, 2, ..., 24 yr: t = shape * ln(age / scale) and F = 1 - exp(-exp(t)).

    Parameters
    ----------
    log_ages : ndarray, shape (24,)
        ln(age), which no fit changes.
    t, residual, density, density_t, bend : ndarray, shape (24,)
        t, F(t) - loss, dF/dt, t * dF/dt and residual * d2F/dt2.
    """

    log_ages: FloatArray
    t: FloatArray
    residual: FloatArray
    density: FloatArray
    density_t: FloatArray
    bend: FloatArray


class Slopes(NamedTuple):
    """Derivatives of half the sum of squares by u = ln shape and v = ln scale.

    Parameters
    ----------
    u, v : float
        The gradient.
    uu, uv, vv : float
        The Gauss-Newton matrix, sums of products of first derivatives of F.
    rest_uu, rest_uv, rest_vv : float
        What the Hessian has beyond it, sums of residual * second derivative of F.
    """

    u: float
    v: float
    uu: float
    uv: float
    vv: float
    rest_uu: float
    rest_uv: float
    rest_vv: float


@inline_kernel
def _log_age_at(level: float, loss: FloatArray, log_ages: FloatArray) -> float:
    """Log of the age at which the loss passes a level: linear in logarithms, past the last age with its last slope."""
    # Before the knee the loss is a power of age, a line in logarithms; after it nearly one over a single year.
    j = 1
    while j < FITTED_AGES - 1 and loss[j] < level:
        j += 1
    slope = log(loss[j] / loss[j - 1]) / (log_ages[j] - log_ages[j - 1])
    slope = min(max(slope, 0.5), 100.0)
    return log_ages[j] + log(level / loss[j]) / slope


@inline_kernel
def _fill_residuals(log_shape: float, log_scale: float, loss: FloatArray, scratch: FitScratch) -> float:
    """Fill the scratch for a shape and a scale; return the shape."""
    # F = 1 - exp(-exp(t)), hence dF/dt = exp(-h) h with h = exp(t), and d2F/dt2 = dF/dt (1 - h).
    shape = exp(log_shape)
    for j in range(_PADDED_AGES):
        t = shape * (scratch.log_ages[j] - log_scale)
        hazard = exp(min(t, _LARGEST_LOG_HAZARD))
        alive = exp(-hazard)
        residual = (1.0 - alive) - loss[j]
        density = alive * hazard
        scratch.t[j] = t
        scratch.residual[j] = residual
        scratch.density[j] = density
        scratch.density_t[j] = density * t
        scratch.bend[j] = residual * density * (1.0 - hazard)
    return shape


@inline_kernel
def _sums(shape: float, scratch: FitScratch) -> tuple[float, Slopes]:
    """Return the sum of squares and the derivatives of its half."""
    sse = gradient_t = gradient_1 = square_tt = square_t = square_1 = rest_tt = rest_t = rest_1 = 0.0
    for j in range(FITTED_AGES):
        t, residual, density = scratch.t[j], scratch.residual[j], scratch.density[j]
        density_t, bend = scratch.density_t[j], scratch.bend[j]
        sse += residual * residual
        gradient_t += density_t * residual
        gradient_1 += density * residual
        square_tt += density_t * density_t
        square_t += density * density_t
        square_1 += density * density
        rest_tt += bend * t * t
        rest_t += bend * t
        rest_1 += bend
    # By the chain rule: dt/du = t and dt/dv = -shape. The gradient stands in the rest of the Hessian because t is not
    # linear: d2t/du2 = t and d2t/dudv = -shape.
    slopes = Slopes(
        gradient_t,
        -shape * gradient_1,
        square_tt,
        -shape * square_t,
        shape * shape * square_1,
        rest_tt + gradient_t,
        -shape * (rest_t + gradient_1),
        shape * shape * rest_1,
    )
    return sse, slopes


@inline_kernel
def _step(slopes: Slopes, damping: float) -> tuple[float, float]:
    """Return the step in (log shape, log scale), no longer than is safe."""
    # Newton's matrix where it is positive definite with room to spare: a determinant near 0 points anywhere. The
    # Gauss-Newton matrix is never negative.
    uu, uv, vv = slopes.uu, slopes.uv, slopes.vv
    full_uu, full_uv, full_vv = uu + slopes.rest_uu, uv + slopes.rest_uv, vv + slopes.rest_vv
    if full_uu > 0.0 and full_uu * full_vv - full_uv * full_uv > 0.02 * full_uu * full_vv:
        uu, uv, vv = full_uu, full_uv, full_vv
    # The least float keeps a flat direction from dividing 0 by 0.
    uu = uu * (1.0 + damping) + 1e-300
    vv = vv * (1.0 + damping) + 1e-300
    determinant = uu * vv - uv * uv + 1e-300
    shape_step = (slopes.v * uv - slopes.u * vv) / determinant
    scale_step = (slopes.u * uv - slopes.v * uu) / determinant
    # Cramer's rule gave the step; it is cut back as a whole, so that its direction stays.
    excess = max(1.0, max(abs(shape_step) / _LONGEST_SHAPE_STEP, abs(scale_step) / _LONGEST_SCALE_STEP))
    return shape_step / excess, scale_step / excess


@kernel
def fit_weibull(loss: FloatArray, scratch: FitScratch) -> tuple[float, float, float]:
    """Return shape, scale and root mean square error of the Weibull distribution nearest to a loss by age.

    Parameters
    ----------
    loss : ndarray, shape (24,)
        Share of capacity lost at ages 1, 2, ..., 20 yr, in [0, 1], not 0 at age 19 and 20; the rest is not read into
        the fit but must hold numbers.
    scratch : FitScratch
        Room for the fit, from `fit_scratch`.

    Returns
    -------
    tuple of three floats
        Shape [-], scale [yr] and RMSE over the 20 ages [-].

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.weibull_fit import fit_weibull, fit_scratch
    >>> loss = -np.expm1(-((np.arange(1.0, 25.0) / 10.0) ** 3.0))
    >>> [round(x, 6) for x in fit_weibull(loss, fit_scratch())]
    [3.0, 10.0, 0.0]
    """
    log_ages = scratch.log_ages
    log_scale = _log_age_at(_SCALE_LOSS, loss, log_ages)
    spread = log_scale - _log_age_at(_LOW_LOSS, loss, log_ages)
    # Between 1 and 20 where the two quantiles say anything else.
    log_shape = log(min(-_LOW_LOG_HAZARD / max(spread, 0.075), 20.0))
    log_shape = max(log_shape, 0.0)
    shape = _fill_residuals(log_shape, log_scale, loss, scratch)
    sse, slopes = _sums(shape, scratch)
    damping = 0.0
    for _ in range(_STEPS):
        shape_step, scale_step = _step(slopes, damping)
        if abs(shape_step) + abs(scale_step) < 1e-9:
            break
        shape = _fill_residuals(log_shape + shape_step, log_scale + scale_step, loss, scratch)
        next_sse, next_slopes = _sums(shape, scratch)
        # Levenberg and Marquardt: damping falls after a step that helps and rises after one that does not.
        if next_sse < sse:
            settled = sse - next_sse <= _GAIN * next_sse
            log_shape, log_scale = log_shape + shape_step, log_scale + scale_step
            sse, slopes = next_sse, next_slopes
            damping = damping * 0.1 if damping > 1e-6 else 0.0
            if settled:
                break
        else:
            damping = max(damping * 8.0, 1e-2)
            if damping > _LARGEST_DAMPING:
                break
    return exp(log_shape), exp(log_scale), np.sqrt(sse / FITTED_AGES)


@kernel
def fit_scratch() -> FitScratch:
    """Return the room that `fit_weibull` works in.

    Examples
    --------
    >>> from mcsim.kernels.laws.weibull_fit import fit_scratch
    >>> float(fit_scratch().log_ages[0])
    0.0
    """
    log_ages = np.zeros(_PADDED_AGES)
    for j in range(_PADDED_AGES):
        log_ages[j] = log(j + 1.0)
    t, residual = np.zeros(_PADDED_AGES), np.zeros(_PADDED_AGES)
    density, density_t = np.zeros(_PADDED_AGES), np.zeros(_PADDED_AGES)
    return FitScratch(log_ages, t, residual, density, density_t, np.zeros(_PADDED_AGES))


@kernel
def fill_capacity_cdf(
    degradation: FloatArray,
    exponent: FloatArray,
    knee_age: FloatArray,
    decay: FloatArray,
    sharpness: FloatArray,
    knee: int,
    shape: FloatArray,
    scale: FloatArray,
    rmse: FloatArray,
) -> None:
    """Fill the Weibull law of every draw: least squares on its capacity loss, clipped to [0, 1], at ages 1 to 20 yr.

    Parameters
    ----------
    degradation, exponent, knee_age, decay, sharpness : ndarray, shape (n,)
        See `mcsim.kernels.laws.health.capacity_loss` and `knee_terms`; a pack that loses nothing gets shape 1,
        scale inf.
    knee : int
        Place of the option in `mcsim.kernels.laws.health.KNEES`.
    shape, scale, rmse : ndarray, shape (n,)
        Filled: [-], [yr] and the fit's root mean square error [-].

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.weibull_fit import fill_capacity_cdf
    >>> one = np.ones(1)
    >>> shape, scale, rmse = np.empty((3, 1))
    >>> fill_capacity_cdf(0.02 * one, one, 8.0 * one, one, one, 0, shape, scale, rmse)
    >>> np.concatenate([shape, scale, rmse]).round(3).tolist()
    [12.382, 9.206, 0.051]
    """
    scratch = fit_scratch()
    loss = np.zeros(_PADDED_AGES)
    for i in range(shape.size):
        growth, start, shift = knee_terms(knee_age[i], decay[i], sharpness[i], knee)
        for j in range(_PADDED_AGES):
            lost = capacity_loss(j + 1.0, degradation[i], exponent[i], growth, start, shift)
            # Far below any real loss; its logarithm must exist.
            loss[j] = min(max(lost, 1e-30), 1.0)
        if degradation[i] > 0.0:
            shape[i], scale[i], rmse[i] = fit_weibull(loss, scratch)
        else:
            shape[i], scale[i], rmse[i] = 1.0, np.inf, 0.0
