"""One scalar of a study: what the model declares about it, and what the study says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, SupportsIndex, overload

from mcsim.distributions import Distribution
from mcsim.study.errors import InputError, Suggests, nearest


@dataclass(frozen=True, slots=True)
class Input(Suggests):
    """One uncertain (or fixed) scalar of a study: what the model declares, and what the study says about it.

    Parameters
    ----------
    name, unit, meaning : str
        As the model declares them.
    distribution : Distribution
        What is known about it; a constant when it is fixed.
    group : str
        The group it is ranked with; its own name when it has none.
    source, note : str
        Where the figure comes from.
    table : (str, int), optional
        For a table's cell: the table and the row.
    vector : (str, int), optional
        For a share of a Dirichlet vector: the vector and the position of the share's unit column.

    Examples
    --------
    >>> from mcsim.distributions import uniform
    >>> Input("speed", "km/h", "cruising speed", uniform(80, 120), "speed").uncertain
    True
    """

    name: str
    unit: str
    meaning: str
    distribution: Distribution
    group: str
    source: str = ""
    note: str = ""
    table: tuple[str, int] | None = None
    vector: tuple[str, int] | None = None

    @property
    def uncertain(self) -> bool:
        """Whether the input has more than one value."""
        low, high = self.distribution.support()
        return bool(low < high)


class Inputs(tuple[Input, ...]):
    """The inputs of a study in order of declaration, by position or by name.

    Examples
    --------
    >>> from mcsim.distributions import uniform
    >>> inputs = Inputs([Input("speed", "km/h", "speed", uniform(0, 1), "speed")])
    >>> inputs["speed"].unit, "speed" in inputs, "pace" in inputs
    ('km/h', True, False)
    """

    __slots__ = ()

    @overload
    def __getitem__(self, key: str) -> Input: ...
    @overload
    def __getitem__(self, key: SupportsIndex) -> Input: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Input, ...]: ...
    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return super().__getitem__(key)
        for item in self:
            if item.name == key:
                return item
        raise InputError(f"{key}: no such input{nearest(key, self.names) or '; `mcsim show` lists them'}")

    def __contains__(self, key: object) -> bool:
        return key in self.names if isinstance(key, str) else super().__contains__(key)

    @property
    def names(self) -> list[str]:
        """Names of the inputs, in order."""
        return [item.name for item in self]

    def _ipython_key_completions_(self) -> list[str]:
        return self.names
