"""Where the labels of a dim stand among one another, draw by draw: ranks of states, years or levers with intervals."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mcsim.study import FloatArray, InputError, Output
from mcsim.study.errors import one_of
from mcsim.study.select import selection

if TYPE_CHECKING:
    import pandas as pd

ENDS = {"rank_p2.5": 0.025, "rank_p25": 0.25, "rank_p50": 0.5, "rank_p75": 0.75, "rank_p97.5": 0.975}
TOP = 3  # labels among which the column p_top tells the chance to be


def ranks(values: FloatArray) -> FloatArray:
    """Return the rank of each column in its row, 1 the largest; equal values share the mean of their ranks.

    A row in which a column has no value has no ranks.

    Parameters
    ----------
    values : ndarray, shape (n, k)
        Draws of k labels.

    Returns
    -------
    ndarray, shape (n, k)

    Examples
    --------
    >>> ranks(np.array([[5.0, 9.0, 5.0], [1.0, np.nan, 2.0]])).tolist()
    [[2.5, 1.0, 2.5], [nan, nan, nan]]
    """
    from scipy.stats import rankdata

    whole = np.isfinite(values).all(axis=1)
    found = np.full(values.shape, np.nan)
    if whole.any():
        found[whole] = rankdata(-values[whole], axis=1)
    return found


def standings(
    output: Output, draws: NDArray[Any], dim: str, labels: Mapping[str, object], top: int = TOP
) -> pd.DataFrame:
    """Return a row per label of a dim, the highest first; see `mcsim.Result.standings`.

    Parameters
    ----------
    output : Output
        What is compared.
    draws : ndarray, shape (n, *dims)
        Its draws, every element shown.
    dim, labels, top
        As there.
    """
    import pandas as pd

    axis = _axis(output, dim)
    shown = np.moveaxis(output.mask & selection(output, labels), axis, -1)
    by_label = np.moveaxis(draws, 1 + axis, -1)
    others = [other for other in output.dims if other.name != dim]
    parts = []
    for place in itertools.product(*(range(len(other)) for other in others)):
        here = np.flatnonzero(shown[place])
        if len(here) == 0:
            continue
        where = {other.name: other.coords[at] for other, at in zip(others, place, strict=True)}
        codes = [output.dims[axis].coords[at] for at in here]
        several: Any = (slice(None), *place)
        parts.append(_told(where | {dim: codes}, ranks(by_label[several][:, here]), dim, top))
    if not parts:
        raise InputError(f"{output.name}: no element has these labels together (got {dict(labels)})")
    return pd.concat(parts, ignore_index=True)


def _axis(output: Output, dim: str) -> int:
    names = [each.name for each in output.dims]
    if dim not in names:
        raise InputError(f"{output.name}: no such dim (got {dim!r}); {one_of(names, dim)}")
    return names.index(dim)


def _told(labels: Mapping[str, Any], found: FloatArray, dim: str, top: int) -> pd.DataFrame:
    """Return the rows of one set of labels compared, by median rank, then mean rank."""
    import pandas as pd

    with_value = found[~np.isnan(found).any(axis=1)]
    columns: dict[str, Any] = dict(labels)
    if len(with_value) == 0:
        columns |= dict.fromkeys(("rank_mean", *ENDS, "p_first", "p_top"), np.nan)
    else:
        columns["rank_mean"] = with_value.mean(axis=0)
        # Ranks are whole numbers: of two in the middle the lower, no rank that nobody has.
        ends = np.quantile(with_value, list(ENDS.values()), axis=0, method="inverted_cdf")
        columns |= dict(zip(ENDS, ends, strict=True))
        columns["p_first"] = (with_value <= 1.0).mean(axis=0)
        columns["p_top"] = (with_value <= top).mean(axis=0)
    rows = pd.DataFrame(columns | {"n": len(with_value)})
    return rows.sort_values(["rank_p50", "rank_mean", dim], kind="stable", ignore_index=True)
