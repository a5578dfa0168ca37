"""What each command does: calls of the toolkit in order, files in the run directory, one paragraph for the person."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from mcsim.command.told import Told, leading_outputs, rank_told, run_record, shard_told
from mcsim.engine.asked import Asked
from mcsim.engine.until import acts_on
from mcsim.ranking.repeat import Request
from mcsim.store.claim import Claim, claimed
from mcsim.study import InputError, Study

if TYPE_CHECKING:
    from mcsim.engine.run import Drawn
    from mcsim.ranking.ranking import Ranking
    from mcsim.report.draw import Drawings
    from mcsim.result.result import Result


@dataclass(frozen=True, slots=True)
class Paper:
    """How a report is written.

    Parameters
    ----------
    png : bool
        Figures as PNG too.
    language : str
        In which it speaks.
    xlsx : bool
        A workbook of its tables too.
    """

    png: bool = False
    language: str = "en"
    xlsx: bool = False


def run_and_report(
    study: Study, asked: Asked, ranked: bool = True, paper: Paper | None = None, method: str | None = None
) -> Told:
    """Run a study, rank its drivers where wanted, write the report; return what to tell the user.

    Parameters
    ----------
    study : Study
        What is run.
    asked : Asked
        What is asked of the run and of its ranking.
    ranked : bool
        Whether it is ranked.
    paper : Paper, optional
        How the report is written.
    method : str, optional
        By which method; by what serves the study where nothing is said.
    """
    from mcsim.ranking.plain import asked_of_run, plain

    until = asked.drawn.until
    of_ranking = until is not None and acts_on(until) == "ranking"
    drawn = replace(asked, drawn=replace(asked.drawn, until=None if of_ranking else until))
    if not ranked:
        return draw_and_report(study, drawn, None, paper=paper)
    how = plain(study, asked.drawn.design, asked.drawn.draws, method)
    if not how.method:
        return draw_and_report(study, drawn, None, paper=paper).more(f"no ranking: {how.why}", why=how.why)
    wanted = replace(asked, drawn=replace(asked.drawn, until=until if of_ranking else None))
    drawn = asked_of_run(study, drawn, wanted, how)
    return draw_and_report(study, drawn, wanted, Request(how.method, how.groups), paper)


def draw_and_report(
    study: Study, drawn: Asked, ranked: Asked | None, request: Request | None = None, paper: Paper | None = None
) -> Told:
    """Run a study, rank where something is asked of a ranking, write the report; return what to tell the user.

    Parameters
    ----------
    study : Study
        What is run.
    drawn : Asked
        What is asked of the run, its folder included.
    ranked : Asked, optional
        What is asked of the ranking; none without it.
    request : Request, optional
        Which ranking.
    paper : Paper, optional
        How the report is written.
    """
    from mcsim.command.beside import compiled_beside
    from mcsim.engine.forked import beside
    from mcsim.engine.run import begun
    from mcsim.ranking.place import is_ranked
    from mcsim.ranking.plain import by_draws, rank_run
    from mcsim.ranking.sensitivity import check_request, rank_request
    from mcsim.store.heap import keep_freed
    from mcsim.store.unrounded import drop_unrounded
    from mcsim.study.language import in_language

    keep_freed()
    request = Request() if request is None else request
    paper = Paper() if paper is None else paper
    if ranked is not None:
        check_request(study, ranked, request)
    in_language(study, paper.language)  # a language that it lacks is told before the hours of a run
    with claimed(drawn.stored.out, study.name) as claim:
        stored = replace(drawn.stored, out=_named(claim, drawn))
        assert stored.out is not None  # a claim has a folder
        drawn, whole = replace(drawn, stored=stored), drawn.computed.shard is None
        with compiled_beside(study, drawn, ranked, request) as compiled, begun(study, drawn) as draw:
            run = draw()
            if ranked is None:
                return written(run.finish(), None, stored.out, paper)
            ranked = replace(ranked, stored=stored)
            if by_draws(request):
                run.finish()  # they are read
            shows = partial(_ready, run, ranked, request, paper, is_ranked(stored.out))
            with beside(shows, drawn.computed.workers if whole else 1) as ready:
                compiled()
                if by_draws(request):
                    ranking = rank_run(run.finish(), ranked, request)
                else:
                    ranking = rank_request(run.study, ranked, request, lambda: ready().within)
            result = run.finish()
            if ranking is None:
                told = shard_told(study, stored.out, drawn.computed.shard)
                return Told(f"{result.study.title}: {result.headline}\n{told}", told.record)
            drop_unrounded(stored.out)
            return written(result, ranking, stored.out, paper, ready().drawings)


class _Ready(NamedTuple):
    """What needs no ranking, and is made beside it: of a whole run, figures and what stands within the ranking."""

    drawings: Drawings
    within: Ranking | None


def _ready(run: Drawn, ranked: Asked, request: Request, paper: Paper, known: bool) -> _Ready:
    """Write a run, and make of it what needs no ranking; where that is known nothing is to stand within it."""
    from mcsim.ranking.plain import effects_of_run
    from mcsim.report.draw import early_drawings

    result = run.finish()
    if result.shard is not None:  # a part has no report
        return _Ready({}, None)
    drawings = early_drawings(result, paper.png, paper.language)
    return _Ready(drawings, None if known else effects_of_run(result, request, ranked.computed.workers))


def refuse_unranked(said: Mapping[str, Any]) -> None:
    """Refuse what acts on a ranking alone beside --no-sensitivity.

    Raises
    ------
    InputError
        Naming it.
    """
    for name, acts in (("base", True), ("method", True), ("until", acts_on(str(said.get("until", ""))) == "ranking")):
        if name in said and acts:
            raise InputError(f"--{name}: acts on the ranking alone (got {said[name]}); without --no-sensitivity")


def _named(claim: Claim, asked: Asked) -> Path:
    """Return a claimed folder as the user named it, or from where the user is."""
    return asked.stored.out or Path(os.path.relpath(claim.folder))


def asked_of(said: Mapping[str, Any], studies: Sequence[Study], samples: Path | None = None) -> list[Asked]:
    """Return what is asked of each study, samples of the user's own in the place of draws where a file is given.

    Raises
    ------
    InputError
        When a value is wrong, the samples do not fit a study, or draws or a design were said beside them.
    """
    asked = Asked.of(**said)
    if samples is None:
        return [asked for _ in studies]
    from mcsim.engine.samples import user_design

    for name in ("draws", "design"):
        if name in said:
            raise InputError(f"--samples: with --{name} (got {said[name]}); the rows of the file are the draws")
    seed = asked.drawn.seed
    return [replace(asked, drawn=replace(asked.drawn, design=user_design(samples, study, seed))) for study in studies]


def written(
    result: Result,
    ranking: Ranking | None,
    folder: Path,
    paper: Paper | None = None,
    drawings: Drawings = MappingProxyType({}),
) -> Told:
    """Write the report of a run, of figures that may be drawn already, and return its headline numbers as text."""
    from mcsim.report.first import draws_told, sentences_of_rows
    from mcsim.report.language import retold, say, speaking
    from mcsim.report.page import write_report
    from mcsim.report.tables import write_workbook
    from mcsim.store.directory import read_manifest
    from mcsim.study.language import in_language

    # The ranking has added its files to run.json since the run was written.
    paper = Paper() if paper is None else paper
    result = replace(result, record=read_manifest(folder), study=in_language(result.study, paper.language))
    with speaking(paper.language):
        path = write_report(result, ranking, folder, paper.png, paper.language, drawings)
        if paper.xlsx:
            write_workbook(result, ranking, folder)
        lines = [f"{result.study.title}: {draws_told(result)}", *sentences_of_rows(result)]
        notes = (*result.notes, *(() if ranking is None else ranking.warnings))
        lines += [f"  {say('warning: {what}', what=retold(note))}" for note in notes]
    return Told("\n".join([*lines, f"report: {path}"]), run_record(result, ranking, folder, path))


def rank_and_write(study: Study, asked: Asked, request: Request) -> Told:
    """Rank a study's inputs by a method, write the table, and return the leading rows as text."""
    from mcsim.ranking.sensitivity import rank_request
    from mcsim.store.directory import TABLE
    from mcsim.store.heap import keep_freed

    keep_freed()
    with new_folder(asked, f"{study.name}-sensitivity") as folder:
        stored = replace(asked.stored, out=folder)
        ranking = rank_request(study, replace(asked, stored=stored), request)
    if ranking is None:
        told = shard_told(study, folder, asked.computed.shard)
        return Told(f"{study.title}: {request.method}\n{told}", told.record)
    return rank_told(ranking, study, leading(ranking, study), folder, folder / TABLE)


@contextmanager
def new_folder(asked: Asked, name: str) -> Iterator[Path]:
    """Hold the folder of what begins, or goes on.

    Raises
    ------
    InputError
        When it holds something, and going on was not said, or another process works in it.
    """
    with claimed(asked.stored.out, name) as claim:
        folder = _named(claim, asked)
        if not claim.empty and not asked.stored.resume:
            raise InputError(
                f"{folder}: exists and is not empty; --resume goes on with it, another --out leaves it alone"
            )
        yield folder


def leading(ranking: Ranking, study: Study) -> str:
    """Return the leading rows of a ranking as text."""
    lines = [f"{study.title}: {ranking.method}, n = {ranking.n}"]
    lines += [f"warning: {warning}" for warning in ranking.warnings]
    for output, labels in leading_outputs(ranking, study):
        where = ", ".join(labels.values())
        lines.append(f"{output}{f' [{where}]' if where else ''}")
        lines += [f"  {line}" for line in ranking.lines(output, **labels)[:8]]
    return "\n".join(lines)


def report_again(folder: Path, pdf: bool = False, paper: Paper | None = None) -> str:
    """Write the report of a run directory again, as PDF too where asked, without any code of its study."""
    from mcsim.ranking.ranking import Ranking
    from mcsim.report.brief import write_pdf
    from mcsim.report.page import write_report
    from mcsim.report.tables import write_workbook
    from mcsim.store.directory import RANKING, read
    from mcsim.store.joining import refuse_unfinished

    paper = Paper() if paper is None else paper
    refuse_unfinished(folder)
    result = read(folder)
    ranking = Ranking.of(folder) if RANKING in result.record["files"] else None  # what is not listed is not whole
    with claimed(folder):
        path = write_report(result, ranking, folder, paper.png, paper.language)
        if paper.xlsx:
            write_workbook(result, ranking, folder)
        return f"report: {write_pdf(path) if pdf else path}"
