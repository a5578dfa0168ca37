"""One vehicle of the kernels' many, set up from the naive twin's rules: shared by the tests of lives."""

import math

import numpy as np
from naive_life import Law, Rules

from mcsim.kernels.laws.junction import SURVIVAL_JUNCTIONS
from mcsim.kernels.life.expectation import expected_activity, fill_hazard, node_ages
from mcsim.kernels.life.home import fill_pack_table
from mcsim.kernels.life.sweep import (
    ACTIVITIES,
    CHANNELS,
    DISTANCE,
    EXPORTED,
    LANDFILLED,
    PRODUCED,
    RECYCLED_ABROAD,
    REPLACED,
    RETIRED_HOME,
    USED,
    YEARS,
)
from mcsim.kernels.lives.draw import sampled_activity
from mcsim.kernels.lives.sample import sample_route
from mcsim.kernels.lives.spread import (
    SPREADS,
    UNIT_KM,
    UNIT_LANDFILLED,
    UNIT_PACK,
    UNIT_RECYCLED_ABROAD,
    UNIT_RETIRED_HOME,
    UNIT_VEHICLE,
    UNITS,
)
from mcsim.kernels.lives.table import NEVER, new_table
from mcsim.kernels.streams import stream_key, stream_of

HOME, ABROAD = 0, 22
COLUMNS = {
    "km": DISTANCE, "years": YEARS, "produced": PRODUCED, "used": USED, "us": RETIRED_HOME, "pyro": RECYCLED_ABROAD,
    "landfill": LANDFILLED, "replaced": REPLACED, "exported": EXPORTED,
}  # fmt: skip


UNIT_IMPACTS = {
    UNIT_VEHICLE: 100.0, UNIT_PACK: 50.0, UNIT_KM: 0.1, UNIT_RETIRED_HOME: 3.0, UNIT_LANDFILLED: 7.0,
    UNIT_RECYCLED_ABROAD: 5.0,
}  # fmt: skip


def exported_at(age):
    return 1 + age


def curve(share):
    return [1.0, *(share(age) for age in range(1, 90)), 0.0]


def alive_until(age):
    """A vehicle that dies within the twelfth of a year after an age."""
    return curve(lambda a: 1.0 if a <= age else 0.0)


def weibull(shape, scale):
    return curve(lambda age: math.exp(-((age / scale) ** shape)))


def rules(law, **changes):
    """Rules with one law of packs everywhere, unless changed."""
    settings = {
        "home_survival": weibull(2.9, 17.0), "abroad_survival": weibull(2.5, 28.0), "covered_home": law, "home": law,
        "covered_abroad": law, "abroad": law, "fade": 0.01,
        "home_rate": [15.0 - 0.3 * a for a in range(40)] + [3.0] * 50,
        "abroad_rate": [10.0 - 0.2 * a for a in range(40)] + [2.0] * 50,
    }  # fmt: skip
    return Rules(**{**settings, **changes})


CASES = {
    "report": rules(Law(9.2, 9.89)),
    "two thresholds, defects, climate": rules(
        Law(4.5, 17.0, 0.002), home=Law(4.5, 15.0, 0.002), covered_abroad=Law(4.5, 15.5, 0.002),
        abroad=Law(4.5, 13.7, 0.002), multiplier=0.8,
    ),
    "early packs, printed junction": rules(
        Law(3.5, 7.0), home=Law(3.5, 5.0), covered_abroad=Law(3.5, 6.0), abroad=Law(3.5, 4.5), junction="printed",
        warranty=7.3,
    ),
    "repair, swap, own cover, renewed junction": rules(
        Law(3.5, 8.0), home=Law(3.5, 7.0), covered_abroad=Law(3.5, 7.0), abroad=Law(3.5, 6.5), repair=0.4, swap=0.3,
        cover=4.0, junction="renewed",
    ),
}  # fmt: skip


def arguments(setting, steps, *, given_export=False):
    """Arguments of both kernels for one draw of one vehicle, sold at home and abroad."""
    ages = np.arange(90 * steps + 1) / steps
    home = np.interp(ages, np.arange(91), setting.home_survival)
    abroad = np.interp(ages, np.arange(91), setting.abroad_survival)
    laws = [
        [law.shape, law.scale, law.defect]
        for law in (setting.covered_home, setting.home, setting.covered_abroad, setting.abroad)
    ]
    channels = np.zeros((1, 2, 1, CHANNELS))
    channels[..., 0] = 1.0
    one = np.ones((1, 1))
    zero = np.zeros(1, np.int64)
    yes = np.ones(1, np.bool_)
    return (
        steps, zero, zero, zero, yes, yes, home[np.newaxis, np.newaxis].copy(), abroad[np.newaxis].copy(), 1,
        np.array([[2.5, 28.0]]), np.array([setting.abroad_survival]), np.array([setting.multiplier]),
        SURVIVAL_JUNCTIONS.index(setting.junction), np.array([[setting.home_rate]]), np.array([setting.abroad_rate]),
        one.copy(), 0.0 * one, 10.0, channels, np.zeros(1), np.array([[laws]]), setting.warranty * one,
        setting.warranty * one, np.array([setting.cover]), np.array([setting.repair]), np.array([[setting.swap]]),
        np.array([setting.used_age]), np.array([[setting.fade]]), given_export,
    )  # fmt: skip


def empty():
    shapes = [(1, 23, ACTIVITIES), (1, 23, CHANNELS), (1, 1, 21, ACTIVITIES), (1, 1, 21, CHANNELS)]
    return [np.zeros(shape) for shape in shapes]


def expected(setting, steps=1, *, given_export=False):
    """Activity with the energy as last column, shape (23, 15): home, exported at 0-20, new abroad."""
    filled = empty()
    expected_activity(*arguments(setting, steps, given_export=given_export), *filled)
    return np.concatenate([filled[0][0], filled[1][0, :, :1]], axis=1)


def sampled(setting, n_lives, draw=0, seed=1, steps=1, *, given_export=False):
    """Sampled activity, as `expected` gives it, and the spread between vehicles."""
    filled, spread = empty(), np.zeros((1, 23, SPREADS))
    key = stream_key(np.uint64(seed), np.uint64(stream_of("tests/lives")))
    levels = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    given = arguments(setting, steps, given_export=given_export)
    unit = np.array([[[UNIT_IMPACTS.get(column, 0.0) for column in range(UNITS)]]])
    sampled_activity(*given, key, np.array([draw]), n_lives, levels, 0, unit, *filled, spread)
    return np.concatenate([filled[0][0], filled[1][0, :, :1]], axis=1), spread[0]


def counted(runs, draw=0):
    """Counts of one route whose packs are replaced for eight years, from runs of lives (first, how many)."""
    n = 60
    nodes = np.arange(n + 2.0)
    vehicle = np.exp(-((nodes[: n + 1] / 17.0) ** 2.9))
    vehicle[n] = 0.0
    ages, log_ages = node_ages(n + 2, 1)
    table, risk = np.empty((2, n + 2)), np.empty((2, n + 2))
    fill_pack_table(3.0, 9.0, 0.01, 0.0, log_ages, ages, table, risk)
    places = 10
    curves = np.zeros((2, places, n + 2))
    for place in range(places):
        start, row = max(place - 1, 0), min(place, 1)
        curves[0, place, place:] = table[row, place - start : n + 2 - start]
    hazard = np.empty(n)
    fill_hazard(vehicle, hazard)
    risks = np.stack([risk, risk, risk])
    home = (vehicle, hazard, curves, np.ones((2, places)), np.full((2, places), 8.0), table, risks)
    away = (vehicle, hazard, table, table, table, risks[1:].copy())
    outcomes = new_table(places, n, 8, 4)
    counts = np.zeros((3, outcomes[0].size), np.int64)
    key = stream_key(np.uint64(1), np.uint64(stream_of("tests/lives")))
    for first, lives in runs:
        sample_route(
            key, np.uint64(draw), first, lives, places, home, away, (0.0, 0.0, 1, n, NEVER, 0), outcomes, counts
        )
    order = np.lexsort((*outcomes[2][: outcomes[5][0]].T, row_of_outcome(outcomes)))
    return counts[:, : outcomes[5][0]][:, order]


def row_of_outcome(outcomes):
    """Row of each outcome of a table: rows are built in the order in which lives reach them."""
    rows = np.empty(outcomes[5][0], np.int64)
    for row, (first, after_last, *_) in enumerate(outcomes[3]):
        if first >= 0:
            rows[first:after_last] = row
    return rows
