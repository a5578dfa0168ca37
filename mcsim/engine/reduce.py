"""A collector for work that is reduced as it comes: sums and rows in memory, written down from time to time.

What is written is one file that holds everything so far: whatever the moment of a kill, there is a whole state to go on
with. It is written when the work since the last time is worth more than the writing: after each task of a model that
takes minutes, every second or so for one that takes milliseconds. An orderly stop (Ctrl-C, a failed worker) writes down
all that had come back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mcsim.store.chunks import Span, united
from mcsim.store.heap import Tide
from mcsim.store.pieces import Arrays
from mcsim.store.whole import Damaged, read_arrays, save_arrays
from mcsim.study import IntArray
from mcsim.study.select import Cell

SECONDS_BETWEEN = 1.0  # at least, between two writes of the state
SHARE_OF_TIME = 0.1  # at most, of the time spent writing


@dataclass(frozen=True, slots=True, eq=False)
class Portion:
    """What a task gives.

    Parameters
    ----------
    start, stop : int
        Its rows.
    failed : ndarray of int64
        Rows that failed.
    content : object
        What the state takes in.
    """

    start: int
    stop: int
    failed: IntArray
    content: Any


class State(Protocol):
    """What is remembered of rows, the same to the bit in whatever order their portions come."""

    def take(self, portion: Portion) -> None:
        """Take rows in."""

    def arrays(self) -> Arrays:
        """Return all of it as arrays by name, for a file."""

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take in what `arrays` gave, beside what is there."""


class Reduced:
    """What has come back of a work that is reduced to a state.

    Parameters
    ----------
    work : Work
        What is computed.
    state : State
        What its portions go into.
    """

    edges = ()

    def __init__(self, work: Any, state: Any) -> None:
        self.work, self.state = work, state
        self.failed: list[int] = []
        self.place: Path | None = None
        self.note: Callable[[], None] = lambda: None  # told when the work grew
        self.guard: Callable[[], None] = lambda: None  # asked before anything is written: is the folder still ours?
        self.open_verdicts: Callable[[Cell], int] | None = None  # what a rule for rankings asks
        self._spans: list[Span] = []
        self._lock = threading.Lock()
        self._closed = False
        self._unsaved = False
        self._tide = Tide()
        self._saved, self._cost = time.monotonic(), 0.0

    @property
    def done(self) -> int:
        """Rows that are there."""
        return sum(high - low for low, high in self._spans)

    def spans(self) -> list[Span]:
        """Return the rows that are there."""
        return list(self._spans)

    def accept(self, portion: Portion) -> int:
        """Take a portion in; safe to call from threads."""
        with self._lock:
            if self._closed:
                return 0
            self.state.take(portion)
            self.failed += portion.failed.tolist()
            self._spans = united([*self._spans, (portion.start, portion.stop)])
            self._unsaved = True
            self._tide.turn()
            wait = max(SECONDS_BETWEEN, self._cost / SHARE_OF_TIME)
            if self.place is not None and time.monotonic() - self._saved >= wait:
                self.save()
        return portion.stop - portion.start

    def check(self, max_failed: float, rows: int) -> None:
        """Rows that failed are told with what the rest gives, by the method that reads the state."""

    def extend(self, work: Any) -> None:
        """Go on with more rows."""
        self.work = work
        self.note()

    def close(self) -> None:
        """Take nothing in any more, and write down what is there."""
        with self._lock:
            self._closed = True
            if self.place is not None and self._unsaved:
                with suppress(OSError):  # the disk may be what stopped the work; an older state is there
                    self.save()

    def save(self) -> None:
        """Write the state to its place."""
        if self.place is None:
            return
        self.guard()
        began = time.monotonic()
        spans = np.array(self._spans, np.int64).reshape(-1, 2)
        own = {"spans": spans, "failed": np.array(sorted(self.failed), np.int64)}
        save_arrays(self.place, own | {f"state|{key}": array for key, array in self.state.arrays().items()})
        self._saved = time.monotonic()
        self._cost, self._unsaved = self._saved - began, False

    def load(self, path: Path) -> None:
        """Take in a state from a file; where there is none, or it is damaged, nothing."""
        try:
            arrays = read_arrays(path, "its rows are computed again")
        except Damaged:
            return
        self._spans = united([*self._spans, *((int(low), int(high)) for low, high in arrays.pop("spans"))])
        self.failed += arrays.pop("failed").tolist()
        self.state.load({key.removeprefix("state|"): array for key, array in arrays.items()})
