"""Packages of levers over draws and over readings of the model: which of them hold up whatever is true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mcsim.result.matrix import Matrix, ends_of, quantile, unit_of
from mcsim.study import BoolArray, FloatArray

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("package", "levers", "outcome", "unit", "better", "median", "change", "p_best", "p_best_low", "p_best_high"),
    *("regret_mean", "regret_p90", "regret_worst", "worst_reading", "change_worst_reading", "pareto", "regret_share"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Packages:
    """Every combination of some levers, the empty one first, held against outcomes.

    Parameters
    ----------
    members : tuple of tuple of str
        The levers of each package.
    readings : tuple of str
        How the model was read: words of its options; one reading where nobody asks for more.
    by_reading : tuple of Matrix
        A matrix for each reading: the empty package is the baseline, the others are of one kind.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.result.matrix import SEVERAL, TODAY
    >>> from mcsim.study.declared import Output
    >>> from mcsim.study.outcomes import Outcome
    >>> from mcsim.study.select import Cell
    >>> less = Outcome(Cell(Output("waste", "t", "waste"), {}), -1, "t")
    >>> values = np.array([[[4.0, 4.0]], [[1.0, 4.0]], [[2.0, 3.0]]])
    >>> one = Matrix(("none", "a", "b"), ("", "", ""), (TODAY, SEVERAL, SEVERAL), (less,), values)
    >>> found = Packages(((), ("a",), ("b",)), ("",), (one,))
    >>> found.holding, found.pooled.regret()[:, 0].max(axis=1).tolist()
    (1, [3.0, 1.0, 1.0])
    """

    members: tuple[tuple[str, ...], ...]
    readings: tuple[str, ...]
    by_reading: tuple[Matrix, ...]

    @property
    def pooled(self) -> Matrix:
        """All draws of all readings, each reading as likely as any other."""
        values = np.concatenate([one.values for one in self.by_reading], axis=2)
        draws = [one.draw for one in self.by_reading if one.draw is not None]
        return replace(self.by_reading[0], values=values, draw=np.concatenate(draws) if draws else None)

    @property
    def p_best_ends(self) -> FloatArray:
        """Both ends of the 95 % interval of the chance to be the best, (2, n_packages, n_outcomes).

        A draw stands once in each reading, and all of these together are worth one independent draw.
        """
        pooled = self.pooled
        best = pooled.best
        return ends_of(best, ~np.isnan(best), pooled, 1.0 / len(self.by_reading))

    @property
    def regret_share(self) -> FloatArray:
        """Regret in the worst tenth of the draws over what lies between the best and the worst package's median.

        Returns
        -------
        ndarray, shape (n_packages,)
            The largest of the outcomes that have a better side: 0 for a package that is never far from the best of any.
        """
        pooled = self.pooled
        sides = [at for at, outcome in enumerate(pooled.outcomes) if outcome.better]
        middle = quantile(pooled.deltas, 0.5)[:, sides]
        between = np.ptp(middle, axis=0)
        missed = quantile(pooled.regret(), 0.9)[:, sides]
        shares = np.divide(missed, between, out=np.zeros_like(missed), where=between > 0.0)
        return np.asarray(shares.max(axis=1), np.float64) if sides else np.full(len(self.members), np.nan)

    @property
    def holding(self) -> int:
        """The place of the package that holds up: the least of `regret_share`, of equals the one of fewest levers."""
        shares = self.regret_share
        order = sorted(range(len(shares)), key=lambda place: (round(float(shares[place]), 9), len(self.members[place])))
        return order[0]

    def fewest_within(self, share: float) -> int:
        """Return the place of the package of fewest levers whose `regret_share` is this close to the least."""
        shares = self.regret_share
        near = np.flatnonzero(shares <= shares.min() + share)
        return int(min(near, key=lambda place: (len(self.members[place]), shares[place])))

    @property
    def pareto(self) -> BoolArray:
        """Whether no other package is as good in the median of every outcome and better in one, (n_packages,)."""
        pooled = self.pooled
        sides = [at for at, outcome in enumerate(pooled.outcomes) if outcome.better]
        return undominated(quantile(pooled.better, 0.5)[:, sides])

    def table(self) -> pd.DataFrame:
        """Return every number as a tidy table, a row per package and outcome."""
        import pandas as pd

        pooled = self.pooled
        before, change = quantile(pooled.values, 0.5), quantile(pooled.deltas, 0.5)
        regret, p_best = pooled.regret(), (pooled.p_best, *self.p_best_ends)
        ends = [np.nanmean(regret, axis=2), quantile(regret, 0.9), np.nanmax(regret, axis=2)]
        worst, change_there = self._worst_reading()
        pareto, shares = self.pareto, self.regret_share
        rows = []
        for place, levers in enumerate(self.members):
            for at, outcome in enumerate(pooled.outcomes):
                side = {1: "more", -1: "less", 0: ""}[outcome.better]
                told = (" + ".join(levers) or "none", len(levers), outcome.name, unit_of(outcome), side)
                numbers = (before[place, at], change[place, at], *(end[place, at] for end in (*p_best, *ends)))
                there = self.readings[worst[place, at]], change_there[place, at]
                rows.append([*told, *numbers, *there, bool(pareto[place]), shares[place]])
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _worst_reading(self) -> tuple[FloatArray, FloatArray]:
        """Return for each package and outcome the reading under which it helps least, and its median change there."""
        gains = np.stack([quantile(one.better, 0.5) for one in self.by_reading])
        worst = np.argmin(np.where(np.isnan(gains), np.inf, gains), axis=0)
        changes = np.stack([quantile(one.deltas, 0.5) for one in self.by_reading])
        return worst, np.take_along_axis(changes, worst[None], axis=0)[0]


def undominated(gains: FloatArray) -> BoolArray:
    """Return which rows no other row beats: as good in every column and better in one.

    Examples
    --------
    >>> undominated(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [0.5, 1.0], [0.4, 1.0]])).tolist()
    [False, True, True, True, False]
    """
    found = np.ones(len(gains), bool)
    for place, own in enumerate(gains):
        found[place] = not ((gains >= own).all(axis=1) & (gains > own).any(axis=1)).any()
    return found


def subsets(levers: Sequence[str]) -> list[tuple[str, ...]]:
    """Return every combination of levers, in their own order, fewer first.

    Examples
    --------
    >>> subsets(["a", "b"])
    [(), ('a',), ('b',), ('a', 'b')]
    """
    from itertools import combinations

    return [chosen for size in range(len(levers) + 1) for chosen in combinations(levers, size)]
