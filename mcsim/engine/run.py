"""A study through a design: chunks of draws on workers, collected into a `Result`, in memory or in a run directory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcsim.engine.backends import Interrupted, RunFailed, check_backend, worker_count
from mcsim.engine.design import Design, make_design, whole
from mcsim.engine.evaluation import (
    Evaluation,
    design_columns,
    evaluate_centre,
    evaluate_points,
    transform,
)
from mcsim.engine.work import Job
from mcsim.study import InputError, Study
from mcsim.study.failure import PartialFailure

if TYPE_CHECKING:
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
    "transform",
]

DEFAULT_LIVES = 1000


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
    chunk: int | None = None,
    quiet: bool = True,
    max_failed_share: float = 0.05,
    timeout: float | None = None,
) -> Result:
    """Return what a study's model gives over a design.

    The draws are the same to the bit whatever the jobs, backend, chunk, shards, interruptions and extensions.

    Parameters
    ----------
    study : Study
        Model and what is uncertain.
    draws : int
        Rows of the design.
    design : str or Design
        ``random``, ``lhs``, ``sobol``, or samples of the user's own (`mcsim.engine.design.user_design`).
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
    chunk : int, optional
        Draws per task; by default what 64 MiB hold.
    quiet : bool
        No progress.
    max_failed_share : float
        Share of the draws that may fail.
    timeout : float, optional
        Seconds that one chunk may take.

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
    """
    from mcsim.engine.session import Session, shard_range, stored
    from mcsim.engine.until import parse_rule

    began = time.monotonic()
    workers = worker_count(jobs)
    check_backend(backend, scheduler)
    points = make_design(design, design_columns(study), draws, seed) if isinstance(design, str) else design
    if not 0 <= max_failed_share <= 1:
        raise InputError(f"max_failed_share: not a share (got {max_failed_share}); from 0 to 1")
    if chunk is not None:
        chunk = whole("chunk", chunk, 1, 2**40)
    rule = None if until is None else parse_rule(until, study)
    if rule is not None and not points.independent:
        raise InputError(f"until: needs independent draws (got design {points.kind}); the design random")
    if rule is not None and shard is not None:
        raise InputError("until: a shard cannot know the whole run's error; run it without --shard or without --until")
    job = Job(study, points, DEFAULT_LIVES if lives is None else whole("lives", lives, 1, 2**40), stored(study, keep))
    how = {"jobs": workers, "backend": backend, "max_failed_share": max_failed_share, "until": until}
    session = Session(job, workers, backend, scheduler, chunk, quiet, max_failed_share, timeout, rule, shard)
    if out is None:
        from mcsim.engine.collect import Collector
        from mcsim.store.chunks import MemoryShelf

        collector = session.fill(Collector(job, MemoryShelf()))
        low, high = shard_range(collector.job, shard)
        return collector.finish(low, high, shard)
    from mcsim.engine.folder import run_in

    return run_in(session, Path(out), resume, how, began)
