"""What a ranking method is: one object with its name, what it tells, what it needs, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from mcsim.engine.reduce import Reduced
from mcsim.ranking.plan import Plan
from mcsim.ranking.ranking import Ranking
from mcsim.study import FloatArray, InputError, Study

Measures = dict[str, FloatArray]


class Mark(NamedTuple):
    """A measure that a reader sees.

    Parameters
    ----------
    key : str
        Its name; its interval, where there is one, has the names with ``_low`` and ``_high``.
    head, words : str
        At the head of a table, and in a picture.
    """

    key: str
    head: str
    words: str


class Telling(NamedTuple):
    """How a method is told to a reader of a report.

    Parameters
    ----------
    marks : tuple of Mark
        Its measures, the one that orders the inputs first.
    meaning : str
        What they mean, at the head of the tables; one that ranks by the draws of the run or by a design of its own may
        say so by the slot ``{source}``.
    caption : str
        Below a picture.
    axis : str
        Along it.
    of_variance : bool
        Whether the first is a share of the variance, which per cent say and which add up.
    in_unit : bool
        Whether its measures are in the unit of the output.
    signed : bool
        Whether its sign is a direction, so that its size orders the inputs.
    """

    marks: tuple[Mark, ...]
    meaning: str
    caption: str = "Shares of the variance with 95 % intervals"
    axis: str = "share of the variance"
    of_variance: bool = True
    in_unit: bool = False
    signed: bool = False


TOTAL, FIRST = Mark("ST", "ST", "total"), Mark("S1", "S1", "first order")
SHARES = Telling(
    (TOTAL, FIRST),
    "The share of an output's variance that goes when an input is known (first order, S1), and the share that "
    "stays as long as it is not (total, ST), with 95 % intervals.",
)
SHAPLEY_SHARES = Telling(
    (Mark("shapley", "Shapley effect", "Shapley effect"),),
    "Ranked by Shapley effects {source}: each input's fair share of the output's variance, the mean of what it "
    "explains over all orders in which inputs become known. The shares add up to one, whatever the dependence of "
    "the inputs; inputs that tell the same share it. With 95 % intervals; an estimate below zero stands for no "
    "effect.",
    "Shapley effects: shares of the variance that add up to one, whatever the dependence of the inputs, with 95 % "
    "intervals; an estimate below zero stands for no effect",
)
FIRST_SHARES = Telling(
    (FIRST,),
    "The share of an output's variance that goes when an input is known (first order, S1), from the draws of this run, "
    "with 95 % intervals; an estimate below zero stands for no effect.",
)
FITTED_SHARES = Telling(
    (TOTAL, FIRST),
    "The share of an output's variance that goes when an input is known (first order, S1), and the share that "
    "stays as long as it is not (total, ST), of a fit to the draws of this run; how far the fit holds stands below.",
    "Shares of the variance of a fit to the draws",
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """How certain a verdict has to be and what counts as influence.

    Parameters
    ----------
    confidence : str
        ``bootstrap``, ``replicates`` or ``none``.
    level : float
        Confidence level of the intervals.
    threshold : float
        Total-order index below which an input does not matter.
    max_failed : float
        Share of base rows that may fail.
    """

    confidence: str = "replicates"
    level: float = 0.95
    threshold: float = 0.05
    max_failed: float = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Designed:
    """A method with a design of its own.

    Parameters
    ----------
    name, evaluations, tells : str
        What it is called, how many evaluations it takes, and what one learns, for help and docs.
    check : callable
        ``check(study, factors)`` refuses factors for which the method has no meaning.
    planned : callable
        Plan -> plan with the size of its leaves.
    passes : callable
        ``passes(plan, judgement)``: a collector per pass over the model.
    read : callable
        ``read(judgement, collector)``: what a complete pass gives.
    ranking : callable
        ``ranking(plan, judgement, what each pass gave)``.
    takes : frozenset of str
        What only some methods have, of ``second_order``, ``versus``, ``until``, ``debias``, ``confidence``,
        ``threshold``, ``candidates``.
    unites : bool
        Whether inputs that depend on one another are one factor where the user names no groups.
    telling : Telling
        How a report tells it.
    """

    needs: ClassVar[str] = "design"

    name: str
    evaluations: str
    tells: str
    check: Callable[[Study, Mapping[str, tuple[str, ...]]], None]
    planned: Callable[[Plan], Plan]
    passes: Callable[[Plan, Judgement], list[Reduced]]
    read: Callable[[Judgement, Reduced], Any]
    ranking: Callable[[Plan, Judgement, list[Any]], Ranking]
    takes: frozenset[str] = frozenset()
    unites: bool = False
    telling: Telling = SHARES


@dataclass(frozen=True, slots=True)
class Analysis:
    """What an analysis of draws may know besides them.

    Parameters
    ----------
    inputs : tuple of str
        Names of the columns.
    level : float
        Confidence level, where there is an interval.
    resamples, seed : int
        Bootstrap.
    jobs : int
        Threads over the elements of an output.
    threshold : float, optional
        Value of the outputs at which a decision turns, for a method that takes it.
    groups : mapping
        Factor -> its columns; empty where every column is a factor.
    weights : ndarray, shape (n,), optional
        Of the draws; equal where there are none.
    laws : ndarray, shape (m, n_inputs), optional
        Many more values of each input, for a method that needs its law; none of rows of the user's own.
    wanted : tuple of str
        Factors of which measures are wanted, where that spares work: they depend on no other. Empty for all.
    fits : list
        Of an analysis that begins with the same functions of the same draws for every output: these draws, and them.
    """

    inputs: tuple[str, ...]
    level: float = 0.95
    resamples: int = 100
    seed: int = 1
    jobs: int = 1
    threshold: float | None = None
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    weights: FloatArray | None = None
    laws: FloatArray | None = None
    wanted: tuple[str, ...] = ()
    fits: list[tuple[FloatArray, Any]] = field(default_factory=list, repr=False, compare=False)

    @property
    def factors(self) -> Mapping[str, tuple[str, ...]]:
        """Factor -> its columns."""
        return self.groups or {name: (name,) for name in self.inputs}

    @property
    def measured(self) -> tuple[str, ...]:
        """Factors of which there are measures."""
        return self.wanted or tuple(self.factors)


def _nothing(name: str, y: FloatArray, about: Analysis) -> list[str]:
    return []


def _no_remark(name: str, measures: Measures) -> list[str]:
    return []


@dataclass(frozen=True, slots=True, eq=False)
class GivenData:
    """A method that takes draws that exist already.

    Parameters
    ----------
    name, tells : str
        What it is called, and what one learns.
    order_by : str
        The measure by which inputs are ordered.
    analysis : callable
        ``analysis(x, y, about)``: measures (n_inputs, n_values) of draws x (n, n_inputs) and y (n, n_values).
    takes : frozenset of str
        What only some methods have, as in `Designed`.
    fewest : int
        Draws below which it says nothing.
    inspect : callable, optional
        ``inspect(name, y, about)`` refuses draws of an output of which the method cannot speak, and returns lines that
        the reader has to know.
    grouped : bool
        Whether it ranks factors of several inputs, and draws with weights; else single inputs and equal draws.
    by_rank : bool
        Whether it reads nothing but ranks of the outputs, so that a heavy tail does not touch it.
    independent : bool
        Whether its measures have a meaning for independent factors alone.
    lawful : bool
        Whether it is told the laws of the inputs.
    neighbours : bool
        Whether it takes draws that are next to one another in an input as alike in nothing else but by chance, which
        those of a Sobol' sequence are not.
    at_random : bool
        Whether its interval is that of independent draws, which a ranking's own run then draws.
    remarks : callable, optional
        ``remarks(name, measures)`` returns lines that the reader has to know of what was found for an output.
    telling : Telling
        How a report tells it.
    """

    needs: ClassVar[str] = "draws"
    evaluations: ClassVar[str] = "a run"

    name: str
    tells: str
    order_by: str
    analysis: Callable[[FloatArray, FloatArray, Analysis], Measures]
    takes: frozenset[str] = frozenset()
    fewest: int = 32
    inspect: Callable[[str, FloatArray, Analysis], list[str]] = _nothing
    grouped: bool = False
    by_rank: bool = False
    independent: bool = False
    lawful: bool = False
    neighbours: bool = False
    at_random: bool = False
    remarks: Callable[[str, Measures], list[str]] = _no_remark
    telling: Telling = SHARES

    def fewest_for(self, n_factors: int) -> int:
        """Return the draws below which it says nothing of so many factors."""
        return max(self.fewest, 2 * n_factors)


def check_failed(plan: Plan, judgement: Judgement, n_failed: int) -> None:
    """Refuse a ranking from too few of the rows asked for.

    Raises
    ------
    InputError
        With the numbers, and the share that may fail.
    """
    if n_failed == plan.base:
        raise InputError(f"{plan.study.name}: every base row failed (got {n_failed} of {plan.base}); mend the model")
    if n_failed > judgement.max_failed * plan.base:
        raise InputError(
            f"{plan.study.name}: too many base rows failed (got {n_failed} of {plan.base}); at most "
            f"{judgement.max_failed:g} of them (max_failed){_rest(plan)}"
        )


def _rest(plan: Plan) -> str:
    """Return what else makes a row fail, where outputs may be undefined."""
    if not any(output.may_be_undefined for output in plan.outputs):
        return ""
    return "; a row without a value of some element fails with it, of outputs that always have one (--output) none does"
