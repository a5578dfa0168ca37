"""The registry of ranking methods: command help, docs and tests read it. A new one is a file and a line here."""

from __future__ import annotations

from mcsim.ranking.ancova import ANCOVA
from mcsim.ranking.decision import EVPPI
from mcsim.ranking.gaussian import GAUSSIAN_PROCESS
from mcsim.ranking.hsic import HSIC
from mcsim.ranking.method import Designed, GivenData
from mcsim.ranking.morris import MORRIS
from mcsim.ranking.neighbours import RANK_BASED
from mcsim.ranking.prcc import PRCC
from mcsim.ranking.salib import DELTA, HDMR, PAWN, RBD_FAST
from mcsim.ranking.salibsobol import SALIB_SOBOL
from mcsim.ranking.shapley import SHAPLEY
from mcsim.ranking.shapleydata import SHAPLEY_DATA
from mcsim.ranking.sobol import SOBOL
from mcsim.ranking.surrogate import SURROGATE
from mcsim.ranking.tornado import TORNADO
from mcsim.ranking.transport import TRANSPORT
from mcsim.study import InputError, nearest

METHODS: dict[str, Designed | GivenData] = {
    method.name: method
    for method in (
        *(SOBOL, SALIB_SOBOL, SHAPLEY, SHAPLEY_DATA, ANCOVA, SURROGATE, GAUSSIAN_PROCESS, RANK_BASED),
        *(MORRIS, TORNADO, PRCC, TRANSPORT, DELTA, PAWN, HSIC, RBD_FAST, HDMR, EVPPI),
    )
}


def method_of(name: str) -> Designed | GivenData:
    """Return the method of that name.

    Raises
    ------
    InputError
        Where there is none, naming the closest.
    """
    if name not in METHODS:
        raise InputError(
            f"method: unknown (got {name!r}); one of {', '.join(METHODS)}{nearest(str(name), list(METHODS))}"
        )
    return METHODS[name]
