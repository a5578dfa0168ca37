"""What a model declares: the inputs, options and tables that it reads, the outputs that it gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mcsim.study.errors import InputError, Suggests, nearest
from mcsim.study.types import FloatArray, IntArray, OptionValue
from mcsim.study.values import is_number, real

if TYPE_CHECKING:
    from mcsim.distributions import Distribution
    from mcsim.distributions.dependence import Dirichlet


INDICATOR = "indicator"  # unit of 0 or 1 per draw: its mean is a probability, its quantiles say nothing


@dataclass(frozen=True, slots=True)
class Dim:
    """A labelled axis of an output.

    Parameters
    ----------
    name : str
        Name of the axis, such as ``export_age``.
    coords : tuple of str, int or float
        One label per position.

    Examples
    --------
    >>> len(Dim("year", (2030, 2040, 2050)))
    3
    """

    name: str
    coords: tuple[str | int | float, ...]

    def __post_init__(self) -> None:
        labels = [str(label) for label in self.coords]
        if len(set(labels)) < len(labels):
            twice = next(label for place, label in enumerate(labels) if label in labels[:place])
            raise InputError(f"dim {self.name}: a label stands twice (got {twice!r}); each label once")

    def __len__(self) -> int:
        return len(self.coords)


@dataclass(frozen=True, slots=True)
class Parameter(Suggests):
    """A scalar that a model reads and that may be uncertain.

    Parameters
    ----------
    name, unit, meaning : str
        The one name that it has from file to report, its unit inside the model, and what it is.
    valid : (float, float)
        Closed range that the model accepts.
    group : str, optional
        The group that it is ranked with when ranking by groups.
    default : Distribution, optional
        What it is when a study does not say; without a default a study must say.
    labels : tuple of str, optional
        For a vector of shares (Dirichlet): what each share belongs to.
    source : str
        Where the default comes from.

    Examples
    --------
    >>> Parameter("speed", "km/h", "cruising speed", valid=(0.0, 300.0)).unit
    'km/h'
    """

    name: str
    unit: str
    meaning: str
    valid: tuple[float, float] = (-math.inf, math.inf)
    group: str | None = None
    default: Distribution | Dirichlet | None = None
    labels: tuple[str, ...] | None = None
    source: str = "default of the model"

    def __post_init__(self) -> None:
        if getattr(self.default, "words", None) is not None:
            raise InputError(f"{self.name}: takes a number, not words (got {self.default}); an Option has words")


@dataclass(frozen=True, slots=True)
class Option:
    """A named choice that the sources leave open, with its documented default.

    Parameters
    ----------
    name : str
        Name of the option.
    default : str, float or int
        What holds when the user says nothing.
    choices : tuple of str, optional
        The words allowed; an option without choices is a number between `low` and `high`.
    low, high : float
        Closed range of a number.
    meaning : str
        What the choice is about.
    integer : bool
        Whether the number must be whole.

    Examples
    --------
    >>> Option("trade", "supply", ("supply", "demand"), meaning="who decides how many cross").default
    'supply'
    """

    name: str
    default: OptionValue
    choices: tuple[str, ...] | None = None
    low: float = -math.inf
    high: float = math.inf
    meaning: str = ""
    integer: bool = False

    def check(self, value: object) -> OptionValue:
        """Return the value as the option holds it.

        Raises
        ------
        InputError
            When the value is not one of the words, or not a number in range.

        Examples
        --------
        >>> Option("knee", "shifted", ("shifted", "none")).check("none")
        'none'
        """
        if self.choices is not None:
            if value not in self.choices:
                words = ", ".join(self.choices)
                raise InputError(
                    f"{self.name}: not a choice of this option (got {value!r}); one of {words}"
                    + nearest(str(value), self.choices)
                )
            return str(value)
        remedy = f"a number from {self.low:g} to {self.high:g}"
        if self.integer and is_number(value) and value != int(value):  # type: ignore[call-overload]
            raise InputError(f"{self.name}: not a whole number (got {value!r}); a whole number")
        number = real(self.name, value, self.low, self.high, "number in range", remedy)
        return int(number) if self.integer or isinstance(value, Integral) else number


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Which distinct cell each element of an output shows: what is broadcast is computed once, what is masked never.

    Parameters
    ----------
    index : ndarray of int, shape of the output's dims
        Position in the packed axis; -1 marks an element without meaning.

    Examples
    --------
    >>> layout = Layout(np.array([[0, 0], [1, -1]]))
    >>> layout.n_cells
    2
    >>> layout.expand(np.array([[5.0, 7.0]]))
    array([[[ 5.,  5.],
            [ 7., nan]]])
    """

    index: IntArray

    @property
    def n_cells(self) -> int:
        """Number of distinct cells."""
        return int(self.index.max(initial=-1)) + 1

    def expand(self, packed: NDArray[Any]) -> NDArray[Any]:
        """Return the packed array (..., n_cells) with its last axis expanded to the output's dims, NaN where masked."""
        full = packed[..., np.maximum(self.index, 0)]
        if (self.index < 0).any():
            full = np.where(self.index >= 0, full, np.nan)
        return full

    def pack(self, full: NDArray[Any]) -> NDArray[Any]:
        """Return the distinct cells (..., n_cells) of a full array ``(..., *dims)``."""
        flat = self.index.ravel()
        cells, first = np.unique(flat, return_index=True)
        flattened = full.reshape(*full.shape[: full.ndim - self.index.ndim], -1)
        return flattened[..., first[cells >= 0]]


@dataclass(frozen=True, slots=True, eq=False)
class Output(Suggests):
    """What a model gives, named and with its unit.

    Parameters
    ----------
    name, unit, meaning : str
        Name, unit and long name.
    dims : tuple of Dim
        Labelled axes after the axis of draws.
    layout : Layout, optional
        Broadcast and masked elements; without one every element is distinct and has a meaning.
    coord_units : mapping, optional
        Where units differ along one dim: label -> unit; `unit` is then empty.
    coord_units_dim : str, optional
        The dim along which they differ.
    keep : bool
        Stored per draw; otherwise as bands unless the user asks to keep it.
    rank : bool
        Ranked by the Sobol' analysis of a plain run.
    only_if : (str, str), optional
        The output exists only when this option has this value.
    may_be_undefined : bool or (str, str)
        An element may have no value in a draw, such as the year of a crossover that never happens: the model then
        gives NaN, which is left out of bands instead of failing the draw. A pair: only when this option has this value;
        `Study.outputs` then say whether it has.
    beside : str
        Another output without which this one misleads, such as the share of vehicles that it is of: told beside each
        of its headline numbers. Its dims that this one has not must leave one element.
    on_request : bool
        Told by an evaluation and a ranking as any other, but a run computes it only where its draws are kept, or where
        a study's headline or a stop rule names it.

    Examples
    --------
    >>> output = Output("stock", "1", "vehicles in use", (Dim("year", (2030, 2040)), Dim("kind", ("ev", "other"))))
    >>> output.shape
    (2, 2)
    """

    name: str
    unit: str
    meaning: str
    dims: tuple[Dim, ...] = ()
    layout: Layout | None = None
    coord_units: Mapping[str, str] | None = None
    coord_units_dim: str | None = None
    keep: bool = True
    rank: bool = False
    only_if: tuple[str, str] | None = None
    may_be_undefined: bool | tuple[str, str] = False
    beside: str = ""
    on_request: bool = False

    def __post_init__(self) -> None:
        if self.layout is not None and self.layout.index.shape != self.shape:
            raise InputError(
                f"output {self.name}: layout does not fit the dims (got {self.layout.index.shape}); {self.shape}"
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one draw with every element shown."""
        return tuple(len(dim) for dim in self.dims)

    @property
    def packed_shape(self) -> tuple[int, ...]:
        """Shape of one draw as the model gives it."""
        return self.shape if self.layout is None else (self.layout.n_cells,)

    @property
    def n_packed(self) -> int:
        """Number of distinct elements of one draw."""
        return math.prod(self.packed_shape)

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Elements that have a meaning, shape of the dims."""
        return np.ones(self.shape, bool) if self.layout is None else self.layout.index >= 0

    def expand(self, packed: NDArray[Any]) -> NDArray[Any]:
        """Return ``(..., *dims)`` from the packed ``(..., *packed_shape)``."""
        return packed if self.layout is None else self.layout.expand(packed)

    def unit_of(self, labels: Mapping[str, object]) -> str:
        """Return the unit of the element with these labels."""
        if self.coord_units is None or self.coord_units_dim is None:
            return self.unit
        return self.coord_units[str(labels[self.coord_units_dim])]

    def unit_at(self, place: Sequence[int]) -> str:
        """Return the unit of the element at a place, a position in each dim."""
        if self.coord_units is None:
            return self.unit
        return self.unit_of({dim.name: dim.coords[at] for dim, at in zip(self.dims, place, strict=True)})


@dataclass(frozen=True, slots=True)
class TableSpec:
    """What a model needs of a table: its key columns, the units it accepts and the valid range of its values.

    Parameters
    ----------
    name : str
        Name of the table in the study.
    keys : tuple of str
        Key columns.
    valid : (float, float)
        Valid range of a value.
    group : str, optional
        Group of its uncertain rows.
    meaning : str
        What a row is.
    rows : str
        Which rows it needs and which may be left out, in words.
    anywhere : bool
        Whether it is of things that are the same in every country, such as materials.

    Examples
    --------
    >>> TableSpec("grid", ("year", "source"), valid=(0.0, 1.0)).keys
    ('year', 'source')
    """

    name: str
    keys: tuple[str, ...]
    valid: tuple[float, float] = (-math.inf, math.inf)
    group: str | None = None
    meaning: str = ""
    rows: str = ""
    anywhere: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What a model may know besides its inputs.

    Parameters
    ----------
    options : mapping
        Option name -> value (a word or a number).
    seed : int
        Seed of the run, for models that sample (aleatory chance).
    draws : ndarray of int64, shape (n,)
        Global numbers of the draws, the keys of their random numbers.
    lives : int
        Vehicle lives per draw where a model samples lives.
    wanted : frozenset of str, optional
        Outputs that the caller reads; a model may leave out the others. All of them by default.
    """

    options: Mapping[str, OptionValue]
    seed: int
    draws: IntArray
    lives: int = 0
    wanted: frozenset[str] | None = None


Evaluate = Callable[[Mapping[str, FloatArray], Context], Mapping[str, NDArray[Any]]]
