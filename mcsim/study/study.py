"""What is asked: a model with everything that is uncertain about it.

A `Model` (``mcsim.study.model``) says what it reads and gives; a `Study` says what is uncertain about it. Both are
plain frozen records: nothing here draws, runs or writes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar

from mcsim.distributions.dependence import Dirichlet
from mcsim.study.above import above
from mcsim.study.answers import Brief
from mcsim.study.declared import Option, Output
from mcsim.study.dependent import Order, Pairs, PairsWhen, exchanged
from mcsim.study.errors import InputError, Suggests, nearest
from mcsim.study.inputs import Input, Inputs
from mcsim.study.labels import Labels
from mcsim.study.model import Model
from mcsim.study.observation import Calibration
from mcsim.study.outcomes import Outcome
from mcsim.study.published import Published
from mcsim.study.rows import Rows
from mcsim.study.setting import input_held, input_set, option_set
from mcsim.study.survey import Survey
from mcsim.study.tables import Table
from mcsim.study.types import OptionValue

Found = TypeVar("Found")
CENTRE = "centre"  # the word that holds an input, a table or a group at its medians


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Study(Suggests):
    """A model with everything that is uncertain about it.

    Parameters
    ----------
    name, title, question, version : str
        What the study is called and what it answers.
    model : Model
        What is evaluated.
    inputs : Inputs
        Every scalar input, fixed or uncertain, table cells included, in declaration order.
    options : mapping
        Option name -> value.
    tables : mapping
        Table name -> Table.
    vectors : mapping
        Name of a vector of shares -> Dirichlet.
    dependence : tuple of (str, str, float)
        Rank correlations between inputs, those in force under the study's options.
    dependence_when : mapping
        Option -> word -> rank correlations in force while it has that word.
    ordered : tuple of Order
        Inputs of which none ever exceeds the next.
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
    code : mapping
        File of the model's code -> SHA-256 when it was loaded: the user's file and what it imports from beside itself,
        a program and its template.
    figures : tuple of mappings
        What the report draws, as [[report.figures]] writes it.
    calibration : Calibration
        What was observed, and how the study is calibrated on it.
    surveys : tuple of Survey
        What could be measured.
    published : tuple of Published
        Figures that sources print, held against the outputs.
    posterior : tuple of Rows
        Joint draws of some inputs that stand in the place of their priors.
    left_out : frozenset of str
        Outputs that nobody asked of a run: as if the model had none of that name.
    brief : Brief
        What page one of the report says.
    labels : Labels
        Long names that a reader sees in the place of codes.
    outcomes : tuple of Outcome
        What a comparison that begins with this study holds its studies against.
    under : str
        Path of the study over which this one, an overlay's, was laid; empty for any other.

    Examples
    --------
    >>> import mcsim
    >>> study = mcsim.load("ishigami").set(x3="normal(0, 1)")
    >>> study.inputs["x3"].distribution, [output.name for output in study.outputs]
    (Normal(centre=0.0, sd=1.0), ['y'])
    """

    name: str
    title: str
    question: str
    version: str
    model: Model
    inputs: Inputs
    options: Mapping[str, OptionValue]
    tables: Mapping[str, Table] = field(default_factory=dict)
    vectors: Mapping[str, Dirichlet] = field(default_factory=dict)
    dependence: Pairs = ()
    dependence_when: PairsWhen = field(default_factory=dict)
    ordered: tuple[Order, ...] = ()
    headline: tuple[str, ...] = ()
    origin: str = ""
    overrides: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    data: str = ""
    code: Mapping[str, str] = field(default_factory=dict)
    figures: tuple[Mapping[str, Any], ...] = ()
    calibration: Calibration = field(default_factory=Calibration)
    surveys: tuple[Survey, ...] = ()
    published: tuple[Published, ...] = ()
    posterior: tuple[Rows, ...] = ()
    left_out: frozenset[str] = frozenset()
    brief: Brief = field(default_factory=Brief)
    labels: Labels = field(default_factory=Labels)
    outcomes: tuple[Outcome, ...] = ()
    under: str = ""
    _found: dict[str, Any] = field(default_factory=dict, init=False)  # what was asked for once

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))
        object.__setattr__(self, "inputs", Inputs(self.inputs))

    def __repr__(self) -> str:
        return str(above("Study.__repr__")(self))

    def _elsewhere(self, name: str) -> str:
        return f"; study.inputs[{name!r}] is the input of that name" if name in self.inputs.names else ""

    def _repr_html_(self) -> str:
        return str(above("Study._repr_html_")(self))

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Outputs that exist under the study's options, with what these say of whether they may be undefined."""
        return self._once("outputs", lambda: (one for one in self.declared if one.name not in self.left_out))

    @property
    def declared(self) -> tuple[Output, ...]:
        """Outputs that exist under the study's options, those included that a run leaves out."""
        return self._once(
            "declared", lambda: (self._under_options(one) for one in self.model.outputs if self._exists(one))
        )

    def _exists(self, output: Output) -> bool:
        return output.only_if is None or self.options[output.only_if[0]] == output.only_if[1]

    def _under_options(self, output: Output) -> Output:
        declared = output.may_be_undefined
        return output if isinstance(declared, bool) else replace(output, may_be_undefined=self._can_be(*declared))

    def _can_be(self, option: str, word: str) -> bool:
        """Return whether an option has this word, an uncertain option counting as all its words."""
        return self.options[option] == word or any(item.name == option for item in self.inputs)

    @property
    def samples_lives(self) -> bool:
        """Whether the model samples lives under the study's options, an uncertain option counting as all its words."""
        lives = self.model.lives
        if isinstance(lives, bool):
            return lives
        return self._can_be(*lives)

    @property
    def uncertain(self) -> tuple[Input, ...]:
        """Inputs that have more than one value: the columns of a design."""
        return self._once("uncertain", lambda: (item for item in self.inputs if item.uncertain))

    def _once(self, name: str, find: Callable[[], Iterable[Found]]) -> tuple[Found, ...]:
        """Return what is found, looked for when it is asked for first."""
        if name not in self._found:
            self._found[name] = tuple(find())
        found: tuple[Found, ...] = self._found[name]
        return found

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Factors of a ranking: scalars by their own name, table cells and shares by their group."""
        members: dict[str, list[str]] = {}
        for item in self.uncertain:
            cell = item.table is not None or item.vector is not None
            members.setdefault(item.group if cell else item.name, []).append(item.name)
        return {name: tuple(names) for name, names in members.items()}

    @property
    def tied(self) -> tuple[tuple[str, str, str], ...]:
        """Pairs of inputs that depend on one another, and by what."""
        correlated = [(one, other, f"rank correlation {rank:g}") for one, other, rank in self.dependence if rank != 0.0]
        in_order = [(*pair, "an order") for order in self.ordered for pair in order.pairs]
        return (*correlated, *in_order)

    def tied_record(self, names: Collection[str]) -> list[list[Any]]:
        """Return how some inputs depend on one another and on others, as JSON holds it."""
        orders = [[order.method, *order.names] for order in self.ordered if not set(order.names).isdisjoint(names)]
        return [*(list(pair) for pair in self.dependence if not set(pair[:2]).isdisjoint(names)), *orders]

    def output(self, name: str) -> Output:
        """Return the output of that name.

        Raises
        ------
        InputError
            When there is none, naming the closest.
        """
        known = {output.name: output for output in self.outputs}
        if name in self.left_out:
            raise InputError(f"{self.name}: {name}: not computed, since nobody asked for it; keep it: --keep {name}")
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

    def to_salib(self, spec: bool = False) -> dict[str, Any]:
        """Return SALib's problem of this study: names, bounds, dists, groups and the outputs that are one number.

        Parameters
        ----------
        spec : bool
            A ``SALib.ProblemSpec``, which samples and analyses by its methods, in the place of a plain dictionary.

        Returns
        -------
        dict
            Inputs that are sure are left out, their values stay in the study.

        Raises
        ------
        InputError
            When inputs depend on one another, or one has a distribution that SALib does not know.

        Examples
        --------
        >>> import mcsim
        >>> mcsim.load("borehole").set(well_radius=0.1).to_salib()["names"][:2]
        ['influence_radius', 'upper_transmissivity']
        """
        problem: dict[str, Any] = above("Study.to_salib")(self, spec)
        return problem

    def set_items(self, items: Iterable[tuple[str, Any]]) -> Study:
        """Return the study with the named values set; names such as ``table[key]`` are allowed."""
        study = self
        for name, value in items:
            try:
                changed = study._set(name, value)
            except InputError as error:
                raise InputError(f"{self.origin or self.name}: {error}") from None
            study = replace(changed, overrides=(*study.overrides, (name, str(value))))
        return study

    def set_option(self, option: Option, value: Any) -> Study:
        """Return the study with an option fixed, or uncertain by a categorical distribution over its words.

        Raises
        ------
        InputError
            When the value is not one that the option takes.
        """
        found = option_set(option, value)
        kept = tuple(item for item in self.inputs if item.name != option.name)
        by_word = self.dependence_when.get(option.name, {})
        if not isinstance(found, Input):
            pairs = exchanged(self.dependence, by_word, self.options[option.name], found)
            return replace(self, inputs=Inputs(kept), options={**self.options, option.name: found}, dependence=pairs)
        if by_word:
            raise InputError(
                f"{option.name}: decides which inputs go together, for all draws (got {value}); one of "
                f"{', '.join(option.choices or ())}"
            )
        return replace(self, inputs=Inputs((*kept, found)))

    def _set(self, name: str, value: Any) -> Study:
        tied = next((rows for rows in self.posterior if name in rows.columns), None)
        if tied is not None:
            raise InputError(
                f"{name}: the posterior {tied.name} speaks of it (got {value}); set it before, or calibrate"
            )
        if isinstance(value, str) and value == CENTRE:
            return self._held(name)
        option = next((item for item in self.model.options if item.name == name), None)
        if option is not None:
            return self.set_option(option, value)
        if all(item.name != name for item in self.inputs):
            known = [item.name for item in self.inputs] + [item.name for item in self.model.options]
            raise InputError(f"{name}: no such input or option{nearest(name, known) or '; `mcsim show` lists them'}")
        inputs = (input_set(self.model, item, value) if item.name == name else item for item in self.inputs)
        return replace(self, inputs=Inputs(inputs))

    def _held(self, name: str) -> Study:
        """Return the study with an input, or every cell of a table or group, fixed at its median."""
        members = {item.name for item in self.inputs if name in (item.name, item.group, (item.table or ("",))[0])}
        if not members:
            known = [*(item.name for item in self.inputs), *self.groups, *self.tables]
            raise InputError(f"{name}: no such input, table or group{nearest(name, known)}; `mcsim show` lists them")
        held = (input_held(item) if item.name in members else item for item in self.inputs)
        return replace(self, inputs=Inputs(held))
