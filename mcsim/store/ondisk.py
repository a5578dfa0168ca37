"""Arrays by name that are read when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

Array = TypeVar("Array")


class OnDisk(Mapping[str, Array]):
    """A mapping whose names are known, and whose values are read from files.

    Whether it has a name is looked up among its names: `Mapping` itself would read the value to know that, of an output
    all its draws.
    """

    def __contains__(self, name: object) -> bool:
        return any(name == known for known in self)
