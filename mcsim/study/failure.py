"""How models say which of their draws failed, and how a run remembers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Failure:
    """A draw that failed: its number, why, and the values of its uncertain inputs."""

    draw: int
    reason: str
    inputs: Mapping[str, float]


class PartialFailure(Exception):  # noqa: N818 - it says what happened
    """Some rows of a model call failed; raised by models that know which, with what the others gave.

    Parameters
    ----------
    outputs : dict of arrays
        Outputs of all rows, NaN where failed.
    reasons : dict of int to str
        Row within the call -> why it failed.
    """

    def __init__(self, outputs: dict[str, NDArray[Any]], reasons: dict[int, str]) -> None:
        super().__init__(next(iter(reasons.values()), ""))
        self.outputs = outputs
        self.reasons = reasons
