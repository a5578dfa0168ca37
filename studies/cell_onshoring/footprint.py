"""Cradle-to-gate warming of a cell's components: electricity, heat, resources and waste, by place of production."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mcsim.study import FloatArray, IntArray
from mcsim.study.tables import Table

STAGES = ("cathode", "anode", "electrolyte", "separator", "cell")
COMPONENTS = ("cathode", "anode", "electrolyte", "separator", "other")
BOUGHT = ("anode", "electrolyte", "separator", "casing")  # composed of materials whose burden is split
CONTRIBUTIONS = ("electricity", "heat", "resources", "waste")
MASSES = ("cathode", "anode", "electrolyte", "separator", "casing")


def component_masses(
    shares: FloatArray, cathode_ratio: float, coating_yield: FloatArray, cell_yield: FloatArray
) -> FloatArray:
    """Return kg of each component used per kg of good cell.

    Parameters
    ----------
    shares : ndarray, shape (n, 5)
        Mass shares of an NMC811 cell, in the order of `MASSES`.
    cathode_ratio : float
        Cathode share of the chemistry against NMC811; the other components give way in proportion.
    coating_yield, cell_yield : ndarray, shape (n,)
        Shares of coated electrode and of finished cells that are good; electrodes pass both, the rest the second.

    Examples
    --------
    >>> shares = np.array([[0.41, 0.38, 0.16, 0.02, 0.03]])
    >>> component_masses(shares, 1.0, np.array([0.922]), np.array([0.95])).round(4).tolist()
    [[0.4681, 0.4338, 0.1684, 0.0211, 0.0316]]
    """
    cathode = shares[:, :1] * cathode_ratio
    others = shares[:, 1:] * (1.0 - cathode) / (1.0 - shares[:, :1])
    used = np.concatenate([cathode, others], axis=1) / cell_yield[:, None]
    used[:, :2] /= coating_yield[:, None]
    return np.asarray(used)


def place_mean(share: FloatArray, factor: FloatArray) -> FloatArray:
    """Return the factor (n, countries) averaged over the places of production (n, countries)."""
    return np.asarray((share * factor).sum(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """Row numbers and fixed figures of one chemistry, found once."""

    process: Mapping[str, int]
    cathode_ratio: float
    plant_ratio: float
    stoichiometry: IntArray
    salts: tuple[tuple[int, int, int], ...]
    composition: Mapping[str, tuple[tuple[int, int], ...]]
    split: Mapping[tuple[str, str], int]

    @classmethod
    def find(cls, tables: Mapping[str, Table], chemistry: str, minerals: tuple[str, ...]) -> Recipe:
        """Return the rows for a chemistry."""
        process, ratios, burden = tables["cathode_process"], tables["chemistry_ratio"], tables["material_burden"]
        quantities = ("electricity", "heat", "reagents", "waste", "process_gas")
        salts = tuple(
            (minerals.index(key[1]), row, burden.position(key[2]))
            for row, key in enumerate(tables["salt"].index)
            if key[0] == chemistry
        )
        composition = {
            component: tuple(
                (row, burden.position(key[1]))
                for row, key in enumerate(tables["composition"].index)
                if key[0] == component
            )
            for component in BOUGHT
        }
        parts = CONTRIBUTIONS[:2] + CONTRIBUTIONS[3:]
        return cls(
            {quantity: process.position(chemistry, quantity) for quantity in quantities},
            float(ratios.value[ratios.position(chemistry, "cathode_ratio")]),
            float(ratios.value[ratios.position(chemistry, "plant_ratio")]),
            tables["stoichiometry"].positions(chemistry, minerals),
            salts,
            composition,
            {(c, part): tables["burden_split"].position(c, part) for c in BOUGHT for part in parts},
        )


def cathode_contributions(
    inputs: Mapping[str, FloatArray], recipe: Recipe, grid: FloatArray, heat: FloatArray
) -> FloatArray:
    """Return the warming of a kilogram of cathode powder by contribution.

    The burdens of the salts hold electricity met at the inventory's grid; the share that the precursor's chain uses
    (`precursor_electricity_share`) is moved to the grid of the place of production, so that nothing counts twice.

    Parameters
    ----------
    inputs : mapping
        Inputs of the study.
    recipe : Recipe
        Rows of the chemistry.
    grid, heat : ndarray, shape (n,)
        Factors of the place of production [kg CO2e/kWh], [kg CO2e/MJ].

    Returns
    -------
    ndarray, shape (n, 4)
        electricity, heat (with process gas), resources, waste [kg CO2e/kg cathode].
    """
    process, burden, stoichiometry = inputs["cathode_process"], inputs["material_burden"], inputs["stoichiometry"]
    salts = np.zeros(len(grid))
    for mineral, salt, material in recipe.salts:
        salts += stoichiometry[:, recipe.stoichiometry[mineral]] * inputs["salt"][:, salt] * burden[:, material]
    chain = inputs["precursor_electricity_share"]
    energy = process[:, recipe.process["electricity"]] + chain * salts / inputs["inventory_grid"]
    return np.stack(
        [
            energy * grid,
            process[:, recipe.process["heat"]] * heat + process[:, recipe.process["process_gas"]],
            (1.0 - chain) * salts + process[:, recipe.process["reagents"]],
            process[:, recipe.process["waste"]],
        ],
        axis=1,
    )


def bought_component(
    inputs: Mapping[str, FloatArray], recipe: Recipe, component: str, grid: FloatArray, heat: FloatArray
) -> FloatArray:
    """Return the warming of a kilogram of anode, electrolyte, separator or casing [kg CO2e/kg], shape (n,).

    The burden of its materials is split into electricity, heat, waste and resources; electricity and heat are taken
    from the inventory's factors to those of the place of production.
    """
    total = np.zeros(len(grid))
    for row, material in recipe.composition[component]:
        total += inputs["composition"][:, row] * inputs["material_burden"][:, material]
    split = inputs["burden_split"]
    electric = split[:, recipe.split[component, "electricity"]]
    thermal = split[:, recipe.split[component, "heat"]]
    return np.asarray(
        total
        * (
            1.0
            - electric
            - thermal
            + electric * grid / inputs["inventory_grid"]
            + thermal * heat / inputs["inventory_heat"]
        )
    )


def cell_plant(inputs: Mapping[str, FloatArray], recipe: Recipe, grid: FloatArray, heat: FloatArray) -> FloatArray:
    """Return the warming of the cell plant's own energy [kg CO2e/kg cell], shape (n,)."""
    return np.asarray(recipe.plant_ratio * (inputs["cell_plant_electricity"] * grid + inputs["cell_plant_gas"] * heat))
