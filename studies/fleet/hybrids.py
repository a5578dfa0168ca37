"""Hybrids' packs: which a warranty replaces, which a used one follows, and when all retire in the host country.

Hybrids leave by survival alone, whatever ends them. Of a hybrid in use the pack serves: one that fails under the
warranty of a vehicle new in its country is replaced by a new one, one that fails later by a used one in a share of
cases, and where it is not, the vehicle is one of those that leave. So the shares of packs by age among vehicles in use
follow year by year: what fails is taken out, what follows it is put in, and the rest is scaled to 1 again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from mcsim.kernels.cohorts import room
from mcsim.kernels.cohorts.records import HEV
from mcsim.kernels.cohorts.space import Space
from mcsim.studies.fleet.stages import After, Drawn
from mcsim.study import FloatArray

READS = (
    "hev_pack_shape", "hev_pack_scale", "hev_warranty_years", "swap_probability", "used_pack_age",
    "host_climate_multiplier",
)  # fmt: skip
REPLACED, SWAPPED, RETIRED = "hybrid_packs_replaced", "hybrid_packs_swapped", "retired_hybrid_packs"
NAMES = (REPLACED, SWAPPED, RETIRED)
# Results of the flows that these outputs read: sold and come, and what is left of either at the ends of years.
HELD = ("hybrids_sold", "hybrids_left", "hybrids_came", "hybrids_came_left")


class Law(NamedTuple):
    """Weibull of packs, (n, 1) each, and what answers a failure.

    Parameters
    ----------
    shape, scale : ndarray
        [-] and [yr].
    swap : ndarray
        Share of failures after the warranty that a used pack follows.
    used_age : ndarray
        Its age then [yr].
    """

    shape: FloatArray
    scale: FloatArray
    swap: FloatArray
    used_age: FloatArray

    def hazard(self, age: FloatArray) -> FloatArray:
        """Return the cumulative hazard at an age."""
        return np.asarray((np.maximum(age, 0.0) / self.scale) ** self.shape)


class Packs(NamedTuple):
    """Packs of hybrids in use: shares that sum to 1, and the vehicle's age at which each was new, (n, classes)."""

    share: FloatArray
    born: FloatArray


def advance(
    law: Law, packs: Packs, start: float, end: float, cover: FloatArray
) -> tuple[Packs, FloatArray, FloatArray]:
    """Return the packs of vehicles in use at the end of some time, and those replaced and swapped per vehicle.

    Parameters
    ----------
    law : Law
        Of n draws.
    packs : Packs
        At its start.
    start, end : float
        Age of the vehicle [yr].
    cover : ndarray, shape (n, 1)
        Age at which the warranty ends [yr].

    Returns
    -------
    Packs, ndarray, ndarray
        The latter of shape (n,).

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> law = Law(one, 4.0 * one, 0.5 * one, 0.0 * one)
    >>> packs, replaced, swapped = advance(law, Packs(one, 0.0 * one), 0.0, 1.0, 0.0 * one)
    >>> replaced.round(4).tolist(), swapped.round(4).tolist()
    ([0.0], [0.1106])
    """
    shares, borns, given = packs.share, packs.born, []
    border = np.clip(cover, start, end)
    whole = np.full_like(border, start), border, np.full_like(border, end)
    for first, last, covered in ((whole[0], whole[1], True), (whole[1], whole[2], False)):
        failed = shares * -np.expm1(law.hazard(first - borns) - law.hazard(last - borns))
        answered = failed.sum(axis=1, keepdims=True) * (1.0 if covered else law.swap)
        middle = 0.5 * (first + last)
        shares = np.concatenate([shares - failed, answered], axis=1)
        borns = np.concatenate([borns, middle if covered else middle - law.used_age], axis=1)
        shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-300)
        given.append(answered[:, 0])
    return Packs(shares, borns), given[0], given[1]


def follow(law: Law, packs: Packs, age: float, ends: FloatArray, cover: FloatArray, exposure: int) -> FloatArray:
    """Return packs replaced and swapped by year since entry, per vehicle that enters, (2, n, years).

    Parameters
    ----------
    law, packs, cover
        As in `advance`; packs at entry.
    age : float
        Age at entry [yr].
    ends : ndarray, shape (n, years)
        Share of the vehicles in use at the ends of years.
    exposure : int
        Half-years lived at the end of the year of entry.
    """
    given, before, start = np.zeros((2, *ends.shape)), np.ones(len(ends)), age
    for year in range(ends.shape[1]):
        end = age + 0.5 * exposure + year
        # The integral of the survival over the year against the packs' failures, by the trapezoid.
        alive = 0.5 * (before + ends[:, year])
        if end > start:
            packs, replaced, swapped = advance(law, packs, start, end, cover)
            given[0, :, year], given[1, :, year] = replaced * alive, swapped * alive
        before, start = ends[:, year], end
    return given


def spread(given: FloatArray, entering: FloatArray) -> FloatArray:
    """Return the packs of all cohorts by year, (2, n, years), from those per vehicle and who enters each year."""
    found = np.zeros_like(given)
    years = entering.shape[1]
    for year in range(years):
        found[..., year:] += entering[:, [year]] * given[..., : years - year]
    return found


def first_packs(n: int) -> Packs:
    """Return the packs of vehicles that are new."""
    return Packs(np.ones((n, 1)), np.zeros((n, 1)))


def hybrid_packs(
    inputs: Mapping[str, FloatArray], held: Mapping[str, FloatArray], gone: FloatArray, exposure: int
) -> dict[str, FloatArray]:
    """Return the outputs of `NAMES`, (n, years, origins) each.

    Parameters
    ----------
    inputs : mapping
        Those of `READS`.
    held : mapping
        Those of `HELD`: (n, years), (n, years), (n, years, ages), (n, ages, years).
    gone : ndarray, shape (n, years, origins)
        Hybrids that leave, each with its pack.
    exposure : int
        Half-years lived at the end of the year of entry.
    """
    shape, scale, cover, swap, used, climate = (inputs[name][:, None] for name in READS)
    at_home, in_host = Law(shape, scale, swap, used), Law(shape, scale / climate, swap, used)
    n, none = len(shape), np.zeros_like(cover)
    new = follow(in_host, first_packs(n), 0.0, held["hybrids_left"], cover, exposure)
    by_origin = [spread(new, held["hybrids_sold"]), np.zeros_like(new)]
    packs, came = first_packs(n), held["hybrids_came"]
    for age in range(came.shape[2]):
        if came[:, :, age].any():
            given = follow(in_host, packs, float(age), held["hybrids_came_left"][:, age], none, exposure)
            by_origin[1] += spread(given, came[:, :, age])
        # Until they cross packs age and are replaced at home.
        packs = advance(at_home, packs, float(age), age + 1.0, cover)[0]
    replaced, swapped = np.stack(by_origin, axis=-1)
    return {REPLACED: replaced, SWAPPED: swapped, RETIRED: gone + replaced + swapped}


def keeper(n: int, held: dict[str, FloatArray]) -> After:
    """Return what keeps `HELD` of every block of draws, while its tables stand."""

    def keep(part: slice, drawn: Drawn, tables: room.Tables, space: Space) -> None:
        block = {
            HELD[0]: drawn.vehicles.host.sales[:, :, HEV],
            HELD[1]: tables.new.left,
            HELD[2]: tables.arrivals.combustion.hev,
            HELD[3]: tables.entries.left,
        }
        for name, values in block.items():
            held.setdefault(name, np.zeros((n, *values.shape[1:])))[part] = values

    return keep
