"""Single vehicle lives in continuous time, one branch after the other as the rules read: the oracle of the kernels.

Slow and plain on purpose: no grid, no hazards split, no arrays. Symbols as in docs of the vehicle's life: tv death of
the vehicle, tb failure of the pack, W end of the warranty, aX age at export.
"""

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Law:
    shape: float
    scale: float
    defect: float = 0.0

    def hazard(self, age):
        return (age / self.scale) ** self.shape + self.defect * age if age > 0 else 0.0

    def age_at(self, hazard):
        if self.defect == 0.0:
            return self.scale * hazard ** (1.0 / self.shape) if hazard > 0 else 0.0
        low, high = 0.0, 1.0
        while self.hazard(high) < hazard:
            high *= 2.0
        for _ in range(60):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self.hazard(middle) < hazard else (low, middle)
        return high


@dataclass(frozen=True)
class Rules:
    home_survival: list
    abroad_survival: list
    covered_home: Law
    home: Law
    covered_abroad: Law
    abroad: Law
    warranty: float = 8.0
    cover: float = 0.0
    repair: float = 0.0
    swap: float = 0.0
    used_age: float = 5.0
    multiplier: float = 1.0
    junction: str = "conditional"
    fade: float = 0.0
    home_rate: list = field(default_factory=lambda: [1.0] * 90)
    abroad_rate: list = field(default_factory=lambda: [1.0] * 90)
    crossing: Law | None = None  # at home, by the loss that ends packs abroad

    @property
    def level(self):
        return self.home if self.crossing is None else self.crossing


def survival(table, age):
    year = int(age)
    if year >= len(table) - 1:
        return 0.0
    return table[year] + (table[year + 1] - table[year]) * (age - year)


def age_at_survival(table, share):
    for year in range(len(table) - 1):
        if table[year + 1] <= share:
            drop = table[year] - table[year + 1]
            return year + (table[year] - share) / drop if drop > 0 else float(year)
    return float(len(table) - 1)


def death_abroad(rules, export_age, uniform):
    table, start = rules.abroad_survival, export_age
    if rules.junction == "renewed":
        return export_age + rules.multiplier * age_at_survival(table, uniform)
    given = survival(table, start) if rules.junction == "conditional" else 1.0
    share = uniform * given
    if share >= survival(table, start):
        return export_age
    return export_age + rules.multiplier * (age_at_survival(table, share) - start)


def simulate(rules, export_age, home, random):
    """One life. `export_age` None: never exported; `home` is "us" or "mx"; `random` gives uniforms."""
    told = dict.fromkeys(
        ("produced", "used", "us", "pyro", "landfill", "replaced", "exported", "km", "km_mx", "energy"), 0.0
    )
    told["produced"] = 1.0
    exported = False
    tv = age_at_survival(rules.home_survival if home == "us" else rules.abroad_survival, random())
    installed, used = 0.0, False
    while True:
        chance = -math.log(random())
        crossed_at = None
        covered_until = (
            0.0 if used or exported else max(rules.warranty, installed + rules.cover if installed > 0 else 0.0)
        )
        tb, under_cover = pack_failure(rules, home if not exported else "mx", installed, used, covered_until, chance)
        if home == "us" and not exported and export_age is not None and export_age < tv and export_age <= tb:
            exported, crossed_at = True, export_age
            told["exported"] = 1.0
            tv = death_abroad(rules, export_age, random())
            tb = failure_after_crossing(rules, installed, used, covered_until, export_age, chance)
            under_cover = False
        end = min(tv, tb)
        drive(
            rules,
            told,
            installed,
            end,
            home,
            used,
            crossed_at if crossed_at is not None else (0.0 if exported else None),
        )
        country = "mx" if home == "mx" or exported else "us"
        if tv <= tb:
            if country == "us":
                told["us"] += 1
            elif home == "mx" and tv < covered_until:
                told["pyro"] += 1
            else:
                told["landfill"] += 1
            break
        if under_cover:
            told["us" if country == "us" else "pyro"] += 1
            told["produced"] += 1
            used = False
        else:
            told["us" if country == "us" else "landfill"] += 1
            pick = random()
            if pick < rules.repair:
                told["produced"] += 1
                used = False
            elif pick < rules.repair + rules.swap:
                told["used"] += 1
                used = True
            else:
                break
        told["replaced"] = 1.0
        installed = tb
    told["years"] = end
    return told


def pack_failure(rules, country, installed, used, covered_until, chance):
    """Age of the vehicle at which its pack fails if nothing else changes, and whether it is covered then."""
    law = rules.home if country == "us" else rules.abroad
    if used:
        return installed + law.age_at(chance + law.hazard(rules.used_age)) - rules.used_age, False
    covered = rules.covered_home if country == "us" else rules.covered_abroad
    if covered_until > installed:
        tb = installed + covered.age_at(chance)
        if tb < covered_until:
            return tb, True
    return max(covered_until, installed + law.age_at(chance)), False


def failure_after_crossing(rules, installed, used, covered_until, export_age, chance):
    g = rules.used_age if used else 0.0
    age = g + export_age - installed
    # The loss attained, on the scale of the loss that ends packs abroad, is where the law there takes over.
    target = chance - (rules.level.hazard(age) - rules.level.hazard(g)) + rules.abroad.hazard(age)
    if target <= rules.abroad.hazard(age):
        return export_age
    return installed + rules.abroad.age_at(target) - g


def drive(rules, told, installed, end, home, used, abroad_from):
    """Distance and energy of one pack from its installation to the end, in spans of a twelfth of a year at most."""
    t = installed
    while t < end - 1e-12:
        stop = min(end, math.floor(t * 12 + 1 + 1e-9) / 12)
        if abroad_from is not None and t < abroad_from < stop:
            stop = abroad_from
        abroad = home == "mx" or (abroad_from is not None and t >= abroad_from)
        rate = (rules.abroad_rate if abroad else rules.home_rate)[min(int(t + 1e-9), 89)]
        km = rate * (stop - t)
        told["km"] += km
        told["km_mx"] += km if abroad else 0.0
        age = 0.5 * (t + stop) - installed + (rules.used_age if used else 0.0)
        told["energy"] += km / (1.0 - rules.fade * age)
        t = stop


def closed_form_produced(law, table, warranty, steps=20_000):
    """1 + integral over the warranty of f(t) S(t) dt, where at most one replacement is covered (midpoint rule)."""
    total, h = 1.0, warranty / steps
    for k in range(steps):
        share = math.exp(-law.hazard(k * h)) - math.exp(-law.hazard((k + 1) * h))
        total += share * survival(table, (k + 0.5) * h)
    return total
