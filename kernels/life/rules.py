"""The rules of packs, stated once: warranty, repair, swap and disposal. Scalars only.

A pack is covered until an age of its vehicle; a failure before that age is answered by a new pack. A failure after it
is answered by a new pack with the chance of a repair, by a used one with the chance of a swap, and otherwise the
vehicle ends with its pack. A used pack has no cover, and a vehicle loses its warranty when it is exported.

Packs that retire at home are collected there. Packs that retire in the host country are recycled where a warranty takes
them back (a vehicle new there, that fails or dies while covered), else they are landfilled.

In a step the vehicle dies, or its pack leaves, or nothing happens. With cumulative hazards h_v and h_p in the step, the
chance that something happens is 1 - exp(-h_v - h_p); that it is the pack is h_p / (h_v + h_p) of it, exactly so where
the two hazards keep their proportion within the step.

Source: Kendall and Parés Olguín (2024), NCST-UCD-RR-24-39, sections Vehicle Lifetime and Expert Elicitation.
"""

from typing import NamedTuple

from mcsim.kernels._jit import inline_borrowing_kernel, inline_kernel
from mcsim.kernels.life.records import MID_STEP, NEW
from mcsim.kernels.maths import log

# What becomes of a pack.
RETIRED_AT_HOME, RECYCLED_IN_HOST, LANDFILLED_IN_HOST = 0, 1, 2
_SMALLEST = 1e-300


class Pack(NamedTuple):
    """One pack of an arm."""

    kind: int
    row: int
    start: int  # step of installation, or 0 with the vehicle
    end: float  # age of the vehicle at the end of its cover [steps]
    at_end: float  # survival of the pack there


class Events(NamedTuple):
    """What happens in a step, per vehicle of the pack at its installation."""

    covered: float  # packs that fail under cover
    uncovered: float  # packs that fail after it
    unhurt: float  # vehicles that die while their pack is covered


@inline_borrowing_kernel
def end_of_cover(kind, replaces, installed, cover):
    """Return the age of the vehicle at which a pack's cover ends [yr].

    Parameters
    ----------
    kind : int
        New or used.
    replaces : bool
        Whether it replaces another pack: it inherits what is left of the vehicle's warranty, or has its own.
    installed : float
        Age of the vehicle at its installation [yr].
    cover : Cover
        The vehicle's warranty.

    Examples
    --------
    >>> from mcsim.kernels.life.records import NEW, USED, Cover
    >>> from mcsim.kernels.life.rules import end_of_cover
    >>> cover = Cover(8.0, 4.0)
    >>> end_of_cover(NEW, False, 0.0, cover), end_of_cover(NEW, True, 6.5, cover), end_of_cover(USED, True, 6.5, cover)
    (8.0, 10.5, 0.0)
    """
    end = cover.end
    if replaces:
        end = max(end, installed + cover.own)
    return end if kind == NEW else 0.0


@inline_borrowing_kernel
def answered(covered, uncovered, answer):
    """Return the new and the used packs that answer failures under the cover and after it.

    Examples
    --------
    >>> from mcsim.kernels.life.records import Answer
    >>> from mcsim.kernels.life.rules import answered
    >>> answered(0.25, 0.5, Answer(0.5, 0.125))
    (0.5, 0.0625)
    """
    return covered + uncovered * answer.repair, uncovered * answer.swap


@inline_kernel
def fate(in_host, covered):
    """Return what becomes of a pack that retires, one of the three fates of this module.

    Parameters
    ----------
    in_host : bool
        Whether it retires in the host country.
    covered : bool
        Whether a warranty covers it there; never after an export.

    Examples
    --------
    >>> from mcsim.kernels.life.rules import fate
    >>> fate(False, True), fate(True, True), fate(True, False)
    (0, 1, 2)
    """
    if not in_host:
        return RETIRED_AT_HOME
    return RECYCLED_IN_HOST if covered else LANDFILLED_IN_HOST


@inline_kernel
def pack_share(events, pack_risk, vehicle_risk):
    """Return how many of a step's events are the pack's: the risks share them by their cumulative hazards.

    Parameters
    ----------
    events : float
        Events of the step.
    pack_risk, vehicle_risk : float
        Cumulative hazards in the step.

    Returns
    -------
    float
        Events of the pack.

    Examples
    --------
    >>> from mcsim.kernels.life.rules import pack_share
    >>> round(pack_share(0.4, 0.3, 0.1), 12), pack_share(0.0, 0.0, 0.0)
    (0.3, 0.0)
    """
    total = pack_risk + vehicle_risk
    return events * pack_risk / total if total > 0.0 else 0.0


@inline_kernel
def log_ratio(before, after):
    """Cumulative hazard between two survivals, finite where nothing survives."""
    ratio = before / (after if after > _SMALLEST else _SMALLEST)
    return log(ratio) if ratio > 1.0 else 0.0


@inline_kernel
def step_hazard(before, after, on_table, risk):
    """Return the pack's hazard of a step: the table's where its survival is the table's, else from the survivals."""
    return risk if before == on_table else log_ratio(before, after)


@inline_borrowing_kernel
def events_of_step(j, weight, pack, curve, arm):
    """Return the events of a step of a pack in the country where its vehicle is new.

    Parameters
    ----------
    j : int
        The step.
    weight : float
        Vehicles on this pack, over their survival at its installation.
    pack : Pack
        The pack.
    curve : ndarray, shape (n + 2,)
        Its survival at the nodes, from `mcsim.kernels.life.pack.fill_curve`.
    arm : Arm
        Its vehicle.
    """
    survival, risk = arm.vehicle.survival, arm.vehicle.hazard[j]
    before = weight * survival[j] * curve[j]
    events = before - weight * survival[j + 1] * curve[j + 1]
    k = j - pack.start
    if pack.kind != NEW:
        return Events(0.0, pack_share(events, arm.packs.used.risk[MID_STEP, k], risk), 0.0)
    if j + 1 <= pack.end:
        covered = pack_share(events, arm.packs.covered.risk[pack.row, k], risk)
        return Events(covered, 0.0, events - covered)
    if j >= pack.end:
        table = arm.packs.uncovered
        # A pack held alive by its warranty lies above its table and falls to it: that hazard is not the table's.
        hazard = step_hazard(curve[j], curve[j + 1], table.survival[pack.row, k], table.risk[pack.row, k])
        return Events(0.0, pack_share(events, hazard, risk), 0.0)
    # The cover ends within the step: two steps, one on either side, the vehicle's survival linear between its nodes.
    alive = survival[j] + (survival[j + 1] - survival[j]) * (pack.end - j)
    left = min(pack.at_end, curve[j])
    early = before - before * (alive / survival[j]) * (left / curve[j])
    covered = pack_share(early, log_ratio(curve[j], left), log_ratio(survival[j], alive))
    uncovered = pack_share(events - early, log_ratio(left, curve[j + 1]), log_ratio(alive, survival[j + 1]))
    return Events(covered, uncovered, early - covered)
