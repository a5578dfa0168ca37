"""Battery packs: production, recycling burden, avoided burden and landfill, per pack and impact category.

Cells and metals scale with the pack's energy (kWh), not with its mass: a heavier casing holds no more nickel. What a
pack weighs beyond the pack that the score per kWh is of is housing and electronics, made per kg. The scores of a
category share one factor of the battery metals between production and credit; drawn independently, the credit of a
pack would exceed its production in a quarter of draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mcsim.distributions.base import INTERVAL
from mcsim.kernels._jit import kernel
from mcsim.kernels.maths import exp, log
from mcsim.studies.common.labels import ROUTES
from mcsim.studies.second_hand_ev.grid import plain, sparse_positions, sparse_values
from mcsim.study import FloatArray, IntArray, OptionValue
from mcsim.study.tables import Table

CREDIT_SOURCES = ("ecoinvent_scores", "greet")
FACTOR_YEAR = 2020  # the year that the static production scores stand for
LEACHED_METALS = ("nickel", "copper", "cobalt")


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Cells that share the metal factor of their category.

    Parameters
    ----------
    rows : ndarray of int64, shape (n_items, n_categories)
        Rows in their table.
    log_median, sigma : ndarray, shape (n_items, n_categories)
        Logarithm of the median of each cell and standard deviation of its logarithm; sigma 0 where it is fixed.
    """

    rows: IntArray
    log_median: FloatArray
    sigma: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Packs:
    """Positions of everything that packs need in their tables.

    Parameters
    ----------
    energy, mass : ndarray of int64, shape (n_vehicles,)
        Rows of the pack's energy and mass.
    chemistry : ndarray of int64, shape (n_vehicles, n_chemistries)
        Rows of the share of each chemistry.
    production : Scores
        Production per kWh, by chemistry.
    content : ndarray of int64, shape (n_chemistries, n_materials)
        Rows of the materials per kWh.
    recovery : ndarray of int64, shape (n_routes, n_materials)
        Rows of the share recovered.
    burden : ndarray of int64, shape (n_routes, n_chemistries, n_categories)
        Rows of the burden of recycling per kWh.
    host_ratio : ndarray of int64, shape (n_categories,)
        Rows of the ratio of smelting in the host country to smelting at home.
    mass_per_kwh : ndarray of int64, shape (n_chemistries,)
        Rows of the mass per kWh of the packs that the production scores are of.
    housing : ndarray of int64, shape (n_categories,)
        Rows of the factor of housing and electronics, per kg.
    credit : mapping of str to Scores
        Avoided burden per kg of material, by source.
    metal_factor : ndarray of int64, shape (n_categories,)
        Rows of the shared factor.
    landfill : ndarray of int64, shape (n_categories,)
        Rows of the landfill factor per kg.
    leached : ndarray of int64, shape (n_leached,)
        Positions among the materials of the metals that leach.
    toxicity : ndarray of int64, shape (n_leached, n_categories)
        Rows of their characterisation factors; -1 where there is none.
    """

    energy: IntArray
    mass: IntArray
    chemistry: IntArray
    production: Scores
    content: IntArray
    recovery: IntArray
    burden: IntArray
    host_ratio: IntArray
    mass_per_kwh: IntArray
    housing: IntArray
    credit: Mapping[str, Scores]
    metal_factor: IntArray
    landfill: IntArray
    leached: IntArray
    toxicity: IntArray


def prepare_packs(tables: Mapping[str, Table], vehicles: Sequence[str], categories: Sequence[str]) -> Packs:
    """Return the positions of everything that packs need, every cell checked to be there.

    Parameters
    ----------
    tables : mapping
        ``vehicles``, ``pack_chemistry``, ``battery_factors``, ``pack_mass``, ``metal_factor``, ``pack_materials``,
        ``recycling_recovery``, ``recycling_burdens``, ``recycling_host_ratio``, ``credits``, ``vehicle_factors`` and
        ``characterisation``.
    vehicles, categories : sequence of str
        Labels wanted.

    Raises
    ------
    InputError
        Naming a missing cell.
    """
    chemistries = tables["pack_chemistry"].labels("chemistry")
    materials = tables["pack_materials"].labels("material")
    leached = [metal for metal in LEACHED_METALS if metal in materials]
    return Packs(
        tables["vehicles"].positions(vehicles, "pack_energy"),
        tables["vehicles"].positions(vehicles, "pack_mass"),
        tables["pack_chemistry"].positions(vehicles, chemistries),
        prepare_scores(tables["battery_factors"], tables["battery_factors"].positions(chemistries, categories)),
        tables["pack_materials"].positions(chemistries, materials),
        tables["recycling_recovery"].positions(ROUTES, materials),
        tables["recycling_burdens"].positions(ROUTES, chemistries, categories),
        tables["recycling_host_ratio"].positions(categories),
        tables["pack_mass"].positions(chemistries),
        tables["vehicle_factors"].positions("pack_housing", categories),
        {source: _credit_scores(tables["credits"], source, materials, categories) for source in CREDIT_SOURCES},
        tables["metal_factor"].positions(categories),
        tables["vehicle_factors"].positions("battery_landfill", categories),
        np.array([materials.index(metal) for metal in leached]),
        sparse_positions(tables["characterisation"], leached, categories),
    )


def _credit_scores(table: Table, source: str, materials: Sequence[str], categories: Sequence[str]) -> Scores:
    """GREET has no toxicity and no ionising radiation: those categories keep the scores of the other source."""
    first = table.positions(CREDIT_SOURCES[0], materials, categories)
    if source == CREDIT_SOURCES[0]:
        return prepare_scores(table, first)
    known = {key: row for row, key in enumerate(table.index)}
    own = [[known.get((source, material, category), -1) for category in categories] for material in materials]
    return prepare_scores(table, np.where(np.array(own) >= 0, own, first))


def prepare_scores(table: Table, rows: IntArray) -> Scores:
    """Return the cells with the median and spread of their logarithms."""
    log_median, sigma = np.zeros(rows.shape), np.zeros(rows.shape)
    for cell, row in np.ndenumerate(rows):
        distribution = table.distributions[row]
        low, high = (float(value) for value in distribution.ppf(np.array([0.025, 0.975])))
        if 0.0 < low < high:
            sigma[cell] = np.log(high / low) / INTERVAL
            log_median[cell] = np.log(distribution.median())
    return Scores(rows, log_median, sigma)


@kernel
def share_metal_factor(
    cells: FloatArray,
    rows: IntArray,
    log_median: FloatArray,
    sigma: FloatArray,
    factor: FloatArray,
    correlation: FloatArray,
    scores: FloatArray,
) -> None:
    """Fill scores that share a factor: ln s = ln m + sigma (sqrt(r) z + sqrt(1 - r) e).

    m and sigma are the cell's median and spread, e its own normal score, z the shared one and r the correlation: the
    spread of each score stays what it was, and two scores of one category correlate with r.

    Parameters
    ----------
    cells : ndarray, shape (n, n_rows)
        Cells of the table, drawn independently.
    rows : ndarray of int64, shape (n_items, n_categories)
        Which cells.
    log_median, sigma : ndarray, shape (n_items, n_categories)
        As in `Scores`.
    factor : ndarray, shape (n, n_categories)
        Shared normal scores z.
    correlation : ndarray, shape (n,)
        r.
    scores : ndarray, shape (n, n_items, n_categories)
        Filled with the scores.
    """
    for draw in range(cells.shape[0]):
        common = np.sqrt(correlation[draw])
        own = np.sqrt(1.0 - correlation[draw])
        for item in range(rows.shape[0]):
            for category in range(rows.shape[1]):
                value = cells[draw, rows[item, category]]
                spread = sigma[item, category]
                if spread > 0.0 and value > 0.0:
                    centre = log_median[item, category]
                    shifted = centre + own * (log(value) - centre) + common * spread * factor[draw, category]
                    value = exp(shifted)
                scores[draw, item, category] = value


def correlated(scores: Scores, cells: FloatArray, factor: FloatArray, correlation: FloatArray) -> FloatArray:
    """Return the scores with their shared metal factor, shape (n, n_items, n_categories).

    Examples
    --------
    >>> scores = Scores(np.array([[0]]), np.array([[0.0]]), np.array([[1.0]]))
    >>> correlated(scores, np.array([[1.0]]), np.array([[1.0]]), np.array([1.0])).round(4).tolist()
    [[[2.7183]]]
    """
    filled = np.empty((len(cells), *scores.rows.shape))
    share_metal_factor(
        plain(cells), scores.rows, scores.log_median, scores.sigma, plain(factor), plain(correlation), filled
    )
    return filled


def home_route_shares(inputs: Mapping[str, FloatArray], route: OptionValue) -> FloatArray:
    """Return the shares of the recycling routes at home, shape (n, n_routes).

    Parameters
    ----------
    inputs : mapping
        ``home_hydro_share`` (n,): the share of hydrometallurgy, the rest is smelted.
    route : str
        ``hydro_share`` for that share, or the one route that takes all.

    Examples
    --------
    >>> home_route_shares({"home_hydro_share": np.array([0.75])}, "hydro_share")
    array([[0.25, 0.75, 0.  ]])
    >>> home_route_shares({"home_hydro_share": np.array([0.75])}, "direct")
    array([[0., 0., 1.]])
    """
    hydro = inputs["home_hydro_share"]
    shares = np.zeros((len(hydro), len(ROUTES)))
    if route == "hydro_share":
        shares[:, ROUTES.index("hydro")] = hydro
        shares[:, ROUTES.index("pyro")] = 1.0 - hydro
    else:
        shares[:, ROUTES.index(str(route))] = 1.0
    return shares


def pack_impacts(
    packs: Packs, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue]
) -> dict[str, FloatArray]:
    """Return the impacts of one pack of each vehicle.

    Parameters
    ----------
    packs : Packs
        Positions in the tables.
    inputs : mapping
        Cells of the tables (n, n_rows), and ``metal_correlation``, ``battery_trend``, ``substitution_ratio``,
        ``home_hydro_share``, ``leached_share`` (n,).
    options : mapping
        ``purchase_year``, ``home_recycling_route``, ``credit_source``, ``recycling_credit``, ``landfill_model``.

    Returns
    -------
    dict of str to ndarray, shape (n, n_vehicles, n_categories)
        ``battery_production`` (at the factors of the purchase year), ``recycling_home``, ``recycling_host``,
        ``credit_home``, ``credit_host`` (avoided burdens, positive: to be subtracted) and ``landfill``, per pack.
    """
    return impacts_of_packs(packs, inputs, options, impacts_per_kwh(packs, inputs, options))


def impacts_of_packs(
    packs: Packs,
    inputs: Mapping[str, FloatArray],
    options: Mapping[str, OptionValue],
    per_kwh: Mapping[str, FloatArray],
) -> dict[str, FloatArray]:
    """Return the same from the `impacts_per_kwh`."""
    energy = energy_of_packs(packs, inputs)
    years = int(options["purchase_year"]) - FACTOR_YEAR
    trend = (1.0 - inputs["battery_trend"]) ** years
    content = inputs["pack_materials"][:, packs.content]
    made = per_kwh["battery_production"] * trend[:, np.newaxis, np.newaxis]
    now = {**per_kwh, "battery_production": made}
    impacts = {name: np.einsum("nvc,nck->nvk", energy, values) for name, values in now.items()}
    impacts["battery_production"] += trend[:, np.newaxis, np.newaxis] * _housing(packs, inputs, energy)
    impacts["landfill"] = _landfill(packs, inputs, options, energy, content)
    return impacts


def impacts_per_kwh(
    packs: Packs, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue]
) -> dict[str, FloatArray]:
    """Return the impacts of a kWh of each chemistry, as in `pack_impacts`, (n, C, K); packs made in `FACTOR_YEAR`."""
    factor, correlation = inputs["metal_factor"][:, packs.metal_factor], inputs["metal_correlation"]
    burden = inputs["recycling_burdens"][:, packs.burden]
    shares = home_route_shares(inputs, options["home_recycling_route"])
    smelter = ROUTES.index("pyro")
    content = inputs["pack_materials"][:, packs.content]
    ((credit_home, credit_host),) = _credits(packs, inputs, options, content, shares)
    return {
        "battery_production": correlated(packs.production, inputs["battery_factors"], factor, correlation),
        "recycling_home": np.einsum("nr,nrck->nck", shares, burden),
        "recycling_host": burden[:, smelter] * inputs["recycling_host_ratio"][:, packs.host_ratio][:, np.newaxis],
        "credit_home": credit_home,
        "credit_host": credit_host,
    }


def leaching_per_kwh(
    packs: Packs, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue]
) -> tuple[FloatArray, FloatArray]:
    """Return what a landfilled pack causes: per kWh of each chemistry, (n, chemistries, K), and per kg, (n, K)."""
    per_kg = inputs["vehicle_factors"][:, packs.landfill]
    metals = inputs["pack_materials"][:, packs.content][:, :, packs.leached]
    leached = 0.0 if options["landfill_model"] == "inert" else inputs["leached_share"][:, np.newaxis, np.newaxis]
    toxicity = sparse_values(inputs["characterisation"], packs.toxicity)
    return np.einsum("ncm,nmk->nck", metals * leached, toxicity), per_kg


def energy_of_packs(packs: Packs, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return the energy of each vehicle's pack by chemistry [kWh], shape (n, n_vehicles, n_chemistries)."""
    return np.asarray(inputs["vehicles"][:, packs.energy, np.newaxis] * inputs["pack_chemistry"][:, packs.chemistry])


def recycling_per_kwh(
    packs: Packs, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue], part: FloatArray
) -> FloatArray:
    """Return a part of the burden of recycling a kWh at home, (n, C, K), by the share of each route (n, routes, K)."""
    shares = home_route_shares(inputs, options["home_recycling_route"])
    burden = inputs["recycling_burdens"][:, packs.burden] * part[:, :, np.newaxis]
    return np.asarray(np.einsum("nr,nrck->nck", shares, burden))


def credits_per_kwh(
    packs: Packs, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue], parts: Sequence[FloatArray]
) -> list[tuple[FloatArray, FloatArray]]:
    """Return parts of the credits of a kWh at home and in the host country, by the share of each metal (n, m, K)."""
    shares = home_route_shares(inputs, options["home_recycling_route"])
    return _credits(packs, inputs, options, inputs["pack_materials"][:, packs.content], shares, parts)


def recycling_at_home(
    packs: Packs, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue], part: FloatArray
) -> FloatArray:
    """Return the same of a pack of each vehicle, (n, V, K)."""
    per_kwh = recycling_per_kwh(packs, inputs, options, part)
    return np.asarray(np.einsum("nvc,nck->nvk", energy_of_packs(packs, inputs), per_kwh))


def credit_of_packs(
    packs: Packs, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue], part: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the same credits of a pack of each vehicle, (n, V, K)."""
    ((home, host),) = credits_per_kwh(packs, inputs, options, (part,))
    energy = energy_of_packs(packs, inputs)
    return np.einsum("nvc,nck->nvk", energy, home), np.einsum("nvc,nck->nvk", energy, host)


def _housing(packs: Packs, inputs: Mapping[str, FloatArray], energy: FloatArray) -> FloatArray:
    """Return the impact of what a pack weighs beyond the one that its score per kWh is of: housing and electronics."""
    scored = np.einsum("nvc,nc->nv", energy, inputs["pack_mass"][:, packs.mass_per_kwh])
    beyond = inputs["vehicles"][:, packs.mass] - scored
    return np.asarray(beyond[:, :, np.newaxis] * inputs["vehicle_factors"][:, packs.housing][:, np.newaxis])


def _credits(
    packs: Packs,
    inputs: Mapping[str, FloatArray],
    options: Mapping[str, OptionValue],
    content: FloatArray,
    shares: FloatArray,
    parts: Sequence[FloatArray | float] = (1.0,),
) -> list[tuple[FloatArray, FloatArray]]:
    """Avoided burden per kWh at home and in the host country: mass recovered x substitution x virgin burden.

    Of each metal the whole, or the share of it that each of `parts` says.
    """
    if options["recycling_credit"] == "cut_off":
        nothing = np.zeros((len(content), content.shape[1], len(packs.landfill)))
        return [(nothing, nothing)] * len(parts)
    avoided = correlated(
        packs.credit[str(options["credit_source"])],
        inputs["credits"],
        inputs["metal_factor"][:, packs.metal_factor],
        inputs["metal_correlation"],
    )
    avoided *= inputs["substitution_ratio"][:, np.newaxis, np.newaxis]
    recovery = inputs["recycling_recovery"][:, packs.recovery]
    recovered_home = content * np.einsum("nr,nrm->nm", shares, recovery)[:, np.newaxis]
    recovered_host = content * recovery[:, np.newaxis, ROUTES.index("pyro")]
    found = []
    for part in parts:
        kept = avoided * part
        found.append((np.einsum("ncm,nmk->nck", recovered_home, kept), np.einsum("ncm,nmk->nck", recovered_host, kept)))
    return found


def _landfill(
    packs: Packs,
    inputs: Mapping[str, FloatArray],
    options: Mapping[str, OptionValue],
    energy: FloatArray,
    content: FloatArray,
) -> FloatArray:
    """Operation of the landfill per kg of pack, and metal contained x leached share x characterisation."""
    mass = inputs["vehicles"][:, packs.mass, np.newaxis]
    operation = mass * inputs["vehicle_factors"][:, packs.landfill][:, np.newaxis]
    if options["landfill_model"] == "inert":
        return operation
    metals = np.einsum("nvc,ncm->nvm", energy, content[:, :, packs.leached])
    metals *= inputs["leached_share"][:, np.newaxis, np.newaxis]
    toxicity = sparse_values(inputs["characterisation"], packs.toxicity)
    return np.asarray(operation + np.einsum("nvm,nmk->nvk", metals, toxicity))
