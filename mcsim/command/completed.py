"""What a shell offers at the TAB key: studies and files, inputs and options to set, the words that an option takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def studies(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the studies that begin so; files too, since a study may be a path."""
    from click.shell_completion import CompletionItem

    from mcsim.study.load import find_studies

    return [*_beginning(find_studies(), incomplete), CompletionItem(incomplete, type="file")]


def settings(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return ``NAME=`` of the inputs and options that the study of this line has."""
    from mcsim.study import InputError
    from mcsim.study.load import load

    said = next(iter(ctx.args), None)  # of a line that is not done, the words are not parameters yet
    try:
        study = load(said) if said else None
    except (InputError, OSError):
        return []  # the line is not done yet; what is wrong with it is told when it is entered
    if study is None:
        return []
    names = [*study.inputs.names, *(option.name for option in study.model.options)]
    return _beginning([f"{name}=" for name in names], incomplete)


def words(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the words that an option takes, as its help tells them: ``random|lhs|sobol``."""
    if "--method" in param.opts and ctx.command.name == "sensitivity":
        from mcsim.ranking.methods import METHODS

        return _beginning(METHODS, incomplete)
    choices = str(param.metavar or "").split("|")
    return _beginning([word for word in choices if word.islower()], incomplete) if len(choices) > 1 else []


def _beginning(names: Any, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
