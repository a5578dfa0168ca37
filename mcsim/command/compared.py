"""`mcsim compare`: studies on one design, held against the first of them: deltas, the matrix, what decides, a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsim.command.told import Told
from mcsim.engine.asked import Asked, Stored
from mcsim.study import InputError, Study, remarks
from mcsim.study.outcomes import Outcome

if TYPE_CHECKING:
    from mcsim.report.compared import Compared
    from mcsim.result.result import Result

RECORD, DELTAS, MATRIX, DRIVERS, LADDER, PAGE = (
    "compare.json",
    "deltas.csv",
    "matrix.csv",
    "sensitivity.csv",
    "ladder.csv",
    "compare.html",
)


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One study of a comparison.

    Parameters
    ----------
    study : Study
        What is run.
    kind : str
        As in `mcsim.result.matrix`: the baseline, one lever, or a package of several.
    strengths : tuple of str
        Inputs that say how far it goes.
    """

    study: Study
    kind: str
    strengths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of a comparison is made.

    Parameters
    ----------
    alone : bool
        The studies' own runs are not written: what is compared is all that is kept.
    drivers : Asked, optional
        How what decides each difference is ranked; not at all where None.
    ladder : bool
        Outcomes at steps of the strengths.
    language : str
        In which the page speaks.
    """

    alone: bool = False
    drivers: Asked | None = None
    ladder: bool = False
    language: str = "en"


def compare_and_write(sides: Sequence[Side], asked: Sequence[Asked], extent: Extent) -> Told:
    """Run studies on one design and write what they change of the first one; of a shard, the runs alone."""
    from mcsim.command.jobs import new_folder
    from mcsim.command.told import shard_told
    from mcsim.store.joining import refuse_unfinished
    from mcsim.store.whole import write_json
    from mcsim.study.language import in_language

    in_language(sides[0].study, extent.language)  # a language that it lacks is told before the hours of a run
    names = [side.study.name for side in sides]
    outcomes = outcomes_asked(sides[0].study)
    asked = [_keeping(one, side.study, outcomes) for one, side in zip(asked, sides, strict=True)]
    _refuse_unpaired([side.study for side in sides], asked)
    called = "-".join(["compare", *(names if len(names) < 4 else [names[0], "levers"])])
    with new_folder(asked[0], called) as folder:
        refuse_unfinished(folder)
        runs = [] if extent.alone else [f"{number}-{name}" for number, name in enumerate(names, start=1)]
        about = _about(sides, asked[0], runs, extent)
        if (folder / RECORD).is_file() and recorded(folder) != runs:
            shown = ", ".join(runs)
            raise InputError(f"{folder}: other studies than there (got {shown}); resume with the same, in order")

        def results() -> Iterator[Result]:
            from mcsim.engine.remembered import Memory
            from mcsim.engine.run import run_asked

            memory = Memory(sides[0].study)
            for number, (side, one) in enumerate(zip(sides, asked, strict=True)):
                out = None if extent.alone else folder / runs[number]
                stored = (
                    Stored(None, False, one.stored.keep) if out is None else replace(one.stored, out=out, exact=True)
                )
                # Elsewhere every process would remember for itself, and meet other draws.
                study = memory.lent(side.study) if one.computed.backend == "threads" else side.study
                yield run_asked(_of_draws(study, one) if extent.alone else study, replace(one, stored=stored))
                memory.keep_no_more()
                if not extent.alone and not (folder / RECORD).is_file():
                    write_json(folder / RECORD, about)
            memory.forget()

        if asked[0].computed.shard is not None:
            for _ in results():
                pass
            return shard_told(sides[0].study, folder, asked[0].computed.shard)
        found = held(results(), sides, outcomes)
        found = _driven(found, sides, outcomes, extent, folder, asked[0])
        return _written(found, folder, about, extent.language)


def _refuse_unpaired(studies: Sequence[Study], asked: Sequence[Asked]) -> None:
    """Raise `InputError` where a study has nothing to compare with the first, before the hours of their runs."""
    from mcsim.engine.work import requested, stored
    from mcsim.result.pairs import paired

    run = [requested(study, one.stored.keep) for study, one in zip(studies, asked, strict=True)]
    kept = [stored(study, one.stored.keep) for study, one in zip(run, asked, strict=True)]
    for study, names in zip(run[1:], kept[1:], strict=True):
        paired(run[0], study, [name for name in kept[0] if name in names])


def outcomes_asked(study: Study) -> tuple[Outcome, ...]:
    """Return what a study is compared by: its own outcomes, or the elements that its page one tells."""
    from mcsim.report.choose import telling_cells

    if study.outcomes:
        return study.outcomes
    cells = [row.cell for row in study.brief.rows] or telling_cells(study)
    known = {output.name for output in study.outputs}
    named = {str(cell): cell for cell in cells if cell.output.name in known}
    return tuple(Outcome(cell, 0, unit_of_cell(cell), entry={"output": name}) for name, cell in named.items())


def _of_draws(study: Study, asked: Asked) -> Study:
    """Return a study without the outputs whose draws are not kept: of these nothing is compared."""
    from mcsim.engine.work import stored

    kept = stored(study, asked.stored.keep)
    return replace(study, left_out=frozenset(output.name for output in study.declared) - {*kept, *study.headline})


def unit_of_cell(cell: Any) -> str:
    """Return the unit of an element."""
    output = cell.output
    if output.coord_units is None:
        return str(output.unit)
    return str(output.coord_units[str(cell.labels[output.coord_units_dim])])


def _keeping(asked: Asked, study: Study, outcomes: Sequence[Outcome]) -> Asked:
    """Return what is asked with the outcomes' draws kept, where a study has them."""
    known = {output.name for output in study.declared}
    names = [outcome.cell.output.name for outcome in outcomes if outcome.cell.output.name in known]
    keep = tuple(dict.fromkeys([*asked.stored.keep, *names]))
    return replace(asked, stored=replace(asked.stored, keep=keep))


def _about(sides: Sequence[Side], asked: Asked, runs: list[str], extent: Extent) -> dict[str, Any]:
    """Return what compare.json says; of a comparison whose runs are not kept, all that repeats it."""
    from mcsim.store.record import code_record, fingerprint, made_with, study_record

    about: dict[str, Any] = {"runs": runs, "sides": [{"kind": s.kind, "strengths": list(s.strengths)} for s in sides]}
    base = None if extent.drivers is None else extent.drivers.ranked.base
    about["extent"] = {"alone": extent.alone, "base": base, "ladder": extent.ladder}
    if runs:
        return about
    studies = [
        {
            "study": study_record(side.study),
            "identity": {
                "fingerprint": fingerprint(side.study),
                "code": code_record(side.study),
                "version": side.study.version,
            },
        }
        for side in sides
    ]
    drawn = asked.drawn
    words = {"draws": drawn.draws, "design": drawn.design, "seed": drawn.seed, "keep": list(asked.stored.keep)}
    words |= {} if drawn.lives is None else {"lives": drawn.lives}
    return {**about, "studies": studies, "asked": words, "made_with": made_with()}


def recorded(folder: Path) -> list[str]:
    """Return the folders of a comparison's runs, in order."""
    return list(record_of(folder)["runs"])


def record_of(folder: Path) -> dict[str, Any]:
    """Return what compare.json of a folder says."""
    from mcsim.store.whole import read_json

    return dict(read_json(folder / RECORD, "another --out, or the folder as it was written"))


def sides_of(studies: Sequence[Study], about: Mapping[str, Any]) -> list[Side]:
    """Return studies with what compare.json says of each; one from before it did is a baseline with levers."""
    from mcsim.result.matrix import SINGLE, TODAY

    said = about.get("sides") or [{"kind": TODAY if number == 0 else SINGLE} for number in range(len(studies))]
    return [Side(study, one["kind"], tuple(one.get("strengths", ()))) for study, one in zip(studies, said, strict=True)]


def merge_compared(folders: Sequence[Path], out: Path, part: bool = False) -> str:
    """Merge the shards of a comparison, run by run, and write the deltas of the whole.

    Raises
    ------
    InputError
        When the folders are not shards of one comparison.
    """
    from mcsim.engine.folder import merge
    from mcsim.store.joining import joining
    from mcsim.store.whole import write_json

    runs = recorded(folders[0]) if (folders[0] / RECORD).is_file() else []
    for folder in folders:
        if not (folder / RECORD).is_file() or not runs or recorded(folder) != runs:
            raise InputError(f"{folder}: not a shard of the comparison in {folders[0]}; shards of one")
    with joining(folders, out):
        results = [merge([folder / run for folder in folders], out / run, part=part) for run in runs]
        about = {key: value for key, value in record_of(folders[0]).items() if key != "files"}
        write_json(out / RECORD, about)
        if results[0].shard is not None:
            return f"part: {out}; `mcsim merge` joins it to the others"
        sides = sides_of([result.study for result in results], about)
        return _written(held(iter(results), sides, outcomes_asked(results[0].study)), out, about)


def held(results: Iterator[Result], sides: Sequence[Side], outcomes: Sequence[Outcome]) -> Compared:
    """Return what runs change of the first of them; each run is let go of before the next."""
    import pandas as pd

    from mcsim.report.compared import Compared, Lever
    from mcsim.result.matrix import column_of, matrix
    from mcsim.result.moved import delta_table, most_moved
    from mcsim.result.pairs import compare

    first = next(results)
    columns, tables, levers = [column_of(first, outcomes, sides[0].kind)], [], []
    named = {outcome.cell.output.name for outcome in outcomes}
    for side, other in zip(sides[1:], results, strict=True):
        delta = compare(first, other)
        table = delta_table(delta)
        table.insert(0, "study", other.study.name)
        tables.append(table)
        columns.append(column_of(other, outcomes, side.kind))
        levers.append(Lever(other.study, side.kind, tuple(most_moved(first, delta, named)), delta.notes))
    return Compared(
        first.study,
        first.headline,
        first.seed,
        first.design,
        matrix(columns, outcomes),
        tuple(levers),
        pd.concat(tables, ignore_index=True),
    )


def _driven(
    found: Compared, sides: Sequence[Side], outcomes: Sequence[Outcome], extent: Extent, folder: Path, asked: Asked
) -> Compared:
    """Return a comparison with what decides each difference and with the ladders, as far as these are asked for."""
    from mcsim.engine.ladder import ladder, memory_of
    from mcsim.ranking.deltas import rank_delta

    rankings, ladders, notes = {}, {}, []
    memory = memory_of(sides[0].study, outcomes, asked) if extent.ladder else None
    for place, side in enumerate(sides[1:], start=1):
        name = side.study.name
        if extent.drivers is not None:
            out = None if extent.alone else folder / "drivers" / f"{place + 1}-{name}"
            how = replace(extent.drivers, stored=replace(extent.drivers.stored, out=out))
            try:
                rankings[place] = rank_delta(sides[0].study, side.study, outcomes, how)
            except InputError as error:  # what is compared stands without it
                notes.append(remarks.UNTOLD_DRIVERS(study=name, error=error))
        if extent.ladder and side.strengths:
            ends = found.matrix.values[[0, place]]
            ladders[place] = ladder(side.study, side.strengths, outcomes, asked, ends, memory)
    return replace(found, rankings=rankings, ladders=ladders, notes=tuple(notes))


def _written(found: Compared, folder: Path, about: Mapping[str, Any], language: str = "en") -> Told:
    """Write the files of a comparison, and return what to tell."""
    import pandas as pd

    from mcsim.ranking.deltas import delta_rows
    from mcsim.report.compared import in_language, ladder_table, sentences
    from mcsim.report.compared_page import write_page
    from mcsim.report.language import speaking
    from mcsim.store.files import write_table
    from mcsim.store.record import file_hash
    from mcsim.store.whole import write_json

    names = found.matrix.names
    tables: dict[str, Callable[[], pd.DataFrame]] = {
        DELTAS: lambda: found.deltas,
        MATRIX: found.matrix.table,
        DRIVERS: lambda: pd.concat(
            [delta_rows(names[place], ranking) for place, ranking in found.rankings.items()], ignore_index=True
        ),
        LADDER: lambda: ladder_table(found),
    }
    there = {DELTAS: True, MATRIX: True, DRIVERS: bool(found.rankings), LADDER: bool(found.ladders)}
    for name, table in tables.items():
        if there[name]:
            write_table(folder / name, table())
        else:
            (folder / name).unlink(missing_ok=True)
    with speaking(language):
        spoken = in_language(found, language)
        write_page(spoken, folder / PAGE)
        lines = sentences(spoken)
    files = {name: file_hash(folder / name) for name in tables if there[name]}
    write_json(folder / RECORD, {**about, "files": files})
    record = {
        "studies": list(names),
        "folder": str(folder),
        "report": str(folder / PAGE),
        "deltas": str(folder / DELTAS),
        "matrix": found.matrix.table().to_dict("records"),
        "notes": list(found.notes),
    }
    return Told("\n".join([*lines, f"deltas: {folder / DELTAS}", f"comparison: {folder / PAGE}"]), record)
