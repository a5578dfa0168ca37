"""What each command does: calls of the toolkit in order, files in the run directory, one paragraph for the person."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsim.engine.asked import Asked, Stored
from mcsim.study import InputError, Study

if TYPE_CHECKING:
    from mcsim.ranking.ranking import Ranking
    from mcsim.result.result import Result

PAIRS, PART = "second_order.csv", "ranking-sums.npz"


def run_and_report(study: Study, asked: Asked, ranked: bool = True) -> str:
    """Run a study, rank its drivers where wanted, write the report; return what to tell the user."""
    from mcsim.engine.run import run_asked
    from mcsim.store.directory import default_folder

    ranked = ranked and _can_be_ranked(study)
    folder = default_folder(study.name) if asked.stored.out is None else asked.stored.out
    rank_until = asked.drawn.until if (asked.drawn.until or "").lstrip().startswith("ranking") else None
    drawn = asked.drawn if rank_until is None else replace(asked.drawn, until=None)
    result = run_asked(study, replace(asked, drawn=drawn, stored=replace(asked.stored, out=folder)))
    if ranked and asked.computed.shard is not None:
        return _part_written(study, asked, asked.computed.shard, result, folder)
    ranking = _rank(study, replace(asked, drawn=replace(drawn, until=rank_until))) if ranked else None
    return _written(result, ranking, folder)


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
    from mcsim.engine.design import user_design

    for name in ("draws", "design"):
        if name in said:
            raise InputError(f"--samples: with --{name} (got {said[name]}); the rows of the file are the draws")
    seed = asked.drawn.seed
    return [replace(asked, drawn=replace(asked.drawn, design=user_design(samples, study, seed))) for study in studies]


def _can_be_ranked(study: Study) -> bool:
    return len(study.groups) >= 2 and any(output.rank for output in study.outputs)


def _groups(study: Study) -> Any:
    """Return the factors of a plain run: as the study has them, dependent inputs kept together."""
    from mcsim.ranking.factors import dependent_groups

    return dependent_groups(study) if study.dependence else False


def _part_written(study: Study, asked: Asked, part: tuple[int, int], result: Result, folder: Path) -> str:
    """Write a shard's sums of the ranking beside its draws; `merge` makes the ranking of all shards."""
    from mcsim.engine.progress import base_rows
    from mcsim.ranking.sensitivity import plan_of
    from mcsim.ranking.shards import ranking_part
    from mcsim.store.files import atomically

    drawn, base = asked.drawn, asked.ranked.base
    plan = plan_of(
        study, base, drawn.seed, groups=_groups(study), lives=drawn.lives_of(study), jobs=asked.computed.jobs
    )
    with base_rows(study.name, base, asked.computed.quiet) as tick:
        sums = ranking_part(plan, part, tick)
    atomically(folder / PART, sums.save)
    return f"{result.study.title}: {result.headline}\nshard: {folder}; `mcsim merge` joins it to the others"


def _rank(study: Study, asked: Asked) -> Ranking:
    from mcsim.engine.progress import base_rows
    from mcsim.ranking.sensitivity import rank_asked

    with base_rows(study.name, asked.ranked.base, asked.computed.quiet) as tick:
        return rank_asked(study, asked, groups=_groups(study), progress=tick)


def _written(result: Result, ranking: Ranking | None, folder: Path) -> str:
    from mcsim.report.page import write_report
    from mcsim.report.words import headlines

    if ranking is not None:
        _ranking_written(ranking, folder)
    path = write_report(result, ranking, folder)
    lines = [f"{result.study.title}: {result.headline}"]
    lines += [_sentence(line) for line in headlines(result)[:12]]
    if ranking is not None:
        lines += [f"  warning: {warning}" for warning in ranking.warnings]
    return "\n".join([*lines, f"report: {path}"])


def rank_and_write(study: Study, asked: Asked, method: str, groups: bool, outputs: tuple[str, ...]) -> str:
    """Rank a study's inputs by a method, write the table, and return the leading rows as text."""
    from mcsim.engine.progress import base_rows
    from mcsim.ranking.sensitivity import rank_asked

    folder = _empty_folder(asked, f"{study.name}-sensitivity")
    with base_rows(study.name, asked.ranked.base, asked.computed.quiet) as tick:
        ranking = rank_asked(study, asked, method=method, groups=groups, outputs=outputs or None, progress=tick)
    folder.mkdir(parents=True, exist_ok=True)
    return f"{_leading(ranking, study)}\nranking: {_ranking_written(ranking, folder)}"


def _ranking_written(ranking: Ranking, folder: Path) -> Path:
    """Write a ranking as a table for its reader and whole for `mcsim report`, and return the table."""
    from mcsim.ranking.stored import FILE, TABLE
    from mcsim.store.files import atomically

    ranking.save(folder / FILE)
    atomically(folder / TABLE, ranking.to_csv)
    if ranking.pairs:
        import pandas as pd

        pairs = pd.concat([ranking.pair_table(output.name) for output in ranking.outputs], ignore_index=True)
        atomically(folder / PAIRS, lambda path: pairs.to_csv(path, index=False))
    return folder / TABLE


def _empty_folder(asked: Asked, name: str) -> Path:
    from mcsim.store.directory import default_folder

    folder = default_folder(name) if asked.stored.out is None else asked.stored.out
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder}: exists and is not empty; another --out")
    return folder


def _leading(ranking: Ranking, study: Study) -> str:
    from mcsim.report.choose import leading_element

    lines = [f"{study.title}: {ranking.method}, n = {ranking.n}"]
    lines += [f"warning: {warning}" for warning in ranking.warnings]
    leading = [output for output in ranking.outputs if output.name in study.headline] or list(ranking.outputs)
    for output in leading[:3]:
        labels: Mapping[str, Any] = leading_element(output)
        where = ", ".join(labels.values())
        lines.append(f"{output.name}{f' [{where}]' if where else ''}")
        lines += [f"  {line}" for line in ranking.lines(output.name, **labels)[:8]]
    return "\n".join(lines)


def merge_and_report(folders: list[Path], out: Path) -> str:
    """Merge shards into one run directory, with its ranking and its report."""
    from mcsim.engine.folder import merge

    result = merge(folders, out)
    files = [folder / PART for folder in folders]
    missing = [path for path in files if not path.is_file()]
    if missing and len(missing) < len(files):
        raise InputError(f"{missing[0]}: missing; every shard with its ranking, or all with --no-sensitivity")
    return _written(result, None if missing else _merged_ranking(result.study, files), out)


def _merged_ranking(study: Study, files: list[Path]) -> Ranking:
    from mcsim.ranking.sensitivity import plan_of
    from mcsim.ranking.shards import load_part, merged_ranking
    from mcsim.ranking.sobol import Judgement

    parts = [load_part(path) for path in files]
    facts = json.loads(parts[0].key)
    plan = plan_of(study, facts["base"], facts["seed"], groups=_groups(study), lives=facts["lives"])
    return merged_ranking(plan, Judgement(), parts)


def compare_and_write(studies: list[Study], asked: list[Asked]) -> str:
    """Run studies on one design and write paired deltas to the first one."""
    from mcsim.engine.run import run_asked
    from mcsim.result.result import compare
    from mcsim.store.files import atomically

    folder = _empty_folder(asked[0], "-".join(["compare", *(study.name for study in studies)]))
    results = [
        run_asked(study, replace(one, stored=Stored(keep=one.stored.keep)))
        for study, one in zip(studies, asked, strict=True)
    ]
    lines = []
    tables = []
    for other in results[1:]:
        delta = compare(results[0], other)
        table = delta.summary()
        table.insert(0, "study", other.study.name)
        tables.append(table)
        lines += _delta_lines(delta, studies[0], other.study)
    import pandas as pd

    folder.mkdir(parents=True, exist_ok=True)
    merged = pd.concat(tables, ignore_index=True)
    atomically(folder / "deltas.csv", lambda path: merged.to_csv(path, index=False))
    return "\n".join([*lines, f"deltas: {folder / 'deltas.csv'}"])


def _delta_lines(delta: Result, first: Study, other: Study) -> list[str]:
    from mcsim.report.words import headlines

    headline = tuple(name for name in first.headline if name in delta.bands)
    figures = tuple(figure for figure in delta.study.figures if figure["output"] in delta.bands)
    shown = replace(delta, study=replace(delta.study, headline=headline, figures=figures))
    lines = [f"{other.title} less {first.title}, draw by draw"]
    return lines + [_sentence(line) for line in headlines(shown)[:16]]


def _sentence(line: Mapping[str, str]) -> str:
    what = f"{line['what']} {line['where']}".rstrip()
    told = f" (95 %: {line['band']})" if line["band"] else ""
    return f"  {what}: {line['median']}{told}" + (f"; {line['undefined']}" if line["undefined"] else "")


def report_again(folder: Path, pdf: bool = False) -> str:
    """Write the report of a run directory again, as PDF too where asked."""
    from mcsim.ranking.ranking import Ranking
    from mcsim.report.brief import write_pdf
    from mcsim.report.page import write_report
    from mcsim.store.directory import read

    path = write_report(read(folder), Ranking.of(folder), folder)
    return f"report: {write_pdf(path) if pdf else path}"


def repeated(folder: Path, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a run directory says of its run, by the names of the command's options."""
    from mcsim.store.directory import read_manifest

    record = read_manifest(folder)
    study = record["study"]
    recorded = {
        "study": study["origin"],
        "settings": tuple(f"{name}={value}" for name, value in study["overrides"]),
        "keep": tuple(record["kept"]),
        "seed": record["seed"],
        "lives": record["lives"],
    }
    if study["data"]:
        recorded["data"] = Path(study["data"])
    if "samples" not in said:
        recorded |= {"draws": record["draws"], "design": record["design"]}
    return recorded
