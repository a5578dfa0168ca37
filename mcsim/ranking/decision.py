"""The decision view: which choice is better and how surely, what learning an input is worth, and where it flips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mcsim.ranking.choices import compared, gains_of
from mcsim.ranking.learning import regression, worth_of_learning, worth_with_interval
from mcsim.ranking.method import Analysis, GivenData, Mark, Measures, Telling
from mcsim.study import BoolArray, FloatArray, InputError, nearest, remarks
from mcsim.study.select import dropped

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.result.result import Result

_GRID = 201
_MISFIT = 0.02  # of the variance


def evppi_of_sign(x: FloatArray, y: FloatArray) -> dict[str, FloatArray]:
    """Return what learning each input perfectly is worth when one acts where an output is expected below zero.

    An output is a difference to doing nothing, such as a change of impact: acting gains -y. Knowing an input lets one
    act only where it pays; the gain is in the output's unit. Where both choices are equally good on average, an input
    that does nothing reads a little above 0: the largest of noisy means is never below their mean.

    Parameters
    ----------
    x : ndarray, shape (n, n_inputs)
        Inputs.
    y : ndarray, shape (n, n_values)
        Outputs.

    Returns
    -------
    dict
        ``evppi`` (n_inputs, n_values) in the output's unit, and ``evppi_share`` of the value of learning everything.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).uniform(-1.0, 1.0, (4000, 2))
    >>> found = evppi_of_sign(x, x[:, :1] + 0.5)
    >>> bool(abs(found["evppi"][0, 0] - 1.0 / 16.0) < 0.01)
    True
    """
    return worth_of_learning(x, -y[:, None, :])


def evppi_with_interval(x: FloatArray, y: FloatArray, level: float = 0.95) -> dict[str, FloatArray]:
    """Return the worth of learning each input to whoever acts below zero, with its interval and the check of its fit.

    Parameters
    ----------
    x, y : ndarray, shape (n, n_inputs) and (n, n_values)
        Inputs and outputs, as of `evppi_of_sign`.
    level : float
        Confidence level.

    Returns
    -------
    dict
        As `mcsim.ranking.learning.worth_with_interval`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).uniform(-1.0, 1.0, (4000, 2))
    >>> found = evppi_with_interval(x, x[:, :1] + 0.5)
    >>> bool(found["evppi_low"][0, 0] < 1.0 / 16.0 < found["evppi_high"][0, 0])
    True
    """
    return worth_with_interval(x, -y[:, None, :], level)


def _choices(
    result: Result, output: str, over: str, labels: dict[str, object]
) -> tuple[FloatArray, list[str], BoolArray]:
    """Return the draws of an output along one dim (n, n_choices), that dim's labels, and which draws these are.

    A choice that no draw has is none; a draw in which one of the others has no value compares nothing and is left out.
    """
    declared = result.study.output(output)
    dims = [dim.name for dim in declared.dims]
    if over not in dims:
        raise InputError(f"{output}: {over}: no such dim; one of {', '.join(dims) or 'none'}{nearest(over, dims)}")
    missing = [name for name in dims if name != over and name not in labels]
    if missing:
        raise InputError(f"{output}: {missing[0]}: a choice needs one element (got none); {missing[0]} = one label")
    if output not in result.kept:
        raise InputError(f"{output}: its draws were not kept; run again with --keep {output}")
    full = np.asarray(declared.expand(np.asarray(result.kept[output], dtype=float)))
    full = dropped(declared, full, {name: label for name, label in labels.items() if name != over})
    coords = [str(coord) for coord in declared.dims[dims.index(over)].coords]
    known, rows = compared(full)
    draws = full[:, known] if rows.all() else full[rows][:, known]
    return draws, [name for name, there in zip(coords, known, strict=True) if there], rows


def probability_best(result: Result, output: str, over: str, *, lowest: bool = True, **labels: object) -> pd.Series:
    """Return the probability that each label along a dim is the best one, draw by draw.

    Parameters
    ----------
    result : Result
        A run that kept the output.
    output, over : str
        The output, and the dim whose labels are the choices.
    lowest : bool
        Whether less is better.
    **labels
        One label for each other dim.
    """
    import pandas as pd

    draws, names, _ = _choices(result, output, over, dict(labels))
    best = np.argmin(draws, axis=1) if lowest else np.argmax(draws, axis=1)
    shares = np.bincount(best, minlength=len(names)) / len(draws)
    return pd.Series(shares, index=pd.Index(names, name=over), name="probability_best")


def evppi(
    result: Result, output: str, over: str, *, lowest: bool = True, level: float = 0.95, **labels: object
) -> pd.DataFrame:
    """Return what learning each input perfectly is worth for the choice of the best label along a dim.

    Parameters
    ----------
    result : Result
        A run that kept the output.
    output, over : str
        The output, and the dim whose labels are the choices.
    lowest : bool
        Whether less is better.
    level : float
        Confidence level of the intervals.
    **labels
        One label for each other dim.

    Returns
    -------
    DataFrame
        Columns input, evppi (in the output's unit) with ``evppi_low`` and ``evppi_high``, share of the value of
        learning everything, and missed (as ``evppi_missed``); largest first.
    """
    import pandas as pd

    draws, names, there = _choices(result, output, over, dict(labels))
    if len(names) < 2:
        raise InputError(f"{output}: {over}: nothing to choose from (got {', '.join(names) or 'none'}); two or more")
    inputs = [item.name for item in result.study.uncertain]
    x = np.column_stack([np.asarray(result.inputs[name], dtype=float)[there] for name in inputs])
    found = worth_with_interval(x, gains_of(draws, lowest), level)
    columns = {"evppi": "evppi", "evppi_low": "evppi_low", "evppi_high": "evppi_high"}
    columns |= {"share": "evppi_share", "missed": "evppi_missed"}
    frame = pd.DataFrame({"input": inputs, **{name: found[key][:, 0] for name, key in columns.items()}})
    frame = frame.sort_values("evppi", ascending=False, kind="stable").reset_index(drop=True)
    frame.attrs["choices"] = names
    return frame


def flip_points(result: Result, output: str, threshold: float = 0.0, **labels: object) -> pd.DataFrame:
    """Return the input values beyond which the expected output is on the other side of a threshold.

    Parameters
    ----------
    result : Result
        A run that kept the output.
    output : str
        An output such as a change against a reference.
    threshold : float
        What separates the two conclusions.
    **labels
        One label for each dim.

    Returns
    -------
    DataFrame
        One row per input and flip: input, flips_at (in the input's unit), probability_beyond (that the input lies on
        the side where the conclusion differs from the one on average).

    Notes
    -----
    The other inputs are averaged over, not held: a flip says what one would conclude knowing this input alone.
    """
    import pandas as pd

    draws = np.asarray(result.values(output, **labels), dtype=float).reshape(result.complete, -1)
    if draws.shape[1] != 1:
        raise InputError(f"{output}: a flip needs one element (got {draws.shape[1]}); a label for each dim")
    there = ~np.isnan(draws[:, 0])
    draws = draws[there]
    usual = float(draws.mean()) > threshold
    rows = []
    for name in (item.name for item in result.study.uncertain):
        x = np.asarray(result.inputs[name], dtype=float)[there]
        # Beyond the outermost draws a polynomial only guesses.
        grid = np.quantile(x, np.linspace(0.005, 0.995, _GRID))
        other = (regression(x, draws, grid)[:, 0] > threshold) != usual
        fitted = (regression(x, draws)[:, 0] > threshold) != usual
        rows += [
            {
                "input": name,
                "flips_at": 0.5 * (grid[place] + grid[place + 1]),
                "probability_beyond": float(fitted.mean()),
            }
            for place in np.flatnonzero(other[1:] != other[:-1])
        ]
    return pd.DataFrame(rows, columns=["input", "flips_at", "probability_beyond"])


def _analysis(x: FloatArray, y: FloatArray, about: Analysis) -> Measures:
    threshold = 0.0 if about.threshold is None else about.threshold
    found = evppi_with_interval(x, y - threshold, about.level)
    if about.threshold is None:
        found = {name: np.where(_turns(y), values, np.nan) for name, values in found.items()}
    return found


def _turns(y: FloatArray) -> BoolArray:
    """Return which outputs are on both sides of 0."""
    return np.asarray((np.nanmin(y, axis=0, initial=np.inf) < 0.0) & (np.nanmax(y, axis=0, initial=-np.inf) > 0.0))


def _inspect(name: str, y: FloatArray, about: Analysis) -> list[str]:
    """Refuse an output that is never on both sides of 0 where nothing was said of where the decision turns.

    Raises
    ------
    InputError
        Naming the output.
    """
    turns = _turns(y)
    if about.threshold is not None:
        return []
    if np.isnan(y).all():
        return []  # what has no value is told as for any method
    if not turns.any():
        raise InputError(
            f"{name}: evppi: no draw on the other side of 0 (got {np.nanmin(y):.4g} to {np.nanmax(y):.4g}), so nothing "
            "turns there; --threshold with the value at which the decision turns, or an output that is a difference"
        )
    lines = [remarks.WORTH_BELOW(output=name)]
    if left := int((~turns).sum()):
        lines.append(remarks.NEVER_TURNS(output=name, count=left, total=y.shape[1]))
    return lines


def _remarks(name: str, measures: Measures) -> list[str]:
    poor = np.asarray((measures["evppi_missed"] > _MISFIT).any(axis=0))
    if not poor.any():
        return []
    remark = remarks.CURVE_MISSES if len(poor) == 1 else remarks.CURVE_MISSES_ELEMENTS
    most = f"{100 * float(np.nanmax(measures['evppi_missed'])):.0f}"
    return [remark(output=name, most=most, count=int(poor.sum()), total=len(poor))]


_TELLING = Telling(
    (Mark("evppi", "worth", "worth of knowing"),),
    "What knowing an input is worth, in the unit of the output, to someone who acts where the output lies below the "
    "threshold, or chooses: 0 where it would change no decision. With 95 % intervals.",
    "Worth of knowing an input, with 95 % intervals",
    "worth of knowing",
    of_variance=False,
    in_unit=True,
)
EVPPI = GivenData(
    "evppi",
    "what knowing the input is worth to someone who acts where the output is below a threshold (default 0), or chooses",
    "evppi",
    _analysis,
    frozenset({"threshold", "choices"}),
    inspect=_inspect,
    at_random=True,
    remarks=_remarks,
    telling=_TELLING,
)
