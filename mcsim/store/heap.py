"""Memory that was freed, given back to the system.

The allocator of glibc keeps what threads free, in a heap of each: the arrays of a chunk, of other sizes than those of
the next, leave holes that nobody fills, and a run of many chunks grows by hundreds of megabytes that nobody holds.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import time
from collections.abc import Callable
from functools import lru_cache

EVERY_BYTES = 64 * 2**20  # of arrays that came and went, between two times that holes are given back
EVERY_SECONDS = 0.5  # or between two looks, which take some milliseconds


@lru_cache(maxsize=1)
def _trim() -> Callable[[int], int] | None:
    """Return what gives holes back, None where the system's library has no such thing."""
    if not sys.platform.startswith("linux"):
        return None
    found: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return found


def give_back() -> None:
    """Give holes in the heaps back to the system: some milliseconds where there are many.

    Arrays that hang in circles of young objects go first: Python counts objects, not their bytes, and a command lets it
    look for them seldom.
    """
    gc.collect(0)
    trim = _trim()
    if trim is not None:
        trim(0)


class Tide:
    """How much has come and gone since holes were given back."""

    def __init__(self) -> None:
        self._passed, self._given = 0, time.monotonic()

    def add(self, size: int) -> None:
        """Count so many bytes, and give holes back where there may be many."""
        self._passed += size
        if self._passed > EVERY_BYTES:
            self._passed = 0
            give_back()

    def turn(self) -> None:
        """Give holes back now and then, where nobody knows how many bytes came and went."""
        if time.monotonic() - self._given > EVERY_SECONDS:
            give_back()
            self._given = time.monotonic()
