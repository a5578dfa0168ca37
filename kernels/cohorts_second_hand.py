"""Second-hand vehicles in the country that imports them: survival by either clock, packs that nobody replaces."""

from mcsim.kernels._jit import inline_kernel, kernel
from mcsim.kernels.cohorts import year_of_half
from mcsim.kernels.cohorts_packs import quarter_age, second_hand_share
from mcsim.kernels.maths import exp, power

_NOBODY = 1e-16


@kernel
def fill_entry_survival(age, renewed, shape, scale, multiplier, alive):
    """Fill the survival of an import by half-year since entry.

    Parameters
    ----------
    age : int
        Age at entry [yr].
    renewed : bool
        True: the survival curve restarts at entry, S(t / m). False: S(a + t / m) / S(a), alive on entry.
    shape, scale : float
        Weibull of the importing country [-] and [yr].
    multiplier : float
        m, on the remaining life of imports [-].
    alive : ndarray, shape (halves,)
        Filled, 1 at entry.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts_second_hand import fill_entry_survival
    >>> alive = np.empty(3)
    >>> fill_entry_survival(8, False, 1.0, 4.0, 0.5, alive)
    >>> alive.round(4).tolist()
    [1.0, 0.7788, 0.6065]
    """
    start = 0.0 if renewed else age / scale
    hazard = power(start, shape) if start > 0.0 else 0.0
    for half in range(alive.size):
        left = exp(hazard - power(start + 0.5 * half / (multiplier * scale), shape))
        alive[half] = left if left > _NOBODY else 0.0
    alive[0] = 1.0


@inline_kernel
def _shift_at_home(fitted, exposure):
    return 0 if fitted == 0 else year_of_half(fitted, exposure)


@kernel
def fill_second_hand(
    age, share, older, end_law, defects, end_shape, end_scale, alive, repair, exposure, pack, left, retired
):
    """Fill what one traded EV with a working pack becomes: stock, and packs retired by year and by their model year.

    Parameters
    ----------
    age : int
        Age at entry [yr].
    share, older : ndarray, shape (classes,)
        Pack classes of traded vehicles, and the earliest age at which each can fail (`fill_pack_ages`).
    end_law, defects : ndarray, shape (quarters,)
        Survival of packs by quarter-year at the importing country's law, and against defects.
    end_shape, end_scale : float
        Weibull behind `end_law`.
    alive : ndarray, shape (halves,)
        Survival of vehicles by half-year since entry.
    repair : float
        Probability that a failing pack is replaced by a new one.
    exposure : int
        Half-years lived at the end of the year of entry.
    pack : ndarray, shape (at least classes + halves,)
        Working space.
    left : ndarray, shape (years,)
        Filled: share in use at the ends of years.
    retired : ndarray, shape (years, shifts)
        Filled: packs by year since entry and by model year of the pack since that of the vehicle; all of them in the
        end, so that the sum over years is the packs that ever served there less those in use.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts import fill_weibull_steps
    >>> from mcsim.kernels.cohorts_second_hand import fill_second_hand
    >>> law, alive, left, retired = np.empty(80), np.ones(9), np.empty(2), np.empty((2, 1))
    >>> fill_weibull_steps(1.0, 4.0, 0.25, law)
    >>> fill_second_hand(5, np.ones(1), np.array([20.0]), law, np.ones(80), 1.0, 4.0, alive, 0.0, 2, np.empty(20), left,
    ...                  retired)
    >>> left.round(4).tolist(), retired[:, 0].round(4).tolist()
    ([0.7788, 0.6065], [0.2212, 0.1723])
    """
    retired[:, :] = 0.0
    home = share.size
    for fitted in range(home):
        pack[fitted] = share[fitted]
    running = 1.0
    half = 0
    for year in range(left.size):
        last = 2 * year + exposure
        # Without repairs a year is one step: packs and vehicles leave together.
        stride = max(last - half, 1) if repair == 0.0 else 1
        while half < last:
            before_vehicle, after_vehicle = alive[half], alive[half + stride]
            running_after = 0.0
            for fitted in range(home):
                before = pack[fitted]
                if before <= _NOBODY:
                    continue
                at_entry = quarter_age(2 * age, fitted)
                quarters = at_entry + 2 * (half + stride)
                kept = second_hand_share(quarters, older[fitted], end_law, end_shape, end_scale)
                after = min(share[fitted] * kept * defects[quarters] / defects[at_entry], before)
                pack[fitted] = after
                running_after += after
                retired[year, _shift_at_home(fitted, exposure)] += before_vehicle * before - after_vehicle * after
            if repair > 0.0:
                running_after = _repaired(
                    half,
                    running,
                    running_after,
                    alive,
                    end_law,
                    defects,
                    repair,
                    year,
                    age,
                    home,
                    pack,
                    retired,
                    exposure,
                )
            half += stride
            running = running_after
        left[year] = alive[last] * running


@kernel
def _repaired(half, running, running_after, alive, end_law, defects, repair, year, age, home, pack, retired, exposure):
    """Carry packs fitted by repair through one half-year, fit new ones, and return the share of vehicles running."""
    before_vehicle, after_vehicle = alive[half], alive[half + 1]
    step = half + 1
    for fitted in range(1, step):
        before = pack[home + 2 * fitted]
        if before <= _NOBODY:
            continue
        quarters = quarter_age(step, fitted)
        after = min(pack[home + 2 * fitted + 1] * end_law[quarters] * defects[quarters], before)
        pack[home + 2 * fitted] = after
        running_after += after
        retired[year, age + year_of_half(fitted, exposure)] += before_vehicle * before - after_vehicle * after
    again = repair * (running - running_after)
    pack[home + 2 * step] = again
    pack[home + 2 * step + 1] = again
    retired[year, age + year] += 0.5 * (before_vehicle - after_vehicle) * again
    return running_after + again
