"""From retired packs to second life, recovered materials and targets: what both circularity models share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.studies.battery_circularity.cascade import Flows, Shares, cascade, remaining_capacity
from mcsim.studies.battery_circularity.materials import recovery_by_year, target_levels
from mcsim.studies.battery_circularity.triage import Triage, mean_health_by_age, retirement_weights
from mcsim.studies.common.labels import MATERIALS, ROUTES
from mcsim.study import Context, Dim, FloatArray, Layout, Model, Option, Output, Parameter, TableSpec
from mcsim.study.tables import Table

YEARS = tuple(range(2025, 2051))
SHARE = (0.0, 1.0)
INSIDE = (0.001, 0.999)  # of thresholds: a state of health strictly between 0 and 1
POSITIVE = (0.0, np.inf)
STAGES = ("retired", "reused", "repurposed", "recycled", "disposed")
CONTENT_DATE = "2035"  # year of the second step in the table, moved by the option

TABLES = (
    TableSpec("route_recovery", ("route", "material"), SHARE, "recovery", "share of a material that a route recovers"),
    TableSpec("route_improvement", ("route",), SHARE, "recovery improvement", "yearly fall of a route's losses"),
    TableSpec("eu_target", ("kind", "material", "year"), SHARE, "target", "EU targets by year"),
    TableSpec("metal_price", ("material",), POSITIVE, "price", "price of a recovered material"),
)
OPTIONS = (
    Option(
        "triage",
        "state_of_health",
        ("state_of_health", "share"),
        meaning="which packs pass: the health law, or a share",
    ),
    Option(
        "second_content_date", CONTENT_DATE, ("2035", "2036"), meaning="year of the second recycled-content minimum"
    ),
    Option("recovery_path", "improving", ("improving", "static"), meaning="whether losses of recycling fall with time"),
)
SCALARS: tuple[tuple[str, str, str, tuple[float, float]], ...] = (
    ("annual_degradation", "1/yr", "capacity lost per year before the knee", POSITIVE),
    ("knee_age", "yr", "age at which the loss begins to accelerate", (1.0, 40.0)),
    ("knee_sharpness", "1/yr", "growth rate of the loss after the knee", (0.0, 3.0)),
    ("health_spread", "1", "standard deviation of state of health among packs of one age", (0.001, 0.5)),
    ("retirement_age", "yr", "median age at which packs retire from vehicles", (2.0, 35.0)),
    ("retirement_shape", "1", "Weibull shape of the age at retirement", (0.5, 20.0)),
    ("reuse_threshold", "1", "least state of health for another vehicle", INSIDE),
    ("triage_threshold", "1", "least state of health for stationary storage", INSIDE),
    ("reuse_acceptance", "share", "packs above the reuse threshold that go into another vehicle", SHARE),
    ("triage_acceptance", "share", "packs above the triage threshold that go to stationary storage", SHARE),
    ("triage_share", "share", "packs repurposed where the triage is a share", SHARE),
    ("pack_collection", "share", "retired packs that are collected", SHARE),
    ("second_collection", "share", "packs collected after stationary use", SHARE),
    ("reuse_years", "yr", "stay in another vehicle", (0.0, 30.0)),
    ("second_life_years", "yr", "stay in stationary storage", (0.0, 30.0)),
    ("second_life_fade", "1/yr", "capacity lost per year in stationary storage", (0.0, 0.2)),
    ("battery_grade_share", "share", "recovered material that goes back into batteries", SHARE),
    ("storage_demand_2025", "GWh/yr", "stationary storage added in 2025", POSITIVE),
    ("storage_demand_2030", "GWh/yr", "stationary storage added in 2030", POSITIVE),
    ("storage_demand_growth", "1", "stationary storage added in 2050 over 2030", (0.01, 100.0)),
    ("storage_region_share", "share", "the region's share of the world's stationary storage", SHARE),
)


@dataclass(frozen=True, slots=True, eq=False)
class Retirement:
    """Packs that retire and batteries that are wanted, by year of `years`.

    Parameters
    ----------
    years : tuple of int
        Consecutive years, the last being 2050.
    energy, mass : ndarray, shape (n, years)
        Retired [GWh/yr], [t/yr].
    contained : ndarray, shape (n, years, materials)
        In the retired packs [t/yr].
    wanted : ndarray, shape (n, years, materials)
        By new batteries [t/yr].
    """

    years: tuple[int, ...]
    energy: FloatArray
    mass: FloatArray
    contained: FloatArray
    wanted: FloatArray


Source = Callable[[Mapping[str, FloatArray], Context], Retirement]


def build(
    name: str,
    tables: Mapping[str, Table],
    source: Source,
    *,
    parameters: tuple[Parameter, ...] = (),
    options: tuple[Option, ...] = (),
    specs: tuple[TableSpec, ...] = (),
) -> Model:
    """Return a circularity model over a source of retired packs.

    Parameters
    ----------
    name : str
        Name of the model.
    tables : mapping
        The tables of `TABLES`.
    source : callable
        ``source(inputs, context) -> Retirement``.
    parameters, options, specs : tuples
        What the source reads; a parameter that the source declares itself (such as `annual_degradation`) is shared.
    """
    goals = Goals.find(tables["eu_target"])
    recovery_rows = tables["route_recovery"].positions(ROUTES, MATERIALS)
    route_rows = tables["route_improvement"].positions(ROUTES)
    price_rows = tables["metal_price"].positions(MATERIALS)

    def evaluate(inputs: Mapping[str, FloatArray], context: Context) -> Mapping[str, NDArray[Any]]:
        retirement = source(inputs, context)
        triage = health_at_retirement(inputs)
        flows = cascade(
            np.concatenate([retirement.contained, retirement.mass[..., None], retirement.energy[..., None]], axis=2),
            shares_of(inputs, triage, str(context.options["triage"])),
        )
        improvement = inputs["route_improvement"][:, route_rows]
        if context.options["recovery_path"] == "static":
            improvement = np.zeros_like(improvement)
        recovery = recovery_by_year(inputs["route_recovery"][:, recovery_rows], improvement, YEARS)
        first = retirement.years.index(YEARS[0])
        recycled = recycling(
            inputs,
            flows.recycled[:, first:],
            recovery,
            retirement.wanted[:, first:],
            inputs["metal_price"][:, price_rows],
        )
        return {
            **second_life(inputs, flows, triage, first),
            **recycled,
            "retired_mass": retirement.mass[:, first:],
            **goals.met(recovery, inputs["recycling_route"], recycled, str(context.options["second_content_date"])),
            "cascade": np.stack([getattr(flows, stage)[:, first:, -1] for stage in STAGES], axis=2),
            "cascade_total": totals(flows),
        }

    own = tuple(Parameter(*row) for row in SCALARS if row[0] not in {parameter.name for parameter in parameters})
    routes = Parameter("recycling_route", "share", "share of each recycling route", SHARE, labels=ROUTES)
    return Model(name, (*own, routes, *parameters), (*OPTIONS, *options), outputs(goals), evaluate, (*TABLES, *specs))


def health_at_retirement(inputs: Mapping[str, FloatArray]) -> Triage:
    """Return the states of health that packs have when they retire."""
    return Triage(
        retirement_weights(inputs["retirement_age"], inputs["retirement_shape"]),
        mean_health_by_age(inputs["annual_degradation"], inputs["knee_age"], inputs["knee_sharpness"]),
        inputs["health_spread"],
    )


def shares_of(inputs: Mapping[str, FloatArray], triage: Triage, rule: str) -> Shares:
    """Return how packs part at each step of the cascade.

    Packs above the reuse threshold are offered to vehicles first; of what is left above the triage threshold the share
    `triage_acceptance` is repurposed. A reused pack loses `annual_degradation` a year before its own triage.
    """
    above_reuse = triage.share_above(inputs["reuse_threshold"])
    reuse = above_reuse * inputs["reuse_acceptance"]
    if rule == "share":
        passed = passed_again = inputs["triage_share"]
    else:
        threshold, accepted = inputs["triage_threshold"], inputs["triage_acceptance"]
        left = np.maximum(1.0 - reuse, 1e-12)
        passed = accepted * np.clip((triage.share_above(threshold) - reuse) / left, 0.0, 1.0)
        worn = np.maximum(threshold + inputs["annual_degradation"] * inputs["reuse_years"], inputs["reuse_threshold"])
        passed_again = accepted * np.clip(triage.share_above(worn) / np.maximum(above_reuse, 1e-12), 0.0, 1.0)
    return Shares(
        inputs["pack_collection"],
        reuse,
        passed,
        passed_again,
        inputs["second_collection"],
        inputs["reuse_years"],
        inputs["second_life_years"],
    )


def storage_demand(inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return the stationary storage added by year, constant growth between 2025, 2030 and 2050 [GWh/yr], (n, years)."""
    year = np.array(YEARS, float)
    early = np.clip((year - 2025.0) / 5.0, 0.0, 1.0)
    late = np.clip((year - 2030.0) / 20.0, 0.0, 1.0)
    start, middle = inputs["storage_demand_2025"][:, None], inputs["storage_demand_2030"][:, None]
    path = start * (middle / start) ** early * inputs["storage_demand_growth"][:, None] ** late
    return np.asarray(path * inputs["storage_region_share"][:, None])


def second_life(inputs: Mapping[str, FloatArray], flows: Flows, triage: Triage, first: int) -> dict[str, FloatArray]:
    """Return capacity in service and on offer in second life, against stationary demand."""
    health = triage.mean_above(inputs["triage_threshold"])
    entering = flows.repurposed[:, :, -1]
    service = remaining_capacity(entering, inputs["second_life_years"], health, inputs["second_life_fade"])
    offered = entering[:, first:] * health[:, None]
    return {
        "second_life_energy": service[:, first:],
        "second_life_offer": offered,
        "second_life_demand_share": offered / np.maximum(storage_demand(inputs), 1e-12),
        "triage_pass_share": triage.share_above(inputs["triage_threshold"]),
    }


def recycling(
    inputs: Mapping[str, FloatArray], recycled: FloatArray, recovery: FloatArray, wanted: FloatArray, price: FloatArray
) -> dict[str, FloatArray]:
    """Return what recycling recovers: by material, against new batteries, and in money by route.

    Parameters
    ----------
    inputs : mapping
        Inputs of the study.
    recycled : ndarray, shape (n, years, materials + 2)
        Materials [t/yr], mass [t/yr] and energy [GWh/yr] sent to recycling.
    recovery : ndarray, shape (n, years, routes, materials)
        Share recovered.
    wanted : ndarray, shape (n, years, materials)
        By new batteries [t/yr].
    price : ndarray, shape (n, materials)
        [USD/kg].
    """
    n_materials = len(MATERIALS)
    route = inputs["recycling_route"][:, None, :]
    content, mass, energy = recycled[:, :, :n_materials], recycled[:, :, n_materials], recycled[:, :, -1:]
    recovered = (recovery * route[..., None]).sum(axis=2) * content
    # if every route took all of it [million USD/yr]: t x USD/kg = 1,000 USD
    worth = (recovery * (content * price[:, None, :])[:, :, None, :]).sum(axis=3) * 1e-3
    value = worth * route
    return {
        "recovery": recovery,
        "recovered_material": recovered,
        "recycled_supply_share": ratio(inputs["battery_grade_share"][:, None, None] * recovered, wanted),
        "recovered_value": value,
        "recovered_value_total": value.sum(axis=2),
        "value_per_kwh": ratio(worth, energy),
        "mass_recovered_share": ratio(recovered.sum(axis=2), mass),
    }


def ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return part over whole, 0 where the whole is 0."""
    whole = np.broadcast_to(whole, part.shape)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def totals(flows: Flows) -> FloatArray:
    """Return energy summed over the years by stage, and what is in use at the end [GWh], (n, 6)."""
    sums = {stage: getattr(flows, stage)[:, :, -1].sum(axis=1) for stage in STAGES}
    left = flows.after_reuse[:, :, -1].sum(axis=1) + flows.after_second_life[:, :, -1].sum(axis=1)
    return np.stack([*sums.values(), sums["reused"] + sums["repurposed"] - left], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Goals:
    """EU targets by year and material, with the layouts of the outputs that say whether they are met."""

    recovery: FloatArray
    recovery_cells: NDArray[np.int64]
    contents: Mapping[str, FloatArray]
    content_cells: NDArray[np.int64]
    mass: FloatArray

    @classmethod
    def find(cls, target: Table) -> Goals:
        """Return the targets of the table."""
        recovery, cells = target_levels(target, "recovery", MATERIALS, YEARS)
        content, content_cells = target_levels(target, "content", MATERIALS, YEARS)
        later = content.copy()
        place = YEARS.index(int(CONTENT_DATE))
        later[place] = content[place - 1]
        mass, _ = target_levels(target, "mass", ("pack",), YEARS)
        return cls(recovery, cells, {CONTENT_DATE: content, "2036": later}, content_cells, mass[:, 0])

    def met(
        self, recovery: FloatArray, route: FloatArray, recycled: Mapping[str, FloatArray], date: str
    ) -> dict[str, FloatArray]:
        """Return 1 where a target is met (packed): by the mix of routes, by route, by content and by mass."""
        mixed = (recovery * route[:, None, :, None]).sum(axis=2)
        chosen = self.recovery_cells >= 0
        met = (mixed >= self.recovery)[:, chosen]
        by_route = (recovery >= self.recovery[:, None, :])[:, np.broadcast_to(chosen[:, None, :], recovery.shape[1:])]
        content = (recycled["recycled_supply_share"] >= self.contents[date])[:, self.content_cells >= 0]
        mass = recycled["mass_recovered_share"] >= self.mass
        found = {"target_met": met, "route_target_met": by_route, "content_met": content, "mass_target_met": mass}
        return {name: array.astype(float) for name, array in found.items()}


def outputs(goals: Goals) -> tuple[Output, ...]:
    """Return the declared outputs; cells without a target in force are masked."""
    year, route, material = Dim("year", YEARS), Dim("route", ROUTES), Dim("material", MATERIALS)
    chosen = np.broadcast_to((goals.recovery_cells >= 0)[:, None, :], (len(YEARS), len(ROUTES), len(MATERIALS)))
    by_route = np.where(chosen, np.cumsum(chosen).reshape(chosen.shape) - 1, -1)
    probability = "; its mean is the probability"
    return (
        Output(
            "second_life_energy", "GWh", "capacity in stationary service at the end of the year", (year,), rank=True
        ),
        Output(
            "recycled_supply_share",
            "share",
            "recovered battery-grade material over new demand",
            (year, material),
            rank=True,
        ),
        Output("recovery", "share", "share of a material that a route recovers", (year, route, material)),
        Output(
            "target_met",
            "indicator",
            "1 where the mix of routes meets the EU recovery target in force" + probability,
            (year, material),
            Layout(goals.recovery_cells),
        ),
        Output(
            "route_target_met",
            "indicator",
            "1 where a route meets the EU recovery target in force" + probability,
            (year, route, material),
            Layout(by_route),
        ),
        Output(
            "content_met",
            "indicator",
            "1 where recycled supply reaches the EU content minimum in force" + probability,
            (year, material),
            Layout(goals.content_cells),
        ),
        Output("mass_target_met", "indicator", "1 where the recovered mass meets the EU target" + probability, (year,)),
        Output("mass_recovered_share", "share", "recovered mass over mass of the packs recycled", (year,)),
        Output("second_life_offer", "GWh/yr", "remaining capacity put on offer within the year", (year,)),
        Output("second_life_demand_share", "share", "second-life offer over stationary demand", (year,), rank=True),
        Output("triage_pass_share", "share", "share of retired packs above the triage threshold"),
        Output("recovered_material", "t/yr", "material recovered by all routes", (year, material)),
        Output("recovered_value", "million USD/yr", "value of recovered material by route", (year, route), rank=True),
        Output("recovered_value_total", "million USD/yr", "value of recovered material, all routes", (year,)),
        Output("value_per_kwh", "USD/kWh", "value of what a route recovers per nominal kWh recycled", (year, route)),
        Output("retired_mass", "t/yr", "mass of packs that retire", (year,)),
        Output("cascade", "GWh/yr", "nominal energy of packs through each stage", (year, Dim("stage", STAGES))),
        Output(
            "cascade_total",
            "GWh",
            "nominal energy through each stage to 2050, and in use at its end",
            (Dim("cascade_stage", (*STAGES, "in_use")),),
        ),
    )
