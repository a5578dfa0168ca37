"""Circularity of the packs that retire in the fleet's host country: the fleet study's flows down the cascade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mcsim.kernels.cohorts.records import EV, NEW
from mcsim.studies.battery_circularity.outlook import TABLES, Retirement, build
from mcsim.studies.common.checks import required
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.fleet.batteries import capacity, cell_shares, composition, read_packs
from mcsim.studies.fleet.model import NAMES
from mcsim.studies.fleet.model import model as fleet_model
from mcsim.studies.fleet.series import YEARS
from mcsim.study import Context, FloatArray, Model
from mcsim.study.tables import Table

# What is read of the fleet, whatever is asked of this model.
READ = frozenset({"registrations", "retired_battery_energy", "retired_battery_mass", "material_contained"})


def model(tables: Mapping[str, Table], *, home: str, host: str) -> Model:
    """Return the circularity model of the fleet study's retired packs.

    Packs of new and of second-hand vehicles go down one cascade. New batteries are those of EVs bought new in the
    host country, wherever they are made; packs that a warranty replaces count among the retired but not among the new.

    Parameters
    ----------
    tables : mapping
        The fleet's tables and those of `outlook.TABLES`.
    home, host : str
        As in the fleet.

    Returns
    -------
    Model
    """
    fleet, corridor = fleet_model(tables, home=home, host=host), Corridor(home, host)
    packs = read_packs(corridor.neutral(tables, NAMES), corridor)

    def source(inputs: Mapping[str, FloatArray], context: Context) -> Retirement:
        found = fleet.evaluate(inputs, replace(context, wanted=READ))
        sold = found["registrations"][:, :, NEW, EV]
        drawn = corridor.neutral(inputs, NAMES)
        kwh = sold * capacity(packs, drawn, "host")
        shares = cell_shares(packs, drawn, str(context.options["chemistry_path"]))
        # kWh x kg/kWh = kg
        wanted = 1e-3 * kwh[:, :, None] * composition(packs, drawn, shares)
        return Retirement(
            tuple(YEARS),
            found["retired_battery_energy"].sum(axis=2),
            found["retired_battery_mass"].sum(axis=2),
            found["material_contained"].sum(axis=2),
            wanted,
        )

    return build(
        "battery-circularity-fleet",
        required(tables, TABLES),
        source,
        parameters=fleet.parameters,
        options=fleet.options,
        specs=fleet.tables,
    )
