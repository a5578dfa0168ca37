"""Policy levers: inputs with today's value as default, and what each moves.

Minimum states of health and age limits act at the border, the cut of combustion imports from a year on; collection,
recycling capacity, take-back, repair and second life act on packs. Levers on packs hold in every year: before the
late 2020s hardly any pack retires, so their start changes little.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mcsim.kernels.cohorts.records import Policy
from mcsim.studies.common.labels import ROUTES
from mcsim.studies.fleet.series import YEARS
from mcsim.study import FloatArray, Parameter

GROUP = "policy"
PYRO, HYDRO, DIRECT = (ROUTES.index(route) for route in ("pyro", "hydro", "direct"))

PARAMETERS = (
    Parameter(
        "minimum_soh_export", "share", "lowest state of health of an EV that may leave the {home}", (0.0, 1.0), GROUP
    ),
    Parameter(
        "minimum_soh_import", "share", "lowest state of health of an EV that may enter {host}", (0.0, 1.0), GROUP
    ),
    Parameter("import_age_minimum", "yr", "lowest age of a registered import", (0.0, 30.0), GROUP),
    Parameter("import_age_maximum", "yr", "highest age of a registered import", (0.0, 30.0), GROUP),
    Parameter(
        "combustion_import_cut",
        "share",
        "combustion imports (hybrids included) kept out by tariff or ban",
        (0.0, 1.0),
        GROUP,
    ),
    Parameter("combustion_cut_year", "yr", "first year of that cut", (2005.0, 2051.0), GROUP),
    Parameter("combustion_substitution", "share", "share of these that second-hand EVs replace", (0.0, 1.0), GROUP),
    Parameter(
        "covered_collection",
        "share",
        "collected packs of new vehicles that retire within the warranty",
        (0.0, 1.0),
        GROUP,
    ),
    Parameter(
        "collection_rate", "share", "collected share of all other packs that retire in {host}", (0.0, 1.0), GROUP
    ),
    Parameter("recycling_capacity", "t/yr", "packs that recyclers in {host} can take", (0.0, np.inf), GROUP),
    Parameter("host_hydro_share", "share", "hydrometallurgy in {host} recycling", (0.0, 1.0), GROUP),
    Parameter(
        "host_direct_share",
        "share",
        "direct recycling in {host} recycling; the rest is pyrometallurgy",
        (0.0, 1.0),
        GROUP,
    ),
    Parameter(
        "home_hydro_share",
        "share",
        "hydrometallurgy in the recycling of packs taken back to the {home}",
        (0.0, 1.0),
        GROUP,
    ),
    Parameter(
        "take_back_share", "share", "exported packs taken back to the {home} by their producers", (0.0, 1.0), GROUP
    ),
    Parameter(
        "host_repair_probability", "share", "failed packs replaced outside a warranty, {host}", (0.0, 1.0), GROUP
    ),
    Parameter(
        "home_repair_probability", "share", "failed packs replaced outside a warranty, {home}", (0.0, 1.0), GROUP
    ),
    Parameter("second_life_share", "share", "collected packs used again in storage", (0.0, 1.0), GROUP),
    Parameter("reuse_share", "share", "collected packs used again in a vehicle", (0.0, 1.0), GROUP),
    Parameter(
        "host_grid_decline", "1/yr", "yearly decline of emissions per kWh of the {host} grid", (-0.05, 0.5), "grid"
    ),
)


def minimum_state_of_health(inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return the stricter of the two rules at the border, (n,)."""
    return np.maximum(inputs["minimum_soh_export"], inputs["minimum_soh_import"])


def combustion_cut(inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return the share of combustion imports kept out in every year, (n, 46).

    Parameters
    ----------
    inputs : mapping
        With `combustion_import_cut` and `combustion_cut_year`, each (n,).

    Returns
    -------
    ndarray, shape (n, 46)

    Examples
    --------
    >>> cut = combustion_cut({"combustion_import_cut": np.ones(1), "combustion_cut_year": np.full(1, 2049.0)})
    >>> cut[0, -3:].tolist()
    [0.0, 1.0, 1.0]
    """
    from_then = np.asarray(YEARS) >= inputs["combustion_cut_year"][:, None]
    return np.asarray(from_then * inputs["combustion_import_cut"][:, None], np.float64)


def host_recovery(inputs: Mapping[str, FloatArray], routes: FloatArray) -> FloatArray:
    """Return the share recovered by the host's recycling under its mix of routes.

    Parameters
    ----------
    inputs : mapping
        With `host_hydro_share` and `host_direct_share`; shares above 1 in sum are scaled down to it.
    routes : ndarray, shape (n, routes, materials)
        Recovery by route, in the order of `ROUTES`.

    Returns
    -------
    ndarray, shape (n, materials)
    """
    hydro, direct = inputs["host_hydro_share"], inputs["host_direct_share"]
    total = np.maximum(hydro + direct, 1.0)
    hydro, direct = (hydro / total)[:, None], (direct / total)[:, None]
    mixed = (1.0 - hydro - direct) * routes[:, PYRO] + hydro * routes[:, HYDRO] + direct * routes[:, DIRECT]
    return np.ascontiguousarray(mixed)


def home_recovery(inputs: Mapping[str, FloatArray], routes: FloatArray) -> FloatArray:
    """Return the share recovered of packs taken back home, (n, materials); see `host_recovery`."""
    hydro = inputs["home_hydro_share"][:, None]
    return np.ascontiguousarray((1.0 - hydro) * routes[:, PYRO] + hydro * routes[:, HYDRO])


def destinations(inputs: Mapping[str, FloatArray]) -> Policy:
    """Return where retired packs go, each (n,)."""
    return Policy(
        covered_collection=inputs["covered_collection"],
        collection=inputs["collection_rate"],
        take_back=inputs["take_back_share"],
        reuse=inputs["reuse_share"],
        second_life=inputs["second_life_share"],
        second_years=inputs["second_use_years"],
        second_collection=inputs["second_use_collection"],
        capacity=inputs["recycling_capacity"],
    )
