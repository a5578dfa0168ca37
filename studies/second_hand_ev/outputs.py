"""What the model of the second-hand vehicle gives: names, units, dims, and which cell each element shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels.life.records import (
    DISTANCE,
    DISTANCE_HOST,
    EXPORTED,
    LANDFILLED,
    PRODUCED,
    RECYCLED_HOST,
    REPLACED,
    RETIRED_HOME,
    USED_PACKS,
    YEARS,
)
from mcsim.kernels.lives.spread import (
    DEATH_AGES,
    DEATH_BINS,
    DISTANCE_QUANTILES,
    DISTANCE_SD,
    IMPACT_KM_MEAN,
    IMPACT_KM_QUANTILES,
    IMPACT_KM_SD,
    PACK_DEAD_SHARE,
    PACKS,
    SPREADS,
    YEARS_SD,
)
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.second_hand_ev.assembly import STAGES
from mcsim.studies.second_hand_ev.lca import CATEGORIES, ENDPOINTS
from mcsim.study import Dim, FloatArray, IntArray, Layout, Output

# Where a vehicle lives, and what an export is held against; the labels hold those of the countries.
ROUTES = ("{home}", "export", "{host}")
REFERENCES = ("stay-{home}", "{host}-icev")
REFERENCE_VEHICLE = "icev-compact"
EXPORT_AGES = 21  # exports at 0, 1, ..., 20 years
NOBODY_CROSSES = ("condition", "exported")  # the option under which an export age without vehicles is undefined
ENDPOINT_OUTPUT = "endpoint_per_km"
# Channels after the impacts of electricity: intensity, kWh at the plug, kWh at the plant, CO2e at home alone.
INTENSITY, ELECTRICITY, GENERATED, HOME_WARMING = 0, 1, 2, 3
OTHER_CHANNELS = 4
PLACES = ("{home}", "{host}", "elsewhere")  # where an impact falls
PLACED = ("impact_by_place", "impact_by_place_per_life")
PLACE_DIFFERENCE, STREET_SHARE = "impact_difference_by_place", "urban_street_share"
STREET_CATEGORIES = ("tap", "eofp", "hofp", "pmfp")  # what exhaust and wear add to where people breathe
SHARE_EXPORTED, SHARE_AT_TRADE = "share_exported", "share_exported_at_trade"


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The distinct cells, in the kernel's order: each vehicle at home, exported at 0-20, new in the host country.

    Parameters
    ----------
    vehicles : tuple of str
        Labels.
    at_home, abroad, electric, packed : ndarray of bool, shape (n_vehicles,)
        Whether a vehicle is sold new at home, in the host country; is charged at a plug; has a traction pack.
    offsets : ndarray of int64, shape (n_vehicles,)
        First cell of each vehicle.
    """

    vehicles: tuple[str, ...]
    at_home: IntArray
    abroad: IntArray
    electric: IntArray
    packed: IntArray
    offsets: IntArray

    @property
    def count(self) -> int:
        """Number of distinct cells."""
        return int((self.at_home * (1 + EXPORT_AGES) + self.abroad).sum())

    @property
    def vehicle_of(self) -> IntArray:
        """Vehicle of each cell."""
        lengths = self.at_home * (1 + EXPORT_AGES) + self.abroad
        return np.repeat(np.arange(len(self.vehicles)), lengths)

    @property
    def exported(self) -> IntArray:
        """Vehicles with an export sweep."""
        return np.flatnonzero(self.at_home)

    def index(self) -> IntArray:
        """Return the cell shown at each (vehicle, route, export age), -1 where the scenario is not told."""
        index = np.full((len(self.vehicles), len(ROUTES), EXPORT_AGES), -1, np.int64)
        for v, first in enumerate(self.offsets):
            if self.at_home[v]:
                index[v, 0] = first
                index[v, 1] = first + 1 + np.arange(EXPORT_AGES)
            if self.abroad[v]:
                index[v, 2] = first + (1 + EXPORT_AGES) * self.at_home[v]
        return index


def packed(index: IntArray) -> tuple[Layout, IntArray]:
    """Return the layout of an index with gaps closed, and the cells that it keeps, in order."""
    kept = np.unique(index[index >= 0])
    return Layout(np.where(index >= 0, np.searchsorted(kept, index), -1)), kept


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """The model's outputs, and the cells that each output over (vehicle, route, export age) shows."""

    outputs: tuple[Output, ...]
    shown: dict[str, IntArray]


ACTIVITY = (
    ("lifetime_distance", "km", "distance of a life", "all"),
    ("lifetime_years", "yr", "length of a life", "all"),
    ("annual_distance", "km/yr", "distance per year of life", "all"),
    ("share_km_host", "share", "distance driven in {host}", "all"),
    ("share_exported", "share", "vehicles bought that are exported", "export"),
    ("packs_produced", "packs", "packs produced per vehicle", "packed"),
    ("packs_used", "packs", "used packs installed per vehicle", "packed"),
    ("packs_recycled_home", "packs", "packs recycled in {home} per vehicle", "packed"),
    ("packs_recycled_host", "packs", "packs recycled in {host} per vehicle", "packed"),
    ("packs_landfilled", "packs", "packs landfilled per vehicle", "packed"),
    ("replacement_probability", "share", "vehicles whose first pack is replaced", "packed"),
    ("recycling_probability", "share", "packs recycled, of all that end", "packed"),
    ("energy_per_km", "kWh/km", "electricity at the plug per km", "electric"),
    ("energy_per_km_at_plant", "kWh/km", "electricity generated per km: at the plug over 1 - loss", "electric"),
    ("mean_grid_intensity", "g CO2e/kWh", "intensity of the electricity met, at the plug", "electric"),
)


def labelled(labels: tuple[str, ...], corridor: Corridor) -> tuple[str, ...]:
    """Return labels with those of the countries in them."""
    return tuple(label.format(home=corridor.home, host=corridor.host) for label in labels)


def declare(cells: Cells, corridor: Corridor) -> Declared:
    """Return the outputs of a study's vehicles.

    Parameters
    ----------
    cells : Cells
        Vehicles and the scenarios that they have.
    corridor : Corridor
        The two countries.
    """
    ages = Dim("export_age", tuple(range(EXPORT_AGES)))
    vehicle, route = Dim("vehicle", cells.vehicles), Dim("route", labelled(ROUTES, corridor))
    category = Dim("category", tuple(CATEGORIES))
    index = cells.index()
    only = {
        "all": np.ones_like(index, bool),
        "export": np.broadcast_to(np.array([False, True, False])[:, np.newaxis], index.shape),
        "packed": np.broadcast_to(cells.packed[:, np.newaxis, np.newaxis] == 1, index.shape),
        "electric": np.broadcast_to(cells.electric[:, np.newaxis, np.newaxis] == 1, index.shape),
    }
    outputs: list[Output] = []
    shown: dict[str, IntArray] = {}
    for name, unit, meaning, which in ACTIVITY:
        layout, kept = packed(np.where(only[which], index, -1))
        told = name != SHARE_EXPORTED  # a share of nobody is a number
        undefined = NOBODY_CROSSES if told else False
        outputs.append(Output(name, unit, meaning, (vehicle, route, ages), layout, may_be_undefined=undefined))
        shown[name] = kept
    stage, reference = Dim("stage", STAGES), Dim("reference", labelled(REFERENCES, corridor))
    detail = index[..., np.newaxis, np.newaxis] * len(STAGES) * len(CATEGORIES)
    detail = detail + np.arange(len(STAGES))[:, np.newaxis] * len(CATEGORIES) + np.arange(len(CATEGORIES))
    detail = np.where(index[..., np.newaxis, np.newaxis] >= 0, detail, -1)
    units = {name: unit for name, (_, unit) in CATEGORIES.items()}
    dims = (vehicle, route, ages, stage, category)
    for name, per, meaning in (
        ("impact_per_km", "/km", "impact per km: expected impact of a life over its expected distance"),
        ("impact_per_life", "", "impact of a life"),
    ):
        by_label = {label: unit + per for label, unit in units.items()}
        outputs.append(
            Output(
                name,
                "",
                meaning,
                dims,
                Layout(detail),
                by_label,
                "category",
                keep=False,
                may_be_undefined=NOBODY_CROSSES,
            )
        )
    place = Dim("place", labelled(PLACES, corridor))
    outputs += _placed(index, (vehicle, route, ages), place, category, units)
    outputs.append(_difference_by_place(cells, (vehicle, reference, ages, place, category), units))
    outputs.append(_street(index, (vehicle, route, ages), category, shown))
    outputs.append(_endpoints(index, vehicle, route, ages))
    outputs += _changes(cells, reference, vehicle, ages, category, units)
    outputs += _spreads(index, (vehicle, route, ages), only, shown)
    return Declared(tuple(outputs), shown)


LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
SPREAD = (
    ("lifetime_distance_sd", "km", "standard deviation of distance between vehicles", "all", None, DISTANCE_SD, 1),
    (
        "lifetime_distance_quantile", "km", "distance by share of vehicles that drive less", "all",
        Dim("vehicle_quantile", LEVELS), DISTANCE_QUANTILES, 5,
    ),
    ("lifetime_years_sd", "yr", "standard deviation of the length of life between vehicles", "all", None, YEARS_SD, 1),
    (
        "retired_with_dead_pack", "share", "vehicles that end because their pack does", "packed", None,
        PACK_DEAD_SHARE, 1,
    ),
    (
        "packs_per_vehicle", "share", "vehicles by number of packs in their life", "packed",
        Dim("packs", ("1", "2", "3", "4 or more")), PACKS, 4,
    ),
    ("vehicle_gwp_per_km", "kg CO2e/km", "GWP per km, mean of the vehicles", "all", None, IMPACT_KM_MEAN, 1),
    (
        "vehicle_gwp_per_km_sd", "kg CO2e/km", "standard deviation of GWP per km between vehicles", "all", None,
        IMPACT_KM_SD, 1,
    ),
    (
        "vehicle_gwp_per_km_quantile", "kg CO2e/km", "GWP per km by share of vehicles that cause less", "all",
        Dim("vehicle_quantile", LEVELS), IMPACT_KM_QUANTILES, 5,
    ),
    (
        "age_at_death", "share", "vehicles by year of age at their end", "all",
        Dim("death_age", (*map(str, range(DEATH_BINS - 1)), f"{DEATH_BINS - 1} or more")), DEATH_AGES, DEATH_BINS,
    ),
)  # fmt: skip


def _spreads(
    index: IntArray, dims: tuple[Dim, ...], only: dict[str, NDArray[np.bool_]], shown: dict[str, IntArray]
) -> list[Output]:
    """Return what only sampled lives give: what differs between vehicles of one draw."""
    outputs = []
    for name, unit, meaning, which, dim, first, width in SPREAD:
        places = np.where(only[which], index, -1)
        if dim is not None:
            inner = places[..., np.newaxis] * SPREADS + first + np.arange(width)
        else:
            inner = places * SPREADS + first
        marked = np.where((places if dim is None else places[..., np.newaxis]) >= 0, inner, -1)
        layout, kept = packed(marked)
        each = dims if dim is None else (*dims, dim)
        shown[name] = kept
        outputs.append(Output(name, unit, meaning, each, layout, keep=dim is None, only_if=("evaluation", "lives")))
    return outputs


def _placed(index: IntArray, dims: tuple[Dim, ...], place: Dim, category: Dim, units: dict[str, str]) -> list[Output]:
    """Return the impacts of all stages by where they fall."""
    inner = np.arange(len(place) * len(category)).reshape(len(place), len(category))
    cells = index[..., np.newaxis, np.newaxis]
    layout = Layout(np.where(cells >= 0, cells * inner.size + inner, -1))
    return [
        Output(
            name, "", f"impact {of}, all stages, by where it falls", (*dims, place, category), layout,
            {label: unit + per for label, unit in units.items()}, "category",
            keep=False, may_be_undefined=NOBODY_CROSSES, on_request=True,
        )
        for name, per, of in zip(PLACED, ("/km", ""), ("per km", "of a life"), strict=True)
    ]  # fmt: skip


def _difference_by_place(cells: Cells, dims: tuple[Dim, ...], units: dict[str, str]) -> Output:
    """Return what an export changes per km by where it falls."""
    return Output(
        PLACE_DIFFERENCE, "", "difference of an exported vehicle's impact per km from the reference, by where it falls",
        dims, change_layout(cells, tuple(len(dim) for dim in dims[1:])),
        {label: f"{unit}/km" for label, unit in units.items()}, "category",
        keep=False, may_be_undefined=NOBODY_CROSSES, on_request=True, beside=SHARE_EXPORTED,
    )  # fmt: skip


def _street(index: IntArray, dims: tuple[Dim, ...], category: Dim, shown: dict[str, IntArray]) -> Output:
    """Return the share of what falls in the host country that leaves exhausts, tyres and brakes in cities."""
    driven_there = np.array([False, True, True])[:, np.newaxis]
    layout, kept = packed(np.where(driven_there, index, -1))
    shown[STREET_SHARE] = kept
    cells = layout.index[..., np.newaxis]
    at = np.array([STREET_CATEGORIES.index(label) if label in STREET_CATEGORIES else -1 for label in category.coords])
    return Output(
        STREET_SHARE, "share", "exhaust and wear in cities of {host}, of all that falls in {host}", (*dims, category),
        Layout(np.where((cells >= 0) & (at >= 0), cells * len(STREET_CATEGORIES) + at, -1)),
        keep=False, may_be_undefined=NOBODY_CROSSES, on_request=True,
    )  # fmt: skip


def _endpoints(index: IntArray, vehicle: Dim, route: Dim, ages: Dim) -> Output:
    """Return the damage per km of all stages, by endpoint of ReCiPe 2016."""
    endpoint = Dim("endpoint", tuple(ENDPOINTS))
    cells = index[..., np.newaxis] * len(endpoint) + np.arange(len(endpoint))
    layout = Layout(np.where(index[..., np.newaxis] >= 0, cells, -1))
    units = {name: f"{unit}/km" for name, unit in ENDPOINTS.items()}
    meaning = "damage per km, all stages (ReCiPe 2016 midpoint to endpoint, H)"
    dims = (vehicle, route, ages, endpoint)
    return Output(
        ENDPOINT_OUTPUT, "", meaning, dims, layout, units, "endpoint", keep=False, may_be_undefined=NOBODY_CROSSES
    )


def _changes(
    cells: Cells, reference: Dim, vehicle: Dim, ages: Dim, category: Dim, units: dict[str, str]
) -> tuple[Output, ...]:
    at_ages = change_layout(cells, (len(REFERENCES), EXPORT_AGES, len(category)))
    without_ages = change_layout(cells, (len(REFERENCES), len(category)))
    each = (vehicle, reference, ages, category)
    single = (vehicle, reference, category)
    return (
        Output(
            "impact_change", "relative", "change of an exported vehicle's impact against the reference", each, at_ages,
            rank=True, may_be_undefined=NOBODY_CROSSES, beside=SHARE_EXPORTED,
        ),
        Output(
            "impact_difference", "", "difference of an exported vehicle's impact per km from the reference", each,
            at_ages, {label: f"{unit}/km" for label, unit in units.items()}, "category",
            may_be_undefined=NOBODY_CROSSES, beside=SHARE_EXPORTED,
        ),
        Output(
            "impact_change_at_trade", "relative", "change of impact against the reference, exported at the trade's age",
            single, without_ages, rank=True, may_be_undefined=NOBODY_CROSSES, beside=SHARE_AT_TRADE,
        ),
        Output(
            SHARE_AT_TRADE, "share", "vehicles bought that are exported at the trade's age", (vehicle,),
            change_layout(cells, ()),
        ),
        Output(
            "crossover_age", "yr",
            "first export age at which the change turns its sign; undefined where it does not by 20",
            single, without_ages, may_be_undefined=True,
        ),
    )  # fmt: skip


def change_layout(cells: Cells, shape: tuple[int, ...]) -> Layout:
    """Return the layout of what is told of exported vehicles alone: one block per vehicle with an export sweep."""
    index = np.full((len(cells.vehicles), *shape), -1, np.int64)
    size = int(np.prod(shape))
    for place, v in enumerate(cells.exported):
        index[v] = place * size + np.arange(size).reshape(shape)
    return Layout(index)


def ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Return a ratio where the denominator is positive, NaN elsewhere (the draw is then counted as failed)."""
    return np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=denominator > 0.0)


def activity_outputs(
    declared: Declared, activity: FloatArray, energy: FloatArray, collected: FloatArray
) -> dict[str, FloatArray]:
    """Return what the vehicles do, and what becomes of their packs."""
    distance, retired = activity[..., DISTANCE], activity[..., RETIRED_HOME]
    recycled = retired * collected[:, np.newaxis]
    buried = activity[..., LANDFILLED] + retired - recycled
    ended = retired + activity[..., RECYCLED_HOST] + activity[..., LANDFILLED]
    n_categories = len(CATEGORIES)
    power = energy[..., n_categories + ELECTRICITY]
    every = {
        "lifetime_distance": distance,
        "lifetime_years": activity[..., YEARS],
        "annual_distance": ratio(distance, activity[..., YEARS]),
        "share_km_host": ratio(activity[..., DISTANCE_HOST], distance),
        "share_exported": activity[..., EXPORTED],
        "packs_produced": activity[..., PRODUCED],
        "packs_used": activity[..., USED_PACKS],
        "packs_recycled_home": recycled,
        "packs_recycled_host": activity[..., RECYCLED_HOST],
        "packs_landfilled": buried,
        "replacement_probability": activity[..., REPLACED],
        "recycling_probability": ratio(ended - buried, ended),
        "energy_per_km": ratio(power, distance),
        "energy_per_km_at_plant": ratio(energy[..., n_categories + GENERATED], distance),
        "mean_grid_intensity": ratio(energy[..., n_categories + INTENSITY], power),
    }
    return {name: values[:, declared.shown[name]] for name, values in every.items()}
