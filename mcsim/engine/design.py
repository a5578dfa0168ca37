"""Points in the unit cube: random, Latin hypercube, scrambled Sobol', Saltelli pairs, Morris paths; and samples given.

Every point is a function of (design, seed, column, global row), so a design can be cut anywhere: the rows from start to
stop are the same whoever asks for them. Columns of random and Latin designs are keyed by the name of their input; the
dimensions of a Sobol' sequence follow the order of the columns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mcsim.engine.pairing import allocation
from mcsim.study import FloatArray, InputError, IntArray, nearest, suggests
from mcsim.study.setting import valid_range
from mcsim.study.tables import separator_of
from mcsim.study.values import whole

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.study import Study

KINDS = ("random", "lhs", "sobol")
MAXIMUM_SEED = 2**64 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Where in the unit cube a run evaluates its model.

    Parameters
    ----------
    kind : str
        ``random``, ``lhs``, ``sobol``, or ``given`` for samples of the user's own.
    seed : int
        Seed of the run, in [0, 2**64).
    draws : int
        Number of rows.
    columns : tuple of str
        Names of the uncertain inputs, one per dimension.
    values : ndarray, shape (draws, D), optional
        For ``given``: the values themselves (a categorical's as codes), not points of the unit cube.

    Examples
    --------
    >>> from mcsim.engine.design import make_design
    >>> design = make_design("random", ("a", "b"), draws=10, seed=1)
    >>> bool((design.points(0, 10)[4:7] == design.points(4, 7)).all())
    True
    """

    kind: str
    seed: int
    draws: int
    columns: tuple[str, ...]
    values: FloatArray | None = field(default=None, repr=False)

    @property
    def extends(self) -> bool:
        """Whether more draws keep the first ones."""
        return self.kind in ("random", "sobol")

    @property
    def independent(self) -> bool:
        """Whether draws are independent, as the formula of the Monte Carlo error asks."""
        return self.kind == "random"

    def points(self, start: int, stop: int) -> FloatArray:
        """Return the rows start..stop-1 of the unit cube, strictly inside it.

        Returns
        -------
        ndarray, shape (stop - start, D)
        """
        if self.kind == "random":
            return _random(self.columns, self.seed, start, stop)
        if self.kind == "lhs":
            return _latin(self.columns, self.draws, self.seed, start, stop)
        if self.kind == "sobol":
            dims = len(self.columns)
            return _sobol(dims, self.seed, 0, start, stop, tuple(range(dims)))
        raise InputError("design: given samples are values, not points of the unit cube")


def make_design(kind: str, columns: tuple[str, ...], draws: int, seed: int) -> Design:
    """Return a design.

    Parameters
    ----------
    kind : str
        ``random``, ``lhs`` or ``sobol``.
    columns : tuple of str
        Names of the uncertain inputs.
    draws : int
        Number of rows, at least 1.
    seed : int
        In [0, 2**64); 0 is a seed like any other.

    Raises
    ------
    InputError
        For an unknown kind, draws below 1 or a seed out of range.
    """
    if kind not in KINDS:
        raise InputError(f"design: unknown (got {kind!r}); one of {', '.join(KINDS)}{nearest(kind, KINDS)}")
    return Design(kind, whole("seed", seed, 0, MAXIMUM_SEED), whole("draws", draws, 1, 2**40), columns)


@lru_cache(maxsize=16)
def _keys(columns: tuple[str, ...], seed: int) -> NDArray[np.uint64]:
    from mcsim.kernels.streams import stream_key, stream_of

    return np.array([stream_key(np.uint64(seed), np.uint64(stream_of(name))) for name in columns], np.uint64)


def _random(columns: tuple[str, ...], seed: int, start: int, stop: int) -> FloatArray:
    """Return independent uniform numbers (n, D), a column lying in one piece of memory."""
    from mcsim.kernels.columns import fill_columns

    unit = np.empty((len(columns), stop - start))
    fill_columns(_keys(columns, seed), np.uint64(start), unit)
    return unit.T


@lru_cache(maxsize=2)
def _strata(columns: tuple[str, ...], draws: int, seed: int) -> IntArray:
    """Return the stratum (draws, D) of each row in each column: a permutation per column, keyed by its name."""
    from mcsim.kernels.streams import stream_of, uniforms

    strata = np.empty((draws, len(columns)), np.int64)
    for position, name in enumerate(columns):
        keys = uniforms(seed, stream_of(f"{name}/stratum"), 0, draws)
        strata[np.argsort(keys, kind="stable"), position] = np.arange(draws)
    return strata


def _latin(columns: tuple[str, ...], draws: int, seed: int, start: int, stop: int) -> FloatArray:
    inside = _random(tuple(f"{name}/inside" for name in columns), seed, start, stop)
    # A stratum's upper end may round to 1: the largest number below it is still in the last stratum.
    unit = (_strata(columns, draws, seed)[start:stop] + inside) / draws
    return np.minimum(unit, 1.0 - 2.0**-53)


@lru_cache(maxsize=16)
def _directions(dims: int, columns: int) -> NDArray[np.uint64]:
    """Return the first direction numbers (dims, columns) of scipy's sequence.

    In Gray code order point 2**(c + 1) - 1 is number c alone.
    """
    from scipy.stats import qmc

    from mcsim.kernels.statistics.sequence import BITS

    engine = qmc.Sobol(dims, scramble=False, bits=BITS)
    numbers = np.empty((dims, columns), np.uint64)
    engine.fast_forward(1)
    for c in range(columns):
        engine.fast_forward((1 << c + 1) - 1 - engine.num_generated)
        numbers[:, c] = engine.random(1)[0] * 2.0**BITS
    return numbers


# As many as a ranking has scrambles.
@lru_cache(maxsize=32)
def _scramble(
    dims: int, seed: int, replicate: int, columns: int, places: tuple[int, ...]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the shifts and the scrambled direction numbers of some of the dimensions of a sequence."""
    from mcsim.kernels.statistics.sequence import scramble

    # A list of words seeds the generator, so that replicates of one seed do not meet another seed's. The bits are those
    # that scipy's engine takes from a generator which it spawns from NumPy's default one.
    seeded = np.random.PCG64(np.random.SeedSequence([seed, replicate], spawn_key=(0,))).state["state"]
    halves = [half for number in (seeded["state"], seeded["inc"]) for half in (number >> 64, number & MAXIMUM_SEED)]
    shifts, numbers = np.empty(len(places), np.uint64), np.empty((len(places), columns), np.uint64)
    scramble(np.array(halves, np.uint64), _directions(dims, columns), np.array(places, np.int64), shifts, numbers)
    return shifts, numbers


def _sobol(dims: int, seed: int, replicate: int, start: int, stop: int, places: tuple[int, ...]) -> FloatArray:
    """Return the rows start..stop-1 of some of the first dimensions of a scrambled sequence (n, n_places).

    A column lies in one piece of memory.
    """
    from scipy.stats import qmc

    from mcsim.kernels.statistics.sequence import fill_points

    if dims == 0:
        return np.empty((stop - start, 0))
    if dims > qmc.Sobol.MAXDIM:
        raise InputError(f"design: too many inputs for a Sobol' sequence (got {dims}); at most {qmc.Sobol.MAXDIM}")
    # Reading direction numbers off the sequence takes as long as its points: few where few rows are wanted.
    columns = next(enough for enough in (10, 16, 20, 24, 28, 32) if stop <= 1 << enough)
    unit = np.empty((len(places), stop - start))
    fill_points(*_scramble(dims, seed, replicate, columns, places), start, unit)
    return unit.T


@suggests
def saltelli_points(
    columns: tuple[str, ...], base: int, seed: int, start: int, stop: int, replicate: int = 0
) -> tuple[FloatArray, FloatArray]:
    """Return the rows start..stop-1 of the two independent matrices of a Saltelli design.

    Both come from one scrambled Sobol' sequence: the columns of A are its first D dimensions, and column j of B is one
    behind them that fills the square evenly together with column j of A (`mcsim.engine.pairing.allocation`).
    Source of the design: Saltelli et al. (2010), "Variance based sensitivity analysis of model output", Comput. Phys.
    Commun. 181, section 3; the order of B's dimensions is our own.

    Parameters
    ----------
    columns : tuple of str
        Names of the uncertain inputs.
    base : int
        Number of base rows of the whole design.
    seed, replicate : int
        Seed of the run; replicates are independent scrambles.
    start, stop : int
        Rows wanted.

    Returns
    -------
    tuple of two ndarrays, shape (stop - start, D)
        A and B, strictly inside the unit cube.

    Examples
    --------
    >>> a, b = saltelli_points(("x", "y"), 8, seed=1, start=2, stop=5)
    >>> a.shape == b.shape == (3, 2)
    True
    """
    if not 0 <= start <= stop <= base:
        raise InputError(f"base: rows outside the design (got {start} to {stop}); within 0 and {base}")
    first, second = allocation(len(columns), seed, replicate)
    dims, places = 1 + int(second.max(initial=-1)), (*first.tolist(), *second.tolist())
    unit = _sobol(dims, seed, replicate, start, stop, places)
    return unit[:, : len(first)], unit[:, len(first) :]


def morris_trajectories(
    columns: tuple[str, ...], trajectories: int, seed: int, levels: int = 4, start: int = 0
) -> tuple[FloatArray, float]:
    """Return Morris' one-at-a-time paths on a grid of levels that stays off the ends of the unit cube.

    Source: Morris (1991), "Factorial sampling plans for preliminary computational experiments", Technometrics 33(2).
    Levels are the midpoints of equal cells, so that unbounded distributions stay finite.

    Parameters
    ----------
    columns : tuple of str
        Names of the uncertain inputs.
    trajectories : int
        Number of paths R.
    seed : int
        Seed of the run.
    levels : int
        Even number of levels.
    start : int
        The first path's number: paths are the same however they are cut.

    Returns
    -------
    points : ndarray, shape (R * (D + 1), D)
        Path after path; consecutive rows of a path differ in one input.
    step : float
        Length of a step in the unit cube.

    Examples
    --------
    >>> points, step = morris_trajectories(("x", "y"), 3, seed=1)
    >>> points.shape, step
    ((9, 2), 0.5)
    """
    from mcsim.kernels.streams import stream_of, uniforms

    if levels < 2 or levels % 2 == 1:
        raise InputError(f"levels: not an even number (got {levels}); 4 is usual")
    dims, half = len(columns), levels // 2
    order_keys, starts, signs = (np.empty((trajectories, dims)) for _ in range(3))
    for position, name in enumerate(columns):
        for purpose, target in (("order", order_keys), ("start", starts), ("sign", signs)):
            target[:, position] = uniforms(seed, stream_of(f"{name}/morris/{purpose}"), start, start + trajectories)
    lower = np.floor(starts * half)
    upward = signs < 0.5
    path = np.repeat(np.where(upward, lower, lower + half)[:, np.newaxis, :], dims + 1, axis=1)
    # The input that is moved k-th stands moved in the rows k + 1, k + 2, ... of its path.
    rank = np.argsort(np.argsort(order_keys, axis=1, kind="stable"), axis=1, kind="stable")
    moved = np.arange(dims + 1)[np.newaxis, :, np.newaxis] > rank[:, np.newaxis, :]
    path += np.where(moved, np.where(upward, half, -half)[:, np.newaxis, :], 0)
    return ((path + 0.5) / levels).reshape(-1, dims), half / levels


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
