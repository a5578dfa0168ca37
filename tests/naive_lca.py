"""Slow plain-Python twin of the life-cycle assessment, for one draw: numbers by their labels, one formula a line."""

import math

ROUTE_NAMES = ("hydro", "pyro", "direct")
METALS_THAT_LEACH = ("nickel", "copper", "cobalt")


def between(knots: dict[int, float], year: int) -> float:
    """Return the figure of a year, linear between the years known and constant after the last."""
    if year in knots:
        return knots[year]
    if year > max(knots):
        return knots[max(knots)]
    before = max(known for known in knots if known < year)
    after = min(known for known in knots if known > year)
    return knots[before] + (knots[after] - knots[before]) * (year - before) / (after - before)


def scenario(cells: dict, region: str, names: tuple[str, str, str], position: float, year: int, label: tuple) -> float:
    """Return the figure between three projections that continue one history."""
    figures = []
    for name in names:
        last = max(int(key[2]) for key in cells if key[:2] == (region, "history"))
        knots = {}
        for key, value in cells.items():
            if (
                key[0] == region
                and key[3:] == label
                and (key[1] == "history" or (key[1] == name and int(key[2]) > last))
            ):
                knots[int(key[2])] = value
        figures.append(between(knots, year))
    low, central, high = figures
    if position <= 0.5:
        return low + (central - low) * position / 0.5
    return central + (high - central) * (position - 0.5) / 0.5


def per_kwh(cells: dict, scalars: dict, region: str, year: int, category: str) -> float:
    """Return the impact of one kWh at the plug."""
    mix, factors = cells["grid_mix"], cells["grid_factors"]
    names = ("low_clean", "central", "high_clean")
    position = scalars[f"{region}_grid_position"]
    total = impact = 0.0
    for (where, energy_source, technology, otherwise), part in cells["grid_sources"].items():
        if where != region:
            continue
        share = scenario(mix, region, names, position, year, (energy_source,))
        factor = part * factors[technology, category]
        if otherwise != "none":
            factor += (1 - part) * factors[otherwise, category]
        if region == "mx" and technology in ("oil", "hard_coal"):
            extra = 0.0
            for flow in ("so2", "nox", "pm25"):
                emissions = cells["grid_mx_emissions"]
                excess = emissions["mexico", technology, flow] - emissions["base", technology, flow]
                extra += excess * cells["characterisation"].get((flow, category), 0.0)
            factor += extra * (scalars["mx_fuel_oil_share"] if technology == "oil" else 1.0)
        impact += share * factor
        total += share
    loss = scenario(
        cells["grid_losses"], region, ("low", "central", "high"), scalars[f"{region}_loss_position"], year, ()
    )
    return impact / total / (1 - loss)


def per_litre(cells: dict, scalars: dict, vehicle: str, place: str, category: str) -> float:
    """Return the impact of one litre burned in the US (us), in Mexico (mx) or with an old catalyst there (mx_old)."""
    if cells["vehicles"][vehicle, "litres_per_km"] == 0:
        return 0.0
    gasoline, factor = cells["gasoline"], cells["characterisation"]
    sulfur = gasoline["sulfur_us" if place == "us" else "sulfur_mx",]
    impact = cells["gasoline_upstream"][category,]
    impact += gasoline["combustion_co2",] * factor.get(("co2", category), 0.0)
    impact += gasoline["density",] * sulfur * 64.066 / 32.065 * factor.get(("so2", category), 0.0)
    for (car, flow), grams in cells["tailpipe"].items():
        if car == vehicle:
            ageing = scalars["catalyst_multiplier"] if place == "mx_old" else 1.0
            impact += ageing * grams * factor.get((flow, category), 0.0)
    return impact


def vehicle_production(cells: dict, vehicle: str, category: str) -> float:
    """Return the impact of making a car without its pack."""
    kilograms, factor = cells["vehicles"], cells["vehicle_factors"]
    glider = kilograms[vehicle, "curb_mass"] - kilograms[vehicle, "pack_mass"]
    impact = 0.0
    for part in ("engine", "motor", "electronics"):
        glider -= kilograms[vehicle, f"{part}_mass"]
        impact += kilograms[vehicle, f"{part}_mass"] * factor[part, category]
    return impact + glider * factor["glider", category]


def vehicle_end(cells: dict, scalars: dict, vehicle: str, category: str) -> float:
    """Return the impact of dismantling and shredding a car without its pack."""
    factor = cells["vehicle_factors"]
    kilograms = cells["vehicles"][vehicle, "curb_mass"] - cells["vehicles"][vehicle, "pack_mass"]
    residue = scalars["shredder_residue_share"] * factor["residue_landfill", category]
    return kilograms * (factor["dismantling", category] + residue)


def wear(cells: dict, scalars: dict, vehicle: str, category: str) -> float:
    """Return the impact of tyre, brake and road wear per km, by the mass of the vehicle."""
    electric = cells["vehicles"][vehicle, "energy_per_km"] > 0
    impact = 0.0
    for item in ("tyre_wear", "brake_wear", "road_wear"):
        worn = scalars[item] * (scalars["ev_brake_wear_ratio"] if electric and item == "brake_wear" else 1.0)
        impact += worn * cells["vehicle_factors"][item, category]
    return impact * cells["vehicles"][vehicle, "curb_mass"] / 1240.0


def road(cells: dict, vehicle: str, category: str) -> float:
    """Return the impact of building roads, by the mass on them, and of their upkeep, per km."""
    built, kept = cells["road"]["construction", category], cells["road"]["maintenance", category]
    return built * cells["vehicles"][vehicle, "curb_mass"] + kept


def shared(value: float, median: float, sigma: float, normal_score: float, correlation: float) -> float:
    """Return a score moved by the metal factor of its category."""
    if sigma == 0:
        return value
    own = math.log(value / median) / sigma
    return median * math.exp(sigma * (math.sqrt(correlation) * normal_score + math.sqrt(1 - correlation) * own))


def chemistry_of(cells: dict, vehicle: str) -> str:
    """Return the one chemistry of a vehicle's pack."""
    return next((key[1] for key, share in cells["pack_chemistry"].items() if key[0] == vehicle and share == 1), "")


def battery_production(cells: dict, medians: dict, sigmas: dict, scalars: dict, vehicle: str, category: str) -> float:
    """Return the impact of making a pack in 2022."""
    chemistry = chemistry_of(cells, vehicle)
    if not chemistry:
        return 0.0
    key = (chemistry, category)
    score = shared(
        cells["battery_factors"][key],
        medians["battery_factors"][key],
        sigmas["battery_factors"][key],
        cells["metal_factor"][category,],
        scalars["metal_correlation"],
    )
    kwh = cells["vehicles"][vehicle, "pack_energy"]
    # The score per kWh makes a pack of so many kg per kWh: what the real one weighs beyond it is made per kg.
    beyond = cells["vehicles"][vehicle, "pack_mass"] - kwh * cells["pack_mass"][chemistry,]
    housing = beyond * cells["vehicle_factors"]["pack_housing", category]
    return (kwh * score + housing) * (1 - scalars["battery_trend"]) ** 2


def credit(cells: dict, medians: dict, sigmas: dict, scalars: dict, vehicle: str, region: str, category: str) -> float:
    """Return the burden avoided by the metals recovered from a pack."""
    chemistry = chemistry_of(cells, vehicle)
    if not chemistry:
        return 0.0
    total = 0.0
    for (kind, material), content in cells["pack_materials"].items():
        if kind != chemistry:
            continue
        smelted = cells["recycling_recovery"]["pyro", material]
        recovered = smelted
        if region == "us":
            hydro = scalars["us_hydro_share"]
            recovered = hydro * cells["recycling_recovery"]["hydro", material] + (1 - hydro) * smelted
        key = ("ecoinvent_scores", material, category)
        avoided = shared(
            cells["credits"][key],
            medians["credits"][key],
            sigmas["credits"][key],
            cells["metal_factor"][category,],
            scalars["metal_correlation"],
        )
        total += content * recovered * scalars["substitution_ratio"] * avoided
    return total * cells["vehicles"][vehicle, "pack_energy"]


def recycling(cells: dict, scalars: dict, vehicle: str, region: str, category: str) -> float:
    """Return the burden of recycling a pack."""
    chemistry = chemistry_of(cells, vehicle)
    if not chemistry:
        return 0.0
    smelted = cells["recycling_burdens"]["pyro", chemistry, category]
    if region == "mx":
        burden = smelted * cells["recycling_mx_ratio"][category,]
    else:
        hydro = scalars["us_hydro_share"]
        burden = hydro * cells["recycling_burdens"]["hydro", chemistry, category] + (1 - hydro) * smelted
    return burden * cells["vehicles"][vehicle, "pack_energy"]


def landfill(cells: dict, scalars: dict, vehicle: str, category: str) -> float:
    """Return the impact of a landfilled pack whose metals leach."""
    vehicles = cells["vehicles"]
    impact = vehicles[vehicle, "pack_mass"] * cells["vehicle_factors"]["battery_landfill", category]
    chemistry = chemistry_of(cells, vehicle)
    for metal in METALS_THAT_LEACH if chemistry else ():
        kilograms = vehicles[vehicle, "pack_energy"] * cells["pack_materials"][chemistry, metal]
        impact += kilograms * scalars["leached_share"] * cells["characterisation"].get((metal, category), 0.0)
    return impact
