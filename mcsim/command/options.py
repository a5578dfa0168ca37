"""Options of the command line: each stands here once; a command offers those that act on it, and refuses the others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mcsim.command import completed
from mcsim.command.door import own_output

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Number(click.ParamType):  # type: ignore[type-arg]
    """A number as people write it, 1e4 too; whether it is right is for `mcsim.engine.asked` to say, as in Python."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number that a word means, or the word."""
        from mcsim.study.values import number_or_text

        return number_or_text(value) if isinstance(value, str) else value


HELP = ["-h", "--help"]


class Command(click.Command):
    """A command that says whose option it is when it gets one of another command."""

    def __init__(self, *args: Any, **extra: Any) -> None:
        super().__init__(*args, **extra)
        self.context_settings.setdefault("help_option_names", HELP)  # whoever makes the context, not the group alone

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

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options by what they are for, then the methods of ranking where one can be chosen."""
        options = [parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option)]
        records = {option.opts[-1]: option.get_help_record(ctx) for option in options}
        left = dict(records)
        for title, names in SECTIONS.items():
            rows = [record for name in names if (record := left.pop(name, None)) is not None]
            _definitions(formatter, title, rows)
        _definitions(formatter, "Other options", [record for record in left.values() if record is not None])
        if "--method" in records and self.name == "sensitivity":
            _definitions(formatter, "Methods of ranking", _methods())


def _definitions(formatter: click.HelpFormatter, title: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows)


def _methods() -> list[tuple[str, str]]:
    from mcsim.ranking.methods import METHODS

    return [(method.name, f"{method.evaluations}: {method.tells}") for method in METHODS.values()]


def _holders(ctx: click.Context, option: str) -> list[str]:
    group = ctx.parent.command if ctx.parent is not None else None
    commands = group.commands if isinstance(group, click.Group) else {}
    return [name for name, command in commands.items() if any(option in parameter.opts for parameter in command.params)]


class Group(click.Group):
    """The commands of the toolkit, told by what they are for, with examples."""

    command_class = Command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, each with the first sentence of its help whole."""
        for title, names in COMMANDS.items():
            _definitions(formatter, title, [(name, self.commands[name].get_short_help_str(200)) for name in names])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        with formatter.section("Examples"):
            for line, meaning in EXAMPLES.items():
                formatter.write(
                    f"{'':>{formatter.current_indent}}{line}\n{'':>{formatter.current_indent + 4}}{meaning}\n"
                )


COMMANDS = {
    "What there is": ("list", "show", "check", "evaluate"),
    "What comes out, and why": ("run", "compare", "combine", "sensitivity", "explain", "plan", "calibrate"),
    "Afterwards": ("report", "merge", "bench"),
    "Of one's own": ("new",),
}
EXAMPLES = {
    "mcsim run ishigami": "bands, what drives them, and a report in runs/ishigami-1, within seconds",
    "mcsim run second-hand-ev --set 'annual_degradation=normal(0.02, 0.003)'": "the main study, with a law of your own",
    "mcsim compare fleet lever-collection lever-take-back": "what two levers change, draw by draw, and how surely",
}
SECTIONS = {
    "The study": ("--from", "--set", "--data", "--posterior", "--group"),
    "The draws": ("--draws", "--design", "--samples", "--lives", "--seed", "--until", "--rare"),
    "The ranking": (
        *("--no-sensitivity", "--method", "--base", "--output", "--groups", "--second-order", "--confidence"),
        *("--threshold", "--choices", "--candidates"),
    ),
    "The comparison": ("--levers", "--ladder", "--reading"),
    "The corridor": ("--home", "--host", "--of"),
    "Files": ("--out", "--resume", "--keep", "--exact", "--shard", "--part", "--png", "--xlsx", "--pdf"),
    "The work": ("--jobs", "--backend", "--scheduler", "--chunk", "--timeout", "--max-failed"),
    "What is told": ("--lang", "--quiet", "--json", "--help"),
}


class Worded(click.Option):
    """An option whose help has other words on some commands, and whose words a shell completes.

    Parameters
    ----------
    of : dict
        Command -> what the option means there.
    """

    def __init__(self, *args: Any, of: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(*args, **extra)
        self.of = dict(of or {})

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option and its help on the command that is asked."""
        record = super().get_help_record(ctx)
        return record if record is None else (record[0], self.of.get(str(ctx.command.name), record[1]))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return what a shell offers: the words of the help, where nothing else is named."""
        return super().shell_complete(ctx, incomplete) or completed.words(ctx, self, incomplete)


_option = partial(click.option, cls=Worded)
_PATH: Any = click.Path(path_type=Path)
OPTIONS: dict[str, Callable[..., Any]] = {
    "--set": _option(
        "--set",
        "settings",
        multiple=True,
        metavar="K=V",
        shell_complete=completed.settings,
        help="Fix an input or option, or give it a distribution.",
    ),
    "--data": _option("--data", type=_PATH, help="Folder with CSV tables of your own."),
    "--json": _option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else."),
    "--rare": _option("--rare", is_flag=True, help="How likely it is even where no draw meets it."),
    "--reading": _option(
        "--reading",
        "readings",
        multiple=True,
        metavar="NAME=WORD,WORD",
        help="Ways to read the model, each as likely: every word of an option.",
    ),
    "--draws": _option(
        "--draws",
        type=Number(),
        help="Draws (default 2,000); 1e4 is a number.",
        of={"calibrate": "Draws of the priors (default 20,000).", "explain": "Draws (default 2,000), of a study."},
    ),
    "--design": _option("--design", metavar="random|lhs|sobol[:R]", help="How points are drawn (default random)."),
    "--lives": _option("--lives", type=Number(), help="Lives per draw, of a study that samples lives."),
    "--seed": _option("--seed", type=Number(), help="Seed (default 1; recorded)."),
    "--samples": _option("--samples", type=_PATH, help="CSV or Parquet with samples of your own."),
    "--until": _option(
        "--until",
        metavar="RULE",
        help='Go on until it is so: "mcse(OUTPUT@2050) < 1%", or "ranking(OUTPUT) resolved".',
        of={"sensitivity": 'Go on until no verdict is open: "ranking(OUTPUT) resolved".'},
    ),
    "--posterior": _option(
        "--posterior", metavar="DIR|shipped", help="Draw inputs from this calibration, not from their priors."
    ),
    "--out": _option(
        "--out",
        type=_PATH,
        help="Run directory (default runs/STUDY-1, -2, ...).",
        of={
            "sensitivity": "Folder of the ranking (default runs/STUDY-sensitivity-1, -2, ...).",
            "calibrate": "Folder of the posterior (default runs/STUDY-posterior-1, -2, ...).",
            "explain": "Run directory (default runs/STUDY-explain-1, -2, ...), of a study.",
            "plan": "Run directory (default runs/STUDY-plan-1, -2, ...).",
            "combine": "Folder of the packages (default runs/combine-STUDY-1, -2, ...).",
            "compare": "Folder of the comparison (default runs/compare-STUDY-...-1, -2, ...).",
            "merge": "Run directory of the whole.",
        },
    ),
    "--resume": _option("--resume", is_flag=True, help="Go on with the run in --out."),
    "--keep": _option("--keep", multiple=True, metavar="OUTPUT|all", help="Store this output per draw."),
    "--exact": _option(
        "--exact",
        is_flag=True,
        help="Store draws of more than 1,000 elements, and of hundreds of inputs, in whole float64.",
    ),
    "--jobs": _option("--jobs", type=Number(), help="Workers (default: the cores)."),
    "--backend": _option("--backend", metavar="threads|processes|dask", help="Where chunks run."),
    "--scheduler": _option("--scheduler", help="Address of a Dask scheduler."),
    "--chunk": _option("--chunk", type=Number(), help="Draws per task (default: what 32 MiB hold)."),
    "--shard": _option("--shard", metavar="I/N", help="Compute part I of N; `mcsim merge` joins them."),
    "--part": _option(
        "--part", is_flag=True, help="Neighbouring shards without the others: a part, to be merged with other parts."
    ),
    "--timeout": _option("--timeout", type=Number(), help="Seconds that one chunk may take."),
    "--max-failed": _option("--max-failed", type=Number(), help="Share that may fail (default 0.05)."),
    "--quiet": _option("--quiet", is_flag=True, help="Say nothing but warnings and errors (and --json)."),
    "--no-sensitivity": _option("--no-sensitivity", is_flag=True, help="Bands only."),
    "--base": _option(
        "--base",
        type=Number(),
        help="Base rows of the Sobol' design, a power of two (default 1024).",
        of={
            "sensitivity": "Base rows of the design, or draws, a power of two (default 1024).",
            "compare": "Base rows of the ranking of each difference, a power of two (default 256).",
        },
    ),
    "--levers": _option(
        "--levers",
        is_flag=True,
        help="Every lever and package whose inputs the first study has; its runs are not kept.",
    ),
    "--ladder": _option("--ladder", is_flag=True, help="Levers at 1/4, 1/2 and 3/4 of their strength too."),
    "--home": _option("--home", metavar="X", help="Label of the country where vehicles are new, such as jp."),
    "--host": _option("--host", metavar="Y", help="Label of the country to which they go second-hand, such as nz."),
    "--of": _option("--of", metavar="STUDY", help="Study whose model it is (default fleet)."),
    "--method": _option(
        "--method",
        metavar="NAME",
        help="How inputs are ranked, by one of the methods below (default sobol).",
        of={"calibrate": "importance: weights of prior draws; sampler (default: where weights collapse)."},
    ),
    "--group": _option(
        "--group", multiple=True, metavar="NAME[:SOURCE]", help="Only these observations (default: all)."
    ),
    "--threshold": _option(
        "--threshold",
        type=Number(),
        help="Share of the variance from which an input matters (sobol; default 0.05), or value below which one acts "
        "(evppi; default 0 where an output is on both sides of it).",
        of={"plan": "Value of the outcome, in its unit, below which one acts: what a survey gains that decision."},
    ),
    "--choices": _option(
        "--choices",
        metavar="DIM[:most]",
        help="Dim among whose labels one chooses that with the least, or most, of the output (evppi).",
    ),
    "--candidates": _option(
        "--candidates",
        type=Number(),
        help="Of so many trajectories those that lie farthest apart (morris; default: as they are drawn).",
    ),
    "--groups": _option("--groups", is_flag=True, help="Rank every group as one factor."),
    "--second-order": _option("--second-order", is_flag=True, help="Second-order indices too."),
    "--confidence": _option("--confidence", metavar="replicates|bootstrap|none", help="How intervals are made."),
    "--output": _option(
        "--output", "outputs", multiple=True, help="Rank this output (default: those marked as ranked)."
    ),
    "--from": _option("--from", "repeat", type=_PATH, help="Repeat what is in this directory, to the bit."),
    "--lang": _option(
        "--lang", "language", metavar="en|es", help="Language of the report and of what is printed (default en)."
    ),
    "--png": _option("--png", is_flag=True, help="Figures as PNG too."),
    "--xlsx": _option("--xlsx", is_flag=True, help="A workbook of its tables too (needs the extra mcsim[xlsx])."),
    "--pdf": _option("--pdf", is_flag=True, help="As PDF too (needs the extra mcsim[pdf])."),
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
