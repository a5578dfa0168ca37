"""Second-hand vehicles in the country that imports them: survival by either clock, packs that nobody replaces."""

from mcsim.kernels._jit import inline_kernel, kernel
from mcsim.kernels.cohorts.packs import fill_pack_ages, quarter_age, traded_share
from mcsim.kernels.cohorts.stock import year_of_half
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
    >>> from mcsim.kernels.cohorts.second_hand import fill_entry_survival
    >>> alive = np.empty(3)
    >>> fill_entry_survival(8, False, 1.0, 4.0, 0.5, alive)
    >>> alive.round(4).tolist()
    [1.0, 0.7788, 0.6065]
    """
    start = 0.0 if renewed else age / scale
    hazard = power(start, shape)
    per_half = 0.5 / (multiplier * scale)
    for half in range(alive.size):
        left = exp(hazard - power(start + half * per_half, shape))
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
    pack : ndarray, shape (3, at least classes + halves)
        Working space: share of vehicles by pack class, that share at a law of 1, the law at the earliest age.
    left : ndarray, shape (years,)
        Filled: share in use at the ends of years.
    retired : ndarray, shape (years, shifts)
        Filled: packs by year since entry and by model year of the pack since that of the vehicle. The sum over years is
        the packs that ever served there less those in use.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.stock import fill_weibull_steps
    >>> from mcsim.kernels.cohorts.second_hand import fill_second_hand
    >>> law, alive, left, retired = np.empty(80), np.ones(9), np.empty(2), np.empty((2, 1))
    >>> fill_weibull_steps(1.0, 4.0, 0.25, law)
    >>> fill_second_hand(5, np.ones(1), np.array([20.0]), law, np.ones(80), 1.0, 4.0, alive, 0.0, 2, np.empty((3, 20)),
    ...                  left, retired)
    >>> left.round(4).tolist(), retired[:, 0].round(4).tolist()
    ([0.7788, 0.6065], [0.2212, 0.1723])
    """
    home = min(share.size, 2 * age + 1)
    for year in range(retired.shape[0]):
        for shift in range(retired.shape[1]):
            retired[year, shift] = 0.0
    for fitted in range(home):
        entry = quarter_age(2 * age, fitted)
        whole = int(older[fitted])
        start = end_law[whole] if older[fitted] == whole else exp(-power(0.25 * older[fitted] / end_scale, end_shape))
        pack[0, fitted] = share[fitted]
        pack[1, fitted] = share[fitted] / (start * defects[entry]) if start > 0.0 else 0.0
        pack[2, fitted] = start
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
                before = pack[0, fitted]
                if before <= _NOBODY:
                    continue
                quarters = quarter_age(2 * age, fitted) + 2 * (half + stride)
                # Before the earliest age only defects can end a pack: the law counts from there.
                law = min(end_law[quarters], pack[2, fitted])
                after = min(pack[1, fitted] * law * defects[quarters], before)
                pack[0, fitted] = after
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
        before = pack[0, home + fitted]
        if before <= _NOBODY:
            continue
        quarters = quarter_age(step, fitted)
        after = min(pack[1, home + fitted] * end_law[quarters] * defects[quarters], before)
        pack[0, home + fitted] = after
        running_after += after
        retired[year, age + year_of_half(fitted, exposure)] += before_vehicle * before - after_vehicle * after
    again = repair * (running - running_after)
    pack[0, home + step] = again
    pack[1, home + step] = again
    retired[year, age + year] += 0.5 * (before_vehicle - after_vehicle) * again
    return running_after + again


@kernel
def fill_dead_packs(age, state, cover, exposure, dead):
    """Fill the model years, since the vehicle's, of the packs that fail unreplaced in the year before the border.

    Parameters
    ----------
    age : int
        Age of the vehicle at the border [yr].
    state : ndarray, shape (halves, classes)
        From `fill_states` of the exporting country.
    cover, exposure : int
        Half-years of its warranty; half-years lived at the end of the year of sale.
    dead : ndarray, shape (shifts,)
        Filled, summing to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.second_hand import fill_dead_packs
    >>> dead = np.empty(1)
    >>> fill_dead_packs(1, np.array([[1.0], [0.9], [0.8], [0.7]]), 0, 1, dead)
    >>> dead.tolist()
    [1.0]
    """
    total = 0.0
    for shift in range(dead.size):
        dead[shift] = 0.0
    for half in range(max(2 * (age - 1) + exposure, cover, 0) + 1, 2 * age + exposure + 1):
        for fitted in range(min(half, state.shape[1])):
            failed = state[half - 1, fitted] - state[half, fitted]
            dead[_shift_at_home(fitted, exposure)] += failed
            total += failed
    for shift in range(dead.size):
        dead[shift] = dead[shift] / total if total > 0.0 else (1.0 if shift == 0 else 0.0)


@kernel
def fill_entries(
    wanted, law, shape, us_end, mx_end, us_cover, mx_repair, state,
    renewed, mx_shape, mx_scale, multiplier, exposure, alive, pack,
    passing, entry_left, ev_left, ev_retired, dead,
):  # fmt: skip
    """Fill what an import of every wanted age becomes, for every draw.

    Parameters
    ----------
    wanted : ndarray of bool, shape (ages,)
        Ages at which vehicles may enter.
    law : ndarray, shape (n, 6, quarters)
        From `fill_laws`.
    shape, us_end, mx_end, us_cover, mx_repair : ndarray, shape (n,)
        See `mcsim.kernels.cohorts.records.Laws`.
    state : ndarray, shape (n, 2, halves, classes)
        From `fill_states`; row 0 is the exporting country's.
    renewed, exposure
        See `mcsim.kernels.cohorts.records.Rules`.
    mx_shape, mx_scale, multiplier : ndarray, shape (n,)
        As in `fill_entry_survival`.
    alive, pack : ndarray, shape (2 years + 1,) and (5, at least classes + 2 years)
        Working space.
    passing : ndarray, shape (n, ages)
        Filled: share of running EVs that may be traded at each age.
    entry_left, ev_left : ndarray, shape (n, ages, years)
        Filled: share in use at the ends of years, of combustion vehicles and of EVs.
    ev_retired : ndarray, shape (n, ages, years, shifts)
        Filled, as in `fill_second_hand`.
    dead : ndarray, shape (n, ages, shifts)
        Filled, as in `fill_dead_packs`.
    """
    years, classes = entry_left.shape[2], state.shape[3]
    share, older = pack[3, :classes], pack[4, :classes]
    for i in range(shape.size):
        for age in range(wanted.size):
            passing[i, age] = 0.0
            if not wanted[age]:
                continue
            home = state[i, 0]
            warranty, end, allowed = law[i, 0], law[i, 1], law[i, 4]
            fill_entry_survival(age, renewed, mx_shape[i], mx_scale[i], multiplier[i], alive)
            for year in range(years):
                entry_left[i, age, year] = alive[2 * year + exposure]
            passing[i, age] = traded_share(age, home, us_cover[i], warranty, end, allowed, share)
            fill_pack_ages(age, warranty, end, allowed, us_cover[i], shape[i], us_end[i], older)
            fill_second_hand(
                age, share, older, law[i, 3], law[i, 5], shape[i], mx_end[i], alive, mx_repair[i], exposure, pack,
                ev_left[i, age], ev_retired[i, age],
            )  # fmt: skip
            fill_dead_packs(age, home, us_cover[i], exposure, dead[i, age])
