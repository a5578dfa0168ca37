"""What every command says around its work: what it found, what its model warns of, that kernels are compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcsim.command.door import show

if TYPE_CHECKING:
    from mcsim.command.told import Told


def tell(told: Told, as_json: bool, quiet: bool = False) -> None:
    """Print what a command found: for a program, for a person, or for nobody."""
    if as_json:
        show(told.as_json)
    elif not quiet:
        show(told)


def begin(study: Any, words: dict[str, Any]) -> None:
    """Say what the model warns of, and of kernels that they are compiled, which takes a new machine a minute."""
    from mcsim.engine.progress import tell_compiling

    warn(study)
    if not words.get("quiet"):
        tell_compiling()


def warn(study: Any) -> None:
    """Say what the model warns of where the user has set something."""
    # What a study is by default is told in its report; who has set something has to know what that is worth.
    for line in study.model.warn(study.options) if study.model.warn is not None and study.overrides else ():
        show(f"{study.name}: {line}", err=True)
