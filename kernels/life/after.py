"""Survival of a vehicle after its export: the host country's curve, as the option ``survival_junction`` joins it.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), section Vehicle Lifetime, equation (1).
"""

import numpy as np

from mcsim.kernels._jit import apart_kernel, borrowing_kernel, inline_borrowing_kernel, part_of_kernel
from mcsim.kernels.laws.junction import age_abroad
from mcsim.kernels.laws.survival import MAXIMUM_AGE, tabulated_survival, weibull_survival
from mcsim.kernels.life.records import ABREAST
from mcsim.kernels.maths import exp, log

# Places in `mcsim.kernels.laws.junction.SURVIVAL_JUNCTIONS`.
_CONDITIONAL = 0
_RENEWED = 2
_WEIBULL = 0
_ALIVE = 1e-16
_SMALLEST = 1e-300
# At such a cumulative hazard less is alive than `_ALIVE`.
_DEAD = 40.0
# An index without a sign needs no test for counting from the end.
_1, _8, _ABREAST = np.uint64(1), np.uint64(8), np.uint64(ABREAST)


@borrowing_kernel
def last_alive(survival):
    """Return the node after which nothing is alive."""
    last = survival.size - 1
    while last > 1 and survival[last - 1] < _ALIVE:
        last -= 1
    return last


@borrowing_kernel
def fill_hazard(survival, hazard):
    """Fill the cumulative hazard of each step from the survival at the nodes, finite where nothing survives."""
    for j in range(hazard.size):
        after = survival[j + 1]
        after = after if after > _SMALLEST else _SMALLEST
        before = survival[j]
        before = before if before > _SMALLEST else _SMALLEST
        hazard[j] = log(before / after)


@inline_borrowing_kernel
def _years_after(export_age, age, to):
    years = age_abroad(age, export_age, to.multiplier, to.junction)
    share = weibull_survival(years, to.shape, to.scale) if to.kind == _WEIBULL else tabulated_survival(years, to.table)
    return 0.0 if age >= MAXIMUM_AGE or years >= MAXIMUM_AGE else share


@part_of_kernel
def start_after(steps, to, ahead):
    """Begin a draw: what survival after every export starts from, and no node filled yet.

    Parameters
    ----------
    steps : int
        Steps per year.
    to : Destination
        Survival in the host country.
    ahead : Ahead
        Filled but for survival and hazards.
    """
    for block in range(ahead.start.shape[0]):
        ahead.filled[block] = block * ABREAST * steps
        ahead.hazards[block] = block * ABREAST * steps
        for lane in range(ABREAST):
            age = block * ABREAST + lane
            ahead.node[block, lane] = age * steps
            ahead.start[block, lane] = 0.0 if to.junction == _RENEWED else float(age)
            # A vehicle that is exported is alive: its curve is given that, but under the equation as printed.
            at_export = 1.0
            if to.junction == _CONDITIONAL and (to.kind != _WEIBULL or age >= MAXIMUM_AGE):
                at_export = _years_after(age, float(age), to)
            ahead.given[block, lane] = 1.0 / at_export if at_export > 0.0 else 0.0
        ahead.last[block] = ahead.survival.shape[1] - 1
        if to.kind == _WEIBULL:
            # The law's formula at evenly spaced ages, without the calls of `_years_after`.
            log_scale = log(to.scale)
            if to.junction == _CONDITIONAL:
                _fill_given(ahead.start[block], to.shape, log_scale, ahead.given[block])
            _find_end(ahead.start[block], steps * to.multiplier, to.shape, log_scale, ahead.given[block], ahead.dead)
            furthest = 0.0
            for lane in range(ABREAST):
                furthest = max(furthest, ahead.node[block, lane] + ahead.dead[lane] + 3.0)
            ahead.last[block] = min(ahead.last[block], int(furthest))


@apart_kernel
def _fill_given(start, shape, log_scale, given):
    """Multiply what survival is given by the inverse of the share alive at the export."""
    for lane in range(_ABREAST):
        share = exp(-exp(shape * (log(start[lane]) - log_scale)))
        given[lane] = given[lane] / share if share > 0.0 else 0.0


@apart_kernel
def _find_end(start, per_year, shape, log_scale, given, dead):
    """Fill the steps after the export from which on less than `_ALIVE` of those that cross are alive.

    (years / scale)**shape = the hazard at which those alive at the export are dead: no node beyond it lives.
    """
    for lane in range(_ABREAST):
        more = log(given[lane] if given[lane] > 1.0 else 1.0)
        span = (exp(log_scale + log(_DEAD + more) / shape) - start[lane]) * per_year
        dead[lane] = span if span > 0.0 else 0.0


@part_of_kernel
def fill_until(block, node, split, steps, to, ahead):
    """Fill survival after the exports of a block, as far as somebody lives: to a node, and hazards if `split`.

    Most packs end long before the vehicles do. What was filled for another vehicle of the draw stays.

    Parameters
    ----------
    block : int
        `ABREAST` export ages.
    node : int
        Last node that is read.
    split : bool
        Whether hazards of the steps before it are read too.
    steps : int
        Steps per year.
    to : Destination
        Survival in the host country.
    ahead : Ahead
        From `start_after`; filled further. Below 1 at the crossing only under ``printed``; 1 before it.
    """
    survival, n_steps = ahead.survival[block], ahead.survival.shape[1] - 1
    first = ahead.filled[block]
    if first <= node:
        if to.kind == _WEIBULL:
            per_step, end = 1.0 / (steps * to.multiplier), min(node + 1, n_steps)
            law = (to.shape, log(to.scale), per_step)
            _fill_weibull(first, law, ahead.start[block], ahead.node[block], ahead.given[block], survival[first:end])
        else:
            end = n_steps
            for lane in range(ABREAST):
                age, at = block * ABREAST + lane, min(ahead.node[block, lane], n_steps)
                for j in range(at):
                    survival[j, lane] = 1.0
                _fill_tabulated(age, ahead.start[block, lane], steps, to, ahead.given[block, lane], survival[:, lane])
        ahead.filled[block] = end
        if end >= n_steps:
            survival[n_steps] = 0.0
            ahead.filled[block] = n_steps + 1
    first = ahead.hazards[block]
    if split and first < node:
        _fill_hazards(survival[first : node + 1], ahead.hazard[block, first:node])
        ahead.hazards[block] = node


@apart_kernel
def _fill_weibull(first, law, start, nodes, given, out):
    """Fill nodes by the law's formula, eight ages at a time: none before the first of them has crossed."""
    shape, log_scale, per_step = law
    for part in range(np.uint64(0), np.uint64(nodes.size), _8):
        for k in range(max(nodes[part] - first, 0), out.shape[0]):
            for place in range(_8):
                lane = part + place
                since = first + k - nodes[lane]
                years = start[lane] + since * per_step
                share = exp(-exp(shape * (log(years if since > 0 else start[lane]) - log_scale))) * given[lane]
                share = share if years < MAXIMUM_AGE else 0.0
                out[k, lane] = share if since >= 0 else 1.0


@apart_kernel
def _fill_hazards(survival, hazard):
    """Fill the cumulative hazard of each step, as `fill_hazard` has it."""
    for k in range(hazard.shape[0]):
        for lane in range(_ABREAST):
            before, after = survival[k, lane], survival[k + 1, lane]
            before = before if before > _SMALLEST else _SMALLEST
            hazard[k, lane] = log(before / (after if after > _SMALLEST else _SMALLEST))


@part_of_kernel
def fill_rows(steps, to, ahead, after):
    """Fill survival and hazards after each export in a row of its own, as sampled lives read them."""
    n_steps = ahead.survival.shape[1] - 1
    for block in range(ahead.start.shape[0]):
        fill_until(block, n_steps, True, steps, to, ahead)
        for lane in range(min(ABREAST, after.last.size - block * ABREAST)):
            age, node = block * ABREAST + lane, ahead.node[block, lane]
            for j in range(node, n_steps):
                after.survival[age, j] = ahead.survival[block, j, lane]
                after.hazard[age, j] = ahead.hazard[block, j, lane]
            after.survival[age, n_steps] = 0.0
            last = n_steps
            while last > node + 1 and after.survival[age, last - 1] < _ALIVE:
                last -= 1
            after.last[age] = last


@part_of_kernel
def _fill_tabulated(export_age, start, steps, to, given, out):
    """Fill survival by a table from the crossing's node on.

    As `_years_after` has it, to the bit, without its cases: as far as the table goes there is nothing but a line
    between two of its ages, and from the age on at which lives end nothing at all.
    """
    node, n_steps, table = export_age * steps, out.size - 1, to.table
    last_year = np.uint64(table.size - 2)
    # One node less than the quotient says: it may be rounded up.
    inside = int((min(float(table.size - 1), MAXIMUM_AGE) - start) * to.multiplier * steps) - 1
    known = min(node + max(inside, 0), n_steps)
    for j in range(node, known):
        years = start + (j / steps - export_age) / to.multiplier
        year = min(np.uint64(years), last_year)
        here = table[year]
        out[j] = (here + (table[year + _1] - here) * (years - year)) * given
    while known < n_steps and start + (known / steps - export_age) / to.multiplier < MAXIMUM_AGE:
        out[known] = _years_after(export_age, known / steps, to) * given
        known += 1
    for j in range(known, n_steps):
        out[j] = 0.0
