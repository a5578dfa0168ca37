"""A study through a design: chunks of draws on workers, collected into a `Result`, in memory or in a run directory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsim.engine.asked import Asked
from mcsim.engine.backends import Interrupted, RunFailed
from mcsim.engine.design import Design, make_design
from mcsim.engine.evaluation import (
    Evaluation,
    design_columns,
    evaluate_centre,
    evaluate_points,
    transform,
)
from mcsim.engine.work import Job
from mcsim.study import InputError, Study, remarks, suggests
from mcsim.study.failure import PartialFailure

if TYPE_CHECKING:
    from mcsim.engine.collect import Collector
    from mcsim.engine.folder import InMemory, RunFolder
    from mcsim.engine.session import Rule
    from mcsim.result.result import Result

__all__ = [
    "Evaluation",
    "Interrupted",
    "PartialFailure",
    "RunFailed",
    "design_columns",
    "evaluate_centre",
    "evaluate_points",
    "run",
    "run_asked",
    "transform",
]


@suggests
def run(
    study: Study,
    draws: int = 2000,
    *,
    design: str | Design = "random",
    seed: int = 1,
    jobs: int | None = None,
    backend: str = "threads",
    scheduler: str | None = None,
    lives: int | None = None,
    out: str | Path | None = None,
    shard: tuple[int, int] | None = None,
    resume: bool = False,
    until: str | None = None,
    keep: Sequence[str] = (),
    exact: bool = False,
    chunk: int | None = None,
    quiet: bool = True,
    max_failed: float = 0.05,
    timeout: float | None = None,
    max_failed_share: float | None = None,
    posterior: Any = None,
) -> Result:
    """Return what a study's model gives over a design.

    The draws are the same to the bit whatever the jobs, backend, chunk, shards, interruptions and extensions, on one
    kind of processor. A model whose last bits depend on how many rows a call has needs chunks of at least a call of it
    (64 to 1,024 draws, see ``docs/hpc.md``) and no more shards than there are calls.

    Parameters
    ----------
    study : Study
        Model and what is uncertain.
    draws : int
        Rows of the design.
    design : str or Design
        ``random``, ``lhs``, ``sobol``, or samples of the user's own (`mcsim.user_design`).
    seed : int
        In [0, 2**64).
    jobs : int, optional
        Workers; the cores by default.
    backend : str
        ``threads``, ``processes`` (loky) or ``dask``.
    scheduler : str, optional
        Address of a running Dask scheduler.
    lives : int, optional
        Lives per draw of a model that samples; 1,000 by default.
    out : path, optional
        Run directory; without one everything stays in memory.
    shard : (int, int), optional
        Compute part I of N, to be merged by `mcsim.engine.folder.merge`.
    resume : bool
        Go on with the run in `out`, or extend it when `draws` is larger.
    until : str, optional
        Stop rule such as ``mcse(OUTPUT@LABEL) < 1%``; `draws` is then where it begins.
    keep : sequence of str
        Outputs to keep per draw besides those that the model keeps, or ``all``.
    exact : bool
        In a run directory, keep all draws in float64: else those of a run that keeps more than 1,000 elements, and of
        more than 100 inputs, are in float32, and outputs of so many elements alone rounded further. Bands and rankings
        never come from that, and inputs are drawn again when they are read; deltas of the last, of two runs that are
        read from disk, need this.
    chunk : int, optional
        Draws per task; by default what 32 MiB hold.
    quiet : bool
        No progress.
    max_failed : float
        Share of the draws that may fail.
    timeout : float, optional
        Seconds that one chunk may take.
    max_failed_share : float, optional
        The older name of `max_failed`.
    posterior : Posterior, str or path, optional
        What `mcsim.calibrate` returned, the folder of a calibration, or ``shipped``: inputs that it speaks of are drawn
        from it, a row per draw, and not from their priors.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        When an argument is wrong.
    RunFailed
        When too many draws fail, a chunk takes too long, a worker dies or the disk is full.
    Interrupted
        On Ctrl-C.

    Examples
    --------
    >>> import mcsim
    >>> run(mcsim.load("ishigami"), draws=100, seed=1).complete
    100
    """
    asked = Asked.of(
        draws=draws,
        design=design,
        seed=seed,
        lives=lives,
        until=until,
        out=out,
        resume=resume,
        keep=keep,
        exact=exact,
        jobs=jobs,
        backend=backend,
        scheduler=scheduler,
        chunk=chunk,
        shard=shard,
        timeout=timeout,
        max_failed=max_failed if max_failed_share is None else max_failed_share,
        quiet=quiet,
    )
    if posterior is not None:
        from mcsim.engine.conditioned import condition

        study = condition(study, posterior)
    return run_asked(study, asked)


def noise(collector: Collector) -> list[str]:
    """Return a line on the outputs that the model does not repeat, from the first complete draws of a run."""
    from mcsim.engine.repeats import noise_line, unrepeated

    job = collector.work
    piece = next((piece for piece in collector.shelf.pieces(()) if len(piece.draws) > 0), None)
    if piece is None:
        return []
    values = dict(zip(job.design.columns, job.inputs_of(piece).T, strict=True))
    names = unrepeated(job.study, values, piece.draws, job.design.seed, job.lives)
    return [noise_line(names, remarks.NOISE_BANDED)] if names else []


def run_asked(study: Study, asked: Asked) -> Result:
    """Return what a study's model gives over the design that is asked for; as `run`, for what is checked already."""
    with begun(study, asked) as draw:
        return draw().finish()


@dataclass(frozen=True, slots=True)
class Drawn:
    """A run whose draws are all there.

    Parameters
    ----------
    study : Study
        What was run.
    finish : callable
        Writes the run and returns its result. A forked process may have called it: what is written is read then.
    """

    study: Study
    finish: Callable[[], Result]


@contextmanager
def begun(study: Study, asked: Asked) -> Iterator[Callable[[], Drawn]]:
    """Give what computes the draws of a run, while memory or a run directory is its place and nobody else's."""
    from mcsim.engine.folder import InMemory, RunFolder
    from mcsim.store.claim import claimed

    job, rule = _planned(study, asked)
    out, shard = asked.stored.out, asked.computed.shard
    if out is None:
        yield partial(_drawn, InMemory(job, shard), asked, rule)
        return
    with claimed(out) as claim:
        yield partial(_drawn, RunFolder(claim, out, job, shard, rule is not None), asked, rule)


def _drawn(place: InMemory | RunFolder, asked: Asked, rule: Rule | None) -> Drawn:
    from mcsim.engine.conditioned import posterior_notes
    from mcsim.engine.session import Session
    from mcsim.result.result import Result

    began, computed = time.monotonic(), asked.computed
    collector = place.open(asked.stored.resume)
    if isinstance(collector, Result):
        complete = collector
        return Drawn(complete.study, lambda: complete)
    try:
        Session(computed, rule, place.advice).fill(collector)
        notes = [*posterior_notes(collector.work.study), *noise(collector)]
    except BaseException as error:
        place.stopped(collector, error)
        raise
    how = {"jobs": computed.workers, "backend": computed.backend, "max_failed": computed.max_failed, "notes": notes}
    how |= {"until": asked.drawn.until, "wall": time.monotonic() - began}
    return Drawn(collector.work.study, cache(partial(place.finish, collector, how)))


def _planned(study: Study, asked: Asked) -> tuple[Job, Rule | None]:
    """Return what is computed, and when there is enough of it."""
    from mcsim.engine.until import parse_rule
    from mcsim.engine.work import requested, stored

    drawn, points = asked.drawn, asked.drawn.design
    if isinstance(points, str):
        points = make_design(points, design_columns(study), drawn.draws, drawn.seed)
    if points.values is not None and study.posterior:
        raise InputError(f"{study.name}: samples of your own and a posterior (got both); one of them")
    rule = None if drawn.until is None else parse_rule(drawn.until, study.output, "run")
    if rule is not None and not points.independent:
        raise InputError(f"until: needs independent draws (got design {points.kind}); the design random")
    study = requested(study, [*asked.stored.keep, *([] if rule is None else [rule.cell.output.name])])
    how = asked.stored
    job = Job(study, points, drawn.lives_of(study), stored(study, how.keep), how.exact, how.for_ranking)
    job.part(asked.computed.shard)  # more parts than draws are told before anything is made
    if rule is not None and asked.computed.shard is not None:
        raise InputError("until: a shard cannot know the whole run's error; run it without --shard or without --until")
    return job, rule
