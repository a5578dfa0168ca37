"""How far a run is: a bar on a terminal, a line a minute in the log of a batch job, nothing when quiet."""

from __future__ import annotations

import sys
import time
from functools import cache
from types import TracebackType
from typing import Any, TextIO

from mcsim.study.errors import printable

SECONDS_BETWEEN_LINES = 60.0


def duration(seconds: float) -> str:
    """Return a time span as people write it.

    Examples
    --------
    >>> duration(5), duration(125), duration(7300)
    ('5 s', '2 min 5 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def tell(line: str) -> None:
    """Say a line that the reader has to know, on the standard error, however quiet a run is."""
    print(printable(line), file=sys.stderr, flush=True)


def tell_compiling() -> None:
    """Say so when kernels are compiled next: a first run takes longer, and the next does not."""
    from mcsim.kernels._jit import COMPILING

    COMPILING.tell(_told_compiling)


@cache
def _told_compiling() -> None:
    """Say it, once in a process."""
    from mcsim.kernels._folder import cache_folder

    kept = "for the first run on this machine: up to a minute, once"
    anew = "which no folder can keep: up to a minute, in every run; NUMBA_CACHE_DIR names a folder"
    tell(f"mcsim: compiling kernels, {kept if cache_folder() is not None else anew}")


class Progress:
    """Tells how many draws are done, at what rate, and how long the rest takes.

    Parameters
    ----------
    title : str
        What runs.
    total, done : int
        Draws in all, and those there at the start.
    quiet : bool
        Say nothing.
    unit : str
        What is counted.
    stream : file, optional
        Where to write; standard error by default.
    """

    def __init__(
        self,
        title: str,
        total: int,
        done: int = 0,
        *,
        quiet: bool,
        unit: str = "draws",
        stream: TextIO | None = None,
    ) -> None:
        self.title, self.total, self.done, self.unit = title, total, done, unit
        self._stream = sys.stderr if stream is None else stream
        self._quiet = quiet
        self._first_done = done
        self._began = self._told = time.monotonic()
        self._bar: Any = None
        self._task: Any = None
        if not quiet:
            tell_compiling()

    def __enter__(self) -> Progress:
        if not self._quiet and self._stream.isatty():
            self._start_bar()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _start_bar(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        rate = TextColumn("{task.fields[rate]}")
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
        self._bar = Bar(*columns, console=Console(file=self._stream), transient=True)
        self._task = self._bar.add_task(self.title, total=self.total, completed=self.done, rate="")
        self._bar.start()

    def extend(self, total: int) -> None:
        """Say that there are more draws to do."""
        self.total = total
        if self._bar is not None:
            self._bar.update(self._task, total=total)

    def advance(self, draws: int) -> None:
        """Say that draws are done."""
        self.done += draws
        if self._quiet:
            return
        now = time.monotonic()
        rate = (self.done - self._first_done) / max(now - self._began, 1e-9)
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done, rate=f"{rate:,.0f}/s")
        elif now - self._told >= SECONDS_BETWEEN_LINES:
            self._told = now
            left = duration((self.total - self.done) / max(rate, 1e-9))
            line = f"{self.title}: {self.done:,} of {self.total:,} {self.unit}, {rate:,.1f} per second, {left} left"
            print(printable(line), file=self._stream, flush=True)
