"""The fleet in plain Python: one draw, cohort by cohort, slow and obvious; and single vehicles, drawn one by one."""

import math

import numpy as np

YEARS = range(2005, 2051)


def weibull(age, shape, scale):
    return math.exp(-((age / scale) ** shape))


def tabulated(age, table, stretch):
    position = age / stretch
    last = len(table) - 1
    if position > last:
        return table[-1] * (table[-1] / table[-2]) ** (position - last) if table[-2] > 0 and table[-1] > 0 else 0.0
    year = min(int(position), last - 1)
    return table[year] + (table[year + 1] - table[year]) * (position - year)


def in_service(half, fitted, cover, shape, warranty_scale, end_scale, hazard):
    """Share of the packs fitted in the middle of half-year `fitted` (0: at the start) still in service."""
    if half == fitted and half > 0:
        return 1.0
    fitted_at = 0.0 if fitted == 0 else fitted / 2 - 0.25
    age = half / 2 - fitted_at
    defects = math.exp(-hazard * age)
    if half <= cover:
        return weibull(age, shape, warranty_scale) * defects
    if fitted > cover:
        return weibull(age, shape, end_scale) * defects
    passed = 1.0 if fitted == cover and cover > 0 else weibull(max(cover / 2 - fitted_at, 0.0), shape, warranty_scale)
    return min(passed, weibull(age, shape, end_scale)) * defects


def pack_states(halves, cover, repair, shape, warranty_scale, end_scale, hazard):
    """Return by half-year {fitted: share of vehicles}, deaths of vehicles aside."""
    states = [{0: 1.0}]
    first = {0: 1.0}
    for half in range(1, halves):
        now, failed = {}, 0.0
        for fitted, before in states[-1].items():
            after = min(
                first[fitted] * in_service(half, fitted, cover, shape, warranty_scale, end_scale, hazard), before
            )
            now[fitted] = after
            failed += before - after
        again = failed * (1.0 if half <= cover else repair)
        if again > 0:
            now[half] = first[half] = again
        states.append(now)
    return states


def year_of(half, exposure):
    return (half - exposure + 1) // 2


def new_vehicle(alive, states, cover, repair, exposure, years):
    """Return (left at ends of years, {(year, model year of pack): packs retired}, packs replaced under warranty)."""
    left = [alive[2 * t + exposure] * sum(states[2 * t + exposure].values()) for t in range(years)]
    retired, replaced = {}, 0.0
    for half in range(1, 2 * (years - 1) + exposure + 1):
        year = year_of(half, exposure)
        failed = 0.0
        for fitted, before in states[half - 1].items():
            after = states[half].get(fitted, 0.0)
            key = (year, 0 if fitted == 0 else year_of(fitted, exposure))
            retired[key] = retired.get(key, 0.0) + alive[half - 1] * before - alive[half] * after
            failed += before - after
        again = failed * (1.0 if half <= cover else repair)
        retired[(year, year)] = retired.get((year, year), 0.0) + (alive[half - 1] - alive[half]) / 2 * again
        if half <= cover:
            replaced += failed * (alive[half - 1] + alive[half]) / 2
    return left, retired, replaced


def import_survival(age, t, renewed, shape, scale, multiplier):
    if renewed:
        return weibull(t / multiplier, shape, scale)
    return math.exp((age / scale) ** shape - ((age + t / multiplier) / scale) ** shape)


def second_hand(age, states, law, renewed, survival, multiplier, exposure, years):
    """Return (left, {(year, model year of pack): packs retired}) of one traded EV, without rules and repairs."""
    shape, warranty_scale, end_scale, host_end_scale, hazard, cover = law
    half = 2 * age
    weights, border = {}, {}
    for fitted, share in states[half].items():
        fitted_at = 0.0 if fitted == 0 else fitted / 2 - 0.25
        served = in_service(half, fitted, cover, shape, warranty_scale, end_scale, 0.0)
        end = weibull(age - fitted_at, shape, end_scale)
        border[fitted] = min(served, end)
        weights[fitted] = share * border[fitted] / served
    total = sum(weights.values())
    left, retired = [], {}
    for fitted in weights:
        weights[fitted] /= total
    previous, before_alive = dict(weights), 1.0
    for year in range(years):
        t = year + exposure / 2
        alive = import_survival(age, t, renewed, *survival, multiplier)
        running = {}
        for fitted, share in weights.items():
            fitted_at = 0.0 if fitted == 0 else fitted / 2 - 0.25
            start = age - fitted_at
            # A pack with the quantile of the border's law fails no earlier than the host's law reaches it.
            known = min(weibull(start, shape, host_end_scale), border[fitted])
            kept = min(weibull(start + t, shape, host_end_scale), known) / known
            running[fitted] = share * kept * math.exp(-hazard * t)
            key = (year, 0 if fitted == 0 else year_of(fitted, exposure))
            retired[key] = retired.get(key, 0.0) + before_alive * previous[fitted] - alive * running[fitted]
        left.append(alive * sum(running.values()))
        previous, before_alive = running, alive
    return left, retired, total / sum(states[half].values())


def simulate_new_evs(count, seed, alive_law, shape, warranty_scale, end_scale, hazard, cover, horizon):
    """Draw EVs sold new in continuous time: return the age at which each leaves, and its number of packs."""
    rng = np.random.default_rng(seed)
    leaves, packs = np.empty(count), np.ones(count)
    for vehicle in range(count):
        death = alive_law[1] * (-math.log(rng.random())) ** (1 / alive_law[0])
        fitted = 0.0
        while True:
            quantile = (-math.log(rng.random())) ** (1 / shape)
            defect = -math.log(rng.random()) / hazard if hazard > 0 else math.inf
            under_cover = fitted + min(warranty_scale * quantile, defect)
            if under_cover < min(cover, death):
                packs[vehicle] += 1
                fitted = under_cover
                continue
            failure = max(cover, fitted + min(end_scale * quantile, defect))
            leaves[vehicle] = min(death, failure, horizon)
            break
    return leaves, packs


def home_pool(vehicles, styles, i, states, exposure):
    """Return ({(year, age): [icev, hev, ev, dead]}, {year: all deregistrations}) of one draw."""
    survival = [list(curve) for curve in styles.survival]
    running = [sum(state.values()) for state in states]
    pool, total = {}, dict.fromkeys(YEARS, 0.0)
    for place, model_year in enumerate(range(1981, 2051)):
        pickup = styles.pickup_share[place]
        sold = vehicles.sales[i, place]
        alive = [
            (1 - pickup) * tabulated(half / 2, survival[0], vehicles.stretch[i])
            + pickup * tabulated(half / 2, survival[1], vehicles.stretch[i])
            for half in range(2 * (2050 - model_year) + exposure + 1)
        ]
        for year in range(max(model_year, 2005), 2051):
            age = year - model_year
            start, end = max(2 * (age - 1) + exposure, 0), 2 * age + exposure
            died = sum((alive[h] - alive[h + 1]) * (running[h] + running[h + 1]) / 2 for h in range(start, end))
            failed = sum((running[h] - running[h + 1]) * (alive[h] + alive[h + 1]) / 2 for h in range(start, end))
            gone = alive[start] - alive[end]
            pool[year, age] = [sold[0] * gone, sold[1] * gone, sold[2] * died, sold[2] * failed]
            total[year] += sum(pool[year, age])
    return pool, total


def spread(wanted, weights, gates, on_offer):
    """Return ({age: taken}, missing): shortfalls move to the nearest open age, the older first."""
    taken = {age: min(wanted * weights.get(age, 0.0), on_offer[age]) if age in gates else 0.0 for age in on_offer}
    missing = 0.0
    for age in on_offer:
        want = wanted * weights.get(age, 0.0)
        short = want - (min(want, on_offer[age]) if age in gates else 0.0)
        for distance in range(1, len(on_offer)):
            for other in (age + distance, age - distance):
                if other in gates and other in on_offer and short > 0:
                    more = min(short, max(on_offer[other] - taken[other], 0.0))
                    taken[other] += more
                    short -= more
        missing += short
    return taken, missing


def supply(vehicles, laws, trade, shared, rules, capacity, i):
    """Return (stock by series and year, EV packs of imports retired by year, their kWh) of one draw, by supply."""
    exposure, years = rules.exposure, len(YEARS)
    hazard = laws.defects[i]
    home = pack_states(142, laws.home.cover[i], 0.0, laws.shape[i], laws.home.warranty[i], laws.home.end[i], hazard)
    host = pack_states(102, laws.host.cover[i], 0.0, laws.shape[i], laws.host.warranty[i], laws.host.end[i], hazard)
    survival = vehicles.host.shape[i], vehicles.host.scale[i]
    alive = [weibull(half / 2, *survival) for half in range(170)]
    stock = np.zeros((6, years))
    first_stock(vehicles.host, shared.first_stock, i, alive, exposure, stock)
    new_ev = new_vehicle(alive, host, laws.host.cover[i], 0.0, exposure, years)[0]
    for start in range(years):
        for powertrain in range(3):
            for year in range(start, years):
                left = new_ev[year - start] if powertrain == 2 else alive[2 * (year - start) + exposure]
                stock[powertrain, year] += vehicles.host.sales[i, start, powertrain] * left
    pool, total = home_pool(vehicles.home, shared.styles, i, home, exposure)
    law = laws.shape[i], laws.home.warranty[i], laws.home.end[i], laws.abroad[i], hazard, laws.home.cover[i]
    packs, energy, profiles = np.zeros(years), np.zeros(years), {}
    last = trade.history.observed[i, -1] / total[2023]
    for start, year in enumerate(YEARS):
        past = start < trade.history.observed.shape[1]
        weights = trade.history.weight[i, start] if past else trade.weight[i]
        gates = {age for age, ok in enumerate(shared.gates.history[start] if past else trade.open_age[i]) if ok}
        offer = {age: pool.get((year, age), [0.0] * 4) for age in range(len(weights))}
        wanted = (
            trade.history.observed[i, start]
            if past
            else ((last + (trade.share[i] - last) * min((year - 2023) / 7, 1.0)) * total[year])
        )
        parts = [(w, o) for w, o in zip(weights, offer.values(), strict=True) if w > 0 and sum(o[:3]) > 0]
        share = sum(w * o[2] / sum(o[:3]) for w, o in parts) / sum(w for w, _ in parts)
        share = min(1.0, trade.selection[i, start] * share)
        ev_weights = {age: max(0.0, 1 - abs(age - trade.ev_age[i]) / trade.ev_width[i]) for age in gates}
        if not any(ev_weights.values()):
            ev_weights[min(gates, key=lambda age: abs(age - trade.ev_age[i]))] = 1.0
        scale = sum(ev_weights.values())
        passing = {}
        for age in gates:
            if age not in profiles:
                life = vehicles.host.life_multiplier[i] * vehicles.host.ev_life_multiplier[i]
                profiles[age] = second_hand(age, home, law, rules.renewed, survival, life, exposure, years)
            passing[age] = profiles[age][2]
            ev_weights[age] *= passing[age] / scale
        allowed = sum(ev_weights.values())
        ev_weights = {age: weight / allowed for age, weight in ev_weights.items()}
        taken, missing = spread(
            wanted * (1 - share), dict(enumerate(weights)), gates, {age: o[0] + o[1] for age, o in offer.items()}
        )
        evs, short = spread(
            wanted * share * allowed, ev_weights, gates, {age: o[2] * passing.get(age, 0.0) for age, o in offer.items()}
        )
        for age in range(len(weights)):
            combustion = taken[age] + (
                (missing + short + wanted * share * (1 - allowed)) * weights[age] if past else 0.0
            )
            hybrid = combustion * offer[age][1] / (offer[age][0] + offer[age][1]) if combustion > 0 else 0.0
            for later in range(start, years):
                t = later - start
                left = import_survival(
                    age, t + exposure / 2, rules.renewed, *survival, vehicles.host.life_multiplier[i]
                )
                stock[3, later] += (combustion - hybrid) * left
                stock[4, later] += hybrid * left
                if evs[age] > 0:
                    stock[5, later] += evs[age] * profiles[age][0][t]
            if evs[age] > 0:
                for (t, _), retired in profiles[age][1].items():
                    if start + t < years:
                        packs[start + t] += evs[age] * retired
                        energy[start + t] += evs[age] * retired * capacity[max(start - age, 0)]
    return stock, packs, energy


def first_stock(vehicles, first, i, alive, exposure, stock):
    """Add the stock of 2004: sales of 1990-2004 that survive, the rest spread over 1970-1989 by survival."""
    sales = {2004 - age: sold for age, sold in enumerate(first.sales[::-1])}
    recent = sum(sold * alive[2 * (2004 - year) + exposure] for year, sold in sales.items())
    rest = sum(alive[2 * (2004 - year) + exposure] for year in range(1970, 1990))
    for year in range(1970, 1990):
        sales[year] = (vehicles.initial_stock[i] - recent) / rest
    for year, sold in sales.items():
        for place, now in enumerate(YEARS):
            stock[0, place] += sold * alive[2 * (now - year) + exposure]
