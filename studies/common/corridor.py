"""Two countries as data: where vehicles are new and where they go second-hand, by the labels that a study file gives.

Python says `home` and `host`. Names of inputs, tables and outputs that hold one of these words become the study's own
with its labels in their place: `home_ev_midpoint` is `us_ev_midpoint` where ``home = "us"``. A text may hold ``{home}``
and ``{host}``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar

from mcsim.study import Context, InputError, Option, Output, Parameter, Stage, Stages, TableSpec
from mcsim.study.errors import nearest
from mcsim.study.stages import Options, Results

Declared = TypeVar("Declared", Parameter, Option, Output, TableSpec)
Value = TypeVar("Value")


@lru_cache(maxsize=4096)
def _label(home: str, host: str, name: str) -> str:
    labels = {"home": home, "host": host}
    return "_".join(labels.get(word, word) for word in name.split("_"))


@lru_cache(maxsize=256)
def _neutral(home: str, host: str, names: tuple[str, ...]) -> dict[str, str]:
    """Return the names that Python has, by those of a study. Every stage of every call of a model asks."""
    return {_label(home, host, name): name for name in names}


class Named(Mapping[str, Any]):
    """What a study calls by its labels, read by the names that Python has."""

    def __init__(self, corridor: Corridor, values: Mapping[str, Any]) -> None:
        self._corridor, self._values = corridor, values

    def __getitem__(self, name: str) -> Any:
        return self._values[self._corridor.label(name)]

    def whole(self, name: str) -> Any:
        """Return a result of a stage as it was computed, see `mcsim.study.stages.Found`."""
        return self._values.whole(self._corridor.label(name))  # type: ignore[attr-defined]

    def __contains__(self, name: object) -> bool:
        return self._corridor.label(str(name)) in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


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
        return _label(self.home, self.host, name)

    def text(self, text: str) -> str:
        """Return a text with the labels in it, in capitals."""
        return text.format(home=self.home.upper(), host=self.host.upper())

    def declared(self, items: Iterable[Declared]) -> tuple[Declared, ...]:
        """Return parameters, options, outputs or tables as the study has them."""
        return tuple(self._declared(item) for item in items)

    def _declared(self, item: Declared) -> Declared:
        named = replace(item, name=self.label(item.name), meaning=self.text(item.meaning))
        return replace(named, rows=self.text(named.rows)) if isinstance(named, TableSpec) else named

    def neutral(self, values: Mapping[str, Value], names: Iterable[str]) -> dict[str, Value]:
        """Return what a study calls by its labels under the names that Python has; others keep theirs."""
        known = _neutral(self.home, self.host, tuple(names))
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

    def staged(
        self, stages: Callable[[Options], tuple[Stage, ...]], options: Iterable[str], outputs: Iterable[str]
    ) -> Stages:
        """Return stages that are declared by the names that Python has as the study has them.

        Parameters
        ----------
        stages : callable
            ``stages(options) -> tuple of Stage``, all names as Python has them, those of results too.
        options, outputs : iterable of str
            Names of all options and outputs, as Python has them.
        """
        option_names, output_names = tuple(options), tuple(outputs)

        def labelled(given: Options) -> tuple[Stage, ...]:
            return tuple(
                self._staged(stage, option_names, output_names) for stage in stages(self.neutral(given, option_names))
            )

        return Stages(labelled)

    def _staged(self, stage: Stage, options: tuple[str, ...], outputs: tuple[str, ...]) -> Stage:
        def compute(inputs: Mapping[str, Any], found: Any, context: Context) -> Results:
            wanted = context.wanted
            if wanted is not None:
                wanted = frozenset(self.neutral(dict.fromkeys(wanted), outputs))
            named = replace(context, options=self.neutral(context.options, options), wanted=wanted)
            return self.labelled(stage.compute(Named(self, inputs), Named(self, found), named))

        reads, gives = (tuple(map(self.label, names)) for names in (stage.reads, stage.gives))
        return replace(stage, compute=compute, reads=reads, gives=gives)
