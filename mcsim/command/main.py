"""Command line: argv -> one call -> exit code. Whatever is heavy is imported inside the command that needs it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from mcsim import __version__
from mcsim.command import completed
from mcsim.command.door import ended_in_order, one_core_for_a_product, seldom_collected
from mcsim.command.door import show as _show
from mcsim.command.loading import loaded as _loaded
from mcsim.command.loading import settled as _set
from mcsim.command.options import HELP, Group, offers, said
from mcsim.command.questions import combine_levers, explain_outcome, plan_measurements
from mcsim.command.told import Told
from mcsim.command.voice import begin as _begin
from mcsim.command.voice import tell as _tell
from mcsim.command.voice import warn as _warn

EXIT_INPUT, EXIT_FAILED, EXIT_INTERRUPTED = 2, 3, 130
RESUMED = ("run", "sensitivity", "compare", "explain")  # commands that go on with --resume
BEGINS_AGAIN = "nothing is kept, the same command begins again"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``mcsim``; those of the process by default.

    Returns
    -------
    int
        0 done; 2 the user's input is wrong; 3 the run failed part-way; 130 interrupted.
    """
    one_core_for_a_product()
    if arguments is None:
        seldom_collected()
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    with ended_in_order():
        try:
            words = [word for word in words if word != "--debug"]
            return int(mcsim.main(args=words, prog_name="mcsim", standalone_mode=False) or 0)
        except Exception as error:
            if debug:
                raise
            return _told(error, words)
        except KeyboardInterrupt as error:
            return _say(_interrupted(error, words), EXIT_INTERRUPTED)


def _interrupted(error: BaseException, words: Sequence[str]) -> str:
    """Return what to tell of a command that was ended from outside: what is kept, and how it goes on."""
    folders: list[str] = getattr(error, "__notes__", [])  # where something lies, the outermost folder last
    if not folders:
        return f"mcsim: interrupted; {BEGINS_AGAIN}"
    if words[0] in RESUMED:
        kept = "what is complete is kept, go on with the same command and --resume --out"
        return f"{folders[-1]}: interrupted; {kept} {folders[-1]}"
    return f"{folders[-1]}: interrupted; the same command goes on"


def _told(error: Exception, words: Sequence[str]) -> int:
    """Say in one line what went wrong and return the exit code that it means."""
    from mcsim.study import InputError

    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.Abort) and not isinstance(error.__context__, EOFError):
        return _say(_interrupted(error.__context__ or error, words), EXIT_INTERRUPTED)
    if isinstance(error, click.ClickException):
        return _say(f"mcsim: {error.format_message()}; `mcsim --help` shows what is right", EXIT_INPUT)
    if isinstance(error, InputError):
        return _say(str(error), EXIT_INPUT)
    code = getattr(error, "exit_code", None)
    if isinstance(code, int):
        in_memory = code == EXIT_INTERRUPTED and "--resume" not in str(error)
        return _say(f"{error}; {BEGINS_AGAIN}" if in_memory else str(error), code)
    if isinstance(error, OSError) and error.strerror:
        where = error.filename or "mcsim"
        return _say(f"{where}: {error.strerror}; mend it, then the same command with --resume goes on", EXIT_FAILED)
    cause = error.__context__ if isinstance(error, click.Abort) and error.__context__ is not None else error
    return _say(f"mcsim: {type(cause).__name__}: {cause}; --debug shows where", EXIT_FAILED)


def _say(line: str, code: int) -> int:
    _show(" ".join(line.split()), err=True)
    return code


@click.group(cls=Group, invoke_without_command=True, context_settings={"help_option_names": HELP})
@click.version_option(__version__, prog_name="mcsim")
@click.pass_context
def mcsim(ctx: click.Context) -> None:
    """Monte Carlo uncertainty and sensitivity, with the studies of second-hand electric vehicles built on it.

    A STUDY is a name that `mcsim list` shows or the path of a study file. `mcsim COMMAND --help` tells a command's
    options; --debug shows a traceback.
    """
    if ctx.invoked_subcommand is None:
        _show(ctx.get_help())


def _again(folder: Path, study: str | None, words: dict[str, Any]) -> Any:
    """Return what a folder says of what is in it, with the study, settings and tables that the user said; these go."""
    from mcsim.command.again import recorded

    settings, data, posterior = words.pop("settings", ()), words.pop("data", None), words.pop("posterior", None)
    if posterior is not None and study is None:
        raise click.UsageError(
            f"--posterior: with --from alone (got {posterior}); its draws are those that were recorded"
        )
    again = recorded(folder, None if study is None else _loaded(study, (), data, posterior), data)
    again = replace(again, study=_set(again.study, settings))
    for line in again.lines:
        _show(line, err=True)
    _begin(again.study, words)
    return again


@mcsim.command("list")
@offers("--json")
def list_studies(as_json: bool) -> None:
    """List the studies shipped or installed."""
    from mcsim.command import show

    _show(show.studies(as_json))


@mcsim.command("show")
@click.argument("study", shell_complete=completed.studies)
@offers("--data", "--json")
def show_study(study: str, data: Path | None, as_json: bool) -> None:
    """Show a study's inputs, outputs and options."""
    from mcsim.command import show

    _show(show.study(_loaded(study, (), data), as_json))


@mcsim.command("check")
@click.argument("study", shell_complete=completed.studies)
@offers("--set", "--data", "--json")
def check_study(study: str, settings: Sequence[str], data: Path | None, as_json: bool) -> None:
    """Validate a study, its tables and its report, and evaluate it once at the centre.

    Stages of its model are compared one by one with what they say they read.
    """
    from mcsim.command.checked import check
    from mcsim.study import InputError

    try:
        told = check(_loaded(study, settings, data), _warn)
    except InputError as error:
        if as_json:
            _show(Told("", {"study": study, "ok": False, "errors": [" ".join(str(error).split())]}).as_json)
        raise
    _tell(told, as_json)


@mcsim.command("evaluate")
@click.argument("study", shell_complete=completed.studies)
@offers("--set", "--data", "--json")
def evaluate_study(study: str, settings: Sequence[str], data: Path | None, as_json: bool) -> None:
    """Evaluate a study once, with every input at its centre unless set."""
    from mcsim.command import show
    from mcsim.command.loading import stated
    from mcsim.engine.evaluation import evaluate_centre
    from mcsim.engine.progress import tell_compiling

    found = stated(study, settings, data)
    _warn(found)
    tell_compiling()
    _show(show.evaluation(found, evaluate_centre(found), as_json))


@mcsim.command("run")
@click.argument("study", required=False, shell_complete=completed.studies)
@offers("--from", "--draws", "--design", "--samples", "--lives", "--seed", "--set", "--data", "--until")
@offers("--posterior", "--out", "--resume", "--keep", "--exact", "--shard", "--jobs", "--backend", "--scheduler")
@offers("--chunk", "--timeout", "--max-failed", "--no-sensitivity", "--base", "--png", "--xlsx", "--lang", "--quiet")
@offers("--json", "--method")
def run_study(study: str | None, repeat: Path | None, **given: Any) -> None:
    """Run a study: bands, then the ranking of what drives them, then the report."""
    from mcsim.command.jobs import Paper, asked_of, draw_and_report, refuse_unranked, run_and_report

    words = said(given)
    spoken = words.pop("as_json", False), words.get("quiet", False)
    ranked, samples = not words.pop("no_sensitivity", False), words.pop("samples", None)
    paper = Paper(words.pop("png", False), words.pop("language", "en"), words.pop("xlsx", False))
    if not ranked:
        refuse_unranked(words)
    method = words.pop("method", None)
    if repeat is not None:
        from mcsim.command.again import runs_again

        again = _again(repeat, study, words)
        if method is not None:
            raise click.UsageError(f"run: --from: with --method (got {method}); the ranking as it was, or no --from")
        if not again.drawn:
            raise click.UsageError(f"run: --from: no run (got {repeat}); `mcsim sensitivity --from` repeats a ranking")
        asked = runs_again(again, words, samples, ranked)
        _tell(draw_and_report(again.study, *asked, again.request, paper), *spoken)
        return
    if study is None:
        raise click.UsageError("run: no study (got nothing); a name that `mcsim list` shows or a path")
    loaded = _loaded(study, words.pop("settings", ()), words.pop("data", None), words.pop("posterior", None))
    _begin(loaded, words)
    _tell(run_and_report(loaded, asked_of(words, [loaded], samples)[0], ranked, paper, method), *spoken)


@mcsim.command("sensitivity")
@click.argument("study", required=False, shell_complete=completed.studies)
@offers("--from", "--method", "--groups", "--second-order", "--confidence", "--output", "--base", "--lives", "--seed")
@offers("--set", "--data", "--posterior", "--until", "--out", "--resume", "--shard", "--jobs", "--backend")
@offers("--scheduler", "--chunk", "--timeout", "--max-failed", "--quiet", "--threshold", "--choices", "--candidates")
@offers("--json")
def rank_study(study: str | None, repeat: Path | None, **given: Any) -> None:
    """Rank what drives a study's outputs."""
    from mcsim.command.jobs import asked_of, rank_and_write
    from mcsim.ranking.factors import drawn_together
    from mcsim.ranking.repeat import Request

    words, recorded = said(given), {}
    spoken = words.pop("as_json", False), words.get("quiet", False)
    request = Request()
    if repeat is not None:
        again = _again(repeat, study, words)
        if again.ranked is None:
            raise click.UsageError(f"sensitivity: --from: no ranking (got {repeat}); `mcsim run --from` repeats a run")
        loaded, recorded, request = again.study, dict(again.ranked), again.request
    elif study is None:
        raise click.UsageError("sensitivity: no study (got nothing); a name that `mcsim list` shows or a path")
    else:
        loaded = _loaded(study, words.pop("settings", ()), words.pop("data", None), words.pop("posterior", None))
        _begin(loaded, words)
        request = Request("shapley_data" if drawn_together(loaded) else "sobol")
    wanted = {name: words.pop(name) for name in ("method", "groups", "outputs") if name in words}
    _tell(rank_and_write(loaded, asked_of(recorded | words, [loaded])[0], replace(request, **wanted)), *spoken)


@mcsim.command("calibrate")
@click.argument("study", shell_complete=completed.studies)
@offers("--set", "--data", "--out", "--method", "--group", "--draws", "--seed", "--jobs", "--quiet")
def calibrate_study(study: str, **given: Any) -> None:
    """Narrow a study's inputs by what was observed: its posterior, for runs with --posterior."""
    from mcsim.command.calibrated import calibrate_and_write

    words = said(given)
    loaded = _loaded(study, words.pop("settings", ()), words.pop("data", None))
    _begin(loaded, words)
    told = calibrate_and_write(loaded, words)
    if not words.get("quiet"):
        _show(told)


@mcsim.command("merge")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@offers("--out", "--part")
def merge_shards(folders: Sequence[Path], out: Path | None, part: bool) -> None:
    """Merge shards into one result, identical to the unsharded run."""
    from mcsim.command.merged import merge_and_report

    if out is None:
        raise click.UsageError("merge: no --out (got nothing); the run directory of the merged run")
    _show(merge_and_report(list(folders), out, part))


@mcsim.command("compare")
@click.argument("studies", nargs=-1, shell_complete=completed.studies)
@offers("--from", "--draws", "--design", "--samples", "--lives", "--seed", "--set", "--data", "--posterior", "--out")
@offers("--resume", "--keep", "--shard", "--jobs", "--backend", "--scheduler", "--chunk", "--timeout", "--max-failed")
@offers("--no-sensitivity", "--base", "--ladder", "--levers", "--lang", "--quiet", "--json")
def compare_studies(studies: Sequence[str], repeat: Path | None, **given: Any) -> None:
    """Compare studies with the first one, under common random numbers: what helps, how surely, what it costs.

    Overlays, such as the levers and packages that `mcsim list` shows, come over the first study.
    """
    from mcsim.command.comparing import compare, compare_again
    from mcsim.engine.progress import tell_compiling

    words = said(given)
    spoken = words.pop("as_json", False), words.get("quiet", False)
    if not spoken[1]:
        tell_compiling()
    if repeat is not None:
        others = [name for name in ("settings", "data", "samples", "posterior", "levers") if name in words]
        if studies or others:
            raise click.UsageError(f"compare: --from: with {', '.join([*studies, *others])}; the comparison as it was")
        lines, told = compare_again(repeat, words)
        for line in lines:
            _show(line, err=True)
        _tell(told(), *spoken)
        return
    if len(studies) < 2 and not ("levers" in words and studies):
        got = f"one study (got {studies[0]})" if studies else "no study (got nothing)"
        raise click.UsageError(f"compare: {got}; at least two, or one with --levers")
    _tell(compare(studies, words), *spoken)


@mcsim.command("report")
@click.argument("folder", type=click.Path(path_type=Path))
@offers("--pdf", "--png", "--xlsx", "--lang")
def write_again(folder: Path, pdf: bool, png: bool, xlsx: bool, language: str | None) -> None:
    """Write the report of a run directory again."""
    from mcsim.command.jobs import Paper, report_again

    _show(report_again(folder, pdf, Paper(png, language or "en", xlsx)))


@mcsim.command("new")
@click.argument("kind", metavar="corridor")
@click.argument("folder", type=click.Path(path_type=Path))
@offers("--home", "--host", "--of")
def new(kind: str, folder: Path, home: str | None, host: str | None, of: str | None) -> None:
    """Write a folder in which another corridor is filled in: the study file, every table, what each has to hold."""
    from mcsim.command.made import make

    _show(make(kind, folder, home, host, of))


@mcsim.command("bench")
@offers("--json")
def bench(as_json: bool) -> None:
    """Measure this machine's throughput, beside the numbers of the README."""
    from mcsim.command.bench import table

    _show(table(as_json))


for _question in (explain_outcome, combine_levers, plan_measurements):
    mcsim.add_command(_question)

if __name__ == "__main__":
    sys.exit(main())
