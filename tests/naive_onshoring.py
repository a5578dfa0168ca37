"""Plain-Python twin of the cell-onshoring model: one draw, loops over names, no arrays."""

MINERALS = ("lithium", "cobalt", "nickel", "manganese")
CASES = ("base", "onshored")
MASSES = ("cathode", "anode", "electrolyte", "separator", "casing")


def cells(table, values):
    """Return key -> value of one draw of a table."""
    return {key: float(value) for key, value in zip(table.index, values, strict=True)}


def contained_mass(weight, fraction):
    """Return equation 1 of the supply-chain study, the mass of a mineral in goods shipped: sum_i W_i c_i."""
    return (weight * fraction).sum(axis=-1)


def masses(shares, ratio, coating_yield, cell_yield):
    used = {}
    for name in MASSES:
        if name == "cathode":
            used[name] = shares[name] * ratio
        else:
            used[name] = shares[name] * (1 - shares["cathode"] * ratio) / (1 - shares["cathode"])
        used[name] /= cell_yield
        if name in ("cathode", "anode"):
            used[name] /= coating_yield
    return used


def gwp(t, scalars, origin, used, chemistry):
    """Return {(case, component): kg CO2e} and {(case, contribution): kg CO2e} of the cathode.

    t: table name -> {key: value}; origin: (case, stage) -> {country: share}.
    """
    g0, h0 = scalars["inventory_grid"], scalars["inventory_heat"]
    components, hotspot = {}, {}
    for case in CASES:
        power = {s: sum(w * t["grid"][(c,)] for c, w in origin[case, s].items()) for (k, s) in origin if k == case}
        heat = {
            s: sum(w * t["heat_factor"][(c,)] for c, w in origin[case, s].items()) for (k, s) in origin if k == case
        }
        salts = sum(
            t["stoichiometry"][chemistry, mineral] * ratio * t["material_burden"][(material,)]
            for (chem, mineral, material), ratio in t["salt"].items()
            if chem == chemistry
        )
        process = {q: v for (chem, q), v in t["cathode_process"].items() if chem == chemistry}
        chain = scalars["precursor_electricity_share"]
        m = used["cathode"]
        hotspot[case, "electricity"] = m * (process["electricity"] + chain * salts / g0) * power["cathode"]
        hotspot[case, "heat"] = m * (process["heat"] * heat["cathode"] + process["process_gas"])
        hotspot[case, "resources"] = m * ((1 - chain) * salts + process["reagents"])
        hotspot[case, "waste"] = m * process["waste"]
        components[case, "cathode"] = sum(value for (k, _), value in hotspot.items() if k == case)

        def bought(name, p, h):
            burden = sum(
                w * t["material_burden"][(material,)] for (n, material), w in t["composition"].items() if n == name
            )
            kwh = t["burden_split"][name, "electricity"] * burden / g0
            mj = t["burden_split"][name, "heat"] * burden / h0
            return burden - kwh * g0 - mj * h0 + kwh * p + mj * h

        for name in ("anode", "electrolyte", "separator"):
            components[case, name] = used[name] * bought(name, power[name], heat[name])
        plant = scalars["cell_plant_electricity"] * power["cell"] + scalars["cell_plant_gas"] * heat["cell"]
        components[case, "other"] = (
            used["casing"] * bought("casing", power["cell"], heat["cell"])
            + t["chemistry_ratio"][chemistry, "plant_ratio"] * plant
        )
    return components, hotspot


def transport(t, used, chemistry, gross):
    """Return {(case, mineral, leg, mode): kg CO2e per kg cell}: equations 1 and 2 leg by leg."""
    found = {}
    for case in CASES:
        for mineral in MINERALS:
            mass = used["cathode"] * t["stoichiometry"][chemistry, mineral]
            rows = {key: v for key, v in t["route_share"].items() if key[:2] == (case, mineral)}
            for (_, _, route, good), share in rows.items():
                weight = mass * share / sum(rows.values())
                if gross:
                    weight /= t["contained_fraction"][(good,)]
                for (c, m, r, mode), km in t["route_distance"].items():
                    if (c, m, r) == (case, mineral, route):
                        key = (case, mineral, "mine_refinery", mode)
                        found[key] = found.get(key, 0.0) + weight / 1000 * km * t["transport_factor"][(mode,)]
            salt = next(good for (chem, m, good) in t["refined_good"] if (chem, m) == (chemistry, mineral))
            carried = {
                "refinery_cathode": mass / (t["contained_fraction"][(salt,)] if gross else 1.0),
                "cathode_cell": mass / (t["contained_fraction"][(f"cathode_{chemistry}",)] if gross else 1.0),
            }
            for (c, leg, mode), km in t["leg_distance"].items():
                if c == case:
                    found[case, mineral, leg, mode] = carried[leg] / 1000 * km * t["transport_factor"][(mode,)]
    return found
