"""A numba kernel of one's own as a model: charging a used car at a fast charger."""

import numpy as np
from numba import njit

from mcsim import Dim, Model, Option, Output, Parameter

MINUTES = (10, 20, 30)
STEP = 1.0 / 60.0  # hours: one minute
LONGEST = 600  # minutes


@njit(nogil=True, error_model="numpy")
def power_at(charge, rated, taper):
    """Return the power at a state of charge: rated up to the taper, then falling to a tenth at full [kW]."""
    if charge <= taper:
        return rated
    return rated * max(0.1, 1.0 - (charge - taper) / (1.0 - taper))


@njit(nogil=True, error_model="numpy")
def fill_charging(capacity, rated, taper, start, goal, minutes, time, charge):
    """Fill the minutes to the goal, and the state of charge after the minutes asked for, one row per draw."""
    for i in range(capacity.size):
        level, reached = start, np.nan
        place = 0
        for minute in range(1, LONGEST + 1):
            level = min(1.0, level + power_at(level, rated[i], taper[i]) * STEP / capacity[i])
            if np.isnan(reached) and level >= goal:
                reached = minute
            if place < minutes.size and minute == minutes[place]:
                charge[i, place] = level
                place += 1
        time[i] = reached


def model(tables):
    """Return the model; a factory gets the study's tables, of which this one has none."""

    def evaluate(inputs, context):
        n = len(context.draws)
        time, charge = np.empty(n), np.empty((n, len(MINUTES)))
        columns = [np.ascontiguousarray(inputs[name]) for name in ("usable_capacity", "rated_power", "taper")]
        fill_charging(*columns, 0.1, float(context.options["goal"]), np.array(MINUTES), time, charge)
        return {"time_to_goal": time, "charge": charge}

    return Model(
        "charging",
        parameters=(
            Parameter("usable_capacity", "kWh", "capacity that is left", (1.0, 500.0)),
            Parameter("rated_power", "kW", "power of charger and car", (1.0, 1000.0)),
            Parameter("taper", "1", "state of charge at which the power begins to fall", (0.1, 0.99)),
        ),
        options=(Option("goal", 0.8, low=0.2, high=0.95, meaning="state of charge wanted"),),
        outputs=(
            Output("time_to_goal", "min", "minutes from 10 % to the goal", rank=True),
            Output("charge", "1", "state of charge after some minutes", (Dim("minute", MINUTES),)),
        ),
        evaluate=evaluate,
    )
