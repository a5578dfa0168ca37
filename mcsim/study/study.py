"""What is asked: a model with everything that is uncertain about it.

A `Model` (``mcsim.study.model``) says what it reads and gives; a `Study` says what is uncertain about it. Both are
plain frozen records: nothing here draws, runs or writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mcsim.study.errors import InputError, nearest
from mcsim.study.model import Model, OptionValue, Output

if TYPE_CHECKING:
    from mcsim.distributions import Distribution
    from mcsim.distributions.dependence import Dirichlet
    from mcsim.study.tables import Table


@dataclass(frozen=True, slots=True)
class Input:
    """One uncertain (or fixed) scalar of a study: what the model declares, and what the study says about it.

    Parameters
    ----------
    name, unit, meaning : str
        As the model declares them.
    distribution : Distribution
        What is known about it; a constant when it is fixed.
    group : str
        The group it is ranked with; its own name when it has none.
    source, note : str
        Where the figure comes from.
    table : (str, int), optional
        For a table's cell: the table and the row.
    vector : (str, int), optional
        For a share of a Dirichlet vector: the vector and the position of the share's unit column.
    """

    name: str
    unit: str
    meaning: str
    distribution: Distribution
    group: str
    source: str = ""
    note: str = ""
    table: tuple[str, int] | None = None
    vector: tuple[str, int] | None = None

    @property
    def uncertain(self) -> bool:
        """Whether the input has more than one value."""
        low, high = self.distribution.support()
        return low < high


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """A model with everything that is uncertain about it.

    Parameters
    ----------
    name, title, question, version : str
        What the study is called and what it answers.
    model : Model
        What is evaluated.
    inputs : tuple of Input
        Every scalar input, fixed or uncertain, table cells included, in declaration order.
    options : mapping
        Option name -> value.
    tables : mapping
        Table name -> Table.
    vectors : mapping
        Name of a vector of shares -> Dirichlet.
    dependence : tuple of (str, str, float)
        Rank correlations between inputs.
    headline : tuple of str
        Outputs that the report leads with.
    origin : str
        Path of the study file, for messages and hashes; empty when built in Python.
    overrides : tuple of (str, str)
        What was set over the study file, in order.
    files : tuple of str
        Every file that the study was read from: study files and tables.
    data : str
        Folder of the user's own tables; empty without one.
    figures : tuple of mappings
        What the report draws, as [[report.figures]] writes it.
    """

    name: str
    title: str
    question: str
    version: str
    model: Model
    inputs: tuple[Input, ...]
    options: Mapping[str, OptionValue]
    tables: Mapping[str, Table] = field(default_factory=dict)
    vectors: Mapping[str, Dirichlet] = field(default_factory=dict)
    dependence: tuple[tuple[str, str, float], ...] = ()
    headline: tuple[str, ...] = ()
    origin: str = ""
    overrides: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    data: str = ""
    figures: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Outputs that exist under the study's options."""
        return tuple(output for output in self.model.outputs if self._exists(output))

    def _exists(self, output: Output) -> bool:
        return output.only_if is None or self.options[output.only_if[0]] == output.only_if[1]

    @property
    def uncertain(self) -> tuple[Input, ...]:
        """Inputs that have more than one value: the columns of a design."""
        return tuple(item for item in self.inputs if item.uncertain)

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Factors of a ranking: scalars by their own name, table cells and shares by their group."""
        members: dict[str, list[str]] = {}
        for item in self.uncertain:
            cell = item.table is not None or item.vector is not None
            members.setdefault(item.group if cell else item.name, []).append(item.name)
        return {name: tuple(names) for name, names in members.items()}

    def output(self, name: str) -> Output:
        """Return the output of that name.

        Raises
        ------
        InputError
            When there is none, naming the closest.
        """
        known = {output.name: output for output in self.outputs}
        if name not in known:
            raise InputError(f"{self.name}: {name}: no such output; one of {', '.join(known)}" + nearest(name, known))
        return known[name]

    def set(self, **values: Any) -> Study:
        """Return the study with inputs or options fixed, or given a distribution.

        Parameters
        ----------
        **values
            Name -> number, word, `Distribution` or its text. An option given a categorical distribution over its words
            becomes an uncertain input.

        Raises
        ------
        InputError
            When a name is unknown or a value is outside the valid range.
        """
        return self.set_items(values.items())

    def set_items(self, items: Iterable[tuple[str, Any]]) -> Study:
        """Return the study with the named values set; names such as ``table[key]`` are allowed."""
        from mcsim.study.setting import set_one

        study = self
        for name, value in items:
            study = set_one(study, name, value)
        return study
