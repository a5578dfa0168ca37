"""Two countries' fleets, draw by draw: the US pool, Mexico's stock, the trade between them, the packs that retire."""

import numpy as np

from mcsim.kernels._jit import kernel
from mcsim.kernels.cohorts import fill_table_halves, fill_weibull_steps, push_ages, push_cohort, year_of_half
from mcsim.kernels.cohorts_packs import (
    fill_new_vehicles,
    fill_pack_ages,
    fill_states,
    traded_share,
)
from mcsim.kernels.cohorts_second_hand import fill_entry_survival, fill_second_hand
from mcsim.kernels.cohorts_trade import allocate, ev_share_of_pool, spread_ages
from mcsim.kernels.cohorts_us import fill_unit_leavers, fill_us
from mcsim.kernels.maths import exp, log

_QUARTER = 0.25
# Rows of Space.laws and of Space.ages.
_US_WARRANTY, _US_END, _MX_WARRANTY, _MX_END, _PASS = 0, 1, 2, 3, 4
_COMBUSTION, _EV, _WEIGHT, _EV_WEIGHT, _ON_OFFER, _WHOLE = 0, 1, 2, 3, 4, 5


@kernel
def prepare_us(i, vehicles, laws, rules, space, flows):
    """Fill the US side of draw i: laws, pack states, stock, deregistrations and the pool."""
    fill_weibull_steps(laws.shape[i], laws.us_warranty[i], _QUARTER, space.laws[_US_WARRANTY])
    fill_weibull_steps(laws.shape[i], laws.us_end[i], _QUARTER, space.laws[_US_END])
    fill_weibull_steps(laws.shape[i], laws.mx_warranty[i], _QUARTER, space.laws[_MX_WARRANTY])
    fill_weibull_steps(laws.shape[i], laws.mx_end[i], _QUARTER, space.laws[_MX_END])
    if laws.pass_scale[i] < np.inf:
        fill_weibull_steps(laws.pass_shape[i], laws.pass_scale[i], _QUARTER, space.laws[_PASS])
    else:
        space.laws[_PASS, :] = 1.0
    for quarter in range(space.defects.size):
        space.defects[quarter] = exp(-laws.defects[i] * _QUARTER * quarter)
    fill_states(
        space.laws[_US_WARRANTY],
        space.laws[_US_END],
        space.defects,
        laws.us_cover[i],
        laws.us_repair[i],
        space.state,
        space.running,
    )
    for style in range(2):
        fill_table_halves(vehicles.us_survival[style], vehicles.us_stretch[i], space.alive[style])
        leavers = space.leavers[style]
        fill_unit_leavers(
            space.alive[style], space.running, rules.exposure, leavers[0], leavers[1], leavers[2], leavers[3]
        )
    first = vehicles.us_sales.shape[1] - vehicles.mx_sales.shape[1]
    fill_us(
        vehicles.us_sales[i],
        vehicles.pickup_share,
        space.alive,
        space.leavers,
        rules.exposure,
        first,
        flows.us_stock[i],
        flows.us_gone[i],
        space.pool,
    )
    if laws.pass_scale[i] < np.inf:
        # A rule on the state of health stops vehicles with a dead pack first.
        space.pool.dead[:, :] = 0.0


@kernel
def prepare_mx(i, vehicles, laws, rules, space):
    """Fill the Mexican side of draw i: survival, pack states, what an EV sold new becomes; forget the imports'."""
    fill_weibull_steps(vehicles.mx_shape[i], vehicles.mx_scale[i], 0.5, space.mx_alive)
    fill_states(
        space.laws[_MX_WARRANTY],
        space.laws[_MX_END],
        space.defects,
        laws.mx_cover[i],
        laws.mx_repair[i],
        space.mx_state,
        space.mx_running,
    )
    for year in range(space.left.shape[1]):
        space.left[0, year] = space.mx_alive[2 * year + rules.exposure]
    fill_new_vehicles(
        space.mx_alive,
        space.mx_state,
        space.mx_running,
        laws.mx_cover[i],
        laws.mx_repair[i],
        rules.exposure,
        space.left[1],
        space.new[0],
        space.new[1],
        space.new[2],
    )
    space.ready[:, :] = 0
    for age in range(space.passing.size):
        space.passing[age] = traded_share(
            age,
            space.state,
            laws.us_cover[i],
            space.laws[_US_WARRANTY],
            space.laws[_US_END],
            space.laws[_PASS],
            space.share,
        )


@kernel
def push_first_stock(i, vehicles, rules, space, flows):
    """Add the stock at the end of the year before the first: recent sales that survive, the rest older, by survival."""
    early = vehicles.early_sales.size
    recent = 0.0
    rest = 0.0
    for age in range(vehicles.early_cohorts):
        alive = space.mx_alive[2 * age + rules.exposure]
        if age < early:
            recent += vehicles.early_sales[early - 1 - age] * alive
        else:
            rest += alive
    total = vehicles.initial_stock[i]
    scale = total / recent if recent > total or rest <= 0.0 else 1.0
    older = max(total - recent * scale, 0.0) / rest if rest > 0.0 else 0.0
    for age in range(vehicles.early_cohorts):
        sold = scale * vehicles.early_sales[early - 1 - age] if age < early else older
        start = 2 * (age + 1) + rules.exposure
        before = space.mx_alive[start - 2]
        left = space.mx_alive[start::2]
        years = flows.age_sum.shape[1]
        flows.gone[i, 0, 0] += sold * (before - left[0])
        for year in range(years):
            flows.stock[i, 0, year] += sold * left[year]
            if year > 0:
                flows.gone[i, 0, year] += sold * (left[year - 1] - left[year])
        push_ages(sold, left[:years], 0, age + 1, rules.exposure, flows.age_sum[i], flows.age_group[i])


@kernel
def push_new_sales(i, vehicles, rules, space, flows, packs):
    """Add every year's new sales: stock, deregistrations, ages, packs."""
    years, shifts = space.new.shape[1], space.new.shape[2]
    for year in range(years):
        for powertrain in range(3):
            sold = vehicles.mx_sales[i, year, powertrain]
            left = space.left[1] if powertrain == 2 else space.left[0]
            flows.registrations[i, powertrain, year] = sold
            push_cohort(sold, left, year, flows.stock[i, powertrain], flows.gone[i, powertrain])
            push_ages(sold, left, year, 0, rules.exposure, flows.age_sum[i], flows.age_group[i])
        ev = vehicles.mx_sales[i, year, 2]
        if ev == 0.0:
            continue
        for later in range(year, years):
            for shift in range(min(shifts, later - year + 1)):
                packs.covered[later, year + shift] += ev * space.new[0, later - year, shift]
                packs.later[later, year + shift] += ev * space.new[1, later - year, shift]
                packs.replaced[later, year + shift] += ev * space.new[2, later - year, shift]


@kernel
def prepare_entry(i, age, with_ev, vehicles, laws, rules, space):
    """Fill, once per draw, what an import of this age becomes; with packs only where EVs come at this age."""
    years = space.entry_left.shape[1]
    if space.ready[0, age] == 0 or (with_ev and space.ready[1, age] == 0):
        fill_entry_survival(
            age,
            rules.renewed,
            vehicles.mx_shape[i],
            vehicles.mx_scale[i],
            vehicles.life_multiplier[i],
            space.entry_alive[: 2 * years + 1],
        )
        for year in range(years):
            space.entry_left[age, year] = space.entry_alive[2 * year + rules.exposure]
        space.ready[0, age] = 1
    if not with_ev or space.ready[1, age] == 1:
        return
    space.ready[1, age] = 1
    cover = laws.us_cover[i]
    warranty, end, allowed = space.laws[_US_WARRANTY], space.laws[_US_END], space.laws[_PASS]
    traded_share(age, space.state, cover, warranty, end, allowed, space.share)
    fill_pack_ages(age, space.share, warranty, end, allowed, cover, laws.shape[i], laws.us_end[i], space.older)
    fill_second_hand(
        age,
        space.share,
        space.older,
        space.laws[_MX_END],
        space.defects,
        laws.shape[i],
        laws.mx_end[i],
        space.entry_alive,
        laws.mx_repair[i],
        rules.exposure,
        space.pack,
        space.ev_left[age],
        space.ev_retired[age],
    )
    _fill_dead_shift(age, cover, rules.exposure, space)


@kernel
def _fill_dead_shift(age, cover, exposure, space):
    """Fill the model years of the packs that fail, unreplaced, in the year of age before the border."""
    space.dead_shift[age, :] = 0.0
    total = 0.0
    for half in range(max(2 * (age - 1) + exposure, cover) + 1, 2 * age + exposure + 1):
        for fitted in range(min(half, space.state.shape[1])):
            failed = space.state[half - 1, fitted] - space.state[half, fitted]
            shift = 0 if fitted == 0 else year_of_half(fitted, exposure)
            space.dead_shift[age, shift] += failed
            total += failed
    if total > 0.0:
        space.dead_shift[age] /= total
    else:
        space.dead_shift[age, 0] = 1.0


@kernel
def choose_imports(i, year, wanted, weight, open_age, trade, rules, space, flows):
    """Fill who comes at each age when so many are wanted; return (not found, EVs refused for their state of health)."""
    ages = space.ages
    pool = space.pool
    ages[_WHOLE] = pool.icev[year] + pool.hev[year]
    ages[_ON_OFFER] = pool.ev[year] + pool.dead[year] if rules.dead_packs else pool.ev[year]
    share = ev_share_of_pool(weight, ages[_WHOLE], ages[_ON_OFFER])
    if rules.whole_pool:
        gone = flows.us_gone[i, year]
        ev = gone[2] + gone[3] if rules.dead_packs else gone[2]
        share = ev / (ev + gone[0] + gone[1]) if ev > 0.0 else 0.0
    share = min(1.0, trade.selection[i] * share)
    spread_ages(trade.ev_age[i], trade.ev_width[i], open_age, ages[_EV_WEIGHT])
    passing = 0.0
    for age in range(ages.shape[1]):
        working = pool.ev[year, age] / ages[_ON_OFFER, age] if ages[_ON_OFFER, age] > 0.0 else 1.0
        allowed = working * space.passing[age] + 1.0 - working
        ages[_ON_OFFER, age] *= allowed
        ages[_EV_WEIGHT, age] *= allowed
        passing += ages[_EV_WEIGHT, age]
    if passing > 0.0:
        ages[_EV_WEIGHT] /= passing
    cut = trade.combustion_cut[i, year]
    combustion = wanted * (1.0 - share)
    ev = wanted * share + combustion * cut * trade.substitution[i]
    missing = allocate(combustion * (1.0 - cut), weight, open_age, ages[_WHOLE], ages[_COMBUSTION])
    missing += allocate(ev * passing, ages[_EV_WEIGHT], open_age, ages[_ON_OFFER], ages[_EV])
    return missing, ev * (1.0 - min(passing, 1.0))


@kernel
def kept_at_once(i, year, vehicles, laws, rules, space):
    """Return how many of the chosen imports are in use at the end of the year."""
    kept = 0.0
    for age in range(space.ages.shape[1]):
        combustion, ev = space.ages[_COMBUSTION, age], space.ages[_EV, age]
        if combustion > 0.0 or ev > 0.0:
            prepare_entry(i, age, ev > 0.0, vehicles, laws, rules, space)
            kept += combustion * space.entry_left[age, 0]
            kept += ev * _working(year, age, rules, space) * space.ev_left[age, 0] if ev > 0.0 else 0.0
    return kept


@kernel
def _working(year, age, rules, space):
    """Share of the chosen EVs whose pack works."""
    if not rules.dead_packs:
        return 1.0
    passed = space.pool.ev[year, age] * space.passing[age]
    total = passed + space.pool.dead[year, age]
    return passed / total if total > 0.0 else 1.0


@kernel
def push_imports(i, year, vehicles, laws, rules, space, flows, packs):
    """Add the chosen imports: registrations, stock, deregistrations, ages, packs."""
    pool = space.pool
    for age in range(space.ages.shape[1]):
        combustion, ev = space.ages[_COMBUSTION, age], space.ages[_EV, age]
        if combustion > 0.0:
            prepare_entry(i, age, False, vehicles, laws, rules, space)
            left = space.entry_left[age]
            total = pool.icev[year, age] + pool.hev[year, age]
            hybrid = combustion * pool.hev[year, age] / total if total > 0.0 else 0.0
            flows.registrations[i, 3, year] += combustion - hybrid
            flows.registrations[i, 4, year] += hybrid
            push_cohort(combustion - hybrid, left, year, flows.stock[i, 3], flows.gone[i, 3])
            push_cohort(hybrid, left, year, flows.stock[i, 4], flows.gone[i, 4])
            push_ages(combustion, left, year, age, rules.exposure, flows.age_sum[i], flows.age_group[i])
        if ev > 0.0:
            prepare_entry(i, age, True, vehicles, laws, rules, space)
            working = ev * _working(year, age, rules, space)
            flows.registrations[i, 5, year] += ev
            flows.exported_ev[i, year] += ev
            flows.gone[i, 5, year] += ev - working
            push_cohort(working, space.ev_left[age], year, flows.stock[i, 5], flows.gone[i, 5])
            push_ages(working, space.ev_left[age], year, age, rules.exposure, flows.age_sum[i], flows.age_group[i])
            _push_second_packs(year, age, working, ev - working, space, packs)


@kernel
def _push_second_packs(year, age, working, dead, space, packs):
    years, shifts = space.new.shape[1], space.new.shape[2]
    for later in range(year, years):
        for shift in range(min(shifts, later - year + age + 1)):
            packs.second[later, max(year - age + shift, 0)] += working * space.ev_retired[age, later - year, shift]
    if dead > 0.0:
        for shift in range(shifts):
            packs.second[year, max(min(year - age + shift, year), 0)] += dead * space.dead_shift[age, shift]


@kernel
def unregistered_factor(i, vehicles, laws, trade, rules, space, flows):
    """Return how many unregistered imports per registered one raise the stock by the wanted share."""
    at = trade.uplift_year
    stock = 0.0
    for series in range(3):
        stock += flows.stock[i, series, at]
    irregular = 0.0
    for year in range(at + 1):
        for age in range(space.ages.shape[1]):
            weight, other = trade.history_weight[i, year, age], trade.irregular_weight[i, age]
            if weight > 0.0 or other > 0.0:
                prepare_entry(i, age, False, vehicles, laws, rules, space)
                left = space.entry_left[age, at - year] * trade.observed[i, year]
                stock += weight * left
                irregular += other * left
    return trade.uplift[i] * stock / irregular if irregular > 0.0 else 0.0


@kernel
def import_history(i, vehicles, laws, trade, rules, space, flows, packs):
    """Add the observed imports; what the modelled pool lacks comes too, as combustion vehicles, and is counted."""
    extra = 0.0
    if trade.uplift[i] > 0.0:
        extra = unregistered_factor(i, vehicles, laws, trade, rules, space, flows)
    for year in range(trade.observed.shape[1]):
        weight = space.ages[_WEIGHT]
        for age in range(weight.size):
            regular, other = trade.history_weight[i, year, age], trade.irregular_weight[i, age]
            weight[age] = (regular + extra * other) / (1.0 + extra)
        wanted = trade.observed[i, year] * (1.0 + extra)
        missing, _ = choose_imports(i, year, wanted, weight, trade.history_open[year], trade, rules, space, flows)
        flows.outside[i, year] = missing
        for age in range(weight.size):
            space.ages[_COMBUSTION, age] += missing * weight[age]
        push_imports(i, year, vehicles, laws, rules, space, flows, packs)


@kernel
def total_stock(i, year, flows):
    """Return the stock of draw i at the end of a year."""
    total = 0.0
    for series in range(6):
        total += flows.stock[i, series, year]
    return total


@kernel
def import_to_target(i, year, gap, trade, vehicles, laws, rules, space, flows):
    """Choose imports that leave `gap` vehicles in use at the end of the year, as far as the pool goes."""
    wanted = max(gap, 0.0)
    missing, refused = 0.0, 0.0
    # The share that stays depends a little on who comes; where the pool does not bind this converges at once.
    for _ in range(8):
        missing, refused = choose_imports(
            i, year, wanted, trade.weight[i], trade.open_age[i], trade, rules, space, flows
        )
        kept = kept_at_once(i, year, vehicles, laws, rules, space)
        if missing > 0.0 or kept <= 0.0 or abs(kept - gap) <= 1e-13 * gap:
            break
        wanted *= gap / kept
    return missing, refused


@kernel
def import_scenario(i, vehicles, laws, trade, rules, space, flows, packs):
    """Add the imports of every year after the history, by supply, by demand, or up to a stock that is given."""
    first = trade.observed.shape[1]
    people = trade.population[i]
    before = total_stock(i, first - 1, flows) / people[first - 1]
    joined, rate = before, 0.0
    for year in range(first, people.size):
        gap = trade.target[i, year] - total_stock(i, year, flows)
        if rules.mode == 0 or (rules.mode == 1 and year == first):
            us = flows.us_gone[i, year]
            wanted = trade.share[i] * (us[0] + us[1] + us[2] + us[3])
            if rules.mode == 1:
                # Demand joins history: its first year takes as many as the last observed one.
                wanted = 0.0
                for series in range(3, 6):
                    wanted += flows.registrations[i, series, first - 1]
            missing, refused = choose_imports(
                i, year, wanted, trade.weight[i], trade.open_age[i], trade, rules, space, flows
            )
        else:
            if rules.mode == 1:
                room = trade.saturation[i] - joined
                goal = trade.saturation[i] - room * exp(-rate * (year - first))
                gap = people[year] * goal - total_stock(i, year, flows)
            missing, refused = import_to_target(i, year, gap, trade, vehicles, laws, rules, space, flows)
        flows.unfilled[i, year] = missing
        flows.refused[i, year] = refused
        push_imports(i, year, vehicles, laws, rules, space, flows, packs)
        if year == first:
            joined = total_stock(i, year, flows) / people[year]
            closing = (trade.saturation[i] - before) / (trade.saturation[i] - joined)
            rate = log(closing) if closing > 1.0 else 0.0
