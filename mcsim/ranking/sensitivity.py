"""What drives the outputs: Sobol' indices, Shapley effects, screening and given-data methods through one door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mcsim.engine.asked import DEFAULT_LIVES, Asked, Stored
from mcsim.ranking.factors import Groups, check_independent, check_shares, factors_of, outputs_of
from mcsim.ranking.givendata import GIVEN_DATA, given_data, with_sign
from mcsim.ranking.plan import Plan, Progress
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.sobol import Judgement, check_pair, sobol_ranking
from mcsim.study import InputError, Study, nearest
from mcsim.study.values import words

METHODS = ("sobol", "shapley", "morris", "tornado", *GIVEN_DATA)
__all__ = ["METHODS", "Ranking", "given_data", "rank_asked", "sensitivity", "with_sign"]


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
    """Return the ranking of a study's inputs (or groups) for every element of every ranked output.

    Parameters
    ----------
    study : Study
        What is ranked.
    base : int
        Base rows of the design, a power of two; a Sobol' analysis evaluates the model base * (D + 2) times, Shapley
        effects base * (D + 1) times, Morris base * (D + 1) times with `base` trajectories, a given-data method `base`
        times, a tornado 2 D + 1 times.
    seed : int
        Seed of points and resamples.
    groups : bool, str or mapping
        False: scalars by name, table cells and shares by their group. True: everything by its group. ``"members"``:
        every input by itself. A mapping name -> inputs: these groups, the rest as with False.
    method : str
        ``sobol``, ``shapley``, ``morris``, ``tornado``; or on draws: ``prcc``, ``delta``, ``pawn``, ``rbd_fast``,
        ``hdmr``, ``evppi``.
    outputs : sequence of str, optional
        Outputs to rank; by default those that the model marks as ranked.
    second_order : bool
        Second-order indices too (2 D + 2 evaluations per base row).
    confidence : str
        ``bootstrap``: resampled base rows, as SALib; far too wide on a Sobol' design. ``replicates``: independent
        scrambles of base / replicates rows and Student's t: honest, at the price of a larger error of the estimate.
    resamples, replicates : int
        How many of either.
    level : float
        Confidence level.
    threshold : float
        Total-order index from which an input matters.
    max_failed : float
        Share of base rows that may fail; each is left out whole.
    versus : Study, optional
        Rank the difference of every output to this study's on the same points.
    until : str, optional
        ``ranking(OUTPUT) resolved`` or ``ranking(OUTPUT@LABEL) resolved``: double the base rows until no verdict is
        open.
    budget : int, optional
        Most base rows with `until`; 16 times the base by default.
    lives : int
        Vehicle lives per evaluation where the model samples them; 0 for the run's default.
    debias : bool
        Evaluate under two inner seeds, so that the chance among the lives does not count as variance.
    jobs : int, optional
        Threads; all cores by default. Results do not depend on it.
    progress : callable, optional
        Told the base rows done and wanted.

    Returns
    -------
    Ranking

    Raises
    ------
    InputError
        For a base that is no power of two, fewer than two factors, unknown outputs, groups or methods, factors that
        depend on one another, or too many failed rows.

    Examples
    --------
    >>> from mcsim.study.load import load
    >>> ranking = sensitivity(load("ishigami"), base=1024)
    >>> ranking.table("y")["input"].tolist()
    ['x1', 'x2', 'x3']
    """
    asked = Asked.of(
        seed=seed,
        lives=lives or None,
        until=until,
        jobs=jobs,
        max_failed=max_failed,
        base=base,
        second_order=second_order,
        debias=debias,
        confidence=confidence,
        resamples=resamples,
        replicates=replicates,
        level=level,
        threshold=threshold,
        budget=budget,
    )
    return rank_asked(study, asked, method=method, groups=groups, outputs=outputs, versus=versus, progress=progress)


def rank_asked(
    study: Study,
    asked: Asked,
    *,
    method: str = "sobol",
    groups: Groups = False,
    outputs: Sequence[str] | None = None,
    versus: Study | None = None,
    progress: Progress | None = None,
) -> Ranking:
    """Return the ranking of a study's inputs; as `sensitivity`, for what is checked already."""
    if method not in METHODS:
        raise InputError(
            f"method: unknown (got {method!r}); one of {', '.join(METHODS)}{nearest(str(method), METHODS)}"
        )
    drawn, how = asked.drawn, asked.ranked
    named = None if outputs is None else words("outputs", outputs)
    if method != "sobol":
        asks = {"second_order": how.second_order, "debias": how.debias, "confidence": how.confidence != "bootstrap"}
        _refuse(method, **asks, versus=versus is not None, until=drawn.until is not None)
    if method in GIVEN_DATA:
        return _from_draws(study, asked, method, named)
    replicated = how.confidence == "replicates" and method == "sobol"
    plan = plan_of(
        study,
        how.base,
        drawn.seed,
        groups=groups,
        outputs=named,
        versus=versus,
        second=how.second_order,
        resamples=0 if replicated else how.resamples,
        replicates=how.replicates if replicated else 0,
        lives=drawn.lives_of(study),
        debias=how.debias,
        jobs=asked.computed.workers,
    )
    judgement = Judgement(how.confidence, how.level, how.threshold, asked.computed.max_failed)
    return _evaluated(plan, judgement, method, drawn.until, how.budget, progress)


def _from_draws(study: Study, asked: Asked, method: str, outputs: tuple[str, ...] | None) -> Ranking:
    """Return a ranking by a method that takes draws: those of a Sobol' sequence as long as the base."""
    from mcsim.engine.run import run_asked

    how = asked.ranked
    drawn = replace(asked.drawn, draws=how.base, design="sobol")
    result = run_asked(study, Asked(drawn, Stored(keep=outputs or ()), replace(asked.computed, quiet=True)))
    jobs = asked.computed.workers
    return given_data(result, method, outputs, level=how.level, resamples=how.resamples, seed=drawn.seed, jobs=jobs)


def plan_of(
    study: Study,
    base: int = 1024,
    seed: int = 1,
    *,
    groups: Groups = False,
    outputs: Sequence[str] | None = None,
    versus: Study | None = None,
    lives: int = 0,
    jobs: int | None = None,
    **settings: Any,
) -> Plan:
    """Return what an analysis evaluates, for `mcsim.ranking.shards` and the methods; arguments as in `sensitivity`."""
    factors = factors_of(study, groups)
    chosen = outputs_of(study, outputs)
    if versus is not None:
        check_pair(study, versus, chosen)
        factors = _united(factors, factors_of(versus, groups))
    asked = Asked.of(base=base, seed=seed, lives=lives or None, jobs=jobs)
    settings |= {"lives": asked.drawn.lives or DEFAULT_LIVES, "jobs": asked.computed.workers}
    return Plan(study, factors, chosen, asked.ranked.base, asked.drawn.seed, versus, **settings)


def _evaluated(
    plan: Plan, judgement: Judgement, method: str, until: str | None, budget: int | None, progress: Progress | None
) -> Ranking:
    if method == "tornado":
        from mcsim.ranking.screening import tornado_ranking

        return tornado_ranking(plan)
    check_shares(plan.study, plan.factors)
    if method == "shapley":
        from mcsim.ranking.shapley import shapley_ranking

        return shapley_ranking(plan, judgement, progress)
    check_independent(plan.study, plan.factors)
    if plan.versus is not None:
        check_independent(plan.versus, plan.factors)
    if method == "morris":
        from mcsim.ranking.screening import morris_ranking

        return morris_ranking(plan, judgement)
    return sobol_ranking(plan, judgement, until, budget, progress)


def _refuse(method: str, **asked: bool) -> None:
    for name, given in asked.items():
        if given:
            raise InputError(f"{method}: {name}: only Sobol' indices have it; leave it out, or method = sobol")


def _united(own: dict[str, tuple[str, ...]], other: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the factors of two studies together, members of both where they share a name."""
    united = dict(own)
    for name, members in other.items():
        known = united.get(name, ())
        united[name] = (*known, *(member for member in members if member not in known))
    return united
