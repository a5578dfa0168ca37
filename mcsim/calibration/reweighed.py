"""The draws of a run as they stand, weighed by what was observed: a posterior without one more evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from mcsim.calibration.likelihood import likelihood_of
from mcsim.calibration.sample import COLLAPSED, effective, smoothed
from mcsim.study import FloatArray

if TYPE_CHECKING:
    from mcsim.result.result import Result

FEWEST = 50.0  # effective draws; with fewer the ends of a 95 % band are those of single draws


class Weighed(NamedTuple):
    """Weights (n,) of a run's draws, summing to 1, and how many equally weighted draws tell as much."""

    weights: FloatArray
    ess: float


# What was found of a run, as long as somebody holds it: each of its figures asks.
_KNOWN: WeakKeyDictionary[Result, Weighed | None] = WeakKeyDictionary()


def reweighed(result: Result) -> Weighed | None:
    """Return the weights that the observations of a study give to the draws of a run on its priors.

    Options are those of the run: a calibration may weigh their words, these weights cannot.

    Parameters
    ----------
    result : Result
        A run.

    Returns
    -------
    Weighed or None
        None where there is nothing to weigh by, where an observed output was not kept, where the draws are those of a
        posterior already, or where the weights collapse on few of them.
    """
    if result not in _KNOWN:
        _KNOWN[result] = _reweighed(result)
    return _KNOWN[result]


def _reweighed(result: Result) -> Weighed | None:
    calibration = result.study.calibration
    seen = calibration.observations
    there = [name for name in result.kept if name not in result.rounded]
    if not seen or result.study.posterior or any(item.cell.output.name not in there for item in seen):
        return None
    columns = []
    for item in seen:
        full = result.values(item.cell.output.name)
        columns.append(full[:, item.cell.mask].sum(axis=1) if full.ndim > 1 else full)
    log = likelihood_of(seen, dict(calibration.poolings)).log(np.stack(columns, axis=1))
    if np.isfinite(log).sum() < FEWEST:
        return None
    weights, khat = smoothed(log)
    ess = effective(weights)
    return None if khat > COLLAPSED or ess < FEWEST else Weighed(weights, ess)


def weighed_quantiles(values: FloatArray, weights: FloatArray, shares: FloatArray) -> FloatArray:
    """Return the quantiles (q, k) of weighed rows of values (n, k): the least value that a share of weight reaches.

    Examples
    --------
    >>> values = np.array([[3.0], [1.0], [2.0]])
    >>> weighed_quantiles(values, np.array([0.2, 0.5, 0.3]), np.array([0.4, 0.9])).ravel().tolist()
    [1.0, 3.0]
    """
    order = np.argsort(values, axis=0)
    reached = np.cumsum(weights[order], axis=0)
    ranked = np.take_along_axis(values, order, axis=0)
    found = np.empty((len(shares), values.shape[1]))
    for column in range(values.shape[1]):
        at = np.searchsorted(reached[:, column], shares * reached[-1, column])
        found[:, column] = ranked[np.minimum(at, len(values) - 1), column]
    return found
