"""Two countries as data: where vehicles are new and where they go second-hand, by the labels that a study file gives.

Python says `home` and `host`. Names of inputs, tables and outputs that hold one of these words become the study's own
with its labels in their place: `home_ev_midpoint` is `us_ev_midpoint` where ``home = "us"``. A text may hold ``{home}``
and ``{host}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from mcsim.study import InputError, Option, Output, Parameter, TableSpec
from mcsim.study.errors import nearest

Declared = TypeVar("Declared", Parameter, Option, Output, TableSpec)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Corridor:
    """The two labels.

    Parameters
    ----------
    home : str
        Where vehicles are sold new and grow old.
    host : str
        Where they go second-hand.

    Raises
    ------
    InputError
        When a label is no word, or both are the same.

    Examples
    --------
    >>> corridor = Corridor("us", "mx")
    >>> corridor.label("home_retirement_share_to_host"), corridor.text("EVs sold in {host}")
    ('us_retirement_share_to_mx', 'EVs sold in MX')
    """

    home: str
    host: str

    def __post_init__(self) -> None:
        for key, label in (("home", self.home), ("host", self.host)):
            if not isinstance(label, str) or not label.isidentifier():
                raise InputError(f'study.arguments: {key}: not a word (got {label!r}); a label such as "us"')
        if self.home == self.host:
            raise InputError(f"study.arguments: host: the same as home (got {self.host!r}); two labels")

    def label(self, name: str) -> str:
        """Return a name as the study has it."""
        labels = {"home": self.home, "host": self.host}
        return "_".join(labels.get(word, word) for word in name.split("_"))

    def text(self, text: str) -> str:
        """Return a text with the labels in it, in capitals."""
        return text.format(home=self.home.upper(), host=self.host.upper())

    def declared(self, items: Iterable[Declared]) -> tuple[Declared, ...]:
        """Return parameters, options, outputs or tables as the study has them."""
        return tuple(replace(item, name=self.label(item.name), meaning=self.text(item.meaning)) for item in items)

    def neutral(self, values: Mapping[str, Value], names: Iterable[str]) -> dict[str, Value]:
        """Return what a study calls by its labels under the names that Python has; others keep theirs."""
        known = {self.label(name): name for name in names}
        return {known.get(name, name): value for name, value in values.items()}

    def need(self, tables: Iterable[str], specs: Iterable[TableSpec]) -> None:
        """Refuse a study without one of the tables that its labels and the model ask for.

        Raises
        ------
        InputError
            Naming the first one missing.
        """
        known = tuple(tables)
        for spec in specs:
            name = self.label(spec.name)
            if name not in known:
                raise InputError(
                    f"tables: {name}: missing (got {len(known)} others); [tables.{name}], columns "
                    f"{', '.join(spec.keys)}, value and source{nearest(name, known)}"
                )

    def labelled(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Return what Python calls `home` and `host` under the study's names."""
        return {self.label(name): value for name, value in values.items()}
