"""Onshoring a battery cell: cradle-to-gate warming and mineral transport, base case against onshored case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.studies.cell_onshoring.capacity import capacity_over_demand, covered
from mcsim.studies.cell_onshoring.declared import TABLES, UNCERTAIN_ORIGINS, YEARS, options, outputs, parameters
from mcsim.studies.cell_onshoring.footprint import (
    BOUGHT,
    COMPONENTS,
    CONTRIBUTIONS,
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
from mcsim.study import Context, FloatArray, InputError, IntArray, Model
from mcsim.study.tables import Table

REFERENCE_YEAR = 2022  # of the grid factors


def model(tables: Mapping[str, Table], home: str) -> Model:
    """Return the model of onshoring a cell.

    Parameters
    ----------
    tables : mapping
        The tables of `TABLES`.
    home : str
        Country to which production moves, in the words of outputs; the tables say where each case produces.

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
    chemistries = tables["chemistry_ratio"].labels("chemistry")
    recipes = {name: Recipe.find(tables, name, MINERALS) for name in chemistries}
    legs = {name: Legs.find(tables, name) for name in chemistries}
    origins = Origins.find(tables)
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
            grid = grid * (1.0 - inputs["grid_decline"][:, origins.decline]) ** ahead
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

    return Model("cell-onshoring", parameters(tables, home), options(chemistries), outputs(home), evaluate, TABLES)


def check_tables(tables: Mapping[str, Table]) -> None:
    """Refuse tables with unknown names or shares that do not sum to 1.

    Raises
    ------
    InputError
        One line naming the file, the row, the value and what would be right.
    """
    countries = tables["grid"].labels("country")
    for name in ("origin", "grid_decline", "heat_factor"):
        known_labels(tables[name], "country", countries, "country")
    for name in ("cathode_process", "stoichiometry", "salt", "refined_good"):
        known_labels(tables[name], "chemistry", tables["chemistry_ratio"].labels("chemistry"), "chemistry")
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
    """Places of production by stage: countries of the uncertain base shares, and rows of the fixed shares.

    A place is the position of a country among the rows of the table `grid`; `decline` and `heat` are the rows of these
    countries in their tables.
    """

    n_countries: int
    decline: IntArray
    heat: IntArray
    base: Mapping[str, tuple[int, ...]]
    rows: Mapping[tuple[str, str], tuple[tuple[int, int], ...]]

    @classmethod
    def find(cls, tables: Mapping[str, Table]) -> Origins:
        """Return the places that the tables name."""
        origin, countries = tables["origin"], tables["grid"].labels("country")
        places = [countries.index(country) for _, _, country in origin.index]
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
        decline, heat = (tables[name].positions(countries) for name in ("grid_decline", "heat_factor"))
        return cls(len(countries), decline, heat, base, rows)

    def shares(self, inputs: Mapping[str, FloatArray], stage: str) -> tuple[FloatArray, FloatArray]:
        """Return base and onshored shares by country, (n, countries) each; `mix` blends the second with the first."""
        table = inputs["origin"]
        base, onshored = (np.zeros((len(table), self.n_countries)) for _ in CASES)
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
    heat_factor = inputs["heat_factor"][:, origins.heat]
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
    cathode = hotspot[:, 1] - hotspot[:, 0]
    moved = cathode.sum(axis=1)
    electricity = np.divide(cathode[:, 0], moved, out=np.full_like(moved, np.nan), where=moved != 0.0)
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
        "cathode_change": cathode,
        "cathode_change_electricity_share": electricity,
        "transport_total": carried,
        "transport_change": carried[:, 1] - carried[:, 0],
        "transport_change_relative": carried[:, 1] / carried[:, 0] - 1.0,
        "transport_by_leg": detail.sum(axis=4),
        "transport_by_mode": detail.sum(axis=3),
        "transport_detail": detail,
    }
