"""Progress for a person: a bar with rate and time left on a terminal, one line a minute in a batch log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tick = Callable[[int, int], None]
EVERY = 60.0  # seconds between the lines of a batch log


@contextmanager
def base_rows(name: str, total: int, quiet: bool) -> Iterator[Tick | None]:
    """Yield a function of (done, total) that shows progress, or None when the user wants quiet.

    Parameters
    ----------
    name : str
        What is being computed.
    total : int
        How much of it there is, to begin with.
    quiet : bool
        Show nothing.
    """
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar(f"ranking {name}", total) as tick:
            yield tick
    else:
        yield _log(f"ranking {name}")


@contextmanager
def _bar(name: str, total: int) -> Iterator[Tick]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=total)

        def tick(done: int, of: int) -> None:
            progress.update(task, completed=done, total=of)

        yield tick


def _log(name: str) -> Tick:
    start = last = time.monotonic()

    def tick(done: int, of: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= EVERY:
            last = now
            rate = done / (now - start)
            print(f"{name}: {done}/{of}, {rate:.0f}/s, {(of - done) / max(rate, 1e-9):.0f} s left", file=sys.stderr)

    return tick
