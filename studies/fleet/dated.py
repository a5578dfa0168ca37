"""Policy levers with a start year, a ramp and a strength: each moves today's value some of the way to one it can reach.

In year y a lever has gone the share ``strength * min((y - start + 1) / (ramp + 1), 1)`` of its way, 0 before it starts:
all of the way at `strength` 1 once the ramp is over, at once without a ramp. At strength 0, which is today's world, a
record comes back as it went in, bit for bit. What each reaches, and since when, is of the study files `lever-NAME`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mcsim.kernels.cohorts.records import NEW, ORIGINS, SECOND_HAND, Policy, Trade
from mcsim.studies.fleet.policy import Act, BorderRule, Grid, Inputs, Lever, Repairs, policy_input
from mcsim.studies.fleet.series import YEARS
from mcsim.study import FloatArray, Parameter

START, RAMP = 2029.0, 8.0
HORIZON = float(YEARS[0]), float(YEARS[-1])


def way(inputs: Inputs, lever: str) -> FloatArray:
    """Return the share of its way that a lever has gone, (n, years).

    Parameters
    ----------
    inputs : mapping
        With the lever's start, ramp and strength.
    lever : str
        Its name.

    Examples
    --------
    >>> way({"x_start": np.array([2048.0]), "x_ramp": np.ones(1), "x_strength": np.ones(1)}, "x")[0, -4:].tolist()
    [0.0, 0.5, 1.0, 1.0]
    """
    since = np.asarray(YEARS) - inputs[f"{lever}_start"][:, None] + 1.0
    gone = np.clip(since / (inputs[f"{lever}_ramp"][:, None] + 1.0), 0.0, 1.0)
    return np.asarray(inputs[f"{lever}_strength"][:, None] * gone)


def toward(today: FloatArray, reached: FloatArray, gone: FloatArray) -> FloatArray:
    """Return today's value (n, years) moved to what a lever reaches, (n,), never back; bits kept where it is at 0."""
    step = np.maximum(reached[:, None] - today, 0.0)
    return np.where(gone > 0.0, np.minimum(today + gone * step, np.maximum(reached[:, None], today)), today)


def acts_of(name: str, acts: Mapping[type, Act]) -> dict[type, Act]:
    """Return the acts, which leave their record as it is where the lever has strength in no draw."""

    def guarded(act: Act) -> Act:
        return lambda record, inputs: act(record, inputs) if inputs[f"{name}_strength"].any() else record

    return {kind: guarded(act) for kind, act in acts.items()}


def dated(name: str, told: str, acts: Mapping[type, Act], *reached: Parameter) -> Lever:
    """Return a lever with its start, ramp and strength, and the inputs of its own."""
    when = (
        policy_input(f"{name}_start", "yr", f"first year of the lever {name}", START, HORIZON),
        policy_input(f"{name}_ramp", "yr", f"from the start of the lever {name} to its full rate", RAMP, (0.0, 45.0)),
        policy_input(f"{name}_strength", "share", f"share of its way that the lever {name} goes"),
    )
    return Lever(name, told, (*when, *reached), acts_of(name, acts))


def _collection(policy: Policy, inputs: Inputs) -> Policy:
    gone = way(inputs, "collection")
    return policy._replace(
        collection=toward(policy.collection, inputs["collection_reached"], gone),
        covered_collection=toward(policy.covered_collection, np.ones(len(gone)), gone),
    )


def _capacity(policy: Policy, inputs: Inputs) -> Policy:
    return policy._replace(capacity=toward(policy.capacity, inputs["capacity_reached"], way(inputs, "capacity")))


def _take_back(policy: Policy, inputs: Inputs) -> Policy:
    gone = way(inputs, "take_back")
    reached = {NEW: inputs["take_back_new_reached"], SECOND_HAND: inputs["take_back_reached"]}
    moved = [toward(policy.take_back[..., origin], reached[origin], gone) for origin in range(len(ORIGINS))]
    return policy._replace(take_back=np.stack(moved, axis=-1))


def _incentive(policy: Policy, inputs: Inputs) -> Policy:
    gain = inputs["incentive_gain"][:, None] * way(inputs, "incentive")
    return policy._replace(
        collection=np.minimum(policy.collection + gain, 1.0),
        covered_collection=np.minimum(policy.covered_collection + gain, 1.0),
    )


def _second_life(policy: Policy, inputs: Inputs) -> Policy:
    gone = way(inputs, "second_life")
    return policy._replace(second_life=toward(policy.second_life, inputs["second_life_reached"], gone))


def _passport(policy: Policy, inputs: Inputs) -> Policy:
    # Who knows a pack's health sorts out fewer good ones.
    better = 1.0 + way(inputs, "battery_passport") * (inputs["battery_passport_triage"][:, None] - 1.0)
    return policy._replace(second_life=np.minimum(policy.second_life * better, 1.0))


def _records(policy: Policy, inputs: Inputs) -> Policy:
    # A producer finds the packs of vehicles on record: as many more as there are more of these.
    known, then = 1.0 - inputs["irregular_today"][:, None], 1.0 - inputs["irregular_reached"][:, None]
    more = 1.0 + way(inputs, "customs_records") * (np.maximum(then / np.maximum(known, 1e-9), 1.0) - 1.0)
    # Of imports: those sold new there are all on record.
    back = policy.take_back.copy()
    back[..., SECOND_HAND] = np.minimum(back[..., SECOND_HAND] * more, 1.0)
    return policy._replace(take_back=back)


def _fewer_irregular(trade: Trade, inputs: Inputs) -> Trade:
    # Only where unregistered imports are on do all imports exceed the registered ones.
    whole = np.maximum(trade.share, 1e-12)
    irregular = np.maximum(1.0 - inputs["home_retirement_share_to_host"] / whole, 0.0)[:, None]
    left = inputs["irregular_reached"] / np.maximum(inputs["irregular_today"], 1e-9)
    cut = way(inputs, "customs_records") * np.maximum(1.0 - left, 0.0)[:, None]
    return trade._replace(volume=trade.volume * (1.0 - irregular * cut))


def _health(side: str) -> Act:
    name = f"soh_{side}"

    def act(rule: BorderRule, inputs: Inputs) -> BorderRule:
        # A battery passport tells the health that today a share gets past.
        told = way(inputs, "battery_passport") * inputs["battery_passport_known"][:, None]
        met = way(inputs, name) * (1.0 - inputs[f"{name}_evaded"][:, None] * (1.0 - told))
        ruled, active = rule.minimum_health > 0.0, inputs[f"{name}_strength"] > 0.0
        # Beside another rule an EV crosses unchecked only if both miss it; before this one there is none to meet.
        others = np.where(ruled[:, None], rule.checked, 0.0)
        lowest = np.where(active, inputs[f"{name}_minimum"], 0.0)
        return rule._replace(
            minimum_health=np.maximum(rule.minimum_health, lowest),
            reading_error=np.where(active, np.maximum(rule.reading_error, inputs[f"{name}_error"]), rule.reading_error),
            checked=np.where(active[:, None], 1.0 - (1.0 - others) * (1.0 - met), rule.checked),
        )

    return act


def _ages(rule: BorderRule, inputs: Inputs) -> BorderRule:
    oldest = np.minimum(inputs["age_limit_oldest"], rule.oldest)
    binds = inputs["age_limit_binds_evs"] > 0.5
    return rule._replace(late_oldest=oldest, late=way(inputs, "age_limit"), late_evs=binds)


def _fewer(trade: Trade, inputs: Inputs) -> Trade:
    return trade._replace(volume=trade.volume * (1.0 - way(inputs, "age_limit") * inputs["age_limit_fall"][:, None]))


def _kept_out(trade: Trade, cut: FloatArray, replaced: FloatArray, active: FloatArray) -> Trade:
    """Return a trade with a further cut of combustion imports: what passes the others it cuts again."""
    return trade._replace(
        combustion_cut=1.0 - (1.0 - trade.combustion_cut) * (1.0 - cut),
        substitution=np.where(active > 0.0, np.maximum(trade.substitution, replaced), trade.substitution),
    )


def _tariff(trade: Trade, inputs: Inputs) -> Trade:
    # Landed price in ratio (1 + new) / (1 + old): value added tax multiplies both; imports follow by an elasticity.
    price = (1.0 + np.maximum(inputs["tariff_rate"], inputs["tariff_today"])) / (1.0 + inputs["tariff_today"])
    cut = way(inputs, "tariff") * (1.0 - price ** inputs["tariff_elasticity"])[:, None]
    return _kept_out(trade, cut, inputs["tariff_substitution"], inputs["tariff_strength"])


def _ban(trade: Trade, inputs: Inputs) -> Trade:
    stays_out = inputs["combustion_ban_cut"] * (1.0 - inputs["combustion_ban_irregular"])
    cut = way(inputs, "combustion_ban") * stays_out[:, None]
    return _kept_out(trade, cut, inputs["combustion_ban_substitution"], inputs["combustion_ban_strength"])


def _charging(trade: Trade, inputs: Inputs) -> Trade:
    more = 1.0 + way(inputs, "charging") * (inputs["charging_selection"][:, None] - 1.0)
    return trade._replace(selection=trade.selection * more)


def _cleaner(grid: Grid, inputs: Inputs) -> Grid:
    # The faster decline in the place of today's, from the start on: each year's ratio counts as far as the lever goes.
    years = np.cumsum(way(inputs, "clean_grid"), axis=1)
    ratio = (1.0 - inputs["clean_grid_decline"]) / (1.0 - inputs["host_grid_decline"])
    return Grid(grid.intensity * np.minimum(ratio, 1.0)[:, None] ** years)


def _repair(name: str, told: str, *countries: str) -> Lever:
    def act(repairs: Repairs, inputs: Inputs) -> Repairs:
        gone, by_module = way(inputs, name), inputs[f"{name}_by_module"][:, None]
        changed = {}
        for country in countries:
            today = getattr(repairs, country)
            # Today's repairs are new packs; of those that a right adds a share is done by the module.
            more = toward(today, inputs[f"{name}_reached"], gone) - today
            changed[country] = today + more * (1.0 - by_module)
            changed[f"{country}_mended"] = getattr(repairs, f"{country}_mended") + more * by_module
        return repairs._replace(**changed)

    return dated(
        name,
        told,
        {Repairs: act},
        policy_input(f"{name}_reached", "share", "failed packs repaired outside a warranty", 0.40),
        policy_input(f"{name}_by_module", "share", "of the repairs that it adds, by the module", 0.60),
    )


def _health_lever(side: str, told: str) -> Lever:
    lever = dated(
        f"soh_{side}",
        told,
        {BorderRule: _health(side)},
        policy_input(f"soh_{side}_minimum", "share", "lowest state of health that it lets pass", 0.80),
        policy_input(f"soh_{side}_evaded", "share", "EVs below it that cross all the same", 0.20),
        policy_input(
            f"soh_{side}_error", "share", "standard error of a reading of the state of health", 0.0, (0.0, 0.2)
        ),
    )
    passport = ("start", "ramp", "strength", "known")
    return replace(lever, also=tuple(f"battery_passport_{name}" for name in passport))


DATED = (
    dated(
        "collection",
        "packs that retire in the host country are collected at a rate that others with a duty have reached",
        {Policy: _collection},
        policy_input("collection_reached", "share", "collected share of packs that retire in {host}", 0.50),
    ),
    dated(
        "capacity",
        "recyclers are built in the host country",
        {Policy: _capacity},
        policy_input("capacity_reached", "t/yr", "packs that they can take", 20_000.0, (0.0, np.inf)),
    ),
    dated(
        "take_back",
        "producers fetch packs back and recycle them where those of home are: exported ones, and of vehicles sold new",
        {Policy: _take_back},
        policy_input("take_back_reached", "share", "exported packs taken back to {home}", 0.30),
        policy_input("take_back_new_reached", "share", "packs of vehicles sold new in {host}, taken back alike", 0.50),
    ),
    dated(
        "customs_records",
        "second-hand vehicles are on record: fewer enter irregularly, and producers find more of their packs",
        {Policy: _records, Trade: _fewer_irregular},
        policy_input("irregular_today", "share", "irregular share of second-hand vehicles that enter", 0.49),
        policy_input("irregular_reached", "share", "the same with records", 0.20),
    ),
    dated(
        "incentive",
        "who hands a pack in is paid",
        {Policy: _incentive},
        policy_input("incentive_gain", "share", "gain in the collected share", 0.20),
    ),
    dated(
        "second_life",
        "collected packs are used again in storage before they are recycled",
        {Policy: _second_life},
        policy_input("second_life_reached", "share", "collected packs used again in storage", 0.35),
    ),
    dated(
        "battery_passport",
        "a pack's health is known: more collected packs serve again, and fewer get past a rule on health",
        {Policy: _passport},
        policy_input("battery_passport_triage", "-", "on the share of packs used again", 1.10, (1.0, 3.0)),
        policy_input("battery_passport_known", "share", "EVs at the border whose health is known", 0.80),
    ),
    _health_lever("export", "used EVs below a state of health may not leave, from a year on; some do all the same"),
    _health_lever("import", "used EVs below a state of health may not enter, from a year on; some do all the same"),
    dated(
        "age_limit",
        "imports above an age end from a year on, and fewer vehicles come",
        {BorderRule: _ages, Trade: _fewer},
        policy_input("age_limit_oldest", "yr", "highest age of a registered import under it", 8.0, (0.0, 30.0)),
        policy_input("age_limit_fall", "share", "imports that it keeps out", 0.38),
        policy_input("age_limit_binds_evs", "-", "whether the limit binds EVs (1), or not (0)", 1.0),
    ),
    dated(
        "tariff",
        "a duty on combustion imports raises what they cost landed",
        {Trade: _tariff},
        policy_input("tariff_rate", "share", "duty on combustion imports", 0.30, (0.0, 5.0)),
        policy_input("tariff_today", "share", "duty today", 0.05, (0.0, 5.0)),
        policy_input("tariff_elasticity", "-", "of imports to the landed price", -2.0, (-10.0, 0.0)),
        policy_input("tariff_substitution", "share", "share of what it keeps out that used EVs replace", 0.10),
    ),
    dated(
        "combustion_ban",
        "combustion vehicles may not enter from a year on; some do all the same, used EVs replace some",
        {Trade: _ban},
        policy_input("combustion_ban_cut", "share", "legal combustion imports that it ends", 0.76),
        policy_input("combustion_ban_irregular", "share", "share of these that enter irregularly", 0.25),
        policy_input("combustion_ban_substitution", "share", "share of what it keeps out that used EVs replace", 0.10),
    ),
    dated(
        "charging",
        "places to charge draw EVs among the imports",
        {Trade: _charging},
        policy_input("charging_selection", "-", "on the ratio of the EVs' share", 1.15, (1.0, 5.0)),
    ),
    dated(
        "clean_grid",
        "emissions per kWh of the grid on which EVs charge fall faster from a year on",
        {Grid: _cleaner},
        policy_input("clean_grid_decline", "1/yr", "their yearly decline", 0.035, (-0.05, 0.5), "grid"),
    ),
    _repair("repair_home", "failed packs are replaced or mended where vehicles are new, from a year on", "home"),
    _repair("repair_both", "failed packs are replaced or mended in both countries, from a year on", "home", "host"),
)
