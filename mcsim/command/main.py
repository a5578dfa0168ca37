"""Command line: argv -> one call -> exit code. Whatever is heavy is imported inside the command that needs it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from mcsim import __version__

EXIT_INPUT, EXIT_FAILED, EXIT_INTERRUPTED = 2, 3, 130


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
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    try:
        code = mcsim.main(args=[word for word in words if word != "--debug"], prog_name="mcsim", standalone_mode=False)
        return int(code or 0)
    except Exception as error:
        if debug:
            raise
        return _told(error)
    except KeyboardInterrupt:
        return _say("mcsim: interrupted; nothing half-written", EXIT_INTERRUPTED)


def _told(error: Exception) -> int:
    """Say in one line what went wrong and return the exit code that it means."""
    from mcsim.study import InputError

    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.Abort):
        return _say("mcsim: interrupted", EXIT_INTERRUPTED)
    if isinstance(error, click.ClickException):
        return _say(f"mcsim: {error.format_message()}; `mcsim --help` shows what is right", EXIT_INPUT)
    if isinstance(error, InputError):
        return _say(str(error), EXIT_INPUT)
    code = getattr(error, "exit_code", None)
    if isinstance(code, int):
        return _say(str(error), code)
    return _say(f"mcsim: {type(error).__name__}: {error}; --debug shows where", EXIT_FAILED)


def _say(line: str, code: int) -> int:
    click.echo(" ".join(line.split()), err=True)
    return code


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mcsim")
def mcsim() -> None:
    """Monte Carlo uncertainty and sensitivity, with the studies of second-hand electric vehicles built on it.

    A STUDY is a name that `mcsim list` shows or the path of a study file. --debug shows a traceback.
    """


def _options(*decorators: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


_set = click.option(
    "--set", "settings", multiple=True, metavar="K=V", help="Fix an input or option, or give it a distribution."
)
_data = click.option("--data", type=click.Path(path_type=Path), help="Folder with CSV tables of your own.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_running = _options(
    click.option("--draws", type=int, default=None, help="Draws (default 2,000)."),
    click.option("--design", default=None, metavar="random|lhs|sobol", help="How points are drawn (default random)."),
    click.option("--lives", type=int, default=None, help="Vehicle lives per draw, with evaluation=lives."),
    click.option("--seed", type=int, default=None, help="Seed (default 1; recorded)."),
    click.option("--jobs", type=int, default=None, help="Workers (default: the cores)."),
    click.option("--backend", default="threads", metavar="threads|processes|dask", help="Where chunks run."),
    click.option("--scheduler", default=None, help="Address of a Dask scheduler."),
    _set,
    _data,
    click.option("--out", type=click.Path(path_type=Path), help="Run directory (default runs/STUDY-1, -2, ...)."),
    click.option("--shard", default=None, metavar="I/N", help="Compute part I of N; `mcsim merge` joins them."),
    click.option("--resume", is_flag=True, help="Go on with the run in --out."),
    click.option("--until", default=None, help='Stop rule, such as "mcse(OUTPUT@2050) < 1%".'),
    click.option("--no-sensitivity", is_flag=True, help="Bands only."),
    click.option(
        "--base", type=int, default=None, help="Base rows of the Sobol' design, a power of two (default 1024)."
    ),
    click.option("--keep", multiple=True, metavar="OUTPUT|all", help="Store this output per draw."),
    click.option("--samples", type=click.Path(path_type=Path), help="CSV or Parquet with samples of your own."),
    click.option("--chunk", type=int, default=None, help="Draws per task (default: what 64 MiB hold)."),
    click.option("--quiet", is_flag=True, help="No progress."),
    click.option("--max-failed", type=float, default=0.05, help="Share of draws that may fail (default 0.05)."),
    click.option("--timeout", type=float, default=None, help="Seconds that one chunk may take."),
)


def _loaded(study: str, settings: Sequence[str], data: Path | None) -> Any:
    from mcsim.study import InputError
    from mcsim.study.load import load

    pairs = []
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name or not value:
            raise InputError(f"--set: not K=V (got {setting!r}); such as --set annual_degradation=0.02")
        pairs.append((name.strip(), value.strip()))
    return load(study, data).set_items(pairs)


@mcsim.command("list")
@_json
def list_studies(as_json: bool) -> None:
    """List the studies shipped or installed."""
    from mcsim.command import show

    click.echo(show.studies(as_json))


@mcsim.command("show")
@click.argument("study")
@_data
@_json
def show_study(study: str, data: Path | None, as_json: bool) -> None:
    """Show a study's inputs, outputs and options."""
    from mcsim.command import show

    click.echo(show.study(_loaded(study, (), data), as_json))


@mcsim.command("check")
@click.argument("study")
@_set
@_data
def check_study(study: str, settings: Sequence[str], data: Path | None) -> None:
    """Validate a study and its tables, and evaluate it once at the centre."""
    from mcsim.engine.run import evaluate_centre

    loaded = _loaded(study, settings, data)
    _warn(loaded)
    evaluate_centre(loaded)
    click.echo(f"{loaded.name}: {len(loaded.inputs)} inputs, {len(loaded.outputs)} outputs, no error")


@mcsim.command("evaluate")
@click.argument("study")
@_set
@_data
@_json
def evaluate_study(study: str, settings: Sequence[str], data: Path | None, as_json: bool) -> None:
    """Evaluate a study once, with every input at its centre unless set."""
    from mcsim.command import show
    from mcsim.engine.run import evaluate_centre

    loaded = _loaded(study, settings, data)
    _warn(loaded)
    click.echo(show.evaluation(loaded, evaluate_centre(loaded), as_json))


@mcsim.command("run")
@click.argument("study", required=False)
@click.option("--from", "repeat", type=click.Path(path_type=Path), help="Repeat the run of this directory.")
@_running
def run_study(study: str | None, repeat: Path | None, **given: Any) -> None:
    """Run a study: bands, then the ranking of what drives them, then the report."""
    from mcsim.command.jobs import Request, repeated, run_and_report

    request = Request(**given)
    if repeat is not None:
        study, request = repeated(repeat, request, study)
    if study is None:
        raise click.UsageError("run: no study (got nothing); a name that `mcsim list` shows or a path")
    loaded = _loaded(study, request.settings, request.data)
    _warn(loaded)
    click.echo(run_and_report(loaded, request))


@mcsim.command("sensitivity")
@click.argument("study")
@click.option(
    "--method", default="sobol", help="sobol, morris, delta, pawn, rbd_fast, hdmr, shapley, prcc, tornado, evppi."
)
@click.option("--groups", is_flag=True, help="Rank every group as one factor.")
@click.option("--second-order", is_flag=True, help="Second-order indices too.")
@click.option("--confidence", default="bootstrap", metavar="bootstrap|replicates", help="How intervals are made.")
@click.option("--output", "outputs", multiple=True, help="Rank this output (default: those marked as ranked).")
@_running
def rank_study(
    study: str, method: str, groups: bool, second_order: bool, confidence: str, outputs: Sequence[str], **given: Any
) -> None:
    """Rank what drives a study's outputs."""
    from mcsim.command.jobs import Request, rank_and_write

    request = Request(**given)
    loaded = _loaded(study, request.settings, request.data)
    _warn(loaded)
    click.echo(rank_and_write(loaded, request, method, groups, second_order, confidence, tuple(outputs)))


@mcsim.command("merge")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Run directory of the merged run.")
def merge_shards(folders: Sequence[Path], out: Path) -> None:
    """Merge shards into one result, identical to the unsharded run."""
    from mcsim.command.jobs import merge_and_report

    click.echo(merge_and_report(list(folders), out))


@mcsim.command("compare")
@click.argument("studies", nargs=-1, required=True)
@_running
def compare_studies(studies: Sequence[str], **given: Any) -> None:
    """Compare studies: paired deltas to the first one, under common random numbers."""
    from mcsim.command.jobs import Request, compare_and_write

    if len(studies) < 2:
        raise click.UsageError(f"compare: one study (got {studies[0]}); at least two")
    request = Request(**given)
    loaded = [_loaded(study, request.settings, request.data) for study in studies]
    click.echo(compare_and_write(loaded, request))


@mcsim.command("report")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--pdf", is_flag=True, help="As PDF too (needs the extra mcsim[pdf]).")
def write_again(folder: Path, pdf: bool) -> None:
    """Write the report of a run directory again."""
    from mcsim.command.jobs import report_again

    click.echo(report_again(folder, pdf))


@mcsim.command("bench")
@_json
def bench(as_json: bool) -> None:
    """Measure this machine's throughput, beside the numbers of the README."""
    from mcsim.command.bench import table

    click.echo(table(as_json))


def _warn(study: Any) -> None:
    for line in study.model.warn(study.options) if study.model.warn is not None else ():
        click.echo(f"{study.name}: {line}", err=True)


if __name__ == "__main__":
    sys.exit(main())
