"""Policy levers: inputs with today's value as default, and what each moves.

Minimum states of health and age limits act at the border, the cut of combustion imports from a year on; collection,
recycling capacity, take-back, repair and second life act on packs. Levers on packs hold in every year: before the
late 2020s hardly any pack retires, so their start changes little.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mcsim.studies.fleet.series import YEARS
from mcsim.study import FloatArray, Parameter

GROUP = "policy"

PARAMETERS = (
    Parameter(
        "minimum_soh_export", "share", "lowest state of health of an EV that may leave the US", (0.0, 1.0), GROUP
    ),
    Parameter(
        "minimum_soh_import", "share", "lowest state of health of an EV that may enter Mexico", (0.0, 1.0), GROUP
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
        "collection_rate", "share", "collected share of all other packs that retire in Mexico", (0.0, 1.0), GROUP
    ),
    Parameter("recycling_capacity", "t/yr", "packs that recyclers in Mexico can take", (0.0, np.inf), GROUP),
    Parameter("mx_hydro_share", "share", "hydrometallurgy in Mexican recycling", (0.0, 1.0), GROUP),
    Parameter(
        "mx_direct_share",
        "share",
        "direct recycling in Mexican recycling; the rest is pyrometallurgy",
        (0.0, 1.0),
        GROUP,
    ),
    Parameter(
        "us_hydro_share", "share", "hydrometallurgy in the recycling of packs taken back to the US", (0.0, 1.0), GROUP
    ),
    Parameter("take_back_share", "share", "exported packs taken back to the US by their producers", (0.0, 1.0), GROUP),
    Parameter("mx_repair_probability", "share", "failed packs replaced outside a warranty, Mexico", (0.0, 1.0), GROUP),
    Parameter(
        "us_repair_probability", "share", "failed packs replaced outside a warranty, United States", (0.0, 1.0), GROUP
    ),
    Parameter("second_life_share", "share", "collected packs used again in storage", (0.0, 1.0), GROUP),
    Parameter("reuse_share", "share", "collected packs used again in a vehicle", (0.0, 1.0), GROUP),
    Parameter(
        "mx_grid_decline", "1/yr", "yearly decline of emissions per kWh of the Mexican grid", (-0.05, 0.5), "grid"
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


def home_recovery(inputs: Mapping[str, FloatArray], routes: FloatArray) -> FloatArray:
    """Return the share recovered by Mexican recycling under its mix of routes.

    Parameters
    ----------
    inputs : mapping
        With `mx_hydro_share` and `mx_direct_share`; shares above 1 in sum are scaled down to it.
    routes : ndarray, shape (n, 3, materials)
        Recovery by pyrometallurgy, hydrometallurgy, direct recycling.

    Returns
    -------
    ndarray, shape (n, materials)
    """
    hydro, direct = inputs["mx_hydro_share"], inputs["mx_direct_share"]
    total = np.maximum(hydro + direct, 1.0)
    hydro, direct = (hydro / total)[:, None], (direct / total)[:, None]
    mixed = (1.0 - hydro - direct) * routes[:, 0] + hydro * routes[:, 1] + direct * routes[:, 2]
    return np.ascontiguousarray(mixed)


def back_recovery(inputs: Mapping[str, FloatArray], routes: FloatArray) -> FloatArray:
    """Return the share recovered of packs taken back to the US, (n, materials); see `home_recovery`."""
    hydro = inputs["us_hydro_share"][:, None]
    return np.ascontiguousarray((1.0 - hydro) * routes[:, 0] + hydro * routes[:, 1])
