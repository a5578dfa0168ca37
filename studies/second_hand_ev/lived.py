"""From inputs to the records that the kernels of lives take."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mcsim.kernels.laws.junction import SURVIVAL_JUNCTIONS
from mcsim.kernels.life.records import Ageing, Answer, Covers, Destination, Lives, Survivals, Uses
from mcsim.kernels.life.records import Cells as KernelCells
from mcsim.studies.second_hand_ev import inputs as declared_inputs
from mcsim.studies.second_hand_ev.curves import (
    LITHIUM,
    MAXIMUM_AGE,
    NICKEL,
    NO_PACK,
    distance_abroad,
    distance_in_service,
    end_of_cover,
    pack_laws,
    survival_of_country,
)
from mcsim.studies.second_hand_ev.grid import LAST_YEAR
from mcsim.studies.second_hand_ev.outputs import EXPORT_AGES
from mcsim.studies.second_hand_ev.plan import Plan
from mcsim.study import FloatArray, OptionValue

OLD_CATALYST_AGE = 10.0


def kernel_cells(plan: Plan) -> KernelCells:
    """Return the cells as the kernels take them."""
    cells = plan.cells
    chemistry = np.where(cells.packed == 1, np.where(plan.hybrid == 1, NICKEL, LITHIUM), NO_PACK)
    return KernelCells(cells.offsets, np.arange(len(cells.vehicles)), chemistry, cells.at_home == 1, cells.abroad == 1)


def bodies(plan: Plan, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return each vehicle's share of the sport utility body, shape (n, n_vehicles)."""
    return np.ascontiguousarray(inputs["vehicles"][:, plan.suv])


def lives_of(
    plan: Plan, suv: FloatArray, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue]
) -> Lives:
    """Return what both kernels of lives take; the share of the sport utility body is from `bodies`."""
    steps, cells = int(options["steps_per_year"]), plan.cells
    n = len(inputs["home_survival"])
    ages = np.arange(MAXIMUM_AGE * steps + 1) / steps
    stretch = np.ascontiguousarray(inputs["home_survival_stretch"])
    ones = np.ones(n)
    home, rate = [], []
    for body in range(len(declared_inputs.BODIES)):
        table = inputs["home_survival"][:, plan.survival[body]]
        home.append(survival_of_country("home", options["home_survival_form"], inputs, table, stretch, ages))
        schedule = inputs["home_distance"][:, plan.distance[body]] * inputs["home_distance_factor"][:, np.newaxis]
        rate.append(distance_in_service(schedule, _aligned(table, schedule.shape[1]), options["distance_basis"]))
    survival = _between(home[0], home[1], suv)
    ratios = _between(
        inputs["ev_distance_ratio_car"][:, np.newaxis], inputs["ev_distance_ratio_suv"][:, np.newaxis], suv
    )
    home_rate = _between(rate[0], rate[1], suv) * np.where(cells.electric[:, np.newaxis] == 1, ratios, 1.0)
    table = inputs["host_survival"][:, plan.host_survival]
    form = options["host_survival_form"]
    abroad = survival_of_country("host", form, inputs, table, ones, ages)
    abroad_rate = distance_abroad(
        np.ascontiguousarray(abroad[:, ::steps]),
        np.ascontiguousarray(inputs["host_distance_exponent"]),
        np.ascontiguousarray(inputs["host_annual_distance"]),
    )
    swap = np.zeros((n, 3))
    swap[:, NICKEL] = (1.0 - inputs["repair_probability"]) * inputs["swap_probability"]
    fade = np.repeat((inputs["efficiency_fade"] / inputs["first_efficiency"])[:, np.newaxis], 3, axis=1)
    is_fuelled = (1 - cells.electric).astype(np.float64)
    given = np.ascontiguousarray
    destination = Destination(
        0 if form == "weibull" else 1,
        given(inputs["host_survival_shape"]),
        given(inputs["host_survival_scale"]),
        given(abroad[:, ::steps]),
        given(inputs["second_hand_life_multiplier"]),
        SURVIVAL_JUNCTIONS.index(str(options["survival_junction"])),
    )
    return Lives(
        steps,
        EXPORT_AGES,
        kernel_cells(plan),
        Survivals(survival, abroad, destination),
        Uses(
            home_rate,
            abroad_rate,
            np.multiply.outer(inputs["fuel_fade"], is_fuelled),
            OLD_CATALYST_AGE,
            LAST_YEAR - int(options["purchase_year"]),
            np.log1p(-inputs["battery_trend"]),
        ),
        pack_laws(inputs, options),
        Covers(
            _covers(plan, inputs, options, home_rate),
            _covers(plan, inputs, options, abroad_rate[:, np.newaxis]),
            given(inputs["replacement_cover"]),
        ),
        Answer(given(inputs["repair_probability"]), swap),
        Ageing(given(inputs["used_pack_age"]), fade),
    )


def _aligned(table: FloatArray, length: int) -> FloatArray:
    """Return a survival table with as many ages as the distance schedule, its last value held."""
    return table[:, np.minimum(np.arange(length), table.shape[1] - 1)]


def _between(car: FloatArray, suv: FloatArray, share: FloatArray) -> FloatArray:
    """Return each vehicle's mean of the two bodies, shape (n, n_vehicles, n_ages)."""
    part = share[:, :, np.newaxis]
    return np.ascontiguousarray((1.0 - part) * car[:, np.newaxis] + part * suv[:, np.newaxis])


def _covers(
    plan: Plan, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue], distance: FloatArray
) -> FloatArray:
    years = np.where(
        plan.hybrid == 1, inputs["hev_warranty_years"][:, np.newaxis], inputs["warranty_years"][:, np.newaxis]
    )
    if options["mileage_cap"] == "off":
        return np.ascontiguousarray(years)
    columns = [
        end_of_cover(years[:, v], inputs["warranty_distance"], distance[:, min(v, distance.shape[1] - 1)])
        for v in range(years.shape[1])
    ]
    return np.ascontiguousarray(np.stack(columns, axis=1))
