"""What each command does: calls of the toolkit in order, files in the run directory, one paragraph for the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsim.engine.asked import Asked
from mcsim.study import InputError, Study

if TYPE_CHECKING:
    from mcsim.ranking.ranking import Ranking
    from mcsim.result.result import Result


def run_and_report(study: Study, asked: Asked, ranked: bool = True, png: bool = False) -> str:
    """Run a study, rank its drivers where wanted, write the report; return what to tell the user."""
    from mcsim.engine.run import run_asked
    from mcsim.engine.until import acts_on
    from mcsim.ranking.sensitivity import rank_asked
    from mcsim.store.directory import default_folder

    left_out = _unrankable(study) if ranked else ""
    folder = default_folder(study.name) if asked.stored.out is None else asked.stored.out
    until, stored = asked.drawn.until, replace(asked.stored, out=folder)
    of_ranking = until is not None and acts_on(until) == "ranking"
    drawn = replace(asked.drawn, until=None if of_ranking else until)
    result = run_asked(study, replace(asked, drawn=drawn, stored=stored))
    if left_out:
        return f"{written(result, None, folder)}\nno ranking: {left_out}"
    if not ranked:
        return written(result, None, folder, png)
    drawn = replace(asked.drawn, until=until if of_ranking else None)
    ranking = rank_asked(study, replace(asked, drawn=drawn, stored=stored), groups=_groups(study))
    if ranking is None:
        return f"{result.study.title}: {result.headline}\n{_shard_told(folder)}"
    return written(result, ranking, folder, png)


def _shard_told(folder: Path) -> str:
    return f"shard: {folder}; `mcsim merge` joins it to the others"


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


def _unrankable(study: Study) -> str:
    """Return why a plain run of a study ends without a ranking, or an empty text."""
    if not any(output.rank for output in study.outputs):
        return "no output is ranked"
    groups = _groups(study) or study.groups
    if len(groups) >= 2:
        return ""
    return f"one factor ({next(iter(groups))}), nothing beside it" if groups else "no uncertain input"


def _groups(study: Study) -> Any:
    """Return the factors of a plain run: as the study has them, dependent inputs kept together."""
    if not study.dependence:
        return False
    from mcsim.ranking.factors import dependent_groups

    return dependent_groups(study)


def written(result: Result, ranking: Ranking | None, folder: Path, png: bool = False) -> str:
    """Write the report of a run, and return its headline numbers as text."""
    from mcsim.report.page import write_report
    from mcsim.report.words import headlines
    from mcsim.store.directory import read_manifest

    # The ranking has added its files to run.json since the run was written.
    result = replace(result, record=read_manifest(folder))
    path = write_report(result, ranking, folder, png)
    lines = [f"{result.study.title}: {result.headline}"]
    lines += [sentence(line) for line in headlines(result)[:12]]
    lines += [f"  warning: {note}" for note in result.notes]
    if ranking is not None:
        lines += [f"  warning: {warning}" for warning in ranking.warnings]
    return "\n".join([*lines, f"report: {path}"])


def rank_and_write(study: Study, asked: Asked, method: str, groups: bool, outputs: tuple[str, ...]) -> str:
    """Rank a study's inputs by a method, write the table, and return the leading rows as text."""
    from mcsim.ranking.sensitivity import rank_asked
    from mcsim.store.directory import TABLE

    folder = new_folder(asked, f"{study.name}-sensitivity")
    stored = replace(asked.stored, out=folder)
    ranking = rank_asked(study, replace(asked, stored=stored), method=method, groups=groups, outputs=outputs or None)
    if ranking is None:
        return f"{study.title}: {method}\n{_shard_told(folder)}"
    return f"{leading(ranking, study)}\nranking: {folder / TABLE}"


def new_folder(asked: Asked, name: str) -> Path:
    """Return the folder of what begins, or goes on.

    Raises
    ------
    InputError
        When it holds something, and going on was not said.
    """
    from mcsim.store.directory import default_folder

    folder = default_folder(name) if asked.stored.out is None else asked.stored.out
    if folder.exists() and any(folder.iterdir()) and not asked.stored.resume:
        raise InputError(f"{folder}: exists and is not empty; --resume goes on with it, another --out leaves it alone")
    return folder


def leading(ranking: Ranking, study: Study) -> str:
    """Return the leading rows of a ranking as text."""
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


def sentence(line: Mapping[str, str]) -> str:
    """Return a headline number as a line of text."""
    what = f"{line['what']} {line['where']}".rstrip()
    told = f" (95 %: {line['band']})" if line["band"] else ""
    return "; ".join(filter(None, (f"  {what}: {line['median']}{told}", line["undefined"], line["beside"])))


def report_again(folder: Path, pdf: bool = False, png: bool = False) -> str:
    """Write the report of a run directory again, as PDF too where asked, without any code of its study."""
    from mcsim.ranking.ranking import Ranking
    from mcsim.report.brief import write_pdf
    from mcsim.report.page import write_report
    from mcsim.store.directory import RANKING, read

    result = read(folder)
    ranking = Ranking.of(folder) if RANKING in result.record["files"] else None  # what is not listed is not whole
    path = write_report(result, ranking, folder, png)
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
