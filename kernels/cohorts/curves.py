"""Survival of packs by quarter-year of age under every law of a draw."""

from mcsim.kernels._jit import borrowing_kernel
from mcsim.kernels.cohorts.stock import fill_hazard_steps, fill_survival_steps, fill_weibull_steps


@borrowing_kernel
def mend(share, gained, until, end):
    """Put the end of life of a share of packs off, once, of those that reach it at or before an age.

    At age q there are those still there, S(q), and of those that reached their end in the last `gained` quarter-years,
    up to the age `until`, the share that was mended: S(q) + share (S(q - gained) - S(min(q, until))). The pack is the
    same one: none is made, none retires before.

    Parameters
    ----------
    share : float
        Of packs that are mended.
    gained, until : int
        What mending adds, and the last age at which it is done [quarter-years].
    end : ndarray, shape (quarters,)
        Survival to the end of life by quarter-year of age; changed.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.curves import mend
    >>> end = np.array([1.0, 0.5, 0.25, 0.0, 0.0])
    >>> mend(0.5, 1, 2, end)
    >>> end.tolist()
    [1.0, 0.75, 0.375, 0.0, 0.0]
    """
    last = end[min(until, end.size - 1)]
    # From the oldest on: what is read lies before what is written.
    for quarter in range(end.size - 1, -1, -1):
        gone = end[quarter] if quarter <= until else last
        end[quarter] += share * max(end[max(quarter - gained, 0)] - gone, 0.0)


@borrowing_kernel
def fill_curves(i, place, laws, hazards, curves):
    """Fill one draw's survival of packs by quarter-year of age.

    Parameters
    ----------
    i, place : int
        Draw, and its place in the tables.
    laws : Laws
        Weibulls of n draws.
    hazards : ndarray, shape (quarters,)
        Working space: the power of every age that all laws of one shape share.
    curves : Curves
        Filled; laws of a warranty as far as it reaches.
    """
    shape, home, host, abroad = laws.shape[i], curves.home, curves.host, curves.abroad[place]
    fill_hazard_steps(shape, 0.25, hazards)
    # Nobody asks for the loss that a warranty replaces beyond it.
    home_cover, host_cover = 2 * laws.home.cover[i] + 1, 2 * laws.host.cover[i] + 1
    fill_survival_steps(shape, laws.home.warranty[i], hazards, home.warranty[place, :home_cover])
    fill_survival_steps(shape, laws.home.end[i], hazards, home.end[place])
    fill_survival_steps(shape, laws.host.warranty[i], hazards, host.warranty[place, :host_cover])
    fill_survival_steps(shape, laws.abroad[i], hazards, abroad)
    if laws.host.end[i] == laws.abroad[i]:
        # One design of packs: those of imports fail as those of vehicles sold new there.
        for quarter in range(host.end.shape[1]):
            host.end[place, quarter] = abroad[quarter]
    else:
        fill_survival_steps(shape, laws.host.end[i], hazards, host.end[place])
    if laws.home.mended[i] > 0.0:
        mend(laws.home.mended[i], laws.home.mended_for[i], laws.home.mended_until[i], home.end[place])
    if laws.host.mended[i] > 0.0:
        mend(laws.host.mended[i], laws.host.mended_for[i], laws.host.mended_until[i], host.end[place])
        mend(laws.host.mended[i], laws.host.mended_for[i], laws.host.mended_until[i], abroad)
    if laws.pass_scale[i] < 1e12:
        fill_weibull_steps(laws.pass_shape[i], laws.pass_scale[i], 0.25, curves.passing[place])
    else:
        # No rule holds.
        for quarter in range(curves.passing.shape[1]):
            curves.passing[place, quarter] = 1.0
    # A constant hazard h is the Weibull of shape 1 and scale 1 / h.
    for quarter in range(hazards.size):
        hazards[quarter] = 0.25 * quarter
    fill_survival_steps(1.0, 1.0 / max(laws.defects[i], 1e-12), hazards, curves.defects[place])
