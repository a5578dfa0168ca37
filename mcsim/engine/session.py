"""One run while it runs: which draws are missing, who computes them, when to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcsim.engine.backends import Interrupted, RunFailed, each, pack_study, unpack_study
from mcsim.engine.collect import Collector
from mcsim.engine.design import Design
from mcsim.engine.evaluation import design_columns, transform
from mcsim.engine.work import Job, call_rows, chunk_rows, compute
from mcsim.store.pieces import Piece
from mcsim.study import InputError, Study, nearest

if TYPE_CHECKING:
    from mcsim.engine.asked import Computed
    from mcsim.engine.progress import Progress
    from mcsim.engine.until import Rule


def stored(study: Study, keep: Sequence[str]) -> tuple[str, ...]:
    """Return the outputs whose draws are kept: those that the model keeps, and those that the user names, or all."""
    names = [output.name for output in study.outputs]
    for name in keep:
        if name != "all" and name not in names:
            raise InputError(f"keep: {name}: no such output; all, or one of {', '.join(names)}{nearest(name, names)}")
    return tuple(item.name for item in study.outputs if item.keep or item.name in keep or "all" in keep)


def shard_range(job: Job, shard: tuple[int, int] | None) -> tuple[int, int]:
    """Return the global draws of a part of a run, cut between calls of the model where there are enough of them.

    Raises
    ------
    InputError
        When there is no such part.
    """
    draws = job.design.draws
    if shard is None:
        return 0, draws
    part, parts = shard
    if not 1 <= part <= parts:
        raise InputError(f"shard: no such part (got {part}/{parts}); from 1/{parts} to {parts}/{parts}")
    if parts > draws:
        raise InputError(f"shard: more parts than draws (got {parts} of {draws}); at most {draws}")
    unit = call_rows(job.study)
    if parts * unit > draws:
        unit = 1
    units = -(-draws // unit)
    return min(draws, (part - 1) * units // parts * unit), min(draws, part * units // parts * unit)


class Session:
    """One call of `run`: who computes, how far, and when to stop."""

    def __init__(self, job: Job, how: Computed, rule: Rule | None = None) -> None:
        self.job, self.how, self.rule = job, how, rule
        self.note: Callable[[], None] = lambda: None  # told when the run grew
        self.advice = ""  # how to go on after a stop; a run in memory cannot
        self._stop = threading.Event()
        self._running: dict[int, tuple[int, int, float]] = {}  # thread -> draws and the moment when it began

    def fill(self, collector: Collector) -> Collector:
        """Compute what the collector lacks, more where a stop rule asks for it."""
        from mcsim.engine.progress import Progress

        low, high = shard_range(self.job, self.how.shard)
        with Progress(self.job.study.name, high - low, collector.done, quiet=self.how.quiet) as progress:
            try:
                self._compute(collector, progress)
                while self.rule is not None and (more := self._more(collector, self.rule)) is not None:
                    self.extend(collector, more)
                    progress.extend(more)
                    self._compute(collector, progress)
            except KeyboardInterrupt:
                self._stop.set()
                collector.close()
                text = f"interrupted after {collector.done:,} of {progress.total:,} draws"
                raise Interrupted(f"{self.job.study.name}: {text}{self.advice}") from None
            except BaseException:
                self._stop.set()
                collector.close()
                raise
        return collector

    def extend(self, collector: Collector, draws: int) -> None:
        """Let the run have more draws; those of a call that was cut short are computed again."""
        collector.drop_from(self.job.design.draws // call_rows(self.job.study) * call_rows(self.job.study))
        self.job = replace(self.job, design=replace(self.job.design, draws=draws))
        collector.job = self.job
        self.note()

    def _more(self, collector: Collector, rule: Rule) -> int | None:
        from mcsim.engine.until import MAXIMUM_DRAWS

        draws = self.job.design.draws
        excess = rule.excess(collector.bands(rule.output))
        if excess <= 1:
            return None
        if draws >= MAXIMUM_DRAWS:
            raise RunFailed(
                f"{self.job.study.name}: until: {rule.text} not reached with {draws:,} draws (error {excess:.3g} "
                f"times the limit){self.advice}"
            )
        return rule.next_draws(draws, excess)

    def _compute(self, collector: Collector, progress: Progress) -> None:
        from mcsim.store.chunks import gaps

        low, high = shard_range(self.job, self.how.shard)
        step = chunk_rows(self.job.study, high - low, self.how.workers, self.how.chunk)
        tasks = gaps(collector.shelf.spans(), low, high, step, collector.edges)
        try:
            with closing(self._results(collector, tasks)) as results:
                for covered in results:
                    progress.advance(covered)
                    self._check_failures(collector, high - low)
        except (InputError, RunFailed, Interrupted):
            raise
        except TimeoutError:
            raise RunFailed(self._late(collector)) from None
        except OSError as error:
            text = f"{self.job.study.name}: {error.strerror or error} ({error.filename or 'while writing'})"
            raise RunFailed(f"{text}; free space{self.advice}") from None
        except Exception as error:
            text = f"{self.job.study.name}: stopped by {type(error).__name__}: {' '.join(str(error).split())}"
            raise RunFailed(f"{text}{self.advice}") from error
        self._check_failures(collector, collector.done)

    def _results(self, collector: Collector, tasks: Sequence[tuple[int, int]]) -> Generator[int, None, None]:
        """Yield the draws covered by each piece as it is taken in."""
        if self.how.backend == "threads":
            # The first use of a kernel loads or compiles it, which is no chunk's time.
            if self.job.design.values is None:
                transform(self.job.study, self.job.design.points(0, 1), design_columns(self.job.study))
            results = each(
                lambda low, high: self._in_thread(collector, low, high),
                tasks,
                jobs=self.how.workers,
                timeout=self.how.timeout,
                stop=self._stop,
            )
            with closing(results):
                yield from results
            return
        content = pack_study(self.job.study)
        job = (self.job.design, self.job.lives, self.job.stored)
        arguments = [(content, *job, low, high) for low, high in tasks]
        options: dict[str, Any] = {
            "jobs": self.how.workers,
            "backend": self.how.backend,
            "scheduler": self.how.scheduler,
        }
        with closing(each(compute_elsewhere, arguments, timeout=self.how.timeout, **options)) as pieces:
            for piece in pieces:
                yield collector.accept(piece)

    def _in_thread(self, collector: Collector, low: int, high: int) -> int:
        if self._stop.is_set():
            return 0
        self._running[threading.get_ident()] = (low, high, time.monotonic())
        try:
            return collector.accept(compute(self.job, low, high))
        finally:
            self._running.pop(threading.get_ident(), None)

    def _late(self, collector: Collector) -> str:
        self._stop.set()
        slow = min(self._running.values(), key=lambda item: item[2], default=None)
        where = "a chunk" if slow is None else f"the chunk of draws {slow[0]} to {slow[1] - 1}"
        return (
            f"{self.job.study.name}: {where} took longer than {self.how.timeout:g} s; a smaller chunk or a longer "
            f"timeout{self.advice}"
        )

    def _check_failures(self, collector: Collector, total: int) -> None:
        failed = len(collector.failures)
        if failed > self.how.max_failed * total:
            self._stop.set()
            first = min(collector.failures, key=lambda failure: failure.draw)
            raise RunFailed(
                f"{self.job.study.name}: {failed:,} of {collector.done:,} draws failed (first: draw {first.draw}: "
                f"{first.reason}); mend the model or its ranges, or allow more with --max-failed{self.advice}"
            )


def compute_elsewhere(
    content: bytes, design: Design, lives: int, kept: tuple[str, ...], start: int, stop: int
) -> Piece:
    """Return a piece in another process, where the study arrives as bytes."""
    return compute(Job(unpack_study(content), design, lives, kept), start, stop)
