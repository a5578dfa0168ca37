"""What the vehicle's life reads: scalar inputs with unit, range and group, options with their defaults, tables."""

from __future__ import annotations

import math

from mcsim.distributions import constant, triangular
from mcsim.kernels.laws.health import KNEES
from mcsim.kernels.laws.junction import SURVIVAL_JUNCTIONS
from mcsim.studies.common.ageing import AGEING, ageing_input, battery_law
from mcsim.study import Option, Parameter, TableSpec

SURVIVAL_FORMS = ("tabulated", "weibull", "logistic", "gompertz", "double_exponential")
SURVIVAL, USE, TRADE = "survival", "use", "trade"
URBAN = "host_urban_share"


def _input(
    name: str, unit: str, meaning: str, low: float, high: float, group: str, default: float | None = None
) -> Parameter:
    return Parameter(name, unit, meaning, (low, high), group, None if default is None else constant(default))


def _survival_inputs(region: str, values: tuple[float, ...]) -> tuple[Parameter, ...]:
    told = (
        ("shape", "", "Weibull shape", 0.3, 20.0),
        ("scale", "yr", "Weibull scale", 1.0, 200.0),
        ("median", "yr", "logistic median age", 1.0, 100.0),
        ("spread", "yr", "logistic scale", 0.1, 30.0),
        ("hazard", "1/yr", "Gompertz hazard at age 0", 0.0, 1.0),
        ("growth", "1/yr", "Gompertz growth of the hazard", -0.1, 1.0),
        ("intercept", "", "double exponential A to age 10", -5.0, 10.0),
        ("slope", "1/yr", "double exponential B to age 10", -2.0, 0.0),
        ("late_intercept", "", "double exponential A after age 10", -5.0, 10.0),
        ("late_slope", "1/yr", "double exponential B after age 10", -2.0, 0.0),
    )
    return tuple(
        _input(f"{region}_survival_{name}", unit, f"survival in {{{region}}}: {meaning}", low, high, SURVIVAL, value)
        for (name, unit, meaning, low, high), value in zip(told, values, strict=True)
    )


PARAMETERS: tuple[Parameter, ...] = (
    ageing_input("annual_degradation", 0.0, math.inf),
    ageing_input("knee_age", 0.1, 60.0),
    _input("knee_factor", "", "decay rate parameter (lambda): scales the knee's age", 0.1, 5.0, AGEING, 1.0),
    ageing_input("knee_sharpness", 0.0, 5.0, default=1.0),
    _input("degradation_exponent", "", "exponent of age in the loss before the knee (p)", 0.3, 2.0, AGEING, 1.0),
    ageing_input("end_of_life_loss", 0.02, 0.95, default=0.25),
    ageing_input("host_end_of_life_loss", 0.02, 0.95, default=0.25),
    ageing_input("warranty_loss", 0.02, 0.95, default=0.25),
    _input("pack_life_shape", "", "Weibull shape of pack lives within the fleet (beta)", 0.5, 30.0, AGEING, 4.5),
    ageing_input("pack_life_scale", 0.5, 200.0, default=16.5),
    _input("hev_pack_shape", "", "Weibull shape of NiMH pack lives", 0.5, 30.0, AGEING, 4.0),
    _input("hev_pack_scale", "yr", "Weibull scale of NiMH pack lives", 0.5, 200.0, AGEING, 15.5),
    ageing_input("defect_hazard", 0.0, math.inf, default=0.0),
    _input("host_climate_multiplier", "ratio", "degradation in {host} to that in {home}", 0.3, 3.0, AGEING, 1.0),
    _input("efficiency_fade", "1/yr", "round-trip efficiency lost per year", 0.0, 0.005, AGEING, 0.0013),
    _input("first_efficiency", "share", "round-trip efficiency of a new pack", 0.6, 1.0, AGEING, 0.95),
    ageing_input("warranty_years", 0.0, 90.0, "warranty", 8.0),
    _input("hev_warranty_years", "yr", "warranty of a hybrid's pack", 0.0, 90.0, "warranty", 8.0),
    _input("warranty_distance", "km", "distance that ends a warranty, mileage_cap = on", 0.0, 1e7, "warranty", 1.6e5),
    _input("replacement_cover", "yr", "own cover of a pack that replaces another", 0.0, 90.0, "warranty", 0.0),
    _input("repair_probability", "share", "uncovered failures answered by a new pack", 0.0, 1.0, "repair", 0.0),
    _input(
        "swap_probability",
        "share",
        "a hybrid's other uncovered failures answered by a used pack",
        0.0,
        1.0,
        "repair",
        0.0,
    ),
    _input("used_pack_age", "yr", "age of a used pack at its installation", 0.0, 30.0, "repair", 5.0),
    _input(
        "home_survival_stretch", "ratio", "stretch of the age axis of survival in {home}", 0.3, 3.0, SURVIVAL, 1.224
    ),
    *_survival_inputs("home", (2.9, 17.05, 15.1, 3.5, 0.008, 0.13, 1.649, -0.121, 3.381, -0.286)),
    *_survival_inputs("host", (2.5, 28.0, 24.8, 5.5, 0.005, 0.09, 1.798, -0.137, 1.798, -0.137)),
    _input(
        "second_hand_life_multiplier",
        "ratio",
        "remaining life of imports to that of cars of {host}",
        0.2,
        2.0,
        SURVIVAL,
        0.9,
    ),
    _input("home_distance_factor", "ratio", "distance in {home} to its schedule", 0.3, 3.0, USE, 1.0),
    _input("ev_distance_ratio_car", "ratio", "distance in {home} of an electric to a gasoline car", 0.2, 2.0, USE, 0.8),
    _input(
        "ev_distance_ratio_suv", "ratio", "distance in {home} of an electric to a gasoline SUV", 0.2, 2.0, USE, 0.92
    ),
    _input("host_annual_distance", "km/yr", "mean distance of the stock of {host}", 1000.0, 60000.0, USE),
    _input("host_distance_exponent", "", "fall of distance in {host} with survival (q)", 0.1, 3.0, USE, 1.0),
    Parameter(
        URBAN,
        "share",
        "distance in {host} that is driven in cities",
        (0.0, 1.0),
        "places",
        triangular(0.65, 0.8, 0.9),
        source="assumption; no source found",
    ),
    _input("trade_age", "yr", "age at which the trade happens", 0.0, 20.0, TRADE),
    _input("trade_odometer", "km", "odometer at which the trade happens", 0.0, 1e6, TRADE, 1.6e5),
)

OPTIONS: tuple[Option, ...] = (
    Option(
        "survival_junction",
        "conditional",
        SURVIVAL_JUNCTIONS,
        meaning="how the two survival curves meet at an export: given alive, equation (1) as printed, or anew",
    ),
    Option(
        "condition",
        "exported",
        ("exported", "cohort"),
        meaning="both arms over the vehicles that reach the export age with a working pack, or over all bought",
    ),
    Option("knee", "shifted", KNEES, meaning="reading of equation (2) at the knee"),
    battery_law("capacity_cdf"),
    Option(
        "hev_battery_law", "same", ("same", "weibull"), meaning="NiMH packs: as lithium-ion, or their own Weibull law"
    ),
    Option("home_survival_form", "tabulated", SURVIVAL_FORMS, meaning="survival in {home}: a table, or a formula"),
    Option("host_survival_form", "weibull", SURVIVAL_FORMS, meaning="survival in {host}: a formula, or a table"),
    Option(
        "distance_basis",
        "registered",
        ("registered", "in_service"),
        meaning="distance schedule of {home}: per vehicle that begins the year, or per year in service",
    ),
    Option("mileage_cap", "off", ("off", "on"), meaning="whether warranty_distance ends a warranty as well"),
    Option(
        "export_trigger",
        "age",
        ("age", "odometer"),
        meaning="what impact_change_at_trade takes: trade_age, or the age at which trade_odometer is reached",
    ),
    Option(
        "evaluation",
        "expectation",
        ("expectation", "lives"),
        meaning="exact means over vehicles, or sampled vehicle lives (--lives)",
    ),
    Option("steps_per_year", 1, None, 1, 12, "steps of the time grid per year: 1, 4 or 12", integer=True),
    Option(
        "reference_distance",
        "correlated",
        ("correlated", "correlated_weakly", "correlated_strongly", "independent"),
        meaning="whether cars of {host} that live longer drive less a year: which inputs go together in a study",
    ),
    Option("functional_unit", "km", ("km", "life"), meaning="impact changes per km of travel, or per vehicle life"),
)

TABLES: tuple[TableSpec, ...] = (
    TableSpec("home_survival", ("body", "age"), (0.0, 1.0), SURVIVAL, "share alive by age in {home}"),
    TableSpec("home_distance", ("body", "age"), (0.0, 1e5), USE, "distance by year of age in {home}"),
    TableSpec("host_survival", ("age",), (0.0, 1.0), SURVIVAL, "share alive by age in {host}"),
)
BODIES = ("car", "suv")
