"""One scalar of a study: what the model declares about it, and what the study says."""

from __future__ import annotations

from dataclasses import dataclass

from mcsim.distributions import Distribution


@dataclass(frozen=True, slots=True)
class Input:
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
