"""What a survey would be worth before it is made: how far it narrows an outcome, and what it gains a decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mcsim.ranking.learning import regression
from mcsim.study import BoolArray, FloatArray, InputError, Study, remarks
from mcsim.study.select import Cell, parse_cell
from mcsim.study.survey import Survey
from mcsim.study.values import real

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.result.result import Result

_ROWS = 256  # outcomes of a survey at a time: each weighs all draws
FEW = 30.0  # draws that a survey leaves, below which its worth is a guess


@dataclass(frozen=True, slots=True)
class Worth:
    """What one survey would be worth.

    Parameters
    ----------
    survey : Survey
        Which.
    narrows : float
        Share of the standard deviation of the outcome that goes, on average over what it may find.
    left : float
        Standard deviation that stays, root mean square, in the unit of the outcome.
    evsi, evsi_error : float
        Expected gain of a decision taken after it, in the unit of the outcome, and its Monte Carlo error; NaN where
        nothing is decided.
    draws : float
        Draws that it leaves, as many of equal weight would know as much (Kish), median over what it may find.
    """

    survey: Survey
    narrows: float
    left: float
    evsi: float
    evsi_error: float
    draws: float


@dataclass(frozen=True, slots=True, eq=False)
class SurveyPlan:
    """Surveys in the order of what they are worth, for one outcome.

    Parameters
    ----------
    study : Study
        Whose.
    cell : Cell
        The outcome.
    unit : str
        Its unit.
    mean, spread : float
        Of the outcome before any survey.
    threshold : float, optional
        The value below which one acts.
    perfect : float
        What knowing everything would gain the decision; NaN where nothing is decided.
    worths : tuple of Worth
        The most useful first: by what is gained or narrowed per USD where all have a price, else by that itself.
    draws : int
        Behind it.
    notes : tuple of str
        What the reader has to know.

    Examples
    --------
    >>> import mcsim
    >>> result = mcsim.run(mcsim.load("fleet"), 100, keep=("us_stock", "used_ev_exports"))
    >>> plan = mcsim.plan_surveys(result, "retired_battery_mass@2050,second-hand")
    >>> plan.unit, len(plan.worths) == len(result.study.surveys)
    ('t/yr', True)
    """

    study: Study
    cell: Cell
    unit: str
    mean: float
    spread: float
    threshold: float | None
    perfect: float
    worths: tuple[Worth, ...]
    draws: int
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        from mcsim.study.above import above

        return "\n".join(above("SurveyPlan.__repr__")(self))

    @property
    def table(self) -> pd.DataFrame:
        """Every number as a tidy pandas table, a row per survey."""
        from mcsim.study.above import above

        found: pd.DataFrame = above("SurveyPlan.table")(self)
        return found


def plan_surveys(result: Result, outcome: str, *, threshold: float | None = None) -> SurveyPlan:
    """Return what the surveys of a study are worth for one outcome, from the draws of a run.

    A survey is made in every draw: what it finds there is the draw's own value and an error. The draws are then weighed
    by how likely each would have found that (importance weights), which gives the mean of the outcome after the survey;
    how much these means differ is what the survey tells. Where a single quantity is measured, the outcome is replaced
    by its mean given that quantity, since a survey tells nothing else of it: that takes away the noise of the others.

    Source: Strong, Oakley, Brennan and Breeze (2015), "Estimating the expected value of sample information using the
    probabilistic sensitivity analysis sample", Medical Decision Making 35; importance weights: Menzies (2016), "An
    efficient estimator for the expected value of sample information", ibid. 36.

    Parameters
    ----------
    result : Result
        A run that kept the outcome and what the surveys observe.
    outcome : str
        ``OUTPUT@LABEL,...``, one element.
    threshold : float, optional
        One acts where the outcome is expected below it, and gains what it is below; in the unit of the outcome.

    Raises
    ------
    InputError
        Where the study names no survey, the outcome is not one element, or draws were not kept.

    Examples
    --------
    >>> import mcsim
    >>> result = mcsim.run(mcsim.load("fleet"), 100, keep=("us_stock", "used_ev_exports"))
    >>> plan = mcsim.plan_surveys(result, "retired_battery_mass@2050,second-hand", threshold=20_000.0)
    >>> all(0.0 <= one.evsi <= plan.perfect * 1.5 for one in plan.worths)
    True
    """
    study = result.study
    cell, threshold = planned_of(study, outcome, threshold)
    y = _values(result, cell)
    there = np.isfinite(y)
    if there.sum() < FEW:
        raise InputError(f"plan: {cell}: too few draws that have a value (got {int(there.sum())}); {FEW:.0f} or more")
    y = y[there]
    gain = np.full(len(y), np.nan) if threshold is None else threshold - y
    perfect = float(np.maximum(gain, 0.0).mean() - max(float(gain.mean()), 0.0))
    uncertain = {item.name for item in study.uncertain}
    idle = [one for one in study.surveys if isinstance(one.observes, str) and one.observes not in uncertain]
    worths = [_worth(result, survey, y, gain, there) for survey in study.surveys if survey not in idle]
    notes = [remarks.IDLE_SURVEY(survey=one.name, input=one.observes) for one in idle]
    if threshold is not None and (gain.min() >= 0.0 or gain.max() <= 0.0):
        side = remarks.BELOW if gain.min() >= 0.0 else remarks.ABOVE
        bound = f"{threshold:g} {cell.unit}"
        notes.append(remarks.ONE_SIDE(draws=f"{len(y):,}", side=side(), threshold=bound))
    notes += [
        remarks.GUESS(survey=one.survey.name, left=f"{one.draws:.0f}", draws=f"{len(y):,}", few=f"{FEW:.0f}")
        for one in worths
        if one.draws < FEW
    ]
    return SurveyPlan(
        study,
        cell,
        cell.unit,
        float(y.mean()),
        float(y.std()),
        threshold,
        perfect,
        _ordered(worths),
        len(y),
        tuple(notes),
    )


def planned_of(study: Study, outcome: str, threshold: float | None) -> tuple[Cell, float | None]:
    """Return the outcome and the threshold of a plan, or refuse what is wrong with them before anything is run.

    Raises
    ------
    InputError
        Where the study names no survey, the outcome is not one element, or the threshold is no number.
    """
    if not study.surveys:
        raise InputError(f"{study.name}: no survey (got none); [[survey]] in the study file")
    cell = parse_cell(outcome, study.output, "plan")
    if len(cell.packed) != 1:
        raise InputError(f"plan: {cell}: not one element (got {len(cell.packed)}); a label of each dim")
    if threshold is not None:
        threshold = real("threshold", threshold, what="number", remedy=f"a number, in {cell.unit}")
    return cell, threshold


def _ordered(worths: list[Worth]) -> tuple[Worth, ...]:
    """Return surveys, the most useful first."""

    def useful(one: Worth) -> float:
        return one.evsi if np.isfinite(one.evsi) else one.narrows

    priced = all(np.isfinite(one.survey.cost) for one in worths)
    return tuple(sorted(worths, key=lambda one: -useful(one) / (one.survey.cost if priced else 1.0)))


def _values(result: Result, cell: Cell) -> FloatArray:
    name = cell.output.name
    if name not in result.kept:
        raise InputError(f"{name}: its draws were not kept; run again with --keep {name}")
    return np.asarray(result.kept[name], np.float64).reshape(result.complete, -1)[:, cell.packed[0]]


def _worth(result: Result, survey: Survey, y: FloatArray, gain: FloatArray, there: BoolArray) -> Worth:
    if isinstance(survey.observes, str):
        seen = np.asarray(result.inputs[survey.observes], np.float64)[there][:, None]
    else:
        seen = np.column_stack([_values(result, cell) for cell in survey.observes])[there]
    known = np.isfinite(seen).all(axis=1)
    seen, y, gain = seen[known], y[known], gain[known]
    both = np.column_stack([y, gain])
    if seen.shape[1] == 1:
        both[:, 0] = regression(seen[:, 0], y[:, None])[:, 0]
        both[:, 1] = both[:, 1] + y - both[:, 0] if np.isfinite(gain).all() else np.nan
    after, draws = _after(seen, both, survey, result.seed)
    told = min(float(after[:, 0].var()) / max(float(y.var()), 1e-300), 1.0)
    better = np.maximum(after[:, 1], 0.0)
    now = max(float(gain.mean()), 0.0)
    return Worth(
        survey,
        1.0 - float(np.sqrt(1.0 - told)),
        float(y.std() * np.sqrt(1.0 - told)),
        max(float(better.mean()) - now, 0.0) if np.isfinite(now) else float("nan"),
        float(better.std() / np.sqrt(len(better))),
        draws,
    )


def _after(seen: FloatArray, values: FloatArray, survey: Survey, seed: int) -> tuple[FloatArray, float]:
    """Return the means of values after the survey, for what it finds in every draw, and the draws that it leaves."""
    from scipy.special import ndtri

    from mcsim.kernels.streams import stream_of, uniforms_at

    count, width = seen.shape
    spread = survey.error * (np.abs(seen) if survey.relative else np.ones_like(seen))
    # A measurement without any error is one to a millionth of what is uncertain.
    spread = np.maximum(spread, 1e-6 * np.maximum(seen.std(axis=0), 1e-300))
    rows = np.arange(count)
    errors = np.column_stack(
        [ndtri(uniforms_at(seed, stream_of(f"survey/{survey.name}/{place}"), rows)) for place in range(width)]
    )
    found = seen + spread * errors
    after, left = np.empty((count, values.shape[1])), np.empty(count)
    for start in range(0, count, _ROWS):
        part = slice(start, min(start + _ROWS, count))
        fit = sum(
            -0.5 * ((found[part, place, None] - seen[None, :, place]) / spread[None, :, place]) ** 2
            - np.log(spread[None, :, place])
            for place in range(width)
        )
        weights = np.exp(fit - fit.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        after[part], left[part] = weights @ values, 1.0 / (weights**2).sum(axis=1)
    return after, float(np.median(left))
