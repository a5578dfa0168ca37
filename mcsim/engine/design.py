"""Points in the unit cube: random, Latin hypercube, scrambled Sobol', Saltelli pairs and Morris paths.

Every point is a function of (design, seed, column, global row), so a design can be cut anywhere: the rows from start to
stop are the same whoever asks for them. Columns of random and Latin designs are keyed by the name of their input; the
dimensions of a Sobol' sequence follow the order of the columns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mcsim.engine.directions import MOST_DIMS, direction_numbers
from mcsim.engine.pairing import allocation
from mcsim.study import FloatArray, InputError, IntArray, nearest, suggests
from mcsim.study.values import whole

KINDS = ("random", "lhs", "sobol")
REPLICATED = ("lhs", "sobol")  # of which several, each by itself, tell the error: `KIND:REPLICATES`
MOST_REPLICATES = 1024
MAXIMUM_SEED = 2**64 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Where in the unit cube a run evaluates its model.

    Parameters
    ----------
    kind : str
        ``random``, ``lhs``, ``sobol``, or ``given`` for samples of the user's own; ``lhs:R`` and ``sobol:R`` are R of
        them, independent of one another, draw d being of the one of number d modulo R.
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
        return self.family in ("random", "sobol")

    @property
    def family(self) -> str:
        """The kind without the number of replicates."""
        return self.kind.partition(":")[0]

    @property
    def replicates(self) -> int:
        """How many designs of its kind it holds, each independent of the others."""
        return replicates_of(self.kind)

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
        if self.family == "lhs":
            return _latin(self.columns, self.draws, self.seed, start, stop, self.replicates)
        if self.family == "sobol":
            return _scrambled(len(self.columns), self.seed, start, stop, self.replicates)
        raise InputError("design: given samples are values, not points of the unit cube")


def make_design(kind: str, columns: tuple[str, ...], draws: int, seed: int) -> Design:
    """Return a design.

    Parameters
    ----------
    kind : str
        ``random``, ``lhs`` or ``sobol``, or ``lhs:R`` or ``sobol:R``.
    columns : tuple of str
        Names of the uncertain inputs.
    draws : int
        Number of rows, at least 1; a multiple of R.
    seed : int
        In [0, 2**64); 0 is a seed like any other.

    Raises
    ------
    InputError
        For an unknown kind, draws below 1 or that do not divide among the replicates, or a seed out of range.

    Examples
    --------
    >>> design = make_design("sobol:4", ("a", "b"), draws=32, seed=1)
    >>> bool((design.points(0, 32)[5::4] == design.points(4, 32)[1::4]).all())
    True
    """
    kind = design_kind(kind)
    draws, replicates = whole("draws", draws, 1, 2**40), replicates_of(kind)
    if draws % replicates:
        near = max(1, round(draws / replicates)) * replicates
        raise InputError(f"draws: do not divide among {replicates} replicates (got {draws}); such as {near}")
    return Design(kind, whole("seed", seed, 0, MAXIMUM_SEED), draws, columns)


def design_kind(text: str) -> str:
    """Return what names a design, as every record of it has it.

    Raises
    ------
    InputError
        For an unknown kind, or replicates of one that has none.

    Examples
    --------
    >>> design_kind("lhs"), design_kind("sobol:16"), design_kind("sobol:1")
    ('lhs', 'sobol:16', 'sobol')
    """
    family, colon, count = str(text).partition(":")
    if family not in KINDS:
        raise InputError(f"design: unknown (got {text!r}); one of {', '.join(KINDS)}{nearest(family, KINDS)}")
    if not colon:
        return family
    if family not in REPLICATED:
        raise InputError(f"design: {family} has no replicates (got {text!r}); its draws are independent already")
    if not count.isdecimal() or not 1 <= int(count) <= MOST_REPLICATES:
        raise InputError(
            f"design: no number of replicates (got {text!r}); {family}:R with R from 1 to {MOST_REPLICATES}, such as "
            f"{family}:16"
        )
    return f"{family}:{int(count)}" if int(count) > 1 else family


def replicates_of(kind: str) -> int:
    """Return how many independent designs a kind holds.

    Examples
    --------
    >>> replicates_of("lhs:8"), replicates_of("random")
    (8, 1)
    """
    return int(kind.partition(":")[2] or 1)


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
def _strata(columns: tuple[str, ...], draws: int, seed: int, replicates: int) -> IntArray:
    """Return the stratum (draws, D) of each row in each column: a permutation per column, keyed by its name."""
    from mcsim.kernels.streams import stream_of, uniforms

    rows = draws // replicates
    strata = np.empty((draws, len(columns)), np.int64)
    for position, name in enumerate(columns):
        for own in range(replicates):
            purpose = f"{name}/stratum" if replicates == 1 else f"{name}/stratum/{own}"
            keys = uniforms(seed, stream_of(purpose), 0, rows)
            strata[own::replicates, position][np.argsort(keys, kind="stable")] = np.arange(rows)
    return strata


def _latin(columns: tuple[str, ...], draws: int, seed: int, start: int, stop: int, replicates: int) -> FloatArray:
    inside = _random(tuple(f"{name}/inside" for name in columns), seed, start, stop)
    # A stratum's upper end may round to 1: the largest number below it is still in the last stratum.
    unit = (_strata(columns, draws, seed, replicates)[start:stop] + inside) / (draws // replicates)
    return np.minimum(unit, 1.0 - 2.0**-53)


def _scrambled(dims: int, seed: int, start: int, stop: int, replicates: int) -> FloatArray:
    """Return the rows start..stop-1 of scrambled sequences that take turns."""
    places = tuple(range(dims))
    if replicates == 1:
        return _sobol(dims, seed, 0, start, stop, places)
    unit = np.empty((dims, stop - start)).T
    for own in range(replicates):
        # Row k of this sequence is draw k * replicates + own.
        first, last = (max(0, -(-(end - own) // replicates)) for end in (start, stop))
        if first < last:
            unit[first * replicates + own - start :: replicates] = _sobol(dims, seed, own, first, last, places)
    return unit


# As many as a ranking has scrambles.
@lru_cache(maxsize=32)
def _scramble(
    dims: int, seed: int, replicate: int, columns: int, places: tuple[int, ...]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the shifts and the scrambled direction numbers of some of the dimensions of a sequence."""
    from mcsim.kernels.statistics.sequence import BITS, scramble

    # A list of words seeds the generator, so that replicates of one seed do not meet another seed's. The bits are those
    # that scipy's engine takes from a generator which it spawns from NumPy's default one.
    seeded = np.random.PCG64(np.random.SeedSequence([seed, replicate], spawn_key=(0,))).state["state"]
    halves = [half for number in (seeded["state"], seeded["inc"]) for half in (number >> 64, number & MAXIMUM_SEED)]
    shifts, numbers = np.empty(len(places), np.uint64), np.empty((len(places), columns), np.uint64)
    directions = direction_numbers(dims, columns, BITS)
    scramble(np.array(halves, np.uint64), directions, np.array(places, np.int64), shifts, numbers)
    return shifts, numbers


def _sobol(dims: int, seed: int, replicate: int, start: int, stop: int, places: tuple[int, ...]) -> FloatArray:
    """Return the rows start..stop-1 of some of the first dimensions of a scrambled sequence (n, n_places).

    A column lies in one piece of memory.
    """
    from mcsim.kernels.statistics.sequence import fill_points

    if dims == 0:
        return np.empty((stop - start, 0))
    if dims > MOST_DIMS:
        raise InputError(f"design: too many inputs for a Sobol' sequence (got {dims}); at most {MOST_DIMS}")
    # A scramble takes as long as there are numbers: few where few rows are wanted.
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
