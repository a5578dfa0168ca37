"""The one engine: work in rows, computed where the user said, taken in by a collector, as far as a rule wants it.

A run's draws, the base rows of a Saltelli design, the trajectories of a screening and the points of a tornado are all
`Work`: rows that may be cut in certain places and computed anywhere. What comes back goes into a `Collector`, in any
order. Backends, chunks, shards, resumption, timeouts, failures, progress and stop rules are here, once for all of them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from mcsim.engine.backends import Interrupted, RunFailed, compute_elsewhere, each
from mcsim.engine.cores import one_core_each
from mcsim.engine.manners import abandon
from mcsim.store.chunks import Span, gaps
from mcsim.store.claim import remedy
from mcsim.study import InputError
from mcsim.study.program import stop_programs
from mcsim.study.travel import packed

if TYPE_CHECKING:
    from mcsim.engine.asked import Computed
    from mcsim.engine.progress import Progress
    from mcsim.result.shards import Shard
    from mcsim.study.select import Cell


class Work(Protocol):
    """Rows that can be computed in parts, here or in another process."""

    @property
    def name(self) -> str:
        """What runs, for messages."""

    @property
    def unit(self) -> str:
        """What a row is, in the plural."""

    @property
    def rows(self) -> int:
        """How many there are."""

    def part(self, shard: Shard | None) -> Span:
        """Return the rows start..stop-1 of a shard, cut where the work may be cut."""

    def step(self, rows: int, how: Computed) -> int:
        """Return the rows of one task, where so many are to be computed."""

    def warm(self) -> None:
        """Load or compile what the first task would otherwise wait for; that is no task's time."""

    def compute(self, start: int, stop: int) -> Any:
        """Return the piece with the rows start..stop-1; its bits depend on these numbers alone."""

    def extended(self, rows: int) -> Work:
        """Return the same work with more rows."""


class Collector(Protocol):
    """What has come back so far."""

    @property
    def work(self) -> Work:
        """What is computed."""

    @property
    def done(self) -> int:
        """Rows that are there."""

    @property
    def edges(self) -> Sequence[int]:
        """Rows at which tasks have to end."""

    def spans(self) -> Sequence[Span]:
        """Return the rows that are there, as rising intervals without overlap."""

    def accept(self, piece: Any) -> int:
        """Take a piece in; safe to call from threads. Return the rows that it covers, 0 once closed."""

    def check(self, max_failed: float, rows: int) -> None:
        """Raise `RunFailed` when more than a share of so many rows failed."""

    def extend(self, work: Any) -> None:
        """Go on with more rows."""

    def close(self) -> None:
        """Take nothing in any more, and write down what is there."""


class Rule(Protocol):
    """When there are rows enough."""

    @property
    def cell(self) -> Cell:
        """What of an output it looks at."""

    def more(self, collector: Any) -> int | None:
        """Return how many rows to have next, or None when the rule is met or given up."""


class Session:
    """Who computes, how far, and when to stop.

    Parameters
    ----------
    how : Computed
        Workers, backend, chunk, shard, timeout and the share that may fail.
    rule : Rule, optional
        Compute more rows until it is met.
    advice : str
        How to go on after a stop, for the end of a message; what is in memory alone cannot.
    """

    def __init__(self, how: Computed, rule: Rule | None = None, advice: str = "") -> None:
        self.how, self.rule, self.advice = how, rule, advice
        self._stop = threading.Event()
        self._running: dict[int, tuple[int, int, float]] = {}  # thread -> rows and the moment when it began

    def fill(self, collector: Collector) -> None:
        """Compute what the collector lacks, more where a stop rule asks for it.

        Raises
        ------
        RunFailed
            When too many rows fail, a task takes too long, a worker dies or the disk is full.
        Interrupted
            On Ctrl-C.
        """
        from mcsim.engine.progress import Progress

        work = collector.work
        low, high = work.part(self.how.shard)
        with (
            one_core_each(),
            Progress(work.name, high - low, collector.done, quiet=self.how.quiet, unit=work.unit) as progress,
        ):
            try:
                more: int | None = high
                while more is not None:
                    results = self._results(collector)
                    try:
                        for covered in results:
                            progress.advance(covered)
                            collector.check(self.how.max_failed, progress.total)
                    finally:
                        getattr(results, "close", bool)()
                    collector.check(self.how.max_failed, progress.total)
                    more = None if self.rule is None else self.rule.more(collector)
                    if more is not None:
                        collector.extend(collector.work.extended(more))
                        progress.extend(more)
            except BaseException as error:
                self._stop.set()
                collector.close()
                if not isinstance(error, InputError | RunFailed):  # Ctrl-C, a task that takes too long
                    stop_programs()
                told = self._told(error, collector, progress)
                if told is error:
                    raise
                raise told from (None if isinstance(error, KeyboardInterrupt | OSError) else error)

    def _results(self, collector: Collector) -> Iterator[int]:
        """Return the rows covered by each piece as it is taken in; with one worker no frame stands in between."""
        work, how = collector.work, self.how
        low, high = work.part(how.shard)
        tasks = gaps(collector.spans(), low, high, work.step(high - low, how), collector.edges)
        if not tasks:
            return iter(())
        if how.backend != "threads":
            return self._from_elsewhere(collector, tasks)
        work.warm()
        return each(partial(self._one, collector), tasks, jobs=how.workers, timeout=how.timeout, stop=self._stop)

    def _one(self, collector: Collector, low: int, high: int) -> int:
        if self._stop.is_set():
            return 0
        self._running[threading.get_ident()] = (low, high, time.monotonic())
        try:
            return collector.accept(collector.work.compute(low, high))
        finally:
            self._running.pop(threading.get_ident(), None)

    def _from_elsewhere(self, collector: Collector, tasks: Sequence[Span]) -> Iterator[int]:
        content = packed(collector.work, collector.work.name)
        arguments = [(content, low, high) for low, high in tasks]
        how = self.how
        pieces = each(
            compute_elsewhere,
            arguments,
            jobs=how.workers,
            backend=how.backend,
            scheduler=how.scheduler,
            timeout=how.timeout,
        )
        with closing(pieces):  # type: ignore[type-var]
            for piece in pieces:
                yield collector.accept(piece)

    def _told(self, error: BaseException, collector: Collector, progress: Progress) -> BaseException:
        """Return what to tell the user of an error: what happened, to what, and how to go on."""
        work = collector.work
        if isinstance(error, KeyboardInterrupt):
            text = f"interrupted after {collector.done:,} of {progress.total:,} {work.unit}"
            return Interrupted(f"{work.name}: {text}{self.advice}")
        if isinstance(error, RunFailed):
            return RunFailed(f"{error}{self.advice}")
        if isinstance(error, InputError | Interrupted) or not isinstance(error, Exception):
            return error
        if isinstance(error, TimeoutError):
            abandon()
            return RunFailed(self._late(work))
        if isinstance(error, OSError):
            return RunFailed(f"{work.name}: {remedy(error, self.advice)}")
        text = f"stopped by {type(error).__name__}: {' '.join(str(error).split())}"
        return RunFailed(f"{work.name}: {text}{self.advice}")

    def _late(self, work: Work) -> str:
        slow = min(list(self._running.values()), key=lambda item: item[2], default=None)
        where = "a chunk" if slow is None else f"the chunk of {work.unit} {slow[0]} to {slow[1] - 1}"
        return (
            f"{work.name}: {where} took longer than {self.how.timeout:g} s; a smaller chunk or a longer timeout"
            f"{self.advice}"
        )
