"""One vehicle of the kernels' many, set up from the naive twin's rules: shared by the tests of lives."""

import math

import numpy as np
from naive_life import Law, Rules

from mcsim.kernels.laws.junction import SURVIVAL_JUNCTIONS
from mcsim.kernels.life.after import fill_hazard
from mcsim.kernels.life.energy import Plug, Rows, fill_energy, padded
from mcsim.kernels.life.expectation import empty_packs, expected_activity, node_ages, room_for
from mcsim.kernels.life.pack import fill_pack_table
from mcsim.kernels.life.records import (
    DISTANCE,
    EXPORTED,
    LANDFILLED,
    PRODUCED,
    RECYCLED_HOST,
    REPLACED,
    RETIRED_HOME,
    USED_PACKS,
    YEARS,
    Ageing,
    Answer,
    Arm,
    Cells,
    CountryPacks,
    Cover,
    Covers,
    Destination,
    Lives,
    Nodes,
    PackLaw,
    PackLaws,
    PackTable,
    Survivals,
    Uses,
    Vehicle,
)
from mcsim.kernels.lives.draw import sampled_activity
from mcsim.kernels.lives.records import Route, Sample
from mcsim.kernels.lives.sample import sample_route
from mcsim.kernels.lives.spread import (
    SPREADS,
    UNIT_KM,
    UNIT_LANDFILLED,
    UNIT_PACK,
    UNIT_RECYCLED_HOST,
    UNIT_RETIRED_HOME,
    UNIT_VEHICLE,
    UNITS,
)
from mcsim.kernels.lives.table import NEVER, OUTCOMES_USED, new_table
from mcsim.kernels.streams import stream_key, stream_of

HOME, HOST = 0, 22
COLUMNS = {
    "km": DISTANCE, "years": YEARS, "produced": PRODUCED, "used": USED_PACKS, "us": RETIRED_HOME, "pyro": RECYCLED_HOST,
    "landfill": LANDFILLED, "replaced": REPLACED, "exported": EXPORTED,
}  # fmt: skip


UNIT_IMPACTS = {
    UNIT_VEHICLE: 100.0, UNIT_PACK: 50.0, UNIT_KM: 0.1, UNIT_RETIRED_HOME: 3.0, UNIT_LANDFILLED: 7.0,
    UNIT_RECYCLED_HOST: 5.0,
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
    "served to a greater loss in another climate": rules(
        Law(4.5, 14.0, 0.001), home=Law(4.5, 11.0, 0.001), covered_abroad=Law(4.5, 12.5, 0.001),
        abroad=Law(4.5, 15.0, 0.001), crossing=Law(4.5, 17.0, 0.001), swap=0.3,
    ),
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


AGES = 21


def lives_of(setting, steps):
    """What both kernels take, for one draw of one vehicle sold at home and in the host country."""
    ages = np.arange(90 * steps + 1) / steps
    home = np.interp(ages, np.arange(91), setting.home_survival)
    abroad = np.interp(ages, np.arange(91), setting.abroad_survival)
    laws = (setting.covered_home, setting.home, setting.covered_abroad, setting.abroad, setting.level)
    one, zero, yes = np.ones((1, 1)), np.zeros(1, np.int64), np.ones(1, np.bool_)
    junction = SURVIVAL_JUNCTIONS.index(setting.junction)
    table = np.array([setting.abroad_survival])
    destination = Destination(1, np.full(1, 2.5), np.full(1, 28.0), table, np.array([setting.multiplier]), junction)
    return Lives(
        steps,
        AGES,
        Cells(zero, zero, zero, yes, yes),
        Survivals(home[np.newaxis, np.newaxis].copy(), abroad[np.newaxis].copy(), destination),
        Uses(
            np.array([[setting.home_rate]]), np.array([setting.abroad_rate]), 0.0 * one, 10.0, 0, np.zeros(1)
        ),
        PackLaws(*(PackLaw(law.shape * one, law.scale * one, law.defect * one) for law in laws)),
        Covers(setting.warranty * one, setting.warranty * one, np.array([setting.cover])),
        Answer(np.array([setting.repair]), np.array([[setting.swap]])),
        Ageing(np.array([setting.used_age]), np.array([[setting.fade]])),
    )  # fmt: skip


def channels_of(channels):
    """Channel k brings k + 1 per kWh, in every year and country."""
    per_kwh = np.zeros((1, 2, 1, padded(channels)))
    per_kwh[..., :channels] = np.arange(1.0, channels + 1)
    return per_kwh


def energy(lives, filled, given_export, channels=1):
    """What electricity brings in every cell, and in those of the vehicles that stay."""
    per_kwh, shown = channels_of(channels), filled.stay_activity.shape[1]
    found = np.zeros((1, AGES + 2, per_kwh.shape[3])), np.zeros((1, shown, AGES, per_kwh.shape[3]))
    zero = np.zeros(1, np.int64)
    fill_energy(lives.cells, filled, given_export, Plug(per_kwh, np.ones((1, 1))), Rows(zero, zero), *found)
    return found


def expected(setting, steps=1, *, given_export=False):
    """Activity with the energy as last column, shape (23, 15): home, exported at 0-20, new in the host country."""
    lives = lives_of(setting, steps)
    filled = room_for(lives, AGES + 2, given_export)
    expected_activity(lives, given_export, filled)
    return np.concatenate([filled.activity[0], energy(lives, filled, given_export)[0][0, :, :1]], axis=1)


def sampled(setting, n_lives, draw=0, seed=1, steps=1, *, given_export=False):
    """Sampled activity, as `expected` gives it, and the spread between vehicles."""
    lives, spread = lives_of(setting, steps), np.zeros((1, AGES + 2, SPREADS))
    filled = room_for(lives, AGES + 2, given_export)
    sample = Sample(
        stream_key(np.uint64(seed), np.uint64(stream_of("tests/lives"))),
        np.array([draw]),
        n_lives,
        np.array([0.05, 0.25, 0.5, 0.75, 0.95]),
        np.array([[[UNIT_IMPACTS.get(column, 0.0) for column in range(UNITS)]]]),
        channels_of(1)[..., 0],
        np.ones((1, 1)),
    )
    sampled_activity(lives, given_export, sample, filled, spread)
    return np.concatenate([filled.activity[0], energy(lives, filled, given_export)[0][0, :, :1]], axis=1), spread[0]


def counted(runs, draw=0):
    """Counts of one route whose packs are replaced for eight years, from runs of lives (first, how many)."""
    n, places = 60, 10
    nodes = np.arange(n + 2.0)
    survival = np.exp(-((nodes[: n + 1] / 17.0) ** 2.9))
    survival[n] = 0.0
    table = PackTable(np.empty((2, n + 2)), np.empty((2, n + 2)))
    law = PackLaw(3.0, 9.0, 0.01)
    fill_pack_table(law, 0.0, Nodes(*node_ages(n + 2, 1)), table)
    curves = np.zeros((2, places, n + 2))
    for place in range(places):
        start, row = max(place - 1, 0), min(place, 1)
        curves[0, place, place:] = table.survival[row, place - start : n + 2 - start]
    hazard = np.empty(n)
    fill_hazard(survival, hazard)
    vehicle = Vehicle(survival, hazard, n)
    arm = Arm(vehicle, law, CountryPacks(table, table, table), Cover(8.0, 0.0), Answer(0.0, 0.0))
    route = Route(
        stream_key(np.uint64(1), np.uint64(stream_of("tests/lives"))), np.uint64(draw), 1, places, arm, curves,
        np.full((2, places), 8.0), np.ones((2, places)), exported(n + 1), vehicle, NEVER,
    )  # fmt: skip
    outcomes = new_table(places, n, 8, 4)
    counts = np.zeros((3, outcomes.bounds.size), np.int64)
    for first, lives in runs:
        sample_route(route, first, lives, outcomes, counts)
    used = outcomes.used[OUTCOMES_USED]
    order = np.lexsort((*outcomes.outcomes[:used].T, row_of_outcome(outcomes)))
    return counts[:, :used][:, order]


def exported(n_nodes):
    """Packs of exports that nobody reads."""
    packs = empty_packs(1, n_nodes).exported
    levels = (PackTable(*(field[0] for field in table)) for table in (packs.level, packs.used_level))
    return packs._replace(
        **{name: getattr(packs, name)[0] for name in packs._fields[:4]},
        **dict(zip(packs._fields[4:], levels, strict=True)),
    )


def row_of_outcome(table):
    """Row of each outcome of a table: rows are built in the order in which lives reach them."""
    rows = np.empty(table.used[OUTCOMES_USED], np.int64)
    for row, (first, after_last, *_) in enumerate(table.rows):
        if first >= 0:
            rows[first:after_last] = row
    return rows
