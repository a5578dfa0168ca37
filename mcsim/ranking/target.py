"""Target and conditional sensitivity: what each input by itself does to whether something is true, and to how far.

Of whether it is true: the first-order Sobol' index of the 0 or 1, by neighbours in rank; and a test of independence
(HSIC), which sees from few draws that they depend on one another in whatever way, and shares out nothing. What acts
with others alone it does not see; Shapley effects do. Of how far it goes where it is true: the same test among those
draws. The test looks at as many draws in which it is true as in which it is not, so that a rare truth loses nothing;
drawing by the truth changes no chance of a false alarm, since a test of independence takes the truths as they are.

Source: Marrel and Chabridon (2021), "Statistical developments for target and conditional sensitivity analysis:
application on safety studies for nuclear reactor", Reliability Engineering and System Safety 214.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from mcsim.ranking.conditions import Columns
from mcsim.ranking.hsic import independence_criterion
from mcsim.ranking.neighbours import rank_based
from mcsim.ranking.thinned import chosen_rows
from mcsim.study import BoolArray, FloatArray, IntArray

EACH = 200  # draws of either kind that the test looks at
FEWEST = 20
CHANCE = 0.05  # of a false alarm, shared out among all inputs


@dataclass(frozen=True, slots=True)
class Sign:
    """What an input by itself does.

    Parameters
    ----------
    name : str
        The input.
    alone, alone_low, alone_high : float
        First-order index of whether it is true, with its interval; NaN of draws whose neighbours are alike in others.
    whether, how_far : float
        Probability that chance alone gives a dependence as strong: of whether it is true, and of the output where it
        is; NaN where too few draws are of a kind or nothing varies.
    """

    name: str
    alone: float
    alone_low: float
    alone_high: float
    whether: float
    how_far: float

    def acts_alone(self, inputs: int, level: float) -> bool:
        """Return whether its index is above 0 for sure, the chance of a false alarm shared out among all inputs."""
        error = (self.alone_high - self.alone_low) / (2.0 * NormalDist().inv_cdf(0.5 + level / 2.0))
        return self.alone > error * NormalDist().inv_cdf(1.0 - CHANCE / inputs)


def signs_of(x: Columns, y: FloatArray, true: BoolArray, seed: int, neighbours: bool, level: float) -> tuple[Sign, ...]:
    """Return what each input by itself does to whether something is true and to how far it goes.

    Parameters
    ----------
    x : Columns
        Draws of the inputs.
    y : ndarray, shape (n,)
        The output.
    true : ndarray of bool, shape (n,)
        Whether it is true.
    seed : int
        Of the draws that the test looks at.
    neighbours : bool
        Whether draws next to one another in an input are alike in nothing else: of random draws and Latin hypercubes.
    level : float
        Confidence level.

    Examples
    --------
    >>> draws = np.random.default_rng(1).random((1000, 2))
    >>> columns = Columns(("a", "b"), ("", ""), ((), ()), draws)
    >>> found = signs_of(columns, draws[:, 0], draws[:, 0] > 0.9, 1, True, 0.95)
    >>> [one.whether < 0.001 for one in found], [one.alone > 0.5 for one in found]
    ([True, False], [True, False])
    """
    whether = _chances(x.values, true.astype(np.float64), _both_kinds(true, seed))
    how_far = _chances(x.values, y, _some(np.flatnonzero(true), seed, 2 * EACH))
    if neighbours:
        found = rank_based(x.values, true.astype(np.float64)[:, None], level, seed)
        alone = np.column_stack([found[name][:, 0] for name in ("S1", "S1_low", "S1_high")])
    else:
        alone = np.full((len(x.names), 3), np.nan)
    return tuple(
        Sign(name, float(own[0]), float(own[1]), float(own[2]), float(one), float(other))
        for name, own, one, other in zip(x.names, alone, whether, how_far, strict=True)
    )


def _some(rows: IntArray, seed: int, most: int) -> IntArray:
    return rows[chosen_rows(len(rows), most, seed, "target")]


def _both_kinds(true: BoolArray, seed: int) -> IntArray:
    """Return rows with as many of either kind, if there are as many."""
    kinds = [np.flatnonzero(true), np.flatnonzero(~true)]
    if min(map(len, kinds)) < FEWEST:
        return np.empty(0, np.int64)
    return np.concatenate([_some(rows, seed, EACH) for rows in kinds])


def _chances(x: FloatArray, y: FloatArray, rows: IntArray) -> FloatArray:
    """Return for each input how likely independence gives a dependence as strong, NaN where nothing varies."""
    found = np.full(x.shape[1], np.nan)
    part = y[rows]
    if len(rows) < FEWEST or np.ptp(part) == 0.0:
        return found
    for place, column in enumerate(x.T):  # one at a time: each takes as much memory as all pairs of draws
        own = column[rows]
        if np.ptp(own) > 0.0:
            found[place] = independence_criterion(own[:, None], part[:, None])["hsic_p"][0, 0]
    return found
