"""What each command does: calls of the toolkit in order, files in the run directory, one paragraph for the person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsim.study import InputError, Study

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.ranking.ranking import Ranking
    from mcsim.result.result import Result

RANKING, PART = "sensitivity.csv", "ranking.npz"
DRAWS, BASE, SEED = 2000, 1024, 1


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked on the command line; None where the user said nothing."""

    draws: int | None = None
    design: str | None = None
    lives: int | None = None
    seed: int | None = None
    jobs: int | None = None
    backend: str = "threads"
    scheduler: str | None = None
    settings: tuple[str, ...] = ()
    data: Path | None = None
    out: Path | None = None
    shard: str | None = None
    resume: bool = False
    until: str | None = None
    no_sensitivity: bool = False
    base: int | None = None
    keep: tuple[str, ...] = ()
    samples: Path | None = None
    chunk: int | None = None
    quiet: bool = False
    max_failed: float = 0.05
    timeout: float | None = None

    @property
    def part(self) -> tuple[int, int] | None:
        """The shard as two numbers: which of how many."""
        if self.shard is None:
            return None
        first, slash, second = self.shard.partition("/")
        if not (slash and first.isdigit() and second.isdigit() and 1 <= int(first) <= int(second)):
            raise InputError(f"--shard: not a part (got {self.shard!r}); I/N with I from 1 to N, such as 2/8")
        return int(first), int(second)

    @property
    def seed_or_default(self) -> int:
        """The seed, 1 where the user said nothing; 0 is a seed like any other."""
        return SEED if self.seed is None else self.seed


def run_and_report(study: Study, request: Request) -> str:
    """Run a study, rank its drivers, write the report; return what to tell the user."""
    from mcsim.engine.run import run
    from mcsim.ranking.saltelli import check_base
    from mcsim.store.directory import default_folder

    ranked = not request.no_sensitivity and _can_be_ranked(study)
    base = BASE if request.base is None else request.base
    if ranked:
        check_base(base)
    folder = default_folder(study.name) if request.out is None else request.out
    rank_until = request.until if (request.until or "").lstrip().startswith("ranking") else None
    result = run(
        study,
        **_running(study, request),
        out=folder,
        shard=request.part,
        resume=request.resume,
        until=None if rank_until is not None else request.until,
        timeout=request.timeout,
    )
    if ranked and request.part is not None:
        return _part_written(study, request, base, request.part, result, folder)
    return _written(result, _rank(study, request, base, rank_until) if ranked else None, folder)


def _running(study: Study, request: Request) -> dict[str, Any]:
    """Return the arguments that every run of a request shares."""
    from mcsim.engine.design import user_design

    seed = request.seed_or_default
    given = None if request.samples is None else user_design(request.samples, study, seed)
    if given is not None and (request.draws is not None or request.design is not None):
        raise InputError("--samples: with --draws or --design (got both); the rows of the file are the draws")
    return {
        "draws": given.draws if given is not None else DRAWS if request.draws is None else request.draws,
        "design": given if given is not None else "random" if request.design is None else request.design,
        "seed": seed,
        "jobs": request.jobs,
        "backend": request.backend,
        "scheduler": request.scheduler,
        "lives": request.lives,
        "keep": request.keep,
        "chunk": request.chunk,
        "quiet": request.quiet,
        "max_failed_share": request.max_failed,
    }


def _can_be_ranked(study: Study) -> bool:
    return len(study.groups) >= 2 and any(output.rank for output in study.outputs)


def _groups(study: Study) -> Any:
    """Return the factors of a plain run: as the study has them, dependent inputs kept together."""
    from mcsim.ranking.factors import dependent_groups

    return dependent_groups(study) if study.dependence else False


def _part_written(
    study: Study, request: Request, base: int, part: tuple[int, int], result: Result, folder: Path
) -> str:
    """Write a shard's sums of the ranking beside its draws; `merge` makes the ranking of all shards."""
    from mcsim.engine.progress import base_rows
    from mcsim.ranking.sensitivity import plan_of
    from mcsim.ranking.shards import ranking_part
    from mcsim.store.files import atomically

    plan = plan_of(
        study, base, request.seed_or_default, groups=_groups(study), lives=request.lives or 0, jobs=request.jobs
    )
    with base_rows(study.name, base, request.quiet) as tick:
        sums = ranking_part(plan, part, tick)
    atomically(folder / PART, sums.save)
    return f"{result.study.title}: {result.headline}\nshard: {folder}; `mcsim merge` joins it to the others"


def _rank(study: Study, request: Request, base: int, until: str | None) -> Ranking:
    from mcsim.engine.progress import base_rows
    from mcsim.ranking.sensitivity import sensitivity

    with base_rows(study.name, base, request.quiet) as tick:
        return sensitivity(
            study,
            base,
            request.seed_or_default,
            groups=_groups(study),
            lives=0 if request.lives is None else request.lives,
            max_failed=request.max_failed,
            jobs=request.jobs,
            until=until,
            progress=tick,
        )


def _written(result: Result, ranking: Ranking | None, folder: Path) -> str:
    from mcsim.report.page import write_report
    from mcsim.report.words import headlines

    table = None
    if ranking is not None:
        from mcsim.store.files import atomically

        atomically(folder / RANKING, ranking.to_csv)
        table = read_ranking(folder)
    path = write_report(result, table, folder)
    lines = [f"{result.study.title}: {result.headline}"]
    lines += [_sentence(line) for line in headlines(result)[:12]]
    if ranking is not None:
        lines += [f"  warning: {warning}" for warning in ranking.warnings]
    return "\n".join([*lines, f"report: {path}"])


def read_ranking(folder: Path) -> pd.DataFrame | None:
    """Return sensitivity.csv of a run directory, or None where there is none."""
    import pandas as pd

    path = folder / RANKING
    return pd.read_csv(path) if path.is_file() else None


def rank_and_write(
    study: Study,
    request: Request,
    method: str,
    groups: bool,
    second_order: bool,
    confidence: str,
    outputs: tuple[str, ...],
) -> str:
    """Rank a study's inputs by a method, write the table, and return the leading rows as text."""
    from mcsim.engine.progress import base_rows
    from mcsim.ranking.sensitivity import sensitivity
    from mcsim.store.directory import default_folder
    from mcsim.store.files import atomically

    base = BASE if request.base is None else request.base
    folder = default_folder(f"{study.name}-sensitivity") if request.out is None else request.out
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder}: exists and is not empty; another --out")
    with base_rows(study.name, base, request.quiet) as tick:
        ranking = sensitivity(
            study,
            base,
            request.seed_or_default,
            groups=groups,
            method=method,
            outputs=outputs or None,
            second_order=second_order,
            confidence=confidence,
            lives=0 if request.lives is None else request.lives,
            max_failed=request.max_failed,
            until=request.until,
            jobs=request.jobs,
            progress=tick,
        )
    folder.mkdir(parents=True, exist_ok=True)
    atomically(folder / RANKING, ranking.to_csv)
    return f"{_leading(ranking, study)}\nranking: {folder / RANKING}"


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


def compare_and_write(studies: list[Study], request: Request) -> str:
    """Run studies on one design and write paired deltas to the first one."""
    from mcsim.engine.run import run
    from mcsim.result.result import compare
    from mcsim.store.directory import default_folder
    from mcsim.store.files import atomically

    folder = (
        default_folder("-".join(["compare", *(study.name for study in studies)]))
        if request.out is None
        else request.out
    )
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder}: exists and is not empty; another --out")
    results = [run(study, **_running(study, request)) for study in studies]
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

    shown = replace(delta, study=replace(delta.study, headline=tuple(n for n in first.headline if n in delta.bands)))
    lines = [f"{other.title} less {first.title}, draw by draw"]
    return lines + [_sentence(line) for line in headlines(shown)[:16]]


def _sentence(line: Mapping[str, str]) -> str:
    what = f"{line['what']} {line['where']}".rstrip()
    return f"  {what}: {line['median']}" + (f" (95 %: {line['band']})" if line["band"] else "")


def report_again(folder: Path, pdf: bool = False) -> str:
    """Write the report of a run directory again, as PDF too where asked."""
    from mcsim.report.brief import write_pdf
    from mcsim.report.page import write_report
    from mcsim.store.directory import read

    path = write_report(read(folder), read_ranking(folder), folder)
    return f"report: {write_pdf(path) if pdf else path}"


def repeated(folder: Path, request: Request, study: str | None) -> tuple[str, Request]:
    """Return the study and the request that repeat the run of a directory; what the user says wins."""
    from mcsim.store.directory import read_manifest

    record = read_manifest(folder)
    settings = tuple(f"{name}={value}" for name, value in record["study"]["overrides"])
    again = replace(
        request,
        draws=record["draws"] if request.draws is None else request.draws,
        design=record["design"] if request.design is None else request.design,
        seed=record["seed"] if request.seed is None else request.seed,
        lives=record["lives"] if request.lives is None else request.lives,
        keep=request.keep or tuple(record["kept"]),
        data=Path(record["study"]["data"]) if request.data is None and record["study"]["data"] else request.data,
        settings=(*settings, *request.settings),
    )
    return (record["study"]["origin"] if study is None else study), again
