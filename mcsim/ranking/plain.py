"""How a plain run ranks: Sobol' indices of independent inputs, Shapley effects of its draws of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mcsim.engine.asked import Asked
from mcsim.engine.design import Design
from mcsim.ranking.factors import dependent_groups, drawn_together, factors_of, kept_together, outputs_of
from mcsim.ranking.givendata import check_draws, given_data
from mcsim.ranking.method import GivenData
from mcsim.ranking.methods import METHODS, method_of
from mcsim.ranking.place import keep, of_study
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.repeat import Request, record_of
from mcsim.ranking.sensitivity import rank_request
from mcsim.ranking.shapleydata import SHAPLEY_DATA
from mcsim.ranking.shown import draws_shown
from mcsim.ranking.sobol import SOBOL
from mcsim.ranking.stored import identity_of
from mcsim.store.directory import RANKING, add_files, read_manifest
from mcsim.store.heap import give_back
from mcsim.store.record import study_record
from mcsim.store.unrounded import drop_unrounded, first_draws
from mcsim.study import InputError, Study, remarks

if TYPE_CHECKING:
    from mcsim.result.result import Result


class Plain(NamedTuple):
    """How a plain run ranks.

    Parameters
    ----------
    method : str
        Its name; empty where there is nothing to rank.
    why : str
        Why this method, or why none.
    groups : dict
        Of dependent inputs, each one factor of Sobol' indices.
    """

    method: str
    why: str = ""
    groups: dict[str, tuple[str, ...]] = {}  # noqa: RUF012  (never changed)


def plain(study: Study, design: str | Design, draws: int, method: str | None = None) -> Plain:
    """Return how a plain run of a study ranks its inputs.

    Inputs that are drawn together, from a posterior or from samples of the user's own, have no design that moves one
    and keeps the rest: Shapley effects of the run's own draws rank them. Rank correlations alone leave Sobol' indices
    of groups, within each of which every dependence stays.

    Parameters
    ----------
    study : Study
        What is run.
    design : str or Design
        Of its draws.
    draws : int
        How many they are, where the design does not say it.
    method : str, optional
        What is asked for in the place of that.

    Raises
    ------
    InputError
        Where the method that is asked for cannot rank these draws.
    """
    if method is not None:
        return _wanted(study, design, method)
    how = _method(study, design)
    count = design.draws if isinstance(design, Design) else draws
    fewest = SHAPLEY_DATA.fewest_for(len(study.groups))
    if how.method == SHAPLEY_DATA.name and count < fewest:
        told = remarks.FEW_FOR_SHAPLEY(why=how.why, count=count, fewest=fewest)
        return Plain("", told)
    return how


def _wanted(study: Study, design: str | Design, method: str) -> Plain:
    """Return how a run is ranked by the method that was asked for."""
    chosen = method_of(method)
    if isinstance(chosen, GivenData):
        check_draws(study, chosen, design if isinstance(design, str) else "given")
        return Plain(method)
    return Plain(method, "", dependent_groups(study) if chosen.unites else {})


def _method(study: Study, design: str | Design) -> Plain:
    if not any(output.rank for output in study.outputs):
        return Plain("", remarks.NO_OUTPUT_RANKED())
    if len(study.groups) < 2:
        only = next(iter(study.groups), None)
        return Plain("", remarks.NO_INPUT() if only is None else remarks.ONE_FACTOR(factor=only))
    if isinstance(design, Design):
        return Plain(SHAPLEY_DATA.name, remarks.GIVEN_SAMPLES())
    together = drawn_together(study)
    if together:
        count = sum(len(names) for names in together)
        return Plain(SHAPLEY_DATA.name, remarks.FROM_POSTERIOR(count=count))
    groups = dependent_groups(study)
    home = {name for names in groups.values() for name in names}
    if len(groups) + sum(name not in home for name in study.groups) < 2:
        return Plain(SHAPLEY_DATA.name, (remarks.JOINED_OR_ORDERED if study.ordered else remarks.JOINED)())
    return Plain(SOBOL.name, "", groups)


def asked_of_run(study: Study, drawn: Asked, wanted: Asked, how: Plain) -> Asked:
    """Return what is asked of the run itself: draws that are ranked are kept, the first as they were computed.

    Raises
    ------
    InputError
        Where a stop rule asks for verdicts that the method does not have.
    """
    by_draws = isinstance(METHODS[how.method], GivenData)
    if by_draws and wanted.drawn.until is not None:
        raise InputError(
            f"until: {wanted.drawn.until}: only Sobol' indices have it, and {study.name} is ranked from draws by "
            f"{how.method}{f', since {how.why}' if how.why else ''}; a rule such as mcse(OUTPUT) < 1%, or none"
        )
    if not by_draws and not how.groups:
        return drawn
    names = [output.name for output in outputs_of(study, None)]
    keep = tuple(dict.fromkeys((*drawn.stored.keep, *names)))
    return replace(drawn, stored=replace(drawn.stored, keep=keep, for_ranking=True))


def by_draws(request: Request) -> bool:
    """Return whether a ranking is of a run's own draws, and begins when these are there."""
    return isinstance(METHODS[request.method], GivenData)


def rank_run(result: Result, asked: Asked, request: Request) -> Ranking | None:
    """Return the ranking of a run that has been made, written to its folder; of a shard none.

    By a method that takes draws it is a ranking of the run's own.
    """
    folder, workers = asked.stored.out, asked.computed.workers
    if not by_draws(request):
        ranking = rank_request(result.study, asked, request, partial(effects_of_run, result, request, workers))
        if ranking is not None:
            drop_unrounded(folder)
        return ranking
    about = record_of(asked, request)
    if asked.computed.shard is None:
        return _of_draws(result, about, folder, workers)
    if folder is not None:
        add_files(folder, (), ranking=about)
    return None


def _of_draws(result: Result, about: Mapping[str, Any], folder: Path | None, workers: int = 1) -> Ranking:
    """Return the ranking of a run by its draws, as its record asks for it, written to its folder."""
    study, level = result.study, float(about["level"])
    words = {"outputs": about["outputs"], "groups": about["groups"]}
    chosen = [output.name for output in outputs_of(study, about["outputs"]) if output.name in result.kept]
    draws = first_draws(result, chosen)
    ranking = given_data(draws, about["method"], **words, level=level, seed=result.seed, jobs=workers)
    design = Design("given", 0, result.complete, ()) if result.design == "given" else result.design
    why = plain(study, design, result.complete).why
    # What the run tells is told beside the ranking already.
    own = tuple(line for line in ranking.warnings if line not in result.notes)
    ranking = replace(ranking, warnings=own, settings={**ranking.settings, "why": why})
    if folder is not None:
        keep(ranking, folder, {**of_study(study), "method": ranking.method}, study_record(study), about)
        drop_unrounded(folder)
    return ranking


def effects_within(result: Result, factors: Iterable[str], ranked: Sequence[str], workers: int = 1) -> Ranking | None:
    """Return how dependent members of the groups that are ranked share what their group explains; None without them.

    Shapley effects of the elements that the study's ranking figures show, see `mcsim.ranking.shown`: each costs as much
    as a ranking by draws, and of a thousand a page tells two or three. `given_data` with ``wanted`` tells of all.

    Parameters
    ----------
    result : Result
        A run that kept the ranked outputs.
    factors, ranked : sequence of str
        What is ranked, and by which outputs.
    workers : int
        Threads.
    """
    study, named = result.study, set(factors)
    members = [name for group, names in dependent_groups(study).items() if group in named for name in names]
    outputs = [name for name in ranked if name in result.kept]
    if not members or not outputs or result.complete < SHAPLEY_DATA.fewest_for(len(study.groups)):
        return None
    give_back()  # what was there before: the draws need room now
    told = draws_shown(first_draws(result, outputs), outputs)
    return given_data(told, SHAPLEY_DATA.name, outputs, seed=result.seed, jobs=workers, wanted=members)


def effects_of_run(result: Result, request: Request, workers: int = 1) -> Ranking | None:
    """Return what `effects_within` finds in a run for a ranking that is requested; None where that is by draws."""
    study, chosen = result.study, METHODS[request.method]
    if isinstance(chosen, GivenData):
        return None
    factors = factors_of(study, request.groups)
    if chosen.unites and isinstance(request.groups, bool):
        factors = kept_together(study, factors)
    ranked = [output.name for output in outputs_of(study, request.outputs)]
    return effects_within(result, factors, ranked, workers)


def with_members(ranking: Ranking, result: Result, folder: Path) -> Ranking:
    """Return a ranking that lies in a run directory with `effects_within` its run, written there again."""
    effects = effects_within(result, ranking.factors, [output.name for output in ranking.outputs])
    if effects is None:
        return ranking
    whole = replace(ranking, within=effects)
    facts, asked = identity_of(folder / RANKING), read_manifest(folder)["ranking"]
    keep(whole, folder, facts, study_record(result.study), asked, tabled=True)
    return whole


def rank_merged(result: Result, folders: Sequence[Path], out: Path) -> Ranking | None:
    """Return the ranking of a run merged of shards that were to be ranked by their draws; None of others or a part."""
    asked: list[Mapping[str, Any]] = [read_manifest(folder).get("ranking") or {} for folder in folders]
    if not all(isinstance(METHODS.get(about.get("method", "")), GivenData) for about in asked):
        return None
    if result.shard is not None:
        add_files(out, (), ranking=asked[0])
        return None
    return _of_draws(result, asked[0], out)
