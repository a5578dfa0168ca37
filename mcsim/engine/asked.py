"""What is asked of the engine, checked once: for the command line, Python and files alike.

Four records say what is drawn, where it goes, how it is computed and how it is ranked; `Asked` holds them. A record
that exists is right: every field passes its check when the record is made, whatever door it came through.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from mcsim.engine.backends import BACKENDS
from mcsim.engine.design import MAXIMUM_SEED, Design, design_kind
from mcsim.study import InputError, Study, nearest
from mcsim.study.values import flag, is_number, real, whole, words

MOST = 2**40  # of anything that is counted: far beyond what a machine does, far below what overflows
CONFIDENCES = ("replicates", "bootstrap", "none")
FEWEST_BASE_ROWS = 4
FEWEST_SCRAMBLE_ROWS = 16  # from which on the pairs of a Saltelli design are even, see `mcsim.engine.pairing`
DEFAULT_LIVES = 1000

Check = Callable[[str, Any], Any]


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _count(low: int, high: int = MOST) -> Check:
    return lambda name, value: whole(name, value, low, high)


def _share(name: str, value: Any) -> float:
    return real(name, value, 0.0, 1.0, "share", "between 0 and 1")


def _number(name: str, value: Any) -> float:
    return real(name, value, -math.inf, math.inf, "number", "a number")


def _level(name: str, value: Any) -> float:
    if not is_number(value) or not 0.0 < value < 1.0:
        raise InputError(f"{name}: not a share (got {value!r}); above 0 and below 1, such as 0.95")
    return float(value)


def _word(known: Iterable[str]) -> Check:
    known = tuple(known)

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise InputError(f"{name}: unknown (got {value!r}); one of {', '.join(known)}{nearest(str(value), known)}")
        return value

    return check


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{name}: not a text (got {value!r}); a word or a rule in quotes")
    return value


def _jobs(name: str, value: Any) -> int:
    return whole(name, value, 1, MOST, "number of workers", "1 or more")


def _base(name: str, value: Any) -> int:
    """Return a number of base rows that keeps the balance of a Sobol' sequence."""
    if not is_number(value) or value != int(value) or not _is_power_of_two(int(value), FEWEST_BASE_ROWS):
        size = int(min(abs(value), MOST)) if is_number(value) else 1024
        low = max(FEWEST_BASE_ROWS, 1 << max(0, size.bit_length() - 1))
        raise InputError(
            f"{name}: not a power of two (got {value}); {low} or {2 * low}, since a Sobol' sequence is balanced only "
            "there"
        )
    return int(value)


def _is_power_of_two(number: int, fewest: int) -> bool:
    return fewest <= number <= MOST and number & (number - 1) == 0


def _design(name: str, value: Any) -> str | Design:
    return value if isinstance(value, Design) else design_kind(value)


def _seconds(name: str, value: Any) -> float:
    if not is_number(value) or not value > 0:
        raise InputError(f"{name}: not a time (got {value!r}); seconds above 0")
    return float(value)


def _shard(name: str, value: Any) -> tuple[int, int]:
    """Return a part as two numbers, which of how many, from ``I/N`` or from a pair."""
    shown = value if isinstance(value, str) else "/".join(map(str, value)) if isinstance(value, tuple | list) else value
    pair = str(shown).split("/")
    if not (len(pair) == 2 and all(part.isdecimal() for part in pair) and 1 <= int(pair[0]) <= int(pair[1]) <= MOST):
        raise InputError(f"{name}: no such part (got {shown}); I/N with I from 1 to N, such as 2/8")
    return int(pair[0]), int(pair[1])


def _folder(name: str, value: Any) -> Path:
    if not isinstance(value, str | os.PathLike) or not str(value):
        raise InputError(f"{name}: not a path (got {value!r}); a folder")
    return Path(value)


CHECKS: dict[str, Check] = {
    "draws": _count(1),
    "design": _design,
    "seed": _count(0, MAXIMUM_SEED),
    "lives": _count(1),
    "until": _text,
    "out": _folder,
    "resume": flag,
    "keep": words,
    "exact": flag,
    "for_ranking": flag,
    "jobs": _jobs,
    "backend": _word(BACKENDS),
    "scheduler": _text,
    "chunk": _count(1),
    "shard": _shard,
    "timeout": _seconds,
    "max_failed": _share,
    "quiet": flag,
    "base": _base,
    "confidence": _word(CONFIDENCES),
    "resamples": _count(2),
    "replicates": _count(2),
    "level": _level,
    "threshold": _number,
    "budget": _count(FEWEST_BASE_ROWS),
    "candidates": _count(0, 4096),
    "choices": _text,
    "second_order": flag,
    "debias": flag,
}


def checked(name: str, value: Any) -> Any:
    """Return a value as its record holds it.

    Parameters
    ----------
    name : str
        A key of `CHECKS`.
    value : object
        What the user said.

    Raises
    ------
    InputError
        Naming the field, the value and what would be right.

    Examples
    --------
    >>> checked("shard", "2/8")
    (2, 8)
    """
    return CHECKS[name](name, value)


def _check_fields(record: Any) -> None:
    """Put the checked value into each field of a record that is being made; None stays where it is the default."""
    for item in fields(record):
        value = getattr(record, item.name)
        if value is not None or item.default is not None:
            object.__setattr__(record, item.name, checked(item.name, value))


def _how_to_sample(study: Study) -> str:
    declared = study.model.lives
    return f"{declared[0]} = {declared[1]} does" if isinstance(declared, tuple) else "leave lives out"


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn.

    Parameters
    ----------
    draws : int
        Rows of the design.
    design : str or Design
        ``random``, ``lhs``, ``sobol``, or samples of the user's own (`mcsim.user_design`), which bring their own rows
        and seed.
    seed : int
        In [0, 2**64).
    lives : int, optional
        Lives per draw of a model that samples them; 1,000 by default.
    until : str, optional
        Stop rule; `draws` or the base rows are then where it begins.
    """

    draws: int = 2000
    design: str | Design = "random"
    seed: int = 1
    lives: int | None = None
    until: str | None = None

    def __post_init__(self) -> None:
        _check_fields(self)

    def lives_of(self, study: Study) -> int:
        """Return the lives per draw of a study.

        Raises
        ------
        InputError
            When lives were asked for and the study samples none.
        """
        if self.lives is not None and not study.samples_lives:
            raise InputError(f"lives: {study.name} samples no lives (got {self.lives}); {_how_to_sample(study)}")
        return DEFAULT_LIVES if self.lives is None else self.lives


@dataclass(frozen=True, slots=True)
class Stored:
    """Where results go.

    Parameters
    ----------
    out : Path, optional
        Run directory; without one everything stays in memory.
    resume : bool
        Go on with the run in `out`, or extend it.
    keep : tuple of str
        Outputs to keep per draw besides those that the model keeps, or ``all``.
    exact: bool
        All draws in float64 on disk too, see `mcsim.engine.work.Job.in_float32`.
    for_ranking : bool
        Whether a ranking by these draws follows, which takes the first of them as they were computed.
    """

    out: Path | None = None
    resume: bool = False
    keep: tuple[str, ...] = ()
    exact: bool = False
    for_ranking: bool = False

    def __post_init__(self) -> None:
        _check_fields(self)


@dataclass(frozen=True, slots=True)
class Computed:
    """How it is computed; no bit of a result depends on it, but for what a shard leaves out.

    Parameters
    ----------
    jobs : int, optional
        Workers; the cores by default.
    backend : str
        ``threads``, ``processes`` (loky) or ``dask``.
    scheduler : str, optional
        Address of a running Dask scheduler.
    chunk : int, optional
        Draws per task; by default what 32 MiB hold.
    shard : (int, int), optional
        Part I of N, from 1.
    timeout : float, optional
        Seconds that one chunk may take.
    max_failed : float
        Share of the draws (of base rows) that may fail.
    quiet : bool
        No progress.
    """

    jobs: int | None = None
    backend: str = "threads"
    scheduler: str | None = None
    chunk: int | None = None
    shard: tuple[int, int] | None = None
    timeout: float | None = None
    max_failed: float = 0.05
    quiet: bool = False

    def __post_init__(self) -> None:
        _check_fields(self)
        if self.scheduler is not None and self.backend != "dask":
            raise InputError(f"scheduler: only for Dask (got backend {self.backend}); add --backend dask")

    @property
    def workers(self) -> int:
        """Workers: as many as asked for, or the cores that this process may use."""
        return cores() if self.jobs is None else self.jobs


@dataclass(frozen=True, slots=True)
class Ranked:
    """How inputs are ranked and verdicts are passed.

    Parameters
    ----------
    base : int
        Base rows of the design, a power of two.
    second_order, debias : bool
        Second-order indices too; everything under two inner seeds.
    confidence : str, optional
        ``replicates``, ``bootstrap`` or ``none``; where nothing is said, `settled_confidence` says which.
    resamples, replicates : int
        How many of either.
    level : float
        Confidence level of the intervals.
    threshold : float, optional
        Total-order index from which an input matters, or the value of the outputs at which a decision turns; what it
        means, and what holds where nothing is said, is for the method to say.
    budget : int, optional
        Most base rows with a stop rule; 16 times the base by default.
    candidates : int
        Trajectories of which those that lie farthest apart are taken; 0: as they are drawn.
    choices : str, optional
        Dim whose labels somebody chooses among, ``DIM:least`` or ``DIM:most``.
    """

    base: int = 1024
    second_order: bool = False
    debias: bool = False
    confidence: str | None = None
    resamples: int = 100
    replicates: int = 16
    level: float = 0.95
    threshold: float | None = None
    budget: int | None = None
    candidates: int = 0
    choices: str | None = None

    def __post_init__(self) -> None:
        _check_fields(self)

    @property
    def settled_confidence(self) -> str:
        """What was asked for, or independent scrambles where the base gives each of them enough rows."""
        enough = FEWEST_SCRAMBLE_ROWS * self.replicates <= self.base
        return self.confidence or ("replicates" if enough else "bootstrap")


@dataclass(frozen=True, slots=True)
class Asked:
    """All that is asked of one call of the toolkit, the study apart.

    Examples
    --------
    >>> Asked.of(draws=1e4, shard="1/4", level=None).computed.shard
    (1, 4)
    """

    drawn: Drawn = field(default_factory=Drawn)
    stored: Stored = field(default_factory=Stored)
    computed: Computed = field(default_factory=Computed)
    ranked: Ranked = field(default_factory=Ranked)

    @classmethod
    def of(cls, **said: Any) -> Asked:
        """Return what is asked from values by name; a value of None is one of which the user said nothing.

        Raises
        ------
        InputError
            For an unknown name, or a value that its check refuses.
        """
        for name in said:
            if name not in CHECKS:
                raise InputError(f"{name}: no such argument; one of {', '.join(CHECKS)}{nearest(name, CHECKS)}")

        def mine(record: type) -> dict[str, Any]:
            names = (item.name for item in fields(record))
            return {name: said[name] for name in names if said.get(name) is not None}

        return cls(Drawn(**mine(Drawn)), Stored(**mine(Stored)), Computed(**mine(Computed)), Ranked(**mine(Ranked)))
