"""Whether a model repeats itself: the same draws twice, compared bit by bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mcsim.engine.evaluation import evaluate_values
from mcsim.study import FloatArray, IntArray, Study, remarks
from mcsim.study.remarks import Remark

MOST_ROWS = 2  # what is evaluated twice: noise shows in any draw


def unrepeated(
    study: Study,
    values: Mapping[str, FloatArray],
    draws: IntArray,
    seed: int,
    lives: int,
    wanted: frozenset[str] | None = None,
) -> tuple[str, ...]:
    """Return the outputs that differ between two calls of the model with the same arguments.

    Parameters
    ----------
    study : Study
        What is run.
    values : mapping of str to ndarray (n,)
        Uncertain inputs; the first rows are evaluated.
    draws : ndarray of int64, shape (n,)
        Their numbers.
    seed, lives : int
        As in the run: chance that a model draws by these keys repeats.
    wanted : frozenset of str, optional
        Outputs that are compared; all by default.
    """
    rows = 1 if getattr(study.model.evaluate, "row_by_row", False) else MOST_ROWS
    few = {name: column[:rows] for name, column in values.items()}
    first, second = (evaluate_values(study, few, draws[:rows], seed, lives, wanted).outputs for _ in range(2))
    return tuple(name for name in first if not np.array_equal(first[name], second[name], equal_nan=True))


def noise_line(names: Sequence[str], consequence: Remark) -> str:
    """Return what the reader has to know of a model that does not repeat itself."""
    if len(names) == 1:
        return remarks.NOISY(output=names[0], consequence=consequence())
    return remarks.NOISY_OUTPUTS(outputs=", ".join(names), consequence=consequence())
