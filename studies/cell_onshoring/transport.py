"""Embedded resource accounting of mineral transport: equations 1 and 2 of the NMC811 supply-chain study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mcsim.study import FloatArray, IntArray
from mcsim.study.tables import Table

CASES = ("base", "onshored")
MINERALS = ("lithium", "cobalt", "nickel", "manganese")
LEGS = ("mine_refinery", "refinery_cathode", "cathode_cell")
MODES = ("ship_bulk", "ship_container", "truck", "rail")


def transport_emission(mass: FloatArray, distance: FloatArray, factor: FloatArray) -> FloatArray:
    """Return the emission of carrying a mass over several modes: equation 2, ``E = m (d_w e_w + d_t e_t + d_r e_r)``.

    Parameters
    ----------
    mass : ndarray, shape (..., 1) or broadcast
        Mass carried [kg].
    distance : ndarray, shape (..., modes)
        Distance by each mode [km].
    factor : ndarray, shape (..., modes)
        Emission factor of each mode [kg CO2e/(t km)].

    Returns
    -------
    ndarray, shape (..., modes)
        Emission by mode [kg CO2e]; their sum is E.

    Examples
    --------
    >>> by_mode = transport_emission(np.array([1000.0]), np.array([13500.0, 3000.0]), np.array([0.0072, 0.13]))
    >>> by_mode.round(6).tolist()
    [97.2, 390.0]
    """
    return mass * distance * factor * 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Goods:
    """Rows of a share table that belong to one mineral: which rows, and the row of each good's contained fraction."""

    rows: IntArray
    goods: IntArray
    routes: tuple[str, ...]


def distance_rows(table: Table, *key: str) -> IntArray:
    """Return the row of each mode's distance, -1 where the key has none.

    Parameters
    ----------
    table : Table
        Distances; the last key column is the mode.
    *key : str
        The key columns before it.
    """
    rows = {found: row for row, found in enumerate(table.index)}
    return np.array([rows.get((*key, mode), -1) for mode in MODES])


def distances(values: FloatArray, rows: IntArray) -> FloatArray:
    """Return distances (n, modes), 0 where there is no row."""
    return np.asarray(np.where(rows >= 0, values[:, np.maximum(rows, 0)], 0.0))


def goods_of(shares: Table, fractions: Table, **wanted: str) -> Goods:
    """Return the rows of the share table that carry these labels, with the good (and route) of each."""
    places = {column: shares.keys.index(column) for column in wanted}
    good = shares.keys.index("good")
    route = shares.keys.index("route") if "route" in shares.keys else None
    rows = [row for row, key in enumerate(shares.index) if all(key[places[name]] == wanted[name] for name in wanted)]
    return Goods(
        np.array(rows, np.int64),
        np.array([fractions.position(shares.index[row][good]) for row in rows], np.int64),
        tuple(shares.index[row][route] if route is not None else "" for row in rows),
    )


def shipped_per_contained(shares: FloatArray, fraction: FloatArray, gross: bool) -> FloatArray:
    """Return kg shipped per kg of mineral delivered, for each good of one mineral.

    Equation 1, contained mass ``m = sum_i W_i c_i`` of goods that weigh W_i, turned round: a kilogram of mineral
    delivered as goods with the given shares (of contained mass) weighs ``share_i / c_i`` of each. With `gross` false,
    the contained mass alone is counted, as equation 2 is printed.

    Parameters
    ----------
    shares, fraction : ndarray, shape (n, goods)
        Shares (divided by their sum) and contained fractions.
    gross : bool
        Count the weight of the goods.

    Examples
    --------
    >>> shipped_per_contained(np.array([[3.0, 1.0]]), np.array([[0.3, 0.1]]), True).tolist()
    [[2.5, 2.5]]
    """
    normalised = shares / shares.sum(axis=1, keepdims=True)
    return np.asarray(normalised / fraction if gross else normalised)


@dataclass(frozen=True, slots=True, eq=False)
class Legs:
    """Row numbers that the transport of one chemistry needs, found once."""

    mined: Mapping[tuple[str, str], Goods]
    mined_distance: Mapping[tuple[str, str], IntArray]
    refined: Mapping[str, Goods]
    cathode_good: int
    leg_distance: Mapping[tuple[str, str], IntArray]
    factor: IntArray

    @classmethod
    def find(cls, tables: Mapping[str, Table], chemistry: str) -> Legs:
        """Return the rows for a chemistry."""
        shares, fractions, routes = tables["route_share"], tables["contained_fraction"], tables["route_distance"]
        mined, distance = {}, {}
        for case in CASES:
            for mineral in MINERALS:
                goods = goods_of(shares, fractions, case=case, mineral=mineral)
                mined[case, mineral] = goods
                distance[case, mineral] = np.array([distance_rows(routes, case, mineral, r) for r in goods.routes])
        refined = {
            mineral: goods_of(tables["refined_good"], fractions, chemistry=chemistry, mineral=mineral)
            for mineral in MINERALS
        }
        legs = {
            (case, leg): distance_rows(tables["leg_distance"], case, leg)
            for case in CASES
            for leg in ("refinery_cathode", "cathode_cell")
        }
        factor = tables["transport_factor"].positions(MODES)
        return cls(mined, distance, refined, fractions.position(f"cathode_{chemistry}"), legs, factor)


def transport_detail(inputs: Mapping[str, FloatArray], legs: Legs, mineral_mass: FloatArray, gross: bool) -> FloatArray:
    """Return the emission of carrying each mineral from mine to cell.

    Parameters
    ----------
    inputs : mapping
        Tables ``route_share``, ``contained_fraction``, ``refined_good``, ``route_distance``, ``leg_distance`` and
        ``transport_factor``, (n, rows) each.
    legs : Legs
        Rows of the chemistry.
    mineral_mass : ndarray, shape (n, 4)
        Contained mass per kg of cell, in the order of `MINERALS` [kg/kg].
    gross : bool
        Whether the weight of the goods is carried, or the contained mass alone.

    Returns
    -------
    ndarray, shape (n, 2 cases, 4 minerals, 3 legs, 4 modes)
        Emission [kg CO2e per kg cell].
    """
    n = mineral_mass.shape[0]
    detail = np.zeros((n, len(CASES), len(MINERALS), len(LEGS), len(MODES)))
    fraction, factor = inputs["contained_fraction"], inputs["transport_factor"][:, legs.factor]
    per_cathode = 1.0 / fraction[:, legs.cathode_good] if gross else np.ones(n)
    for a, case in enumerate(CASES):
        leg_km = [distances(inputs["leg_distance"], legs.leg_distance[case, leg]) for leg in LEGS[1:]]
        for b, mineral in enumerate(MINERALS):
            mass = mineral_mass[:, b]
            goods = legs.mined[case, mineral]
            carried = shipped_per_contained(inputs["route_share"][:, goods.rows], fraction[:, goods.goods], gross)
            for place, rows in enumerate(legs.mined_distance[case, mineral]):
                km = distances(inputs["route_distance"], rows)
                detail[:, a, b, 0] += transport_emission((mass * carried[:, place])[:, None], km, factor)
            goods = legs.refined[mineral]
            salts = shipped_per_contained(inputs["refined_good"][:, goods.rows], fraction[:, goods.goods], gross)
            detail[:, a, b, 1] = transport_emission((mass * salts.sum(axis=1))[:, None], leg_km[0], factor)
            detail[:, a, b, 2] = transport_emission((mass * per_cathode)[:, None], leg_km[1], factor)
    return detail
