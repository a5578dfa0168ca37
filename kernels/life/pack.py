"""Packs on the grid: survival by the law of a chemistry, of one pack under its cover and after it, and energy by age.

Node k of a table lies at the age k h of a pack installed with its vehicle, and at (k - 1/2) h of one installed in the
middle of a step, where k counts from the begin of that step and h is the length of a step.
"""

from mcsim.kernels._jit import apart_kernel, borrowing_kernel, inline_borrowing_kernel
from mcsim.kernels.life.records import FIRST_PACK, MID_STEP, NEW, NEW_PACK, USED_PACK, WITH_VEHICLE
from mcsim.kernels.life.rules import Pack, end_of_cover
from mcsim.kernels.maths import exp, log

# Nothing survives such a cumulative hazard.
_CERTAIN = 700.0


@inline_borrowing_kernel
def pack_hazard(age, law):
    """Return the cumulative hazard of a pack: Weibull wear-out and a constant hazard of defects.

    Parameters
    ----------
    age : float
        Age of the pack [yr].
    law : PackLaw
        Its law.

    Returns
    -------
    float
        Cumulative hazard [-].

    Examples
    --------
    >>> from mcsim.kernels.life.pack import pack_hazard
    >>> from mcsim.kernels.life.records import PackLaw
    >>> round(pack_hazard(10.0, PackLaw(2.0, 10.0, 0.01)), 12)
    1.1
    """
    if age <= 0.0:
        return 0.0
    return exp(law.shape * (log(age) - log(law.scale))) + law.defect * age


@borrowing_kernel
def fill_pack_table(law, attained, nodes, table):
    """Fill the survival of a pack at the nodes of the grid, and its hazard in the step that begins there.

    Parameters
    ----------
    law : PackLaw
        Its law.
    attained : float
        Age that a used pack has when it is installed [yr]; 0 for a new one.
    nodes : Nodes
        Ages at the nodes.
    table : PackTable
        Filled.
    """
    survival, risk = table.survival, table.risk
    ages, log_ages = nodes.ages, nodes.log_ages
    shape, log_scale, defect = law.shape, log(law.scale), law.defect
    n = survival.shape[1]
    past = pack_hazard(attained, law)
    for row in range(2):
        if attained > 0.0:
            # A used pack goes on: its survival is given that it reached the attained age.
            for k in range(n):
                survival[row, k] = pack_hazard(attained + ages[row, k], law) - past
        else:
            for k in range(n):
                survival[row, k] = exp(shape * (log_ages[row, k] - log_scale)) + defect * ages[row, k]
        survival[row, 0] = 0.0
    # No failure in what is left of the step of installation: one event per step.
    survival[MID_STEP, 1] = 0.0
    for row in range(2):
        for k in range(n - 1):
            risk[row, k] = min(survival[row, k + 1], _CERTAIN) - min(survival[row, k], _CERTAIN)
        risk[row, n - 1] = 0.0
        for k in range(n):
            survival[row, k] = exp(-survival[row, k])


@inline_borrowing_kernel
def _same(law, other):
    return law.shape == other.shape and law.scale == other.scale and law.defect == other.defect


@borrowing_kernel
def _fill_or_copy(law, known, filled, attained, nodes, table):
    """Fill the table of a law, or copy that of the law known before where they are the same: most studies have one."""
    if not _same(law, known):
        fill_pack_table(law, attained, nodes, table)
        return
    for row in range(2):
        for k in range(table.survival.shape[1]):
            table.survival[row, k] = filled.survival[row, k]
            table.risk[row, k] = filled.risk[row, k]


@borrowing_kernel
def fill_packs(laws, swapped, used_age, fade, steps, nodes, packs):
    """Fill what one chemistry's packs do in a draw, but for what follows an export.

    Parameters
    ----------
    laws : PackLaws
        Its laws.
    swapped : bool
        Whether used packs are installed.
    used_age : float
        Age of a used pack at its installation [yr].
    fade : float
        Loss of efficiency per year [1/yr].
    steps : int
        Steps per year.
    nodes : Nodes
        Ages at the nodes.
    packs : Packs
        Filled.
    """
    fill_pack_table(laws.home_covered, 0.0, nodes, packs.home.covered)
    _fill_or_copy(laws.home, laws.home_covered, packs.home.covered, 0.0, nodes, packs.home.uncovered)
    _fill_or_copy(laws.host_covered, laws.home, packs.home.uncovered, 0.0, nodes, packs.host.covered)
    _fill_or_copy(laws.host, laws.host_covered, packs.host.covered, 0.0, nodes, packs.host.uncovered)
    _fill_or_copy(laws.crossing, laws.home, packs.home.uncovered, 0.0, nodes, packs.exported.level)
    if swapped:
        fill_pack_table(laws.home, used_age, nodes, packs.home.used)
        fill_pack_table(laws.host, used_age, nodes, packs.host.used)
        _fill_or_copy(laws.crossing, laws.home, packs.home.used, used_age, nodes, packs.exported.used_level)
    _fill_fade(fade, used_age, steps, packs.fade)


@borrowing_kernel
def _fill_fade(fade, used_age, steps, table):
    """Energy of a step relative to a new pack, eta(0) / eta(age of the pack at the middle of the step).

    A pack installed mid-step is a quarter of a step old in the middle of what is left of that step.
    """
    for k in range(table.shape[1]):
        age = (k if k > 0 else 0.25) / steps
        table[FIRST_PACK, k] = 1.0 / (1.0 - fade * (k + 0.5) / steps)
        table[NEW_PACK, k] = 1.0 / (1.0 - fade * age)
        table[USED_PACK, k] = 1.0 / (1.0 - fade * (used_age + age))


@borrowing_kernel
def fill_curve(kind, place, arm, steps, curve):
    """Fill the survival of one pack in the country where its vehicle is new; return the pack and the end of its cover.

    Two thresholds rule before and after the end of cover: before it the pack leaves at the warranty's, afterwards at
    the end of life's; one that is past the latter already leaves at once (cumulative hazard: the larger of the two).

    Parameters
    ----------
    kind, place : int
        New or used; node from which it is in service: 0 with the vehicle, j + 1 if installed in step j.
    arm : Arm
        Its vehicle.
    steps : int
        Steps per year.
    curve : ndarray, shape (n + 2,)
        Filled from its first node to the last at which the vehicle may be alive.

    Returns
    -------
    Pack
        The pack.
    """
    row = WITH_VEHICLE if place == 0 else MID_STEP
    start = place - row
    installed = (start + 0.5) / steps if row == MID_STEP else 0.0
    end = end_of_cover(kind, row == MID_STEP, installed, arm.cover)
    n_steps = arm.vehicle.last
    if kind != NEW:
        _copy(arm.packs.used.survival[MID_STEP, row:], curve[place : n_steps + 1])
        return Pack(kind, row, start, 0.0, 1.0)
    covered, uncovered = arm.packs.covered.survival[row], arm.packs.uncovered.survival[row]
    last = min(max(int(end * steps), place), n_steps)
    _copy(covered[row:], curve[place : last + 1])
    at_end = exp(-pack_hazard(end - installed, arm.law))
    _fill_least(uncovered[last + 1 - start :], at_end, curve[last + 1 : n_steps + 1])
    curve[place] = 1.0
    return Pack(kind, row, start, end * steps, at_end)


@apart_kernel
def _copy(table, out):
    for k in range(out.size):
        out[k] = table[k]


@apart_kernel
def _fill_least(table, most, out):
    """Fill a pack's survival by its table, and no more than it was."""
    for k in range(out.size):
        out[k] = table[k] if table[k] < most else most
