"""Options of the command line: each stands here once; a command offers those that act on it, and refuses the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mcsim.command.door import own_output


class Number(click.ParamType):  # type: ignore[type-arg]
    """A number as people write it, 1e4 too; whether it is right is for `mcsim.engine.asked` to say, as in Python."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number that a word means, or the word."""
        from mcsim.study.values import number_or_text

        return number_or_text(value) if isinstance(value, str) else value


class Command(click.Command):
    """A command that says whose option it is when it gets one of another command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Return the words left over; an option of another command is refused with the commands on which it acts."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            holders = _holders(ctx, error.option_name)
            if not holders:
                raise
            raise click.UsageError(
                f"{self.name}: {error.option_name}: does not act on this command (got {error.option_name}); "
                f"an option of {', '.join(holders)}"
            ) from None

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Return the context of one call, in which the standard output is for what the command says itself."""
        context = super().make_context(*args, **extra)
        context.with_resource(own_output())
        return context


def _holders(ctx: click.Context, option: str) -> list[str]:
    group = ctx.parent.command if ctx.parent is not None else None
    commands = group.commands if isinstance(group, click.Group) else {}
    return [name for name, command in commands.items() if any(option in parameter.opts for parameter in command.params)]


class Group(click.Group):
    """The commands of the toolkit."""

    command_class = Command


class MethodOption(click.Option):
    """An option whose help lists the methods that a command has, those of rankings read only when somebody asks."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option and its help."""
        if ctx.command.name == "calibrate":
            return (
                "--method importance|sampler",
                "Weights of prior draws, or a sampler (default: where weights collapse).",
            )
        from mcsim.ranking.methods import METHODS

        name, text = super().get_help_record(ctx) or ("--method", "")
        told = "; ".join(f"{method.name} ({method.evaluations}: {method.tells})" for method in METHODS.values())
        return name, f"{text} {told}."


_PATH: Any = click.Path(path_type=Path)
OPTIONS: dict[str, Callable[..., Any]] = {
    "--set": click.option(
        "--set", "settings", multiple=True, metavar="K=V", help="Fix an input or option, or give it a distribution."
    ),
    "--data": click.option("--data", type=_PATH, help="Folder with CSV tables of your own."),
    "--json": click.option("--json", "as_json", is_flag=True, help="Print JSON."),
    "--draws": click.option("--draws", type=Number(), help="Draws (default 2,000; of a calibration 20,000)."),
    "--design": click.option("--design", metavar="random|lhs|sobol", help="How points are drawn (default random)."),
    "--lives": click.option("--lives", type=Number(), help="Lives per draw, of a study that samples lives."),
    "--seed": click.option("--seed", type=Number(), help="Seed (default 1; recorded)."),
    "--samples": click.option("--samples", type=_PATH, help="CSV or Parquet with samples of your own."),
    "--until": click.option("--until", help='Stop rule, such as "mcse(OUTPUT@2050) < 1%".'),
    "--posterior": click.option(
        "--posterior", metavar="DIR|shipped", help="Draw inputs from this calibration, not from their priors."
    ),
    "--out": click.option("--out", type=_PATH, help="Run directory (default runs/STUDY-1, -2, ...)."),
    "--resume": click.option("--resume", is_flag=True, help="Go on with the run in --out."),
    "--keep": click.option("--keep", multiple=True, metavar="OUTPUT|all", help="Store this output per draw."),
    "--exact": click.option(
        "--exact", is_flag=True, help="Store draws of outputs with more than 1,000 elements in float64, not float32."
    ),
    "--jobs": click.option("--jobs", type=Number(), help="Workers (default: the cores)."),
    "--backend": click.option("--backend", metavar="threads|processes|dask", help="Where chunks run."),
    "--scheduler": click.option("--scheduler", help="Address of a Dask scheduler."),
    "--chunk": click.option("--chunk", type=Number(), help="Draws per task (default: what 32 MiB hold)."),
    "--shard": click.option("--shard", metavar="I/N", help="Compute part I of N; `mcsim merge` joins them."),
    "--part": click.option(
        "--part", is_flag=True, help="Neighbouring shards without the others: a part, to be merged with other parts."
    ),
    "--timeout": click.option("--timeout", type=Number(), help="Seconds that one chunk may take."),
    "--max-failed": click.option("--max-failed", type=Number(), help="Share that may fail (default 0.05)."),
    "--quiet": click.option("--quiet", is_flag=True, help="No progress."),
    "--no-sensitivity": click.option("--no-sensitivity", is_flag=True, help="Bands only."),
    "--base": click.option(
        "--base",
        type=Number(),
        help="Base rows of the Sobol' design, a power of two (default 1024; of a comparison 256).",
    ),
    "--levers": click.option(
        "--levers",
        is_flag=True,
        help="Every lever and package whose inputs the first study has; its runs are not kept.",
    ),
    "--ladder": click.option("--ladder", is_flag=True, help="Levers at 1/4, 1/2 and 3/4 of their strength too."),
    "--method": click.option("--method", cls=MethodOption, help="How inputs are ranked (default sobol):"),
    "--group": click.option(
        "--group", multiple=True, metavar="NAME[:SOURCE]", help="Only these observations (default: all)."
    ),
    "--threshold": click.option(
        "--threshold",
        type=Number(),
        help="Share of the variance from which an input matters (sobol; default 0.05), or value below which one acts "
        "(evppi; default 0 where an output is on both sides of it).",
    ),
    "--groups": click.option("--groups", is_flag=True, help="Rank every group as one factor."),
    "--second-order": click.option("--second-order", is_flag=True, help="Second-order indices too."),
    "--confidence": click.option("--confidence", metavar="replicates|bootstrap", help="How intervals are made."),
    "--output": click.option(
        "--output", "outputs", multiple=True, help="Rank this output (default: those marked as ranked)."
    ),
    "--from": click.option("--from", "repeat", type=_PATH, help="Repeat what is in this directory, to the bit."),
    "--lang": click.option(
        "--lang", "language", metavar="en|es", help="Language of the report and of what is printed (default en)."
    ),
    "--png": click.option("--png", is_flag=True, help="Figures as PNG too."),
    "--xlsx": click.option("--xlsx", is_flag=True, help="A workbook of its tables too (needs the extra mcsim[xlsx])."),
    "--pdf": click.option("--pdf", is_flag=True, help="As PDF too (needs the extra mcsim[pdf])."),
}


def offers(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what gives a command these options; it gets what the user said, by name, and nothing else."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed(names):
            function = OPTIONS[name](function)
        return function

    return decorate


def said(given: dict[str, Any]) -> dict[str, Any]:
    """Return the options of which the user said something."""
    return {name: value for name, value in given.items() if value is not None and value != () and value is not False}
