"""What the study of the trade reads and gives: the fleet's and the vehicle's inputs, its own, and its outputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcsim.kernels.cohorts.accounts import REPLACEMENTS
from mcsim.kernels.cohorts.records import ORIGINS, POWERTRAINS
from mcsim.studies.common.labels import MATERIALS
from mcsim.studies.fleet.declared import EVALUATION, HYBRID_PACKS
from mcsim.studies.fleet.declared import OPTIONS as FLEET_OPTIONS
from mcsim.studies.fleet.declared import OUTPUTS as FLEET_OUTPUTS
from mcsim.studies.fleet.declared import PARAMETERS as FLEET_PARAMETERS
from mcsim.studies.fleet.model import SPECS as FLEET_SPECS
from mcsim.studies.fleet.series import YEARS
from mcsim.studies.second_hand_ev import inputs as vehicle
from mcsim.studies.second_hand_ev import lca
from mcsim.studies.second_hand_ev.outputs import PLACES
from mcsim.studies.second_hand_ev.places import TABLES as PLACE_SPECS
from mcsim.studies.trade.fleets import SPECS as FLEET_VEHICLE_SPECS
from mcsim.studies.trade.ledger import AS_IS, CASES
from mcsim.study import Dim, Layout, Option, Output, Parameter, TableSpec

SHARE = (0.0, 1.0)
# Of the vehicle's life: how vehicles drive. Its other inputs are those of whole lives, which the fleets have.
DRIVING = (
    "efficiency_fade", "first_efficiency", "home_distance_factor", "ev_distance_ratio_car", "ev_distance_ratio_suv",
    "host_distance_exponent",
)  # fmt: skip
OWN = (
    Parameter("home_suv_share", "share", "vehicles of {home} that drive as sport utilities do", SHARE, "use"),
    Parameter("phev_electric_share", "share", "distance that plug-in hybrids drive on electricity", SHARE, "use"),
    Parameter(
        "hybrid_fuel_ratio", "ratio", "gasoline of a hybrid over that of a combustion vehicle of its year",
        (0.1, 2.0), "use",
    ),
)  # fmt: skip
OWN_OPTIONS = (
    Option(
        "replacement",
        REPLACEMENTS[0],
        REPLACEMENTS,
        meaning="what comes where second-hand EVs do not: used combustion cars, new EVs, new gasoline cars, nothing",
    ),
    Option(
        "replacement_count",
        "distance",
        ("distance", "vehicles"),
        meaning="how many: as drive the same distance over their lives, or one for one; all live as their like do",
    ),
    Option(
        "ev_energy",
        "vehicles",
        ("vehicles", "fleet"),
        meaning="electricity of EVs: of the vehicles that stand for them, or the fleet's ev_energy_use",
    ),
    Option(
        "host_grid",
        "mix",
        ("mix", "intensity"),
        meaning="the host country's grid: the vehicle study's mix by year, or that scaled to the fleet's CO2e per kWh",
    ),
)
# Two tables of this name differ: what packs of a year weigh, and what those weigh that scores per kWh are of.
SCORED_MASS = "scored_pack_mass"


def _merged(*groups: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """Return inputs of several models by name: the first that declares one has it."""
    found: dict[str, Parameter] = {}
    for parameter in (parameter for group in groups for parameter in group):
        found.setdefault(parameter.name, parameter)
    return tuple(found.values())


def _specs() -> tuple[TableSpec, ...]:
    found: dict[str, TableSpec] = {spec.name: spec for spec in FLEET_SPECS}
    for spec in (*lca.TABLES, *(s for s in vehicle.TABLES if s.name == "home_distance"), *PLACE_SPECS):
        name = SCORED_MASS if spec.name == "pack_mass" else spec.name
        found.setdefault(name, replace(spec, name=name))
    price = TableSpec("metal_price", ("material",), (0.0, np.inf), "price", "price of a material")
    return (*found.values(), *FLEET_VEHICLE_SPECS, price)


PARAMETERS = _merged(FLEET_PARAMETERS, lca.PARAMETERS, tuple(p for p in vehicle.PARAMETERS if p.name in DRIVING), OWN)
OPTIONS = (
    *(option for option in FLEET_OPTIONS if option not in (EVALUATION, HYBRID_PACKS)),
    *(option for option in lca.OPTIONS if option.name != "purchase_year"),
    *(option for option in vehicle.OPTIONS if option.name == "distance_basis"),
    *OWN_OPTIONS,
)
SPECS = _specs()
# What a year of two countries is told in: units of the categories, times this.
SCALES = {
    "gwp": ("Mt CO2e", 1e-9),
    "tap": ("kt SO2e", 1e-6),
    "tetp": ("Mt 1,4-DCBe", 1e-9),
    "eofp": ("kt NOxe", 1e-6),
    "hofp": ("kt NOxe", 1e-6),
    "htpc": ("Mt 1,4-DCBe", 1e-9),
    "htpnc": ("Mt 1,4-DCBe", 1e-9),
    "irp": ("GBq Co-60e", 1e-6),
    "pmfp": ("kt PM2.5e", 1e-6),
    "odp": ("t CFC-11e", 1e-3),
}
# The fleet's outputs that a study of the trade tells too.
FLEET_TOLD = (
    "stock", "ev_share", "second_hand_share", "used_ev_exports", "cumulative_used_ev_exports", "home_retired_packs",
    "retired_packs", "retired_battery_mass", "retired_battery_mass_total", "cumulative_retired_battery_mass",
    "second_hand_share_of_cumulative_retired_mass", "landfilled_battery_mass", "landfilled_share",
    "battery_destination", "material_contained", "material_recovered", "ev_charging_emissions",
)  # fmt: skip


def outputs(places: tuple[str, ...]) -> tuple[Output, ...]:
    """Return the outputs of a study whose places have these labels.

    Parameters
    ----------
    places : tuple of str
        Labels of home, the host country and elsewhere.
    """
    year, place, case = Dim("year", YEARS), Dim("place", places), Dim("case", CASES)
    category, origin, material = (
        Dim("category", tuple(lca.CATEGORIES)),
        Dim("origin", ORIGINS),
        Dim("material", MATERIALS),
    )
    powertrain = Dim("powertrain", POWERTRAINS)
    yearly = {name: f"{unit}/yr" for name, (unit, _) in SCALES.items()}
    total = {name: unit for name, (unit, _) in SCALES.items()}
    each = {name: unit for name, (_, unit) in lca.CATEGORIES.items()}
    against = "the case less as is: what would be otherwise"
    told = tuple(output for output in FLEET_OUTPUTS if output.name in FLEET_TOLD)
    return (
        _impact("impact", "impacts of both fleets by where they fall", (year, place, category, case), yearly, False),
        _impact("impact_change", against, (year, place, category, case), yearly, False, other_cases=True),
        _impact("cumulative_impact", "impacts since 2005, to 2050", (place, category, case), total, True),
        _impact(
            "cumulative_impact_change", f"since 2005, to 2050: {against}", (place, category, case), total, True,
            other_cases=True, rank=True,
        ),
        _impact("impact_total", "impacts of both fleets, wherever they fall", (year, category, case), yearly, False),
        _impact(
            "cumulative_impact_change_total", f"since 2005, to 2050, wherever: {against}", (category, case), total,
            True, other_cases=True, rank=True,
        ),
        Output(
            "impact_per_second_hand_ev", "", "as is less no-second-hand-evs to 2050, over the EVs that cross",
            (place, category), None, each, "category", may_be_undefined=True, rank=True,
        ),
        Output(
            "impact_per_second_hand_ev_total", "", "the same wherever it falls", (category,), None, each, "category",
            may_be_undefined=True,
        ),
        Output(
            "break_even_year", "yr",
            "last year in which the sum of what second-hand EVs change turns its sign; undefined where it never does",
            (place, category), may_be_undefined=True, keep=False,
        ),
        Output("home_battery_mass_kept", "t/yr", "packs that would retire in {home} if no EV crossed", (year,)),
        Output("home_battery_mass_kept_total", "t", "the same since 2005, to 2050", rank=True),
        Output("home_retired_battery_mass", "t/yr", "EV packs that retire in {home}", (year, case)),
        Output("host_retired_battery_mass", "t/yr", "EV packs that retire in {host}", (year, case)),
        Output(
            "vehicle_distance", "Gkm/yr", "distance driven", (year, place, powertrain, case),
            _inside(3, (len(YEARS),), (len(POWERTRAINS), len(CASES))), keep=False,
        ),
        Output(
            "ev_electricity", "TWh/yr", "electricity generated for EVs", (year, place, case),
            _inside(3, (len(YEARS),), (len(CASES),)),
        ),
        Output("material_contained_total", "kt", "materials in packs retired since 2005, to 2050", (origin, material)),
        Output(
            "material_recoverable_total", "kt", "recovered of them if all were recycled", (origin, material),
            keep=False,
        ),
        Output(
            "material_recovered_total", "kt", "recovered to 2050, given where packs go", (origin, material), keep=False,
        ),
        Output(
            "material_value_total", "million USD", "their value at today's prices, nothing taken off",
            (origin, material), keep=False,
        ),
        Output("battery_value_total", "million USD", "the same, all materials", (origin,)),
        Output(
            "contained_value_total", "million USD",
            "materials in packs retired to 2050, both origins, at today's prices, nothing taken off", (material,),
        ),
        Output(
            "recoverable_value_total", "million USD", "the same of what recycling all of them would recover",
            (material,),
        ),
        Output(
            "recovered_value_total", "million USD",
            "at today's prices, of what is recovered to 2050 from packs that retire in {host}", (material,),
        ),
        *told,
    )  # fmt: skip


def _impact(
    name: str,
    meaning: str,
    dims: tuple[Dim, ...],
    units: dict[str, str],
    keep: bool,
    other_cases: bool = False,
    rank: bool = False,
) -> Output:
    """Return an output over categories and cases, the first case left out where it is compared with."""
    layout = None
    if other_cases:
        cells = np.arange(int(np.prod([len(dim) for dim in dims[:-1]])) * (len(CASES) - 1))
        index = np.full((*(len(dim) for dim in dims[:-1]), len(CASES)), -1, np.int64)
        index[..., [case for case in range(len(CASES)) if case != AS_IS]] = cells.reshape(*index.shape[:-1], -1)
        layout = Layout(index)
    return Output(name, "", meaning, dims, layout, units, "category", keep=keep, rank=rank)


def _inside(n_places: int, before: tuple[int, ...], after: tuple[int, ...]) -> Layout:
    """Return the layout of what is of the two countries alone: no cell elsewhere."""
    index = np.full((*before, n_places, *after), -1, np.int64)
    inner = index[..., : n_places - 1, :] if len(after) == 1 else index[..., : n_places - 1, :, :]
    inner[...] = np.arange(inner.size).reshape(inner.shape)
    return Layout(index)


PLACE_LABELS = PLACES
