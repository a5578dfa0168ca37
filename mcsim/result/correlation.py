"""Rank correlation of inputs with elements of an output, over the draws in which an element has a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mcsim.study import FloatArray, Output

if TYPE_CHECKING:
    import pandas as pd


def rank_correlation(
    columns_of: Mapping[str, FloatArray], output: Output, draws: NDArray[Any], labels: Mapping[str, object]
) -> pd.DataFrame:
    """Return the table of `Result.rank_correlation`."""
    import pandas as pd
    from scipy.stats import rankdata

    values = draws.reshape(len(draws), -1)
    inputs = np.column_stack([rankdata(column) for column in columns_of.values()])
    remaining = [dim for dim in output.dims if dim.name not in labels]
    columns: Any = [output.name]
    if remaining:
        columns = pd.MultiIndex.from_product([dim.coords for dim in remaining], names=[dim.name for dim in remaining])
    found = np.full((len(columns_of), values.shape[1]), np.nan)
    defined = ~np.isnan(values)
    whole = defined.all(axis=0)
    if whole.any():
        found[:, whole] = _correlation(inputs, np.column_stack([rankdata(column) for column in values.T[whole]]))
    for cell in np.flatnonzero(~whole & (defined.sum(axis=0) > 1)).tolist():
        rows = defined[:, cell]
        ranks = np.column_stack([rankdata(column[rows]) for column in columns_of.values()])
        found[:, [cell]] = _correlation(ranks, rankdata(values[rows, cell])[:, np.newaxis])
    return pd.DataFrame(found, index=list(columns_of), columns=columns)


def _correlation(a: FloatArray, b: FloatArray) -> FloatArray:
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.sqrt((a * a).sum(axis=0))[:, np.newaxis] * np.sqrt((b * b).sum(axis=0))[np.newaxis, :]
        return np.asarray((a.T @ b) / scale, np.float64)
