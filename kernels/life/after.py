"""Survival of a vehicle after its export: the host country's curve, as the option ``survival_junction`` joins it.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), section Vehicle Lifetime, equation (1).
"""

import numpy as np

from mcsim.kernels._jit import apart_kernel, borrowing_kernel, inline_borrowing_kernel, part_of_kernel
from mcsim.kernels.laws.junction import age_abroad
from mcsim.kernels.laws.survival import MAXIMUM_AGE, tabulated_survival, weibull_survival
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
_1 = np.uint64(1)


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
def fill_after_export(export_age, steps, to, out):
    """Fill the survival of vehicles after an export at a whole age, from the node of the crossing on.

    Parameters
    ----------
    export_age, steps : int
        Age at export [yr], steps per year.
    to : Destination
        Survival in the host country.
    out : ndarray, shape (n + 1,)
        Filled from the crossing's node on; below 1 there only under ``printed``.

    Returns
    -------
    int
        Node after which nothing is alive.
    """
    node, n_steps = export_age * steps, out.size - 1
    # A vehicle that is exported is alive: its curve is given that, but under the equation as printed.
    at_export = 1.0
    if to.junction == _CONDITIONAL:
        at_export = _years_after(export_age, float(export_age), to)
    given = 1.0 / at_export if at_export > 0.0 else 0.0
    start = 0.0 if to.junction == _RENEWED else float(export_age)
    if to.kind == _WEIBULL:
        # The law's formula at evenly spaced ages, without the calls of `_years_after`.
        shape, log_scale = to.shape, log(to.scale)
        per_step, known = 1.0 / (steps * to.multiplier), n_steps
        if given > 0.0:
            # (years / scale)**shape = the hazard at which those alive at the export are dead: no node beyond it lives.
            dead = exp(log_scale + log(_DEAD + max(log(given), 0.0)) / shape)
            span = (dead - start) / per_step
            if span < n_steps:
                known = min(n_steps, node + int(max(span, 0.0)) + 3)
        _fill_weibull(start, per_step, shape, log_scale, given, out[node:known])
        for j in range(known, n_steps):
            out[j] = 0.0
    else:
        _fill_tabulated(export_age, start, steps, to, given, out)
    out[n_steps] = 0.0
    last = n_steps
    while last > node + 1 and out[last - 1] < _ALIVE:
        last -= 1
    return last


@apart_kernel
def _fill_weibull(start, per_step, shape, log_scale, given, out):
    for k in range(out.size):
        years = start + k * per_step
        share = exp(-exp(shape * (log(years) - log_scale))) * given
        out[k] = share if years < MAXIMUM_AGE else 0.0


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
