"""What drives the outputs: Sobol' indices, screening, given-data methods and the decision view, through one door."""

from __future__ import annotations

import os
from collections.abc import Sequence

from mcsim.factors import Groups, check_independent, factors_of, outputs_of
from mcsim.ranking import Ranking
from mcsim.saltelli import Plan, Progress, check_base
from mcsim.sobol import Judgement, check_pair, sobol_ranking
from mcsim.study import InputError, Study, nearest

METHODS = ("sobol",)


def sensitivity(
    study: Study,
    base: int = 1024,
    seed: int = 1,
    *,
    groups: Groups = False,
    method: str = "sobol",
    outputs: Sequence[str] | None = None,
    second_order: bool = False,
    confidence: str = "bootstrap",
    resamples: int = 100,
    replicates: int = 16,
    level: float = 0.95,
    threshold: float = 0.05,
    max_failed: float = 0.05,
    versus: Study | None = None,
    until: str | None = None,
    budget: int | None = None,
    lives: int = 0,
    debias: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Ranking:
    """Return the ranking of a study's inputs (or groups) for every element of every ranked output."""
    if method not in METHODS:
        raise InputError(f"method: unknown (got {method!r}); one of {', '.join(METHODS)}{nearest(method, METHODS)}")
    check_base(base)
    judgement = Judgement(confidence, level, threshold, max_failed)
    factors = factors_of(study, groups)
    chosen = outputs_of(study, outputs)
    replicated = confidence == "replicates"
    check_independent(study, factors)
    if versus is not None:
        check_pair(study, versus, chosen)
        factors = factors_of(versus, groups) | factors
        check_independent(versus, factors)
    plan = Plan(
        study=study,
        factors=factors,
        outputs=chosen,
        base=base,
        seed=seed,
        versus=versus,
        second=second_order,
        resamples=0 if replicated else resamples,
        replicates=replicates if replicated else 0,
        lives=lives,
        debias=debias,
        jobs=os.cpu_count() or 1 if jobs is None else jobs,
    )
    return sobol_ranking(plan, judgement, until, budget, progress)
