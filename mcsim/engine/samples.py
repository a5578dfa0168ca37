"""Samples of the user's own as a design: a table with one row per draw and one column per uncertain input."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.engine.design import MAXIMUM_SEED, Design
from mcsim.study import FloatArray, InputError, nearest, suggests
from mcsim.study.setting import valid_range
from mcsim.study.tables import separator_of
from mcsim.study.values import whole

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.study import Study


@suggests
def user_design(source: str | Path | pd.DataFrame, study: Study, seed: int = 1) -> Design:
    """Return the user's own samples as a design: one row per draw, one column per uncertain input.

    Parameters
    ----------
    source : path or DataFrame
        CSV or Parquet file, or a table, whose columns are the names of all uncertain inputs.
    study : Study
        Checked against its names and the model's valid ranges.
    seed : int
        Seed for models that sample.

    Raises
    ------
    InputError
        Naming the column and the value.

    Examples
    --------
    >>> import mcsim, pandas as pd
    >>> frame = pd.DataFrame({"x1": [0.1, 0.2], "x2": [1.0, 2.0], "x3": [0.0, -1.0]})
    >>> design = user_design(frame, mcsim.load("ishigami"))
    >>> mcsim.run(mcsim.load("ishigami"), design=design).complete
    2
    """
    import pandas as pd

    place = "samples"
    if isinstance(source, pd.DataFrame):
        frame = source
    else:
        place = str(source)
        frame = _read_frame(Path(source))
    names = [item.name for item in study.uncertain]
    separator = separator_of([str(column) for column in frame.columns])
    if separator and separator not in "".join(names):
        raise InputError(f"{place}: columns separated by {separator!r}; by commas, with points in numbers")
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise InputError(f"{place}: {twice}: twice in the header; each column once")
    for column in frame.columns:
        if column not in names:
            raise InputError(f"{place}: {column}: no such uncertain input{nearest(str(column), names)}")
    for name in names:
        if name not in frame.columns:
            raise InputError(f"{place}: {name}: column missing; one column per uncertain input, or fix it in the study")
    if len(frame) == 0:
        raise InputError(f"{place}: no rows; one row per draw")
    values = np.column_stack([_column(place, study, item, frame[item.name]) for item in study.uncertain])
    return Design("given", whole("seed", seed, 0, MAXIMUM_SEED), len(frame), tuple(names), values)


def _read_frame(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; a CSV or Parquet table with one row per draw") from None
    except (ValueError, ImportError, OSError) as error:
        told = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path}: cannot be read as a table ({told}); CSV or Parquet") from None


def _column(place: str, study: Study, item: Any, series: pd.Series[Any]) -> FloatArray:
    import pandas as pd

    labels = getattr(item.distribution, "labels", None)
    if labels is not None and not pd.api.types.is_numeric_dtype(series):
        codes = {label: code for code, label in enumerate(labels)}
        wrong = next((word for word in series if word not in codes), None)
        if wrong is not None:
            raise InputError(f"{place}: {item.name}: not one of its words (got {wrong!r}); {', '.join(labels)}")
        return np.array([codes[word] for word in series], np.float64)
    try:
        values = series.to_numpy(np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{place}: {item.name}: not numbers; a number in {item.unit or 'its unit'} per row") from None
    if labels is not None:
        wrong = ~np.isin(values, np.arange(len(labels)))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise InputError(
                f"{place}: {item.name}: row {row + 1}: not one of its words (got {values[row]:g}); {', '.join(labels)}"
            )
        return values
    valid = valid_range(study.model, item) if item.vector is None else (0.0, 1.0)
    bad = ~(np.isfinite(values) & (values >= valid[0]) & (values <= valid[1]))
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(
            f"{place}: {item.name}: row {row + 1}: outside the valid range (got {values[row]:g}); "
            f"between {valid[0]:g} and {valid[1]:g} {item.unit}"
        )
    return values
