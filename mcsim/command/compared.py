"""`mcsim compare`: each study a run directory of its own, and the paired deltas to the first one beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcsim.engine.asked import Asked
from mcsim.study import InputError, Study

if TYPE_CHECKING:
    from mcsim.result.result import Result

RECORD, DELTAS = "compare.json", "deltas.csv"


def compare_and_write(studies: Sequence[Study], asked: Sequence[Asked]) -> str:
    """Run studies on one design and write paired deltas to the first one; of a shard, the runs alone."""
    from mcsim.command.jobs import new_folder
    from mcsim.engine.run import run_asked
    from mcsim.store.joining import refuse_unfinished
    from mcsim.store.whole import write_json

    runs = [f"{number}-{study.name}" for number, study in enumerate(studies, start=1)]
    with new_folder(asked[0], "-".join(["compare", *(study.name for study in studies)])) as folder:
        refuse_unfinished(folder)
        if (folder / RECORD).is_file() and recorded(folder) != runs:
            shown = ", ".join(runs)
            raise InputError(f"{folder}: other studies than there (got {shown}); resume with the same, in order")
        results = []
        for run, study, one in zip(runs, studies, asked, strict=True):
            results.append(run_asked(study, replace(one, stored=replace(one.stored, out=folder / run, exact=True))))
            if not (folder / RECORD).is_file():
                write_json(folder / RECORD, {"runs": runs})
        if asked[0].computed.shard is not None:
            return f"shard: {folder}; `mcsim merge` joins it to the others"
        return deltas_written(results, folder)


def recorded(folder: Path) -> list[str]:
    """Return the folders of a comparison's runs, in order."""
    from mcsim.store.whole import read_json

    return list(read_json(folder / RECORD, "another --out, or the folder as it was written")["runs"])


def merge_compared(folders: Sequence[Path], out: Path) -> str:
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
        if not (folder / RECORD).is_file() or recorded(folder) != runs:
            raise InputError(f"{folder}: not a shard of the comparison in {folders[0]}; shards of one")
    with joining(folders, out):
        results = [merge([folder / run for folder in folders], out / run) for run in runs]
        write_json(out / RECORD, {"runs": runs})
        return deltas_written(results, out)


def deltas_written(results: Sequence[Result], folder: Path) -> str:
    """Write the deltas of runs to the first of them, and return what to tell."""
    import pandas as pd

    from mcsim.result.pairs import compare
    from mcsim.store.files import write_table
    from mcsim.store.record import file_hash
    from mcsim.store.whole import write_json

    lines, tables = [], []
    for other in results[1:]:
        delta = compare(results[0], other)
        table = delta.summary()
        table.insert(0, "study", other.study.name)
        tables.append(table)
        lines += _delta_lines(delta, results[0].study, other.study)
    merged = pd.concat(tables, ignore_index=True)
    write_table(folder / DELTAS, merged)
    write_json(folder / RECORD, {"runs": recorded(folder), "files": {DELTAS: file_hash(folder / DELTAS)}})
    return "\n".join([*lines, f"deltas: {folder / DELTAS}"])


def _delta_lines(delta: Result, first: Study, other: Study) -> list[str]:
    from mcsim.report.first import sentences_of_rows

    headline = tuple(name for name in first.headline if name in delta.bands)
    figures = tuple(figure for figure in delta.study.figures if figure["output"] in delta.bands)
    shown = replace(delta, study=replace(delta.study, headline=headline, figures=figures))
    lines = [f"{other.title} less {first.title}, draw by draw"]
    lines += [f"  warning: {note}" for note in delta.notes]
    return lines + sentences_of_rows(shown)
