"""A study through a design: chunks of draws on workers, collected into a `Result`, in memory or in a run directory."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mcsim.backends import Interrupted, RunFailed, check_backend, each, worker_count
from mcsim.design import Design, make_design, whole
from mcsim.evaluation import (
    Evaluation,
    PartialFailure,
    design_columns,
    evaluate_centre,
    evaluate_points,
    transform,
)
from mcsim.result import Result
from mcsim.study import InputError, Study, nearest
from mcsim.work import Job, Piece, chunk_rows, compute

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
    from mcsim.collect import Collector

    workers = worker_count(jobs)
    check_backend(backend, scheduler)
    points = make_design(design, design_columns(study), draws, seed) if isinstance(design, str) else design
    job = Job(study, points, DEFAULT_LIVES if lives is None else whole("lives", lives, 1, 2**40), stored(study, keep))
    size = chunk_rows(study, chunk)
    collector = Collector(job)
    tasks = [(job, start, min(start + size, draws)) for start in range(0, draws, size)]
    for piece in each(compute, tasks, jobs=workers, backend=backend, scheduler=scheduler, timeout=timeout):
        collector.add(piece)
    result = collector.finish()
    if out is not None:
        from mcsim.store import write

        return write(result, Path(out), {"jobs": workers})
    return result


def stored(study: Study, keep: Sequence[str]) -> tuple[str, ...]:
    """Return the outputs whose draws are kept: those that the model keeps, and those that the user names, or all."""
    names = [output.name for output in study.outputs]
    for name in keep:
        if name != "all" and name not in names:
            raise InputError(f"keep: {name}: no such output; all, or one of {', '.join(names)}{nearest(name, names)}")
    return tuple(item.name for item in study.outputs if item.keep or item.name in keep or "all" in keep)
