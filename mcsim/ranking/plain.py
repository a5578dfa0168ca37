"""How a plain run ranks: Sobol' indices of independent inputs, Shapley effects of its draws of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mcsim.engine.asked import Asked
from mcsim.engine.design import Design
from mcsim.ranking.factors import dependent_groups, drawn_together, outputs_of
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


def rank_run(result: Result, asked: Asked, request: Request) -> Ranking | None:
    """Return the ranking of a run that has been made, written to its folder; of a shard none.

    By a method that takes draws it is a ranking of the run's own.
    """
    study, folder = result.study, asked.stored.out
    if isinstance(METHODS[request.method], GivenData):
        about = record_of(asked, request)
        if asked.computed.shard is None:
            return _of_draws(result, about, folder, asked.computed.workers)
        if folder is not None:
            add_files(folder, (), ranking=about)
        return None
    ranking = rank_request(study, asked, request)
    if ranking is not None:
        ranking = with_members(ranking, result, folder, asked.computed.workers)
        drop_unrounded(folder)
    return ranking


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


def with_members(ranking: Ranking, result: Result, folder: Path | None, workers: int = 1) -> Ranking:
    """Return Sobol' indices of groups with the Shapley effects of their dependent members, from the draws of a run.

    Effects are of the elements that the study's ranking figures show, see `mcsim.ranking.shown`: each costs as much as
    a ranking by draws, and of a thousand a page tells two or three. `given_data` with ``wanted`` tells of all.

    Parameters
    ----------
    ranking : Ranking
        Of a study whose dependent inputs are groups.
    result : Result
        A run of the study that kept the ranked outputs.
    folder : path, optional
        The run directory, where the ranking lies, to be written there again.
    workers : int
        Threads.
    """
    study = result.study
    groups = dependent_groups(study)
    members = [name for group, names in groups.items() if group in ranking.factors for name in names]
    outputs = [output.name for output in ranking.outputs if output.name in result.kept]
    if not members or not outputs or result.complete < SHAPLEY_DATA.fewest_for(len(study.groups)):
        return ranking
    if ranking.within is not None:  # of an earlier process
        return ranking
    give_back()  # what the base rows left: the draws need room now
    draws = first_draws(result, outputs)
    told = draws_shown(draws, outputs)
    effects = given_data(told, SHAPLEY_DATA.name, outputs, seed=result.seed, jobs=workers, wanted=members)
    whole = replace(ranking, within=effects)
    if folder is not None:
        facts, asked = identity_of(folder / RANKING), read_manifest(folder)["ranking"]
        keep(whole, folder, facts, study_record(study), asked, tabled=True)
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
