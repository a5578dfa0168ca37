"""Whether the fleet's flow of used EVs to the host country is consistent with the used EVs seen to leave home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.studies.common.corridor import Corridor
from mcsim.studies.fleet.model import extend
from mcsim.studies.fleet.model import model as fleet_model
from mcsim.studies.fleet.series import YEARS
from mcsim.study import Context, Dim, FloatArray, Model, Output, Parameter
from mcsim.study.tables import Table

OBSERVED_YEAR = 2024
PARAMETERS = (
    Parameter(
        "observed_exports", "vehicle/yr", "used EVs that left {home} in 2024, all destinations", (0.0, float("inf"))
    ),
    Parameter("least_share", "share", "least share of these that must have gone to {host}", (0.0, 1.0)),
)
OUTPUTS = (
    Output(
        "used_ev_exports_to_host",
        "vehicle/yr",
        "used EVs from {home} to {host}",
        (Dim("year", tuple(YEARS)),),
        rank=True,
    ),
    Output(
        "observed_inside_band",
        "indicator",
        "1 where {host}'s part of the observed exports of 2024 is from least_share to all; its mean is the probability",
    ),
    Output("host_share_of_observed", "share", "modelled exports to {host} in 2024 over those observed to anywhere"),
)


def model(tables: Mapping[str, Table], *, home: str, host: str, destination: str) -> Model:
    """Return the fleet model with the check of its exports of 2024 against the observed count.

    Parameters
    ----------
    tables : mapping
        The fleet's tables.
    home, host : str
        As in the fleet.
    destination : str
        The host's name in the names of this study's outputs.

    Returns
    -------
    Model
    """
    names = Corridor(home, destination)

    def derive(
        fleet: Mapping[str, NDArray[Any]], inputs: Mapping[str, FloatArray], context: Context
    ) -> Mapping[str, FloatArray]:
        return names.labelled(check(fleet, inputs, context))

    return extend(
        fleet_model(tables, home=home, host=host),
        "export-check",
        names.declared(OUTPUTS),
        derive,
        parameters=names.declared(PARAMETERS),
    )


def check(
    fleet: Mapping[str, NDArray[Any]], inputs: Mapping[str, FloatArray], context: Context
) -> Mapping[str, FloatArray]:
    """Return the exports, and whether the observed count bounds those of 2024.

    The count is of all destinations, so it bounds exports to the host from above: a draw is consistent where
    ``least_share * observed <= exports to the host <= observed``. With `least_share` 0, the default, only the upper
    bound says anything.

    Parameters
    ----------
    fleet : mapping
        Outputs of the fleet model.
    inputs : mapping
        Inputs, (n,) each.
    context : Context
        Not read.

    Returns
    -------
    mapping
        Outputs of this study.

    Examples
    --------
    >>> exports = np.zeros((2, len(YEARS)))
    >>> exports[:, YEARS.index(2024)] = 20_000.0, 30_000.0
    >>> observed = {"observed_exports": np.full(2, 28_000.0), "least_share": np.zeros(2)}
    >>> check({"used_ev_exports": exports}, observed, None)["observed_inside_band"].tolist()
    [1.0, 0.0]
    """
    exports = fleet["used_ev_exports"]
    at = exports[:, tuple(YEARS).index(OBSERVED_YEAR)]
    observed = inputs["observed_exports"]
    inside = (at <= observed) & (at >= inputs["least_share"] * observed)
    share = np.divide(at, observed, out=np.zeros_like(at), where=observed > 0)
    return {
        "used_ev_exports_to_host": exports,
        "observed_inside_band": inside.astype(float),
        "host_share_of_observed": share,
    }


def statement(exports: FloatArray, observed: float, host: str, year: int = OBSERVED_YEAR) -> str:
    """Return the observed number against the band of the draws, in one sentence.

    Parameters
    ----------
    exports : ndarray, shape (n,)
        Modelled exports to the host country in the year of the observation.
    observed : float
        The count, all destinations.
    host : str
        Name of that country.
    year : int
        Year of the observation.

    Examples
    --------
    >>> statement(np.linspace(1_000.0, 9_000.0, 101), 28_000.0, "B")
    '2024: 28,000 used EVs observed to all destinations; to B 5,000 (95 % band 1,200 to 8,800): consistent'
    """
    low, median, high = np.percentile(exports, [2.5, 50.0, 97.5])
    if observed >= high:
        verdict = "consistent"
    elif observed >= low:
        verdict = "inside the band: part of it exceeds what was observed"
    else:
        verdict = "outside: the whole band exceeds what was observed"
    return (
        f"{year}: {observed:,.0f} used EVs observed to all destinations; to {host} {median:,.0f} "
        f"(95 % band {low:,.0f} to {high:,.0f}): {verdict}"
    )
