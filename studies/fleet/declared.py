"""What the fleet model reads and gives: parameters, options, outputs with their axes."""

from __future__ import annotations

import math

import numpy as np

from mcsim.distributions import constant
from mcsim.kernels.cohorts.records import DESTINATIONS, ORIGINS, POWERTRAINS
from mcsim.studies.common.ageing import AGEING, ageing_input, battery_law
from mcsim.studies.common.labels import MATERIALS, ROUTES
from mcsim.studies.fleet.levers import PARAMETERS as POLICY
from mcsim.studies.fleet.series import AGE_GROUPS, YEARS
from mcsim.study import Dim, Layout, Option, Output, Parameter

SHARE = (0.0, 1.0)
POSITIVE = (1e-9, math.inf)
TRADE, GROWTH, PACKS = "trade", "sales", "packs"

HOME = (
    Parameter(
        "home_ev_midpoint", "yr", "year in which the {home} EV share of sales is half its ceiling", (2026.0, 2100.0)
    ),
    Parameter("home_ev_ceiling", "share", "{home} EV share of sales in the long run", (0.2, 1.0)),
    Parameter(
        "home_ev_share_2025", "share", "{home} EV share of sales in 2025, through which the curve passes", (0.001, 0.19)
    ),
    Parameter(
        "home_sales_2050_factor", "-", "{home} sales of 2050 over the projection, linear from 2025", (0.1, 5.0), GROWTH
    ),
    Parameter("home_hev_share_2035", "share", "hybrid share of {home} sales from 2035", SHARE, GROWTH),
    Parameter("home_survival_stretch", "-", "stretch of the age axis of {home} survival", (0.2, 5.0), "survival"),
    Parameter(
        "home_ev_survival_stretch",
        "-",
        "stretch of EVs' age axis over it: below 1 they leave {home} sooner than other vehicles",
        (0.2, 5.0),
        "survival",
        constant(1.0),
    ),
)
HOST = (
    Parameter(
        "host_ev_midpoint", "yr", "year in which the {host} EV share of new sales is half its ceiling", (2026.0, 2100.0)
    ),
    Parameter("host_ev_ceiling", "share", "{host} EV share of new sales in the long run", (0.13, 1.0)),
    Parameter("host_ev_share_2025", "share", "{host} EV share of new sales in 2025", (0.001, 0.12)),
    Parameter("host_sales_level", "vehicle/yr", "{host} sales of 2025, all brands", (1.0, math.inf), GROWTH),
    Parameter("host_sales_growth", "1/yr", "growth of {host} sales after the last observed year", (-0.2, 0.2), GROWTH),
    Parameter("host_hev_share_2035", "share", "hybrid share of {host} sales from 2035", SHARE, GROWTH),
    Parameter("initial_stock", "vehicle", "{host} stock at the end of 2004", (0.0, math.inf), "survival"),
    Parameter(
        "initial_second_hand_share", "share", "second-hand vehicles in that stock", SHARE, "survival", constant(0.0)
    ),
    Parameter("host_survival_shape", "-", "Weibull shape of {host} survival", (0.5, 10.0), "survival"),
    Parameter("host_survival_scale", "yr", "Weibull scale of {host} survival", (2.0, 60.0), "survival"),
    Parameter("second_hand_life_multiplier", "-", "remaining life of imports over the curve's", (0.1, 3.0), "survival"),
    Parameter(
        "second_hand_ev_life_multiplier",
        "-",
        "remaining life of EVs among imports over that of others, packs aside",
        (0.1, 10.0),
        "survival",
        constant(1.0),
    ),
)
BORDER = (
    Parameter(
        "home_retirement_share_to_host", "share", "registered imports over all {home} deregistrations", SHARE, TRADE
    ),
    Parameter(
        "home_retirement_share_unregistered",
        "share",
        "the same with unregistered ones, where these are on",
        SHARE,
        TRADE,
    ),
    Parameter("unregistered_stock_uplift", "share", "stock added by unregistered imports, 2022", (0.0, 2.0), TRADE),
    Parameter("unregistered_import_age", "yr", "mean age of unregistered imports", (5.0, 25.0), TRADE),
    Parameter("unregistered_age_width", "yr", "half-width of their triangle of ages", (1.0, 20.0), TRADE),
    Parameter("host_imports_early_factor", "-", "common factor on registered imports 2005-2010", (0.1, 3.0), TRADE),
    Parameter("ev_selection_ratio", "-", "EV share of imports over EV share of the pool", (0.0, 100.0), TRADE),
    Parameter("ev_export_age", "yr", "mean age of used EVs at the border", (0.0, 30.0), TRADE),
    Parameter("ev_export_age_width", "yr", "half-width of their triangle of ages", (0.5, 20.0), TRADE),
    Parameter(
        "ev_demand_spread",
        "-",
        "standard deviation of what sets the demand for used EVs in a year apart, where the table ev_demand is given",
        (0.0, 2.0),
        TRADE,
        constant(0.0),
    ),
    Parameter("population_factor", "-", "on the population of every year", (0.1, 3.0), TRADE),
    Parameter("motorisation_saturation", "1/1000", "vehicles per 1,000 people in the long run", (1.0, 2000.0), TRADE),
)
LAWS = (
    ageing_input("annual_degradation", 0.0, math.inf),
    ageing_input("knee_age", 0.5, 100.0),
    ageing_input("knee_sharpness", 0.0, 5.0),
    ageing_input("end_of_life_loss", 0.01, 0.99),
    ageing_input("host_end_of_life_loss", 0.01, 0.99),
    ageing_input("warranty_loss", 0.01, 0.99),
    Parameter("pack_life_shape", "-", "Weibull shape of pack lives within a fleet", (0.5, 20.0), AGEING),
    ageing_input("pack_life_scale", 0.5, 100.0),
    ageing_input("defect_hazard", 0.0, math.inf),
    Parameter("host_climate_multiplier", "-", "on the yearly loss in {host}", (0.1, 5.0), AGEING),
    Parameter(
        "host_design_multiplier",
        "-",
        "on the yearly loss of packs in vehicles sold new in {host}, whose design is another than of those from {home}",
        (0.1, 10.0),
        AGEING,
        constant(1.0),
    ),
    Parameter("report_annual_degradation", "1/yr", "the report's, law capacity_cdf only", (1e-6, 1.0), AGEING),
    Parameter("report_knee_age", "yr", "the report's, law capacity_cdf only", (0.5, 100.0), AGEING),
    Parameter("warranty_years", "yr", "battery warranty of vehicles new in {home}", (0.0, 30.0), AGEING),
    Parameter("host_warranty_years", "yr", "battery warranty of vehicles new in {host}", (0.0, 30.0), AGEING),
)
CONTENTS = (
    Parameter("home_bev_capacity", "kWh", "mean capacity of BEVs sold in {home} from 2030", POSITIVE, PACKS),
    Parameter("host_bev_capacity", "kWh", "mean capacity of BEVs sold new in {host} from 2030", POSITIVE, PACKS),
    Parameter("home_capacity_factor", "-", "on the {home} capacities up to 2024", POSITIVE, PACKS),
    Parameter("host_capacity_factor", "-", "on the {host} capacities up to 2024", POSITIVE, PACKS),
    Parameter("phev_capacity", "kWh", "mean capacity of PHEVs", POSITIVE, PACKS),
    Parameter("home_bev_share_2050", "share", "BEVs among {home} plug-ins, 2050", SHARE, PACKS),
    Parameter("host_bev_share_2050", "share", "BEVs among {host} plug-ins, 2050", SHARE, PACKS),
    Parameter("lfp_share_2050", "share", "LFP in 2050 on the path report", (0.0, 0.999), PACKS),
    Parameter("nmc_shift", "share", "NMC moved from 622 to 811", (-1.0, 1.0), PACKS),
    Parameter("nimh_pack_mass", "kg", "NiMH pack of a hybrid", POSITIVE, PACKS),
    Parameter("hev_pack_shape", "-", "Weibull shape of hybrids' pack lives", (0.5, 30.0), AGEING, constant(4.0)),
    Parameter("hev_pack_scale", "yr", "Weibull scale of hybrids' pack lives", (0.5, 200.0), AGEING, constant(15.5)),
    Parameter("hev_warranty_years", "yr", "warranty of a hybrid's pack", (0.0, 30.0), AGEING, constant(8.0)),
    Parameter("swap_probability", "share", "later failures that a used pack follows", SHARE, AGEING, constant(0.0)),
    Parameter("used_pack_age", "yr", "age of a used pack at its installation", (0.0, 30.0), AGEING, constant(5.0)),
    Parameter("second_use_years", "yr", "duration of a second use", (1.0, 40.0), PACKS),
    Parameter("second_use_collection", "share", "collected for recycling after a second use", SHARE, PACKS),
    Parameter("triage_share", "share", "retired packs fit for a second life", SHARE, PACKS),
    Parameter("host_annual_distance", "km/yr", "mean distance of the {host} stock", (0.0, math.inf), "use"),
    Parameter("ev_energy_use", "kWh/km", "electricity of an EV at the plug", (0.0, math.inf), "use"),
    Parameter(
        "host_grid_intensity_2025",
        "kg/kWh",
        "CO2e per kWh generated, {host} grid, 2025",
        (0.0, math.inf),
        "grid",
    ),
    Parameter("host_loss_position", "-", "where losses of the {host} grid lie between projections", SHARE, "grid"),
)
PARAMETERS = HOME + HOST + BORDER + LAWS + CONTENTS + POLICY

EVALUATION = Option(
    "evaluation",
    "expectation",
    ("expectation", "lives"),
    meaning="exact means over the host country's vehicles, or vehicles drawn one by one (--lives of each series)",
)
HYBRID_PACKS = Option(
    "hybrid_packs",
    "off",
    ("off", "on"),
    meaning="whether hybrids' packs replaced under warranty and swapped for used ones are told",
)
OPTIONS = (
    Option(
        "trade",
        "supply",
        ("supply", "demand"),
        meaning="imports follow what leaves the home fleet, or what the host needs",
    ),
    Option("import_clock", "renewed", ("renewed", "conditional"), meaning="survival of imports restarts, or goes on"),
    Option("tradable", "working", ("working", "all"), meaning="EVs traded: with a working pack only, or all"),
    Option("unregistered", "off", ("off", "on"), meaning="unregistered imports"),
    battery_law("first_passage"),
    Option("timing", "mid", ("start", "mid", "end"), meaning="when in a year vehicles enter; stocks count at its end"),
    Option("pool_mix", "import_ages", ("import_ages", "whole"), meaning="whose EV share imports follow"),
    EVALUATION,
    HYBRID_PACKS,
    Option("chemistry_path", "report", ("report", "lfp_heavy", "user"), meaning="chemistries of new packs"),
)

YEAR = Dim("year", YEARS)
ORIGIN = Dim("origin", ORIGINS)
POWERTRAIN = Dim("powertrain", POWERTRAINS)
MATERIAL = Dim("material", MATERIALS)
ROUTE = Dim("route", ROUTES)
DESTINATION = Dim("destination", DESTINATIONS)
AGE_GROUP = Dim("age_group", AGE_GROUPS)
FLEET = (YEAR, ORIGIN, POWERTRAIN)
# Hardly a pack retires before: a share of nothing has no meaning.
FIRST_PACKS = 2013


def _from_first_packs() -> Layout:
    years = np.arange(YEARS[0], YEARS[-1] + 1)
    return Layout(np.where(years >= FIRST_PACKS, years - FIRST_PACKS, -1))


VEHICLE_OUTPUTS = (
    Output("registrations", "vehicle/yr", "vehicles registered", FLEET),
    Output("deregistrations", "vehicle/yr", "vehicles that leave the stock", FLEET),
    Output("stock", "vehicle", "vehicles in use at the end of the year", FLEET, rank=True),
    Output("stock_total", "vehicle", "vehicles in use at the end of the year, all", (YEAR,)),
    Output("cumulative_imports", "vehicle", "second-hand vehicles registered since 2005", (YEAR,)),
    Output("cumulative_deregistrations", "vehicle", "vehicles that left since 2005", FLEET, keep=False),
    Output("home_stock", "vehicle", "{home} vehicles in use at the end of the year", (YEAR, POWERTRAIN)),
    Output("home_deregistrations", "vehicle/yr", "{home} vehicles that leave the stock", (YEAR, POWERTRAIN)),
    Output("mean_fleet_age", "yr", "mean age of the {host} stock", (YEAR,)),
    Output("fleet_age_distribution", "share", "{host} stock by age", (YEAR, AGE_GROUP), keep=False),
    Output("second_hand_share", "share", "second-hand vehicles in the stock", (YEAR,), rank=True),
    Output("second_hand_share_of_deregistrations", "share", "second-hand vehicles among those that leave", (YEAR,)),
    Output(
        "second_hand_share_of_cumulative_deregistrations",
        "share",
        "second-hand vehicles among those that left since 2005",
        (YEAR,),
    ),
    Output("ev_share", "share", "EVs in the stock", (YEAR,), rank=True),
    Output("ev_share_of_new_sales", "share", "EVs in new sales", (YEAR,)),
    Output("ev_share_of_imports", "share", "EVs in second-hand imports", (YEAR,)),
    Output("used_ev_exports", "vehicle/yr", "used EVs from {home} to {host}", (YEAR,)),
    Output("cumulative_used_ev_exports", "vehicle", "used EVs from {home} to {host} since 2005", (YEAR,)),
    Output(
        "home_retired_packs",
        "pack/yr",
        "EV packs that retire in {home}: of EVs that leave and do not cross, and replaced in EVs that stay",
        (YEAR,),
    ),
    Output("home_pool", "vehicle/yr", "{home} deregistrations, the pool of second-hand vehicles", (YEAR,)),
    Output("home_pool_share_exported", "share", "second-hand imports of {host} over the {home} pool", (YEAR,)),
    Output("imports_unfilled", "vehicle/yr", "imports wanted that the pool did not hold", (YEAR,)),
    Output("imports_outside_pool", "vehicle/yr", "observed imports that the modelled pool did not hold", (YEAR,)),
    Output("used_ev_exports_refused", "vehicle/yr", "used EVs kept out by their state of health", (YEAR,)),
    Output("ev_charging_emissions", "Mt/yr", "CO2e of the electricity generated for the {host} EV stock", (YEAR,)),
)
PACK_OUTPUTS = (
    Output("retired_packs", "pack/yr", "EV packs that retire, warranty replacements included", (YEAR, ORIGIN)),
    Output("retired_battery_mass", "t/yr", "mass of EV packs that retire", (YEAR, ORIGIN), rank=True),
    Output("retired_battery_mass_total", "t/yr", "mass of EV packs that retire, both origins", (YEAR,)),
    Output(
        "second_hand_share_of_retired_mass",
        "share",
        "second-hand vehicles' packs in the mass that retires",
        (YEAR,),
        _from_first_packs(),
    ),
    Output(
        "second_hand_share_of_cumulative_retired_mass",
        "share",
        "the same of the mass retired since 2005",
        (YEAR,),
        _from_first_packs(),
    ),
    Output("retired_battery_energy", "GWh/yr", "nominal capacity of EV packs that retire", (YEAR, ORIGIN)),
    Output("cumulative_retired_packs", "pack", "EV packs retired since 2005", (YEAR, ORIGIN), keep=False),
    Output("cumulative_retired_battery_mass", "t", "mass of EV packs retired since 2005", (YEAR, ORIGIN), rank=True),
    Output("cumulative_retired_battery_energy", "GWh", "EV packs retired since 2005", (YEAR, ORIGIN), keep=False),
    Output("cumulative_retired_battery_mass_total", "t", "mass of EV packs retired since 2005, both origins", (YEAR,)),
    Output("warranty_packs", "pack/yr", "of these, replaced under warranty", (YEAR,)),
    Output("warranty_battery_mass", "t/yr", "mass of packs replaced under warranty", (YEAR,)),
    Output("warranty_battery_energy", "GWh/yr", "capacity of packs replaced under warranty", (YEAR,)),
    Output("retired_nimh_mass", "t/yr", "mass of hybrids' NiMH packs that retire", (YEAR, ORIGIN)),
    *(
        Output(name, "pack/yr", meaning, (YEAR, ORIGIN), only_if=(HYBRID_PACKS.name, "on"))
        for name, meaning in (
            ("hybrid_packs_replaced", "hybrids' packs replaced under warranty"),
            ("hybrid_packs_swapped", "hybrids' packs that fail later and a used one follows"),
            ("retired_hybrid_packs", "hybrids' packs that retire: with their vehicle, replaced, or swapped"),
        )
    ),
    Output("material_contained", "t/yr", "materials in retired packs", (YEAR, ORIGIN, MATERIAL)),
    Output(
        "material_recoverable",
        "t/yr",
        "recovered if all retired packs were recycled",
        (YEAR, ORIGIN, MATERIAL),
        keep=False,
    ),
    Output(
        "material_recoverable_by_route", "t/yr", "the same by each route alone", (YEAR, MATERIAL, ROUTE), keep=False
    ),
    Output("material_recovered", "t/yr", "recovered, given where packs go", (YEAR, ORIGIN, MATERIAL), keep=False),
    Output("material_lost", "t/yr", "landfilled or lost in recycling", (YEAR, ORIGIN, MATERIAL), keep=False),
    *(
        Output(
            f"cumulative_material_{fate}_total",
            "t",
            f"{meaning} since 2005, both origins",
            (YEAR, MATERIAL),
            keep=False,
        )
        for fate, meaning in (
            ("contained", "materials in retired packs"),
            ("recoverable", "recovered if all retired packs were recycled"),
            ("recovered", "recovered, given where packs go"),
        )
    ),
    Output("material_in_second_use", "t", "in packs in a second use", (YEAR, ORIGIN, MATERIAL), keep=False),
    Output("battery_destination", "t/yr", "mass by destination", (YEAR, ORIGIN, DESTINATION), keep=False),
    Output("landfilled_battery_mass", "t/yr", "mass of packs landfilled", (YEAR,)),
    Output(
        "landfilled_share",
        "share",
        "packs landfilled over packs retired or back from use",
        (YEAR,),
        _from_first_packs(),
    ),
    Output(
        "recycled_share",
        "share",
        "packs recycled, in {host} or taken back, over packs retired or back from use",
        (YEAR,),
        _from_first_packs(),
    ),
    Output("second_life_on_offer", "GWh/yr", "capacity left in retired packs fit for a second life", (YEAR,)),
    Output("new_battery_energy", "GWh/yr", "capacity of packs in new EVs sold", (YEAR,)),
    Output("new_battery_material", "t/yr", "materials in packs of new EVs sold", (YEAR, MATERIAL), keep=False),
    Output(
        "crossover_year",
        "yr",
        "last year of more second-hand than new retired mass, either 1 kt/yr or more; 2050 is censored, none undefined",
        rank=True,
        may_be_undefined=True,
    ),
    Output("crossover_censored", "indicator", "whether that is 2050, the end of the horizon"),
    Output("crossover_never", "indicator", "whether crossover_year is undefined, for want of such a year"),
)
OUTPUTS = VEHICLE_OUTPUTS + PACK_OUTPUTS
