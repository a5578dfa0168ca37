"""How likely something is that plain draws hardly meet, and what is unusual about the inputs where it is so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mcsim.engine.evaluation import evaluate_values
from mcsim.engine.points import design_columns, transform
from mcsim.engine.work import call_rows
from mcsim.ranking.factors import check_designed
from mcsim.ranking.question import Question, percent
from mcsim.ranking.rarebox import RareBox, rare_box
from mcsim.ranking.subsets import Subsets, subset_simulation
from mcsim.study import FloatArray, InputError, Study

if TYPE_CHECKING:
    from mcsim.ranking.subsets import Margin

MOST_SHIFTED = 5  # inputs told
_LEAST_SHIFT = 0.35  # standard deviations; what chains that are alike show of an input without effect is less
_ENDS = (0.05, 0.95)
_STILL = 1e-300  # how far from true a value is that stands exactly at a bound which it has to pass


@dataclass(frozen=True, slots=True)
class Shift:
    """How an input differs where something is true.

    Parameters
    ----------
    name, unit : str
        The input.
    usual, there : (float, float)
        From its 5 % to its 95 % quantile, in all draws and where it is true.
    deviates : float
        How far its normal deviate has moved from its law (Wasserstein distance of second order); 0 where it does not
        matter.
    words : str
        Of an input of words, how often which; empty of numbers.
    """

    name: str
    unit: str
    usual: tuple[float, float]
    there: tuple[float, float]
    deviates: float
    words: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Rare:
    """The probability of something rare.

    Parameters
    ----------
    value, low, high : float
        Its estimate and both ends of its interval.
    level : float
        Confidence level.
    evaluations : int
        Of the model.
    repetitions : int
        Independent ones, from whose spread the interval is.
    shifts : tuple of Shift
        Inputs that are most unusual where it is true, the most unusual first.
    plateau : bool
        Whether the output is the same in too many draws to go on from, so that nothing is known beyond it.
    box : RareBox, optional
        Where it is true, in few inputs; none where too few points say it.
    """

    value: float
    low: float
    high: float
    level: float
    evaluations: int
    repetitions: int
    shifts: tuple[Shift, ...]
    plateau: bool
    box: RareBox | None = None


def rare_chance(study: Study, question: Question, seed: int = 1, level: float = 0.95, lives: int = 0) -> Rare:
    """Return how likely something rare is, by subset simulation over the study's uncertain inputs.

    Parameters
    ----------
    study : Study
        Whose inputs and model; correlated inputs included.
    question : Question
        What is asked.
    seed : int
        Of all points.
    level : float
        Confidence level.
    lives : int
        Per draw, for a model that takes them.

    Raises
    ------
    InputError
        Where inputs are drawn together from a posterior, or the model samples lives: then a point does not say whether
        it is true.
    """
    check_designed(study, "rare")
    if study.samples_lives:
        raise InputError(
            f"{study.name}: rare: it samples lives, so that inputs alone do not decide whether it is true (got lives); "
            "its expectation instead (evaluation = expectation)"
        )
    columns = design_columns(study)
    if not columns:
        raise InputError(f"{study.name}: rare: no uncertain input (got none); one or more")
    found = subset_simulation(_margin(study, question, seed, lives), len(columns), seed)
    low, high = found.interval(level)
    shifts, box = _shifts(study, found), rare_box(study, found, seed, level)
    return Rare(found.value, low, high, level, found.evaluations, len(found.estimates), shifts, found.plateau, box)


def _margin(study: Study, question: Question, seed: int, lives: int) -> Margin:
    """Return how far normal deviates are beyond the bound, in the unit of the output: 0 or more where it is true."""
    from scipy.special import ndtr

    name, packed = question.cell.output.name, question.cell.packed[0]
    rows, wanted = call_rows(study), frozenset({name})

    def of(deviates: FloatArray) -> FloatArray:
        # A failed draw, and one in which the output is undefined, is not one in which it is true.
        values = np.full(len(deviates), np.nan)
        for start in range(0, len(deviates), rows):
            part = slice(start, min(start + rows, len(deviates)))
            draws = np.arange(part.start, part.stop)
            points = transform(study, _inside(ndtr(deviates[part])), design_columns(study))
            found = evaluate_values(study, points, draws, seed, lives, wanted)
            values[part] = np.asarray(found.outputs[name], float).reshape(len(draws), -1)[:, packed]
        far = np.abs(values - question.bound)
        with np.errstate(invalid="ignore"):
            signed = np.where(question.holds(values), far, -np.maximum(far, _STILL))
        return np.where(np.isfinite(values), signed, -np.inf)

    return of


def _inside(unit: FloatArray) -> FloatArray:
    """Return points strictly inside the unit cube."""
    return np.clip(unit, np.finfo(float).tiny, 1.0 - 2.0**-53)


def _shifts(study: Study, found: Subsets) -> tuple[Shift, ...]:
    """Return the inputs that are most unusual where it is true."""
    from scipy.special import ndtri

    if len(found.inside) == 0:
        return ()
    columns = design_columns(study)
    there = transform(study, found.units, columns)
    even = np.repeat(((np.arange(1000) + 0.5) / 1000)[:, None], len(columns), axis=1)
    # Each by itself, whatever it depends on.
    usual = transform(replace(study, dependence=(), ordered=()), even, columns)
    count = len(found.inside)
    moved = np.sqrt(
        np.mean((np.sort(found.inside, axis=0) - ndtri((np.arange(count) + 0.5) / count)[:, None]) ** 2, axis=0)
    )
    order = [int(place) for place in np.argsort(-moved, kind="stable") if moved[place] >= _LEAST_SHIFT]
    items = {item.name: item for item in study.uncertain}
    told = []
    for place in order[:MOST_SHIFTED]:
        item, name = items[columns[place]], columns[place]
        words = tuple(getattr(item.distribution, "labels", ()))
        told.append(
            Shift(
                name,
                item.unit,
                _ends(usual[name]),
                _ends(there[name]),
                float(moved[place]),
                _often(there[name], words) if words else "",
            )
        )
    return tuple(told)


def _ends(values: FloatArray) -> tuple[float, float]:
    low, high = np.quantile(values, _ENDS)
    return float(low), float(high)


def _often(codes: FloatArray, words: tuple[str, ...]) -> str:
    shares = np.bincount(codes.astype(np.int64), minlength=len(words)) / len(codes)
    return ", ".join(
        f"{words[place]} in {percent(float(shares[place]))}" for place in np.argsort(-shares) if shares[place]
    )
