"""Second-hand vehicles in the host country: survival by either clock, packs that no warranty replaces."""

from typing import NamedTuple

from mcsim.kernels._jit import apart_kernel, borrowing_kernel, inline_kernel
from mcsim.kernels.cohorts.packs import NOBODY, fill_starts, quarter_age, traded_share
from mcsim.kernels.cohorts.records import Array
from mcsim.kernels.cohorts.repaired import fill_renewal_law, fill_repaired, fitted_of
from mcsim.kernels.cohorts.stock import year_of_half
from mcsim.kernels.maths import exp, power


@borrowing_kernel
def fill_entry_survival(age, renewed, shape, scale, multiplier, alive):
    """Fill the survival of an import by half-year since entry.

    Parameters
    ----------
    age : int
        Age at entry [yr].
    renewed : bool
        True: the survival curve restarts at entry, S(t / m). False: S(a + t / m) / S(a), alive on entry.
    shape, scale : float
        Weibull of the host country [-] and [yr].
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
    # Both clocks are one formula: H(start) - H(start + t / m) with the Weibull's cumulated hazard H(x) = x^shape.
    start = 0.0 if renewed else age / scale
    hazard = power(start, shape)
    per_half = 0.5 / (multiplier * scale)
    for half in range(alive.size):
        left = exp(hazard - power(start + half * per_half, shape))
        alive[half] = left if left > NOBODY else 0.0
    alive[0] = 1.0


class PackLaw(NamedTuple):
    """How the packs of one draw's imports fail.

    Parameters
    ----------
    end, defects : ndarray, shape (quarters,)
        Survival by quarter-year of age: to the end of life in the host country, and against defects.
    repair : float
        Probability that a failing pack is replaced by a new one.
    """

    end: Array
    defects: Array
    repair: float


@inline_kernel
def _shift_at_home(fitted, exposure):
    return 0 if fitted == 0 else year_of_half(fitted, exposure)


@borrowing_kernel
def sample_law(law, sampled):
    """Fill a law by quarter-year with every m-th of its values in a row: (m, k), row by the first quarter."""
    step = sampled.shape[0]
    for quarter in range(step):
        for place in range(sampled.shape[1]):
            sampled[quarter, place] = law[min(step * place + quarter, law.size - 1)]


@borrowing_kernel
def fill_came(age, exposure, yearly, traded, space, left, number, retired):
    """Fill what becomes of traded EVs on the packs with which they came, a whole year at a time.

    Packs and vehicles leave together, and only the ends of years are told: the share of each pack class at the ends of
    all years is one product. What is fitted by repair since is told by `mcsim.kernels.cohorts.repaired`.

    Parameters
    ----------
    age, exposure : int
        Age at entry [yr], and half-years lived at the end of the year of entry.
    yearly : SampledLaw
        The host's laws.
    traded : Traded
        The packs with which they come.
    space : CameSpace
        `alive` is read, `ends` and `between` are filled.
    left, number : ndarray, shape (years,)
        Filled: share in use at the ends of years, and packs that retire.
    retired : ndarray, shape (years, shifts)
        0 at first; filled with packs by year since entry and by model year of the pack since that of the vehicle. The
        sum over years is the packs that ever served there less those in use.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.space import CameSpace, SampledLaw, Traded
    >>> from mcsim.kernels.cohorts.stock import fill_weibull_steps
    >>> from mcsim.kernels.cohorts.second_hand import fill_came, sample_law
    >>> end, yearly, left, number, retired = np.empty(80), np.empty((4, 9)), np.empty(2), np.empty(2), np.zeros((2, 1))
    >>> fill_weibull_steps(1.0, 4.0, 0.25, end)
    >>> sample_law(end, yearly)
    >>> traded = Traded(np.ones(1), np.full(20, end[20]))
    >>> space = CameSpace(np.ones(3), np.empty(3), np.empty(2), np.empty(3))
    >>> fill_came(5, 2, SampledLaw(yearly, np.ones((4, 9))), traded, space, left, number, retired)
    >>> left.round(4).tolist(), retired[:, 0].round(4).tolist(), number.round(4).tolist()
    ([0.7788, 0.6065], [0.2212, 0.1723], [0.2212, 0.1723])
    """
    years, alive = left.size, space.alive
    ends, between, of_year = space.ends[: years + 1], space.between[:years], space.of_year[: years + 1]
    ends[0], of_year[0] = 0.0, 0.0
    for year in range(years):
        ends[year + 1], of_year[year + 1], between[year] = 0.0, 0.0, 0.0
    before_shift = 0
    for fitted in range(min(traded.share.size, 2 * age + 1)):
        share, start = traded.share[fitted], traded.start[fitted]
        if share <= NOBODY:
            continue
        shift = _shift_at_home(fitted, exposure)
        if shift != before_shift:
            _put_shift(before_shift, alive, of_year, ends, retired)
            before_shift = shift
        entry = quarter_age(2 * age, fitted)
        scaled = share / (start * yearly.defects[entry % 4, entry // 4]) if start > 0.0 else 0.0
        of_year[0] += share
        _carry_class(entry, exposure, share, start, scaled, yearly, of_year[1:])
        _carry_class(entry, exposure - 1, share, start, scaled, yearly, between)
    _put_shift(before_shift, alive, of_year, ends, retired)
    if exposure == 0:
        # At the end of the year of entry nobody has lived a day there: the sum of the shares, but for its rounding.
        ends[0], ends[1] = 1.0, 1.0
    for year in range(years):
        left[year] = alive[year + 1] * ends[year + 1]
        number[year] = alive[year] * ends[year] - alive[year + 1] * ends[year + 1]


@borrowing_kernel
def _carry_class(entry, half, share, start, scaled, yearly, running):
    """Add the share of vehicles that run on a pack of one class, `half` half-years after entry and every year from it.

    Before entry there is nothing to tell, and at it nobody has lived a day there.
    """
    first = entry + 2 * half
    quarter, place = first % 4, first // 4
    if half > 0:
        _carry_years(scaled, start, share, yearly.end[quarter, place:], yearly.defects[quarter, place:], running)
    else:
        running[0] += share
        end, defects = yearly.end[quarter, place + 1 :], yearly.defects[quarter, place + 1 :]
        _carry_years(scaled, start, share, end, defects, running[1:])


@apart_kernel
def _carry_years(scaled, start, share, end, defects, running):
    for year in range(running.size):
        # Before the earliest age only defects can end a pack: the law counts from there. It falls with age, so that no
        # year has more than came; rounding must not say otherwise.
        running[year] += min(scaled * min(end[year], start) * defects[year], share)


@borrowing_kernel
def _put_shift(shift, alive, of_year, ends, retired):
    """Put the packs of one model year in their column, add them to all, and start the next one."""
    _add_lost(alive, of_year, ends)
    for year in range(retired.shape[0]):
        # What runs at entry or at the end of the year before, and no more at its own.
        retired[year, shift] = of_year[year] - of_year[year + 1]
    for year in range(of_year.size):
        of_year[year] = 0.0


@apart_kernel
def _add_lost(alive, of_year, ends):
    """Add one model year's packs to all, and turn their share at each end of a year into that of living vehicles."""
    for year in range(of_year.size):
        ends[year] += of_year[year]
        of_year[year] = alive[year] * of_year[year]


@borrowing_kernel
def fill_dead_packs(age, state, cover, exposure, dead):
    """Fill the model years, since the vehicle's, of the packs that fail unreplaced in the year before the border.

    Parameters
    ----------
    age : int
        Age of the vehicle at the border [yr].
    state : ndarray, shape (halves, classes)
        From `fill_states`, of the home country.
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
    # Half-years of the year before the border, after the cover: under it nobody is left with a dead pack.
    for half in range(max(2 * (age - 1) + exposure, cover, 0) + 1, 2 * age + exposure + 1):
        for fitted in range(min(half, state.shape[1])):
            failed = state[half - 1, fitted] - state[half, fitted]
            dead[_shift_at_home(fitted, exposure)] += failed
            total += failed
    for shift in range(dead.size):
        dead[shift] = dead[shift] / total if total > 0.0 else (1.0 if shift == 0 else 0.0)


@borrowing_kernel
def fill_entries(draws, vehicles, laws, curves, state, rules, reach, space, entries):
    """Fill what an import of every wanted age becomes, for every draw.

    Parameters
    ----------
    draws : ndarray of int64, shape (k,)
        Draws of which there are tables.
    vehicles, laws, curves, rules : HostVehicles, Laws, Curves, Rules
        Of all draws, and curves of their tables.
    state : ndarray, shape (k, halves, classes)
        Packs of vehicles at home, from `fill_states`.
    reach : ndarray of int64, shape (ages,)
        Years since entry for which EVs of each age are told; 0 at ages at which no vehicle may enter.
    space : EntrySpace
        Working space.
    entries : Entries
        Filled at the wanted ages; nobody passes at the others.
    """
    traded, alive, exposure = space.traded, space.alive, rules.exposure
    ends, others, repaired = space.came.alive, space.others, entries.fitted.early.shape[2] > 0
    for place in range(draws.size):
        i = draws[place]
        cover, end, warranty = laws.home.cover[i], curves.home.end[place], curves.home.warranty[place]
        law, allowed = PackLaw(curves.abroad[place], curves.defects[place], laws.host.repair[i]), curves.passing[place]
        sample_law(law.end, space.yearly.end)
        sample_law(law.defects, space.yearly.defects)
        if repaired:
            fill_renewal_law(law, entries.fitted.served[place], space.renewal.loss)
        known = False
        for age in range(reach.size):
            entries.passing[place, age] = 0.0
            years = reach[age]
            if years == 0:
                continue
            # A clock that starts again gives all ages one survival.
            if not (known and rules.renewed):
                shape, scale, multiplier = vehicles.shape[i], vehicles.scale[i], vehicles.life_multiplier[i]
                fill_entry_survival(age, rules.renewed, shape, scale, multiplier, alive)
                fill_ends(alive, exposure, others)
                if vehicles.ev_life_multiplier[i] != 1.0:
                    multiplier *= vehicles.ev_life_multiplier[i]
                    fill_entry_survival(age, rules.renewed, shape, scale, multiplier, alive)
                fill_ends(alive, exposure, ends)
                known = True
            for year in range(entries.left.shape[2]):
                entries.left[place, age, year] = others[year + 1]
            entries.passing[place, age] = traded_share(age, state[place], cover, warranty, end, allowed, traded.share)
            fill_starts(age, warranty, end, allowed, cover, law.end, traded.start)
            for cell in range(years * entries.retired.shape[3]):
                entries.retired_cells[place, age, cell] = 0.0
            left, number, retired = (
                entries.ev_left[place, age, :years],
                entries.number[place, age, :years],
                entries.retired,
            )
            fill_came(age, exposure, space.yearly, traded, space.came, left, number, retired[place, age, :years])
            if repaired:
                fitted = fitted_of(place, age, years, entries.fitted)
                fill_repaired(law.repair, exposure, alive, space.came, space.renewal, left, number, fitted)
            if rules.dead_packs:
                fill_dead_packs(age, state[place], cover, exposure, entries.dead[place, age])


@borrowing_kernel
def fill_ends(alive, exposure, ends):
    """Fill the survival at entry and at the ends of years, (years + 1,), from that by half-year since entry."""
    ends[0] = alive[0]
    for year in range(ends.size - 1):
        ends[year + 1] = alive[2 * year + exposure]
