"""Circularity of a series of retired packs: the world's by default, or the user's own table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mcsim.studies.battery_circularity.materials import aged_shares, chemistry_path, shifted_shares, yearly_path
from mcsim.studies.battery_circularity.outlook import POSITIVE, SHARE, TABLES, Retirement, build
from mcsim.studies.common.checks import required
from mcsim.studies.common.labels import CHEMISTRIES, MATERIALS
from mcsim.study import Context, FloatArray, Model, Parameter, TableSpec
from mcsim.study.tables import Table

YEARS = tuple(range(2015, 2051))
SPECS = (
    TableSpec("pack_content", ("chemistry", "material"), POSITIVE, "pack content", "kg per kWh of pack"),
    TableSpec("chemistry_path", ("chemistry", "year"), SHARE, "chemistry", "shares of new packs by year"),
    TableSpec("pack_series", ("quantity", "year"), POSITIVE, "pack series", "retired packs and new batteries"),
)
PARAMETERS = (
    Parameter("retired_factor", "1", "retired packs over the series", POSITIVE),
    Parameter("demand_factor", "1", "new batteries over the series", POSITIVE),
    Parameter("pack_energy", "kWh", "nominal energy of a retired pack in 2025", (1.0, 300.0)),
    Parameter("pack_energy_growth", "1/yr", "yearly growth of a retired pack's energy", (-0.1, 0.1)),
    Parameter("lfp_shift", "share", "share of the other chemistries that LFP takes over by 2050", SHARE),
)


def model(tables: Mapping[str, Table]) -> Model:
    """Return the circularity model of a series of retired packs.

    Parameters
    ----------
    tables : mapping
        The tables of `outlook.TABLES` and of `SPECS`.

    Returns
    -------
    Model
    """
    tables = required(tables, (*TABLES, *SPECS))
    shares = chemistry_path(tables["chemistry_path"], YEARS)
    packs = yearly_path(tables["pack_series"], "retired_packs", YEARS)
    batteries = yearly_path(tables["pack_series"], "new_batteries", YEARS)
    content_rows = tables["pack_content"].positions(CHEMISTRIES, (*MATERIALS, "other"))
    ahead = np.array(YEARS, float) - 2025.0

    def source(inputs: Mapping[str, FloatArray], context: Context) -> Retirement:
        content = inputs["pack_content"][:, content_rows]
        growth = (1.0 + inputs["pack_energy_growth"][:, None]) ** ahead
        energy = inputs["retired_factor"][:, None] * packs * inputs["pack_energy"][:, None] * growth
        wanted_energy = inputs["demand_factor"][:, None] * batteries
        new = shifted_shares(shares, YEARS, inputs["lfp_shift"])
        old = aged_shares(new, inputs["retirement_age"])
        # GWh x kg/kWh = 1,000 t
        held = 1e3 * energy[:, :, None] * (old @ content)
        wanted = 1e3 * wanted_energy[:, :, None] * (new @ content)
        return Retirement(YEARS, energy, held.sum(axis=2), held[:, :, :-1], wanted[:, :, :-1])

    return build("battery-circularity", tables, source, parameters=PARAMETERS, specs=SPECS)
