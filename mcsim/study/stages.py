"""A model in stages: what each step reads, so that the engine computes it again only where that has changed.

A ranking moves one factor at a time: of the thirty-five points of a base row most change nothing that a costly step
reads. A model whose `Model.evaluate` is `Stages` says so, and any design that evaluates several points per row (Sobol',
Shapley) computes a stage once for all points that agree in what it reads, with the same bits.

How a model declares its stages::

    def stock(inputs, found, context):
        return {"stock": inputs["sales"] * inputs["life"]}

    def emissions(inputs, found, context):
        return {"emissions": found["stock"] * inputs["intensity"]}

    Model("fleet", PARAMETERS, (), OUTPUTS, Stages((
        Stage("stock", stock, reads=("sales", "life")),
        Stage("emissions", emissions, reads=("intensity",), after=("stock",), gives=("emissions",)),
    )))

A stage is handed what it declares and nothing else: an input that it does not name is refused, with the remedy, in
every evaluation, a plain run included. Three things are left to its author, and `mcsim check` compares both ways of
evaluating to find them out: a stage reads no variable beside its arguments, changes no result of another in place, and
gives rows that do not depend on their neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.study.declared import Context
from mcsim.study.errors import InputError, nearest
from mcsim.study.failure import PartialFailure
from mcsim.study.types import FloatArray, IntArray, OptionValue

Options = Mapping[str, OptionValue]
Results = Mapping[str, NDArray[Any]]
# Inputs, a `Found` or what stands for one, and the context.
Compute = Callable[[Any, Any, Context], Results]
# A result for distinct rows, and which of them each row has; none where rows are distinct.
Shared = tuple[NDArray[Any], IntArray | None]


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One step of a model.

    Parameters
    ----------
    name : str
        What later stages call it.
    compute : callable
        ``compute(inputs, found, context) -> {name: (n, ...)}``: results for n rows, in arrays whose first axis is the
        rows. `inputs` holds the inputs in `reads`, `found` the results of the stages in `after`, see `Found`.
    reads : tuple of str
        Parameters, vectors of shares and tables that it reads. Options, seed and the numbers of draws need no
        declaration: rows that share a stage have them in common.
    after : tuple of str
        Earlier stages whose results it reads.
    gives : tuple of str
        Outputs of the model among its results; a stage from which no wanted output follows is left out. Of these, only
        those in `Context.wanted` must be there.
    compared : bool
        Whether later stages are shared where its results are the same to the bit, whatever it has read: for one that
        takes a few numbers out of a table whose others move. All its values are compared: few of them.

    Examples
    --------
    >>> doubled = Stage("doubled", lambda inputs, found, context: {"twice": 2.0 * inputs["a"]}, ("a",))
    >>> doubled.reads
    ('a',)
    """

    name: str
    compute: Compute
    reads: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    compared: bool = False


class Declared(Mapping[str, Any]):
    """What a stage is handed: the names that it declares, made when they are read; any other is refused.

    Parameters
    ----------
    names : collection of str
        What it declares.
    give : callable
        Name -> value.
    refuse : str
        The error for another name, with ``{name}`` in it.
    """

    def __init__(self, names: Collection[str], give: Callable[[str], Any], refuse: str) -> None:
        self._names, self._give, self._refuse = names, give, refuse
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            if name not in self:
                raise InputError(self._refuse.format(name=name))
            self._known[name] = self._give(name)
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        if name in self._names:
            return True
        # A test for a name that is not declared would hide that it is missing.
        raise InputError(self._refuse.format(name=name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _spread(results: Mapping[str, Shared], name: str) -> NDArray[Any]:
    values, rows = results[name]
    return values if rows is None else values[rows]


class Found(Declared):
    """Results of earlier stages: by name for each row, or as they were computed.

    Parameters
    ----------
    results : mapping
        Name -> values for distinct rows, and which of them each row has.
    n_rows : int
        Number of rows.
    refuse : str
        As in `Declared`.
    """

    def __init__(self, results: Mapping[str, Shared], n_rows: int, refuse: str) -> None:
        # No method of its own: a record in a circle keeps its arrays, megabytes of them, until garbage is looked for.
        super().__init__(results.keys(), partial(_spread, results), refuse)
        self._results, self._n_rows = results, n_rows

    def whole(self, name: str) -> tuple[NDArray[Any], IntArray]:
        """Return a result without its repetitions, and which of its rows each row has: large results stay in place."""
        if name not in self:
            raise KeyError(name)
        values, rows = self._results[name]
        return values, np.arange(self._n_rows) if rows is None else rows


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """The evaluation of a model that is declared in stages; called as any other `Model.evaluate`.

    Parameters
    ----------
    stages : tuple of Stage, or callable
        In an order in which each comes after those that it reads; or ``stages(options) -> tuple of Stage`` where what a
        stage reads depends on the options.

    Examples
    --------
    >>> stages = Stages((
    ...     Stage("area", lambda inputs, found, context: {"area": inputs["a"] * inputs["b"]}, ("a", "b")),
    ...     Stage(
    ...         "cost", lambda inputs, found, context: {"cost": found["area"] * inputs["price"]},
    ...         ("price",), ("area",), ("cost",)
    ...     ),
    ... ))
    >>> one = np.ones(1)
    >>> stages({"a": 2 * one, "b": 3 * one, "price": 4 * one}, Context({}, 1, np.arange(1)))["cost"]
    array([24.])
    """

    stages: tuple[Stage, ...] | Callable[[Options], tuple[Stage, ...]]

    def of(self, options: Options, wanted: Collection[str] | None = None) -> tuple[Stage, ...]:
        """Return the stages under some options from which wanted outputs follow, all by default."""
        every = self.stages(options) if callable(self.stages) else self.stages
        if wanted is None:
            return every
        needed: set[str] = set()
        kept = []
        for stage in reversed(every):
            if stage.name in needed or not set(stage.gives).isdisjoint(wanted):
                needed.update(stage.after)
                kept.append(stage)
        return tuple(reversed(kept))

    def __call__(self, inputs: Mapping[str, FloatArray], context: Context) -> Results:
        """Return the outputs with every stage computed for every row."""
        given: dict[str, Results] = {}
        outputs: dict[str, NDArray[Any]] = {}
        for stage in self.of(context.options, context.wanted):
            known = {name: (values, None) for name, values in results_of(stage, given).items()}
            given[stage.name] = computed(stage, inputs.__getitem__, known, context)
            outputs |= {name: given[stage.name][name] for name in stage.gives if name in given[stage.name]}
        return outputs

    def check(self, model: str, inputs: Collection[str], outputs: Collection[str], options: Options) -> None:
        """Refuse stages that read or give what the model has not.

        Raises
        ------
        InputError
            Naming the model, the stage and the name.
        """
        known: list[str] = []
        told: dict[str, str] = {}
        for stage in self.of(options):
            where = f"model {model}: stage {stage.name}"
            if stage.name in known:
                raise InputError(f"{where}: declared twice; another name for one of them")
            for names, has, what in (
                (stage.reads, inputs, "reads: {0}: no such input or table"),
                (stage.after, known, "after: {0}: no earlier stage"),
                (stage.gives, outputs, "gives: {0}: no such output"),
            ):
                wrong = next((name for name in names if name not in has), None)
                if wrong is not None:
                    raise InputError(f"{where}: {what.format(wrong)} (got {wrong!r}){nearest(wrong, has)}")
            for name in stage.gives:
                if name in told:
                    raise InputError(f"{where}: gives: {name}: given by stage {told[name]} already; one of them")
                told[name] = stage.name
            known.append(stage.name)
        missing = next((name for name in outputs if name not in told), None)
        if missing is not None:
            raise InputError(f"model {model}: output {missing}: given by no stage; name it in gives of one")


def results_of(stage: Stage, given: Mapping[str, Results]) -> dict[str, NDArray[Any]]:
    """Return the results of the stages that a stage reads.

    Raises
    ------
    InputError
        Where two of them have a result of one name.
    """
    found: dict[str, NDArray[Any]] = {}
    for name in stage.after:
        twice = found.keys() & given[name].keys()
        if twice:
            raise InputError(f"stage {stage.name}: {min(twice)}: a result of two stages; another name for one of them")
        found |= given[name]
    return found


def computed(
    stage: Stage, give: Callable[[str], FloatArray], results: Mapping[str, Shared], context: Context
) -> Results:
    """Return the results of a stage for the rows of a context.

    Parameters
    ----------
    stage : Stage
        What is computed.
    give : callable
        Name of an input -> its values in these rows.
    results : mapping
        What it may read of other stages.
    context : Context
        Options, seed and the rows' numbers.

    Raises
    ------
    InputError
        For results of another shape, or where the stage reads what it does not declare.
    """
    where, n_rows = f"stage {stage.name}", len(context.draws)
    inputs = Declared(stage.reads, give, f"{where}: reads input {{name}}, which it does not declare; {{name}} in reads")
    refuse = f"{where}: reads {{name}}, no result of the stages in after; its stage in after"
    before = Found(results, n_rows, refuse)
    try:
        told = stage.compute(inputs, before, context)
    except PartialFailure as failure:
        # Rows of a stage are not the rows of a call: the engine goes through the draws one by one instead.
        raise RuntimeError(str(failure)) from failure
    for name, values in told.items():
        if not isinstance(values, np.ndarray) or values.ndim == 0 or len(values) != n_rows:
            got = getattr(values, "shape", type(values).__name__)
            raise InputError(f"{where}: {name}: no array over the rows (got {got}); first axis {n_rows}")
    return told


def together(stages: Sequence[Stage], versions: Callable[[tuple[str, ...]], IntArray]) -> dict[str, IntArray]:
    """Return which sets of points share each stage: those that agree in all that it reads, directly or by its results.

    What it reads by the results of a stage that is compared does not count: see `compared_before`.

    Parameters
    ----------
    stages : sequence of Stage
        In order.
    versions : callable
        Names of inputs -> class of each set by their values (n_sets,).

    Returns
    -------
    dict of str to ndarray of int64, shape (n_sets,)
        Class of each set, by stage.
    """
    reads: dict[str, tuple[str, ...]] = {}
    compared = {stage.name for stage in stages if stage.compared}
    for stage in stages:
        every = dict.fromkeys(stage.reads)
        for name in stage.after:
            every |= dict.fromkeys(() if name in compared else reads[name])
        reads[stage.name] = tuple(every)
    return {name: versions(names) for name, names in reads.items()}


def compared_before(stages: Sequence[Stage]) -> dict[str, tuple[str, ...]]:
    """Return the stages whose results, and not what they read, decide which points share each stage.

    Examples
    --------
    >>> from mcsim.study.stages import Stage, compared_before
    >>> few = Stage("few", dict, ("table",), compared=True)
    >>> compared_before((few, Stage("costly", dict, ("a",), ("few",)), Stage("last", dict, (), ("costly",))))
    {'few': (), 'costly': ('few',), 'last': ('few',)}
    """
    compared = {stage.name for stage in stages if stage.compared}
    before: dict[str, tuple[str, ...]] = {}
    for stage in stages:
        every: dict[str, None] = {}
        for name in stage.after:
            every |= dict.fromkeys((name,) if name in compared else before[name])
        before[stage.name] = tuple(every)
    return before
