"""Onshoring a battery cell: cradle-to-gate warming and mineral transport, base case against onshored case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.distributions import Constant
from mcsim.distributions.dependence import Dirichlet
from mcsim.studies.cell_onshoring.capacity import capacity_over_demand, covered
from mcsim.studies.cell_onshoring.footprint import (
    BOUGHT,
    COMPONENTS,
    CONTRIBUTIONS,
    MASSES,
    STAGES,
    Recipe,
    bought_component,
    cathode_contributions,
    cell_plant,
    component_masses,
    place_mean,
)
from mcsim.studies.cell_onshoring.transport import CASES, LEGS, MINERALS, MODES, Legs, transport_detail
from mcsim.studies.common.checks import known_labels, required
from mcsim.study import Context, Dim, FloatArray, InputError, Model, Option, Output, Parameter, TableSpec
from mcsim.study.tables import Table

COUNTRIES = ("CN", "JP", "KR", "US", "other")
CHEMISTRIES = ("NMC811", "NMC622", "LFP")
YEARS = tuple(range(2024, 2033))
UNCERTAIN_ORIGINS = STAGES[:4]  # the cell plant's place is a choice, not a figure
REFERENCE_YEAR = 2022  # of the grid factors

SHARE = (0.0, 1.0)
POSITIVE = (0.0, np.inf)
TABLES = (
    TableSpec("origin", ("case", "component", "country"), SHARE, "origin", "place of production"),
    TableSpec("origin_concentration", ("component",), (1.0, np.inf), "origin", "Dirichlet concentration of the base"),
    TableSpec("grid", ("country",), (0.0, 3.0), "grid", "grid intensity in 2022"),
    TableSpec("grid_decline", ("country",), (-0.1, 0.3), "grid decline", "yearly decline of grid intensity"),
    TableSpec("heat_factor", ("country",), (0.0, 0.5), "heat factor", "warming per MJ of industrial heat"),
    TableSpec("material_burden", ("material",), POSITIVE, "material burden", "cradle-to-gate warming of a material"),
    TableSpec("composition", ("component", "material"), SHARE, "composition", "materials of a component"),
    TableSpec("burden_split", ("component", "part"), SHARE, "burden split", "parts of a component's burden"),
    TableSpec("cathode_process", ("chemistry", "quantity"), POSITIVE, "cathode process", "per kg of cathode powder"),
    TableSpec("chemistry_ratio", ("chemistry", "quantity"), POSITIVE, "chemistry", "ratios to NMC811"),
    TableSpec("stoichiometry", ("chemistry", "mineral"), SHARE, "stoichiometry", "kg of element per kg of cathode"),
    TableSpec("salt", ("chemistry", "mineral", "material"), POSITIVE, "stoichiometry", "kg of salt per kg of element"),
    TableSpec("route_share", ("case", "mineral", "route", "good"), (0.0, 2.0), "route share", "share of a mineral"),
    TableSpec("contained_fraction", ("good",), (1e-4, 1.0), "contained fraction", "mineral per kg of good shipped"),
    TableSpec("refined_good", ("chemistry", "mineral", "good"), SHARE, "route share", "good from the refinery"),
    TableSpec("route_distance", ("case", "mineral", "route", "mode"), POSITIVE, "distance", "mine to refinery"),
    TableSpec("leg_distance", ("case", "leg", "mode"), POSITIVE, "distance", "refinery to cathode to cell"),
    TableSpec("transport_factor", ("mode",), POSITIVE, "transport factor", "warming per tonne and km"),
    TableSpec("capacity", ("quantity", "year"), POSITIVE, "capacity", "announced capacity and demand"),
)

OPTIONS = (
    Option("chemistry", "NMC811", CHEMISTRIES, meaning="chemistry of the cell"),
    Option("grids", "static", ("static", "moving"), meaning="grids held at 2022, or declining to production_year"),
    Option(
        "production_year", 2022, low=2022, high=2050, meaning="year of production, read when grids move", integer=True
    ),
    Option(
        "transported_mass",
        "gross",
        ("gross", "contained"),
        meaning="equation 2 on the weight of the goods shipped (gross) or on the contained mineral alone",
    ),
)


def model(tables: Mapping[str, Table]) -> Model:
    """Return the model of onshoring a cell.

    Parameters
    ----------
    tables : mapping
        The tables of `TABLES`.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        When shares do not sum to 1 or a country, mode, mineral or chemistry is unknown.

    Notes
    -----
    Source: the NMC811 supply-chain study (cradle-to-gate assessment of 1 kg of cell and embedded resource accounting
    of mineral transport, equations 1 and 2); inventories from EverBatt 2023 and GREET 2022.
    """
    tables = required(tables, TABLES)
    check_tables(tables)
    recipes = {name: Recipe.find(tables, name, MINERALS) for name in CHEMISTRIES}
    legs = {name: Legs.find(tables, name) for name in CHEMISTRIES}
    origins = Origins.find(tables["origin"])
    years = np.array(YEARS, float)
    first = min(float(key[1]) for key in tables["capacity"].index if key[0] == "announced")
    span = np.concatenate([[first], years])
    announced, demand = (covered(tables["capacity"], quantity, span) for quantity in ("announced", "demand"))

    def evaluate(inputs: Mapping[str, FloatArray], context: Context) -> Mapping[str, NDArray[Any]]:
        chemistry = str(context.options["chemistry"])
        recipe = recipes[chemistry]
        grid = inputs["grid"]
        if context.options["grids"] == "moving":
            ahead = float(context.options["production_year"]) - REFERENCE_YEAR
            grid = grid * (1.0 - inputs["grid_decline"]) ** ahead
        masses = component_masses(
            inputs["mass_share"], recipe.cathode_ratio, inputs["coating_yield"], inputs["cell_yield"]
        )
        components, hotspot = footprints(inputs, recipe, origins, masses, grid)
        mineral_mass = masses[:, :1] * inputs["stoichiometry"][:, recipe.stoichiometry]
        detail = transport_detail(inputs, legs[chemistry], mineral_mass, context.options["transported_mass"] == "gross")
        blend_legs(detail, inputs)
        ratio = capacity_over_demand(
            announced,
            demand,
            inputs["capacity_completion"],
            inputs["capacity_utilisation"],
            inputs["demand_factor"],
        )[:, 1:]
        return collect(components, hotspot, detail, ratio)

    return Model("cell-onshoring", parameters(tables), OPTIONS, OUTPUTS, evaluate, TABLES)


def check_tables(tables: Mapping[str, Table]) -> None:
    """Refuse tables with unknown names or shares that do not sum to 1.

    Raises
    ------
    InputError
        One line naming the file, the row, the value and what would be right.
    """
    for name in ("origin", "grid", "grid_decline", "heat_factor"):
        known_labels(tables[name], "country", COUNTRIES, "country")
    for name in ("origin", "route_share", "route_distance", "leg_distance"):
        known_labels(tables[name], "case", CASES, "case")
    known_labels(tables["origin"], "component", STAGES, "component")
    known_labels(tables["leg_distance"], "leg", LEGS[1:], "leg")
    for name in ("route_distance", "leg_distance", "transport_factor"):
        known_labels(tables[name], "mode", MODES, "mode")
    for name in ("stoichiometry", "salt", "route_share", "refined_good", "route_distance"):
        known_labels(tables[name], "mineral", MINERALS, "mineral")
    for name in ("route_share", "refined_good"):
        known_labels(tables[name], "good", tables["contained_fraction"].labels("good"), "good")
    known_labels(tables["composition"], "component", BOUGHT, "component")
    tables["origin"].check_sums("country")
    tables["route_share"].check_sums("route", "good")
    tables["refined_good"].check_sums("good")
    tables["composition"].check_sums("material")
    splits_leave_room(tables["burden_split"])


def splits_leave_room(table: Table) -> None:
    """Refuse parts of a component's burden that can reach 1 together, which leaves nothing for its resources.

    Raises
    ------
    InputError
        Naming the component and the highest sum.
    """
    for component in table.labels("component"):
        highest = sum(
            distribution.support()[1]
            for key, distribution in zip(table.index, table.distributions, strict=True)
            if key[table.keys.index("component")] == component
        )
        if highest >= 1.0:
            raise InputError(
                f"{table.origin}: {table.name}[{component}]: parts reach {highest:.6g} together; below 1, "
                "the rest is resources"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Origins:
    """Places of production by stage: countries of the uncertain base shares, and rows of the fixed shares."""

    base: Mapping[str, tuple[int, ...]]
    rows: Mapping[tuple[str, str], tuple[tuple[int, int], ...]]

    @classmethod
    def find(cls, origin: Table) -> Origins:
        """Return the places that the table names."""
        places = [COUNTRIES.index(country) for _, _, country in origin.index]
        base = {
            stage: tuple(
                place
                for place, key, value in zip(places, origin.index, origin.value, strict=True)
                if key[:2] == ("base", stage) and value > 0
            )
            for stage in UNCERTAIN_ORIGINS
        }
        rows = {
            (case, stage): tuple(
                (place, row)
                for row, (place, key) in enumerate(zip(places, origin.index, strict=True))
                if key[:2] == (case, stage)
            )
            for case in CASES
            for stage in STAGES
        }
        return cls(base, rows)

    def shares(self, inputs: Mapping[str, FloatArray], stage: str) -> tuple[FloatArray, FloatArray]:
        """Return base and onshored shares by country, (n, countries) each; `mix` blends the second with the first."""
        table = inputs["origin"]
        base, onshored = (np.zeros((len(table), len(COUNTRIES))) for _ in CASES)
        if stage in UNCERTAIN_ORIGINS:
            base[:, self.base[stage]] = inputs[f"origin_{stage}"]
        else:
            for place, row in self.rows["base", stage]:
                base[:, place] += table[:, row]
        for place, row in self.rows["onshored", stage]:
            onshored[:, place] += table[:, row]
        mix = inputs[f"mix_{stage}"][:, None]
        return base, (1.0 - mix) * base + mix * onshored


def footprints(
    inputs: Mapping[str, FloatArray], recipe: Recipe, origins: Origins, masses: FloatArray, grid: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the warming of every component and of the cathode by contribution, both cases.

    Returns
    -------
    ndarray, shape (n, cases, components)
        [kg CO2e per kg cell].
    ndarray, shape (n, cases, contributions)
        Of the cathode [kg CO2e per kg cell].
    """
    n = len(grid)
    components = np.zeros((n, len(CASES), len(COMPONENTS)))
    hotspot = np.zeros((n, len(CASES), len(CONTRIBUTIONS)))
    heat_factor = inputs["heat_factor"]
    for stage in STAGES:
        for case, share in enumerate(origins.shares(inputs, stage)):
            power, heat = place_mean(share, grid), place_mean(share, heat_factor)
            if stage == "cathode":
                hotspot[:, case] = masses[:, :1] * cathode_contributions(inputs, recipe, power, heat)
                components[:, case, 0] = hotspot[:, case].sum(axis=1)
            elif stage == "cell":
                casing = masses[:, 4] * bought_component(inputs, recipe, "casing", power, heat)
                components[:, case, 4] = casing + cell_plant(inputs, recipe, power, heat)
            else:
                place = COMPONENTS.index(stage)
                components[:, case, place] = masses[:, place] * bought_component(inputs, recipe, stage, power, heat)
    return components, hotspot


def blend_legs(detail: FloatArray, inputs: Mapping[str, FloatArray]) -> None:
    """Blend the onshored legs with the base ones, in place: minerals up to the cathode plant, then the cathode."""
    for name, legs in (("mix_minerals", slice(0, 2)), ("mix_cathode", slice(2, 3))):
        mix = inputs[name][:, None, None, None]
        detail[:, 1, :, legs] = (1.0 - mix) * detail[:, 0, :, legs] + mix * detail[:, 1, :, legs]


def collect(
    components: FloatArray, hotspot: FloatArray, detail: FloatArray, ratio: FloatArray
) -> Mapping[str, NDArray[Any]]:
    """Return the outputs by name."""
    total = components.sum(axis=2)
    transport = detail.sum(axis=(3, 4))
    carried = transport.sum(axis=2)
    return {
        "cell_gwp": components,
        "cathode_hotspot": hotspot,
        "transport_gwp": transport,
        "self_sufficiency": (ratio >= 1.0).astype(float),
        "capacity_over_demand": ratio,
        "cell_gwp_total": total,
        "onshoring_change": total[:, 1] - total[:, 0],
        "onshoring_change_relative": total[:, 1] / total[:, 0] - 1.0,
        "component_change": components[:, 1] - components[:, 0],
        "cathode_change": hotspot[:, 1] - hotspot[:, 0],
        "transport_total": carried,
        "transport_change": carried[:, 1] - carried[:, 0],
        "transport_by_leg": detail.sum(axis=4),
        "transport_by_mode": detail.sum(axis=3),
        "transport_detail": detail,
    }


CASE, MINERAL, YEAR = Dim("case", CASES), Dim("mineral", MINERALS), Dim("year", YEARS)
COMPONENT, CONTRIBUTION = Dim("component", COMPONENTS), Dim("contribution", CONTRIBUTIONS)
LEG, MODE = Dim("leg", LEGS), Dim("mode", MODES)
PER_CELL = "kg CO2e per kg cell"
OUTPUTS = (
    Output("cell_gwp", PER_CELL, "cradle-to-gate warming by component, mineral transport apart", (CASE, COMPONENT)),
    Output("cathode_hotspot", PER_CELL, "warming of the cathode by contribution", (CASE, CONTRIBUTION)),
    Output("transport_gwp", PER_CELL, "warming of mineral transport, mine to cell", (CASE, MINERAL), rank=True),
    Output("self_sufficiency", "1", "1 where built capacity meets US demand; its mean is the probability", (YEAR,)),
    Output("capacity_over_demand", "1", "production of built US capacity over US demand", (YEAR,), rank=True),
    Output("cell_gwp_total", PER_CELL, "cradle-to-gate warming, mineral transport apart", (CASE,), rank=True),
    Output("onshoring_change", PER_CELL, "onshored less base, cradle to gate", rank=True),
    Output("onshoring_change_relative", "1", "onshored over base, less 1", rank=True),
    Output("component_change", PER_CELL, "onshored less base by component", (COMPONENT,)),
    Output("cathode_change", PER_CELL, "onshored less base of the cathode by contribution", (CONTRIBUTION,)),
    Output("transport_total", PER_CELL, "warming of mineral transport, all minerals", (CASE,)),
    Output("transport_change", PER_CELL, "mineral transport, onshored less base", rank=True),
    Output("transport_by_leg", PER_CELL, "mineral transport by leg", (CASE, MINERAL, LEG), keep=False),
    Output("transport_by_mode", PER_CELL, "mineral transport by mode", (CASE, MINERAL, MODE), keep=False),
    Output("transport_detail", PER_CELL, "mineral transport by leg and mode", (CASE, MINERAL, LEG, MODE), keep=False),
)


def parameters(tables: Mapping[str, Table]) -> tuple[Parameter, ...]:
    """Return the declared inputs; the base origins are Dirichlet about the shares of the table `origin`."""
    origin, concentration = tables["origin"], tables["origin_concentration"]
    found = []
    for stage in UNCERTAIN_ORIGINS:
        shares = {
            country: float(value)
            for (case, component, country), value in zip(origin.index, origin.value, strict=True)
            if case == "base" and component == stage and value > 0
        }
        strength = float(concentration.value[concentration.position(stage)])
        labels = tuple(shares)
        found.append(
            Parameter(
                f"origin_{stage}",
                "share",
                f"base-case origin of the {stage} (Dirichlet about the shares of the table origin)",
                SHARE,
                f"origin {stage}",
                Dirichlet(tuple(strength * share for share in shares.values())),
                labels,
                "NMC811 supply-chain study (table origin); concentration: assumption (table origin_concentration)",
            )
        )
    mixes = tuple(
        Parameter(f"mix_{stage}", "share", f"share of the {stage} onshored", SHARE, "mix", Constant(1.0))
        for stage in (*STAGES, "minerals")
    )
    return (
        Parameter("mass_share", "share", "mass shares of the cell", SHARE, "mass share", labels=MASSES),
        *found,
        *mixes,
        *(Parameter(name, unit, meaning, valid) for name, unit, meaning, valid in SCALARS),
    )


SCALARS: tuple[tuple[str, str, str, tuple[float, float]], ...] = (
    ("coating_yield", "share", "good share of coated electrode", (0.5, 1.0)),
    ("cell_yield", "share", "good share of finished cells", (0.5, 1.0)),
    ("cell_plant_electricity", "kWh/kg", "electricity of the cell plant per kg of NMC811 cell", POSITIVE),
    ("cell_plant_gas", "MJ/kg", "heat of the cell plant per kg of NMC811 cell", POSITIVE),
    (
        "precursor_electricity_share",
        "share",
        "share of the salts' burden that is electricity at the cathode's place",
        SHARE,
    ),
    ("inventory_grid", "kg CO2e/kWh", "grid intensity behind the material burdens", (0.05, 3.0)),
    ("inventory_heat", "kg CO2e/MJ", "heat factor behind the material burdens", (0.01, 0.5)),
    ("capacity_completion", "share", "share of announced cell capacity that is built", SHARE),
    ("capacity_utilisation", "share", "production over capacity", SHARE),
    ("demand_factor", "1", "US cell demand over its central path", (0.1, 5.0)),
)
