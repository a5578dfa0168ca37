"""Packs in cohorts: which pack a vehicle runs on, when packs retire, and of which year they are.

A vehicle leaves at the first of its own death and its pack's failure, unless the pack is replaced: under warranty up to
the cover's age (vehicles new in their country), by repair with a probability afterwards. On the half-year grid a pack
fitted in half-year c is taken as fitted in its middle. Within a half-year the two risks are crossed by halves: of the
pairs (vehicle dies, pack fails) in one step, half have the vehicle first, never all of one kind; so flows are bilinear
in the two survivals and sum exactly over mixes of vehicles.
"""

import math

from mcsim.kernels._jit import apart_kernel, borrowing_kernel, inline_kernel
from mcsim.kernels.cohorts.stock import year_of_half

NOBODY = 1e-16  # fewer than this share is nobody


@inline_kernel
def quarter_age(half, fitted):
    """Return a pack's age in quarter-years at age half / 2 of the vehicle; fitted 0 is the pack it came with.

    Parameters
    ----------
    half : int
        Half-years of vehicle age.
    fitted : int
        Half-year of vehicle age in whose middle the pack was fitted; 0 for the first.

    Returns
    -------
    int
        Quarter-years.

    Examples
    --------
    >>> from mcsim.kernels.cohorts.packs import quarter_age
    >>> quarter_age(4, 0), quarter_age(4, 1)
    (8, 7)
    """
    return 2 * half if fitted == 0 else 2 * (half - fitted) + 1


@inline_kernel
def in_service(half, fitted, cover, warranty_law, end_law):
    """Return the share of packs still in service, defects aside, of those fitted in one half-year.

    Up to the cover's age a pack leaves on reaching the loss that the warranty replaces; from then on at the loss of its
    end of life, and packs already past that leave at once. Both crossings of a pack share its quantile, so the share
    that passed the first and not the second is the smaller of the two survivals.

    Parameters
    ----------
    half, fitted, cover : int
        Age of the vehicle, half-year of fitting, age at which the cover ends [half-years].
    warranty_law, end_law : ndarray, shape (quarters,)
        Survival of packs by quarter-year of age under the two losses.

    Returns
    -------
    float
        Share in [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.packs import in_service
    >>> law, end = np.linspace(1.0, 0.0, 21), np.linspace(1.0, -1.0, 21).clip(0.0)
    >>> round(in_service(4, 0, 4, law, end), 2), round(in_service(5, 0, 4, law, end), 2)
    (0.6, 0.0)
    """
    # Fitted in this very half-year: on average a quarter-year old, but all still there by convention.
    if fitted == half and half > 0:
        return 1.0
    age = quarter_age(half, fitted)
    if half <= cover:
        return warranty_law[age]
    if fitted <= cover:
        # P(T_warranty > cover and T_end > age), both times monotone in one quantile: the smaller of two survivals.
        passed = 1.0 if fitted == cover and cover > 0 else warranty_law[quarter_age(cover, fitted)]
        return min(passed, end_law[age])
    return end_law[age]


@apart_kernel
def _serve_covered(first, law, defects, before, after):
    """Fill what is left, at the end of one half-year under the cover, of the packs of every class but the first."""
    for fitted in range(after.size):
        # A class is what was fitted times the survival since: one product from the start, so that rounding does not
        # pile up step by step. min: a law that jumps (the end of the cover) takes packs out, never back in.
        left = min(first[fitted] * (law[fitted] * defects[fitted]), before[fitted])
        after[fitted] = left if before[fitted] > NOBODY else 0.0


@apart_kernel
def _serve_uncovered(first, passed, law, defects, before, after):
    """As `_serve_covered`, after the cover."""
    for fitted in range(after.size):
        left = min(first[fitted] * (min(passed[fitted], law[fitted]) * defects[fitted]), before[fitted])
        after[fitted] = left if before[fitted] > NOBODY else 0.0


@apart_kernel
def _sum_classes(before, after):
    """Return what fails in a half-year and what is left of all classes, four sums at a time."""
    failed0, failed1, failed2, failed3 = 0.0, 0.0, 0.0, 0.0
    left0, left1, left2, left3 = 0.0, 0.0, 0.0, 0.0
    fours = after.size - after.size % 4
    for fitted in range(0, fours, 4):
        after0, after1, after2, after3 = after[fitted], after[fitted + 1], after[fitted + 2], after[fitted + 3]
        failed0 += before[fitted] - after0
        failed1 += before[fitted + 1] - after1
        failed2 += before[fitted + 2] - after2
        failed3 += before[fitted + 3] - after3
        left0 += after0
        left1 += after1
        left2 += after2
        left3 += after3
    for fitted in range(fours, after.size):
        failed0 += before[fitted] - after[fitted]
        left0 += after[fitted]
    return (failed0 + failed1) + (failed2 + failed3), (left0 + left1) + (left2 + left3)


@borrowing_kernel
def fill_service(halves, warranty_law, end_law, defects, cover, space):
    """Fill the laws of packs fitted in the middle of a half-year, from the oldest on, and who passed a cover.

    Of a vehicle of age half / 2 the class fitted in half-year c is half - c half-years old, less a quarter-year: the
    oldest first, the laws of all its classes stand side by side.

    Parameters
    ----------
    halves : int
        Half-years of age.
    warranty_law, end_law, defects, cover
        As in `fill_states`.
    space : StateSpace
        Filled, but for `first`.
    """
    for age in range(halves - 1):
        place, quarter = halves - 1 - age, quarter_age(age + 1, 1)
        space.end[place], space.defects[place] = end_law[quarter], defects[quarter]
        if age < cover:
            space.warranty[place] = warranty_law[quarter]
    for fitted in range(1, halves):
        # P(T_warranty > cover and T_end > age), both times monotone in one quantile: the smaller of two survivals.
        passed = math.inf
        if fitted <= cover:
            passed = 1.0 if fitted == cover else warranty_law[quarter_age(cover, fitted)]
        space.passed[fitted] = passed


@borrowing_kernel
def fill_states(warranty_law, end_law, defects, cover, repair, space, state, running):
    """Fill the share of vehicles, deaths of vehicles aside, that run on a pack fitted in each half-year.

    Parameters
    ----------
    warranty_law, end_law, defects : ndarray, shape (quarters,)
        Survival of packs by quarter-year of age: up to the loss that the warranty replaces, up to the end of life, and
        against defects.
    cover : int
        Half-years of warranty; 0 for none.
    repair : float
        Probability that a pack failing after the cover is replaced.
    space : StateSpace
        Working space.
    state : ndarray, shape (halves, classes)
        Filled up to the half-year itself, no pack being fitted later; classes must reach the cover, and the last
        half-year where there is repair.
    running : ndarray, shape (halves,)
        Filled: sum over the classes.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.packs import fill_states
    >>> from mcsim.kernels.cohorts.space import StateSpace
    >>> law, state, running = np.linspace(1.0, 0.0, 9), np.empty((3, 2)), np.empty(3)
    >>> fill_states(law, law, np.ones(9), 1, 0.0, StateSpace(*np.empty((5, 3))), state, running)
    >>> running.tolist(), state[1].tolist()
    ([1.0, 1.0, 0.65625], [0.75, 0.25])
    """
    halves, classes = state.shape
    first = space.first
    fill_service(halves, warranty_law, end_law, defects, cover, space)
    state[0, 0], running[0], first[0] = 1.0, 1.0, 1.0
    for half in range(1, halves):
        known, oldest = min(half, classes), halves - 1 - half
        before, after = state[half - 1, :known], state[half, :known]
        share = in_service(half, 0, cover, warranty_law, end_law) * defects[quarter_age(half, 0)]
        after[0] = min(share, before[0]) if before[0] > NOBODY else 0.0
        aged = space.defects[oldest + 1 : oldest + known]
        if half <= cover:
            law = space.warranty[oldest + 1 : oldest + known]
            _serve_covered(first[1:known], law, aged, before[1:], after[1:])
        else:
            law = space.end[oldest + 1 : oldest + known]
            _serve_uncovered(first[1:known], space.passed[1:known], law, aged, before[1:], after[1:])
        failed, left = _sum_classes(before, after)
        # The rule of replacement: always under the cover, by chance of repair afterwards.
        again = failed if half <= cover else repair * failed
        if half < classes:
            state[half, half], first[half] = again, again
        running[half] = left + again
        if running[half] <= NOBODY:
            for later in range(half + 1, halves):
                running[later] = 0.0
                for fitted in range(min(later + 1, classes)):
                    state[later, fitted] = 0.0
            break


@apart_kernel
def _add_retired(before_vehicle, after_vehicle, before, after, retired):
    """Add what one half-year ends of every class, each class being independent of the vehicle.

    S_v S_p falls by what either ends, so that the sum over years is exact.
    """
    for fitted in range(retired.size):
        retired[fitted] += before_vehicle * before[fitted] - after_vehicle * after[fitted]


@apart_kernel
def _add_failed(vehicles, before, after, failed):
    for fitted in range(failed.size):
        failed[fitted] += vehicles * (before[fitted] - after[fitted])


@borrowing_kernel
def _put_classes(by_class, exposure, by_shift):
    """Add what is told by half-year of fitting to the model years in which these fall, and set it to 0."""
    for fitted in range(by_class.size):
        by_shift[0 if fitted == 0 else year_of_half(fitted, exposure)] += by_class[fitted]
        by_class[fitted] = 0.0


@borrowing_kernel
def _retire(first, last, alive, state, exposure, by_class, by_shift):
    """Add the packs that retire in the half-years after `first` up to `last`, all of one year, by their model year."""
    classes = state.shape[1]
    for half in range(first + 1, last + 1):
        known = min(half, classes)
        _add_retired(alive[half - 1], alive[half], state[half - 1, :known], state[half, :known], by_class[:known])
        if half < classes:
            # Half of those whose vehicle dies in the half-year of fitting had their new pack already.
            by_shift[year_of_half(half, exposure)] += 0.5 * (alive[half - 1] - alive[half]) * state[half, half]
    _put_classes(by_class[: min(last, classes)], exposure, by_shift)


@borrowing_kernel
def _replace(first, last, alive, state, exposure, by_class, by_shift):
    """Add the packs that a warranty replaces, as `_retire`: the integral of S_v over their loss, by the trapezoid."""
    classes = state.shape[1]
    for half in range(first + 1, last + 1):
        known = min(half, classes)
        mean = 0.5 * (alive[half - 1] + alive[half])
        _add_failed(mean, state[half - 1, :known], state[half, :known], by_class[:known])
    _put_classes(by_class[: min(last, classes)], exposure, by_shift)


@borrowing_kernel
def fill_new_vehicles(alive, state, running, cover, exposure, by_class, left, covered, later, replaced):
    """Fill what one EV sold new becomes: stock, packs retired by year and by age of the pack's model year, exactly.

    Parameters
    ----------
    alive : ndarray, shape (halves,)
        Survival of vehicles by half-year.
    state, running : ndarray
        From `fill_states`.
    cover, exposure : int
        Half-years of warranty, and those lived at the end of the year of sale.
    by_class : ndarray, shape (classes,)
        Working space.
    left : ndarray, shape (years,)
        Filled: share in use at the ends of years.
    covered, later, replaced : ndarray, shape (years, shifts)
        Filled: packs retired within the warranty's age and after, and those of the former that the warranty replaced,
        by year after sale and by model year of the pack (years after sale); the years of `covered` and `replaced` must
        reach the cover alone.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.packs import fill_new_vehicles, fill_states
    >>> from mcsim.kernels.cohorts.space import StateSpace
    >>> law, state, running = np.linspace(1.0, 0.0, 9), np.empty((3, 2)), np.empty(3)
    >>> fill_states(law, law, np.ones(9), 1, 0.0, StateSpace(*np.empty((5, 3))), state, running)
    >>> left, covered, later, replaced = np.empty(2), np.empty((2, 1)), np.empty((2, 1)), np.empty((2, 1))
    >>> alive = np.array([1.0, 0.8, 0.5])
    >>> fill_new_vehicles(alive, state, running, 1, 1, np.empty(2), left, covered, later, replaced)
    >>> float(left[0]), float(covered[0, 0].round(3)), float(replaced[0, 0].round(3))
    (0.8, 0.425, 0.225)
    """
    _clear(covered)
    _clear(later)
    _clear(replaced)
    for fitted in range(state.shape[1]):
        by_class[fitted] = 0.0
    for year in range(left.size):
        # The half-years of the year, those within the cover first.
        first, last = max(2 * (year - 1) + exposure, 0), 2 * year + exposure
        left[year] = alive[last] * running[last]
        if first < cover:
            _retire(first, min(cover, last), alive, state, exposure, by_class, covered[year])
            _replace(first, min(cover, last), alive, state, exposure, by_class, replaced[year])
        if last > cover:
            _retire(max(first, cover), last, alive, state, exposure, by_class, later[year])


@borrowing_kernel
def _clear(table):
    for row in range(table.shape[0]):
        for place in range(table.shape[1]):
            table[row, place] = 0.0


@borrowing_kernel
def traded_share(age, state, cover, warranty_law, end_law, pass_law, share):
    """Fill, per pack class, the share of running EVs that pass at the border, and return their sum over running ones.

    A pack passes when its loss is below both the end of life and what the rule allows; crossings share the quantile.

    Parameters
    ----------
    age : int
        Age of the vehicle [yr].
    state : ndarray, shape (halves, classes)
        From `fill_states`, of the home country.
    cover, warranty_law, end_law
        As there.
    pass_law : ndarray, shape (quarters,)
        Survival of packs up to the loss that the rule allows; all 1 without a rule.
    share : ndarray, shape (classes,)
        Filled: share of traded vehicles by pack class, summing to 1 where any pass.

    Returns
    -------
    float
        Share of running vehicles that pass.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.packs import traded_share
    >>> law, state, share = np.linspace(1.0, 0.2, 9), np.ones((3, 1)), np.empty(1)
    >>> round(traded_share(1, state, 0, law, law, law * law, share), 2), share.tolist()
    (0.6, [1.0])
    """
    half = 2 * age
    running = 0.0
    passing = 0.0
    for fitted in range(share.size):
        share[fitted] = 0.0
        if fitted > half or state[half, fitted] <= 0.0:
            continue
        served = in_service(half, fitted, cover, warranty_law, end_law)
        quarters = quarter_age(half, fitted)
        # All three crossings share the quantile: who passes one survives the least of them. Defects are independent and
        # already in the state, so they cancel in kept / served.
        kept = min(served, min(end_law[quarters], pass_law[quarters]))
        running += state[half, fitted]
        if served > 0.0:
            share[fitted] = state[half, fitted] * kept / served
            passing += share[fitted]
    if passing <= 0.0:
        share[0] = 1.0
        return 0.0
    for fitted in range(share.size):
        share[fitted] /= passing
    return passing / running


@borrowing_kernel
def fill_starts(age, warranty_law, end_law, pass_law, cover, host_law, start):
    """Fill, per pack class, the law of the host country at the age from which packs that passed can fail there.

    Parameters
    ----------
    age, warranty_law, end_law, pass_law, cover
        As in `traded_share`.
    host_law : ndarray, shape (quarters,)
        Survival of packs up to the end of life in the host country.
    start : ndarray, shape (classes or more,)
        Filled for the classes.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.packs import fill_starts
    >>> from mcsim.kernels.cohorts.stock import fill_weibull_steps
    >>> law, start = np.empty(40), np.empty(1)
    >>> fill_weibull_steps(1.0, 4.0, 0.25, law)
    >>> fill_starts(2, law, law, law * law, 0, law, start)
    >>> bool(np.isclose(start[0], law[16]))
    True
    """
    half = 2 * age
    for fitted in range(min(start.size, half + 1)):
        quarters = quarter_age(half, fitted)
        kept = min(in_service(half, fitted, cover, warranty_law, end_law), min(end_law[quarters], pass_law[quarters]))
        # All crossings of a pack share its quantile: one known to be among the best `kept` fails in the host country no
        # earlier than where the law there is `kept` - later than now where a rule at the border or a host that drives
        # packs further down than the home country lets nobody through who is close to the end.
        start[fitted] = min(kept, host_law[quarters]) if kept > 0.0 else host_law[quarters]
