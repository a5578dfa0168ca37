"""What was asked of a ranking, as its folder keeps it, and the same asked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mcsim.engine.asked import Asked
from mcsim.ranking.factors import Groups
from mcsim.store.record import study_of, study_record
from mcsim.study import Study

OF_RUNS = ("seed", "lives", "until")  # what a ranking takes of that which is drawn


@dataclass(frozen=True, slots=True)
class Request:
    """A ranking as it is asked for.

    Parameters
    ----------
    method : str
        One of the methods.
    groups : bool, str or mapping
        As in `mcsim.sensitivity`.
    outputs : tuple of str, optional
        Outputs to rank; those marked by default.
    versus : Study, optional
        Study whose outputs are taken off.
    """

    method: str = "sobol"
    groups: Groups = False
    outputs: tuple[str, ...] | None = None
    versus: Study | None = None


def record_of(asked: Asked, request: Request) -> dict[str, Any]:
    """Return all that can change a number of a ranking, for a file."""
    groups = request.groups
    if isinstance(groups, Mapping):
        groups = {name: list(members) for name, members in groups.items()}
    return {
        **{name: getattr(asked.drawn, name) for name in OF_RUNS},
        **asdict(asked.ranked),
        "max_failed": asked.computed.max_failed,
        "method": request.method,
        "groups": groups,
        "outputs": None if request.outputs is None else list(request.outputs),
        "versus": None if request.versus is None else study_record(request.versus),
    }


def asked_again(record: Mapping[str, Any]) -> tuple[dict[str, Any], Request]:
    """Return the arguments of `Asked.of`, and what else was asked of a ranking, from its record.

    Examples
    --------
    >>> words, request = asked_again(record_of(Asked.of(base=64), Request("morris", True)))
    >>> words["base"], request.method, request.groups
    (64, 'morris', True)
    """
    words = {name: value for name, value in record.items() if value is not None}
    method, groups = words.pop("method"), words.pop("groups")
    outputs: Sequence[str] | None = words.pop("outputs", None)
    versus = words.pop("versus", None)
    other = None if versus is None else study_of({"study": versus})
    return words, Request(method, groups, None if outputs is None else tuple(outputs), other)
