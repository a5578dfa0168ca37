"""What drives the outputs: Sobol' indices, Shapley effects, screening and given-data methods through one door."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from mcsim.engine.asked import Asked
from mcsim.engine.reduce import Reduced
from mcsim.engine.session import Session
from mcsim.engine.until import Settled
from mcsim.ranking.factors import Groups
from mcsim.ranking.fromdraws import rank_draws
from mcsim.ranking.givendata import given_data, with_sign
from mcsim.ranking.method import Designed, GivenData, Judgement
from mcsim.ranking.methods import METHODS, method_of
from mcsim.ranking.place import Nowhere, RankingFolder, identity
from mcsim.ranking.plan import Plan, with_noise
from mcsim.ranking.planning import few_leaves, planned, refuse
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.repeat import Request, record_of
from mcsim.ranking.sobol import open_verdicts
from mcsim.store.claim import claimed
from mcsim.study import InputError, Study, remarks, suggests
from mcsim.study.values import words

__all__ = ["METHODS", "Ranking", "given_data", "rank_asked", "sensitivity", "with_sign"]


@suggests
def sensitivity(
    study: Study,
    base: int = 1024,
    seed: int = 1,
    *,
    groups: Groups = False,
    method: str = "sobol",
    outputs: Sequence[str] | None = None,
    second_order: bool = False,
    confidence: str | None = None,
    resamples: int = 100,
    replicates: int = 16,
    level: float = 0.95,
    threshold: float | None = None,
    max_failed: float = 0.05,
    versus: Study | None = None,
    until: str | None = None,
    budget: int | None = None,
    candidates: int = 0,
    choices: str | None = None,
    lives: int = 0,
    debias: bool = False,
    jobs: int | None = None,
    backend: str = "threads",
    scheduler: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    chunk: int | None = None,
    timeout: float | None = None,
    quiet: bool = True,
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
        One of `mcsim.ranking.methods.METHODS`: ``sobol``, ``shapley``, ``morris``, ``tornado`` and others.
    outputs : sequence of str, optional
        Outputs to rank; by default those that the model marks as ranked.
    second_order : bool
        Second-order indices too (2 D + 2 evaluations per base row).
    confidence : str, optional
        ``replicates``: independent scrambles of base / replicates rows, whose 95 % are 95 %. ``bootstrap``: resampled
        base rows, as SALib; on a Sobol' design mostly far too wide, and now and then too narrow. ``none``: one
        scramble and no interval, in a third of the time; every verdict is unresolved. By default the first where each
        scramble has 16 rows or more, which is from base 256 on.
    resamples, replicates : int
        How many of either.
    level : float
        Confidence level.
    threshold : float, optional
        Of Sobol' indices: total-order index from which an input matters, 0.05 by default. Of ``evppi``: value of the
        outputs below which one acts, 0 by default where an output is on both sides of it.
    max_failed : float
        Share of base rows that may fail; each is left out whole.
    versus : Study, optional
        Rank the difference of every output to this study's on the same points.
    until : str, optional
        ``ranking(OUTPUT) resolved`` or ``ranking(OUTPUT@LABEL) resolved``: double the base rows until no verdict is
        open.
    budget : int, optional
        Most base rows with `until`; 16 times the base by default.
    choices : str, optional
        Of ``evppi``: the dim among whose labels one chooses that with the least of an output (``DIM:most``: the most).
    candidates : int
        Of ``morris``: trajectories of which the `base` that lie farthest apart are taken; 0, as by default: as drawn.
    lives : int
        Vehicle lives per evaluation where the model samples them; 0 for the run's default.
    debias : bool
        Evaluate under two inner seeds, so that the chance among the lives does not count as variance.
    jobs : int, optional
        Workers; all cores by default. Results do not depend on it, nor on what follows.
    backend : str
        ``threads``, ``processes`` (loky) or ``dask``.
    scheduler : str, optional
        Address of a running Dask scheduler.
    out : path, optional
        Folder that keeps the ranking, and the sums while it goes on.
    resume : bool
        Go on with the ranking in `out`.
    chunk : int, optional
        Base rows per task, in whole leaves.
    timeout : float, optional
        Seconds that one task may take.
    quiet : bool
        No progress.

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
        candidates=candidates,
        choices=choices,
        backend=backend,
        scheduler=scheduler,
        out=out,
        resume=resume,
        chunk=chunk,
        timeout=timeout,
        quiet=quiet,
    )
    found = rank_asked(study, asked, method=method, groups=groups, outputs=outputs, versus=versus)
    assert found is not None  # only a shard has no ranking, and none was asked for
    return found


def rank_asked(
    study: Study,
    asked: Asked,
    *,
    method: str = "sobol",
    groups: Groups = False,
    outputs: Sequence[str] | None = None,
    versus: Study | None = None,
) -> Ranking | None:
    """Return the ranking of a study's inputs; as `sensitivity`, for what is checked already.

    A shard has no ranking: it leaves its part in a folder, for `mcsim.ranking.merge`, and gives None.
    """
    named = None if outputs is None else words("outputs", outputs)
    return rank_request(study, asked, Request(method, groups, named, versus))


def rank_request(
    study: Study, asked: Asked, request: Request, within: Callable[[], Ranking | None] = lambda: None
) -> Ranking | None:
    """Return the ranking that is requested; as `rank_asked`.

    Parameters
    ----------
    study : Study
        What is ranked.
    asked : Asked
        What is asked of the ranking.
    request : Request
        Which ranking.
    within : callable
        Gives how members of dependent groups share what their group explains, where that is known: the ranking tells it
        too. Called before anything of the ranking is written but its sums and tables.
    """
    chosen = method_of(request.method)
    refuse(chosen, asked, request.versus)
    out, shard = asked.stored.out, asked.computed.shard
    if shard is not None and out is None:
        raise InputError("shard: a part of a ranking needs a folder (got none); --out, then `mcsim merge`")
    if isinstance(chosen, GivenData):
        return rank_draws(study, asked, chosen, request)
    with _kept_in(study, asked, chosen, request) as (place, ready):
        judgement, how = ready.judgement, asked.computed
        ranking = place.finished()
        if ranking is not None:
            return ranking
        alone = how.backend == "threads" and few_leaves(ready.plan)
        session = Session(replace(how, jobs=1) if alone else how, ready.rule, place.advice)
        found = []
        try:
            for number, collector in enumerate(ready.passes):
                place.attach(collector, number)
                session.fill(collector)
                collector.save()
                found.append(None if shard is not None else chosen.read(judgement, collector))
            if shard is not None:
                place.finish_part()
                return None
        except InputError as error:
            place.stopped(error)
            raise
        except OSError as error:
            raise place.failed(error) from None
        ranking = with_noise(chosen.ranking(ready.plan, judgement, found), ready.plan)
        ranking = replace(ranking, warnings=(*ranking.warnings, *place.told()))
        if ready.rule is not None:
            ranking = _with_ending(ranking, ready.rule)
        place.write_tables(ranking)
        ranking = replace(ranking, within=within())
        place.finish(ranking)
        return ranking


def check_request(study: Study, asked: Asked, request: Request) -> None:
    """Refuse a ranking that cannot be, before the draws of its run are computed; the model is not called.

    Raises
    ------
    InputError
        As `rank_asked`.
    """
    chosen = method_of(request.method)
    refuse(chosen, asked, request.versus)
    if isinstance(chosen, Designed):
        planned(study, asked, chosen, request)


@dataclass(frozen=True, slots=True, eq=False)
class _Ready:
    """A ranking that can begin."""

    plan: Plan
    judgement: Judgement
    rule: Settled | None
    passes: list[Reduced]


@contextmanager
def _kept_in(
    study: Study, asked: Asked, chosen: Designed, request: Request
) -> Iterator[tuple[Nowhere | RankingFolder, _Ready]]:
    """Give the place where a ranking is kept, memory or a folder that is this process's own meanwhile, and its plan."""
    plan, judgement, rule = planned(study, asked, chosen, request)
    facts = identity(plan, chosen.name, judgement, asked.drawn.until)
    if rule is not None:
        facts["budget"] = rule.budget
    # A model that returns what it should not is found here, before anything is written.
    passes = chosen.passes(plan, judgement)
    if rule is not None and passes[0].open_verdicts is None:
        raise InputError(f"until: too many elements to go on with (got {plan.n_values}); name fewer outputs to rank")
    ready = _Ready(plan, judgement, rule, passes)
    if asked.stored.out is None:
        yield Nowhere(), ready
        return
    with claimed(asked.stored.out) as claim:
        record = record_of(asked, request)
        yield RankingFolder(claim, asked.stored.out, plan, facts, asked.computed.shard, record), ready


def _with_ending(ranking: Ranking, rule: Settled) -> Ranking:
    """Return the ranking with what became of its stop rule."""
    left = open_verdicts(ranking, rule.cell)
    settings = {**ranking.settings, "until": rule.text, "resolved": left == 0}
    if left == 0:
        return replace(ranking, settings=settings)
    line = remarks.STILL_OPEN(rule=rule.text, count=left, rows=ranking.settings["base"])
    return replace(ranking, settings=settings, warnings=(*ranking.warnings, line))
