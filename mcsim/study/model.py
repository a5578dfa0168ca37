"""A model: one function over named arrays, with what it reads and gives declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from mcsim.study.declared import Dim, Evaluate, Option, Output, Parameter, TableSpec
from mcsim.study.errors import InputError, Suggests
from mcsim.study.functions import as_parameter, check_arguments, name_of, named, one_by_one, vectorised
from mcsim.study.names import check_name
from mcsim.study.stages import Stages
from mcsim.study.travel import Travels
from mcsim.study.types import OptionValue


@dataclass(frozen=True, slots=True, eq=False)
class Model(Suggests, Travels):
    """A function over named arrays with declared inputs, options and outputs.

    Parameters
    ----------
    name : str
        Name of the model.
    parameters, options, outputs : tuples
        What it reads and what it gives.
    evaluate : callable
        ``evaluate(inputs, context) -> {output: (n, *packed_shape)}``: vectorised over draws, safe to call from threads,
        and a function of its arguments alone. `inputs` holds (n,) per scalar, (n, n_rows) per table, (n, n_labels) per
        vector of shares. `mcsim.study.stages.Stages` where the model tells its steps apart, so that a ranking computes
        each again only where what it reads has changed.
    tables : tuple of TableSpec
        Tables that it reads.
    warn : callable, optional
        ``warn(options) -> [line, ...]``: lines to tell the user about the combination of options, or `InputError`
        where a combination cannot be.
    lives : bool or (str, str)
        Whether it samples lives, as many per draw as `Context.lives` says; or the option and the value under which it
        does.

    Examples
    --------
    >>> model = Model.from_function(
    ...     lambda x, y: {"z": x + y},
    ...     inputs={"x": "km", "y": "km"},
    ...     outputs={"z": "km"},
    ... )
    >>> model.outputs[0].unit
    'km'
    """

    name: str
    parameters: tuple[Parameter, ...]
    options: tuple[Option, ...]
    outputs: tuple[Output, ...]
    evaluate: Evaluate
    tables: tuple[TableSpec, ...] = ()
    warn: Callable[[Mapping[str, OptionValue]], list[str]] | None = None
    lives: bool | tuple[str, str] = False

    def __post_init__(self) -> None:
        names: dict[str, str] = {}
        axes: dict[str, Dim] = {}
        for dim in (dim for output in self.outputs for dim in output.dims):
            known = axes.setdefault(dim.name, dim)
            if known.coords != dim.coords:
                raise InputError(
                    f"model {self.name}: {dim.name}: two sets of labels for one dim (got {_few(known)} and "
                    f"{_few(dim)}); another name for one of them"
                )
        declared = [(p.name, "input") for p in self.parameters] + [(o.name, "option") for o in self.options]
        declared += [(o.name, "output") for o in self.outputs] + [(name, "dim") for name in axes]
        for name, kind in declared:
            if name in names:
                raise InputError(
                    f"model {self.name}: {name}: declared as {names[name]} and {kind}; a name is an input, "
                    "an option, an output or a dim, never two of them"
                )
            names[name] = kind
            try:
                check_name(name, kind)
            except InputError as error:
                raise InputError(f"model {self.name}: {error}") from None
        if isinstance(self.evaluate, Stages):
            readable = [*(parameter.name for parameter in self.parameters), *(table.name for table in self.tables)]
            options = {option.name: option.default for option in self.options}
            self.evaluate.check(self.name, readable, [output.name for output in self.outputs], options)

    def telling(self, outputs: tuple[Output, ...]) -> Model:
        """Return what stands for this model where other outputs are told, such as differences; it is not evaluated."""

        def evaluate(inputs: Any, context: Any) -> NoReturn:
            raise InputError(f"{self.name}: tells what was made of its outputs (got a call); evaluate the study itself")

        return replace(self, outputs=outputs, evaluate=evaluate)

    @classmethod
    def from_function(
        cls,
        function: Callable[..., Any],
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        *,
        name: str | None = None,
        per_draw: bool = False,
    ) -> Model:
        """Return a model from a plain Python function of named arguments.

        Parameters
        ----------
        function : callable
            Takes the inputs by name, as arrays (n,), or as floats with `per_draw`; returns a mapping of outputs, or the
            one output.
        inputs : mapping
            Input name -> `Distribution` or its text, the same with its unit (``(uniform(0, 1), "km")``), `Parameter`,
            or a unit alone where a study says what is uncertain.
        outputs : mapping
            Output name -> unit or `Output`.
        name : str, optional
            Name of the model; the function's by default.
        per_draw : bool
            Call the function once per draw with floats, instead of once per chunk with arrays.

        Returns
        -------
        Model

        Raises
        ------
        InputError
            For an input of which no distribution or unit is said, or that the function does not take.
        """
        parameters = tuple(as_parameter(key, value) for key, value in named("inputs", inputs).items())
        check_arguments(function, inputs)
        declared = tuple(
            value if isinstance(value, Output) else Output(key, str(value), key, rank=True)
            for key, value in named("outputs", outputs).items()
        )
        adapt = one_by_one if per_draw else vectorised
        adapter = adapt(function, parameters, declared)
        return cls(name_of(function) if name is None else name, parameters, (), declared, adapter)


def _few(dim: Dim) -> str:
    labels = ", ".join(str(label) for label in dim.coords[:4])
    return f"{labels}, ... ({len(dim)})" if len(dim) > 4 else labels
