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


# What glibc's malloc.h calls M_TRIM_THRESHOLD, M_MMAP_THRESHOLD and M_ARENA_MAX.
ON_TOP, FROM_THE_HEAP, HEAPS = -1, -3, -8
KEPT_BYTES = 256 * 2**20  # free on top of a heap, until holes are given back
LARGEST_BYTES = 32 * 2**20  # of an array that the heap holds


@lru_cache(maxsize=2)
def _own(name: str) -> Callable[..., int] | None:
    """Return a function of the system's allocator, None where its library has no such thing."""
    if not sys.platform.startswith("linux"):
        return None
    found: Callable[..., int] | None = getattr(ctypes.CDLL(None), name, None)
    return found


def keep_freed() -> None:
    """Let the allocator keep what is freed for what comes next; `give_back` still gives it back.

    Else each array of more than 128 KiB is a piece of its own of the system's memory, cleared by it page by page: a
    tenth of the time of a Sobol' ranking of `second-hand-ev`. All threads share one heap, so that what one of them
    frees serves the others: with a heap each, what is kept would take 80 MB more.
    """
    option = _own("mallopt")
    if option is not None:
        option(HEAPS, 1)
        option(ON_TOP, KEPT_BYTES)
        option(FROM_THE_HEAP, LARGEST_BYTES)


def give_back() -> None:
    """Give holes in the heaps back to the system: some milliseconds where there are many.

    Arrays that hang in circles of young objects go first: Python counts objects, not their bytes, and a command lets it
    look for them seldom.
    """
    gc.collect(0)
    trim = _own("malloc_trim")
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
