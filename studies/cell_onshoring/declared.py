"""What the study reads and gives: tables, inputs, options and outputs with their axes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mcsim.distributions import Constant, Dirichlet
from mcsim.studies.cell_onshoring.footprint import COMPONENTS, CONTRIBUTIONS, MASSES, STAGES
from mcsim.studies.cell_onshoring.transport import CASES, LEGS, MINERALS, MODES
from mcsim.study import Dim, Option, Output, Parameter, TableSpec
from mcsim.study.tables import Table

YEARS = tuple(range(2024, 2033))
UNCERTAIN_ORIGINS = STAGES[:4]  # the cell plant's place is a choice, not a figure

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


def options(chemistries: tuple[str, ...]) -> tuple[Option, ...]:
    """Return the choices left open; the chemistries are those that the tables describe, the first by default."""
    return (
        Option("chemistry", chemistries[0], chemistries, meaning="chemistry of the cell"),
        Option("grids", "static", ("static", "moving"), meaning="grids held at 2022, or declining to production_year"),
        Option(
            "production_year",
            2022,
            low=2022,
            high=2050,
            meaning="year of production, read when grids move",
            integer=True,
        ),
        Option(
            "transported_mass",
            "gross",
            ("gross", "contained"),
            meaning="equation 2 on the weight of the goods shipped (gross) or on the contained mineral alone",
        ),
    )


CASE, MINERAL, YEAR = Dim("case", CASES), Dim("mineral", MINERALS), Dim("year", YEARS)
COMPONENT, CONTRIBUTION = Dim("component", COMPONENTS), Dim("contribution", CONTRIBUTIONS)
LEG, MODE = Dim("leg", LEGS), Dim("mode", MODES)
PER_CELL = "kg CO2e per kg cell"


def outputs(home: str) -> tuple[Output, ...]:
    """Return what the model gives."""
    return (
        Output("cell_gwp", PER_CELL, "cradle-to-gate warming by component, mineral transport apart", (CASE, COMPONENT)),
        Output("cathode_hotspot", PER_CELL, "warming of the cathode by contribution", (CASE, CONTRIBUTION)),
        Output("transport_gwp", PER_CELL, "warming of mineral transport, mine to cell", (CASE, MINERAL), rank=True),
        Output(
            "self_sufficiency",
            "indicator",
            f"1 where built capacity meets {home} demand; its mean is the probability",
            (YEAR,),
        ),
        Output(
            "capacity_over_demand",
            "share",
            f"production of built {home} capacity over {home} demand",
            (YEAR,),
            rank=True,
        ),
        Output("cell_gwp_total", PER_CELL, "cradle-to-gate warming, mineral transport apart", (CASE,), rank=True),
        Output("onshoring_change", PER_CELL, "onshored less base, cradle to gate", rank=True),
        Output("onshoring_change_relative", "relative", "onshored over base, less 1", rank=True),
        Output("component_change", PER_CELL, "onshored less base by component", (COMPONENT,)),
        Output("cathode_change", PER_CELL, "onshored less base of the cathode by contribution", (CONTRIBUTION,)),
        Output(
            "cathode_change_electricity_share",
            "share",
            "electricity's share of the cathode's change; undefined where nothing changes",
            may_be_undefined=True,
        ),
        Output("transport_total", PER_CELL, "warming of mineral transport, all minerals", (CASE,)),
        Output("transport_change", PER_CELL, "mineral transport, onshored less base", rank=True),
        Output("transport_change_relative", "relative", "mineral transport, onshored over base, less 1"),
        Output("transport_by_leg", PER_CELL, "mineral transport by leg", (CASE, MINERAL, LEG), keep=False),
        Output("transport_by_mode", PER_CELL, "mineral transport by mode", (CASE, MINERAL, MODE), keep=False),
        Output(
            "transport_detail", PER_CELL, "mineral transport by leg and mode", (CASE, MINERAL, LEG, MODE), keep=False
        ),
    )


def parameters(tables: Mapping[str, Table], home: str) -> tuple[Parameter, ...]:
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
        Parameter("demand_factor", "1", f"{home} cell demand over its central path", (0.1, 5.0)),
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
)
