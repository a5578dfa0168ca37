"""Which shards of a run are together: one that was computed, or neighbours that were merged into a part of the whole.

A shard is ``(I, N)``, part I of N; neighbours are ``(I, N, J)``, parts I to J of N. So they stand in run.json.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from mcsim.study import InputError

Shard = tuple[int, ...]


def held(shard: Sequence[int]) -> tuple[int, int, int]:
    """Return the first and the last part, and of how many.

    Examples
    --------
    >>> held((2, 8)), held((2, 8, 4))
    ((2, 2, 8), (2, 4, 8))
    """
    first, count, *last = shard
    return first, last[0] if last else first, count


def shown(shard: Sequence[int]) -> str:
    """Return a shard as users read it.

    Examples
    --------
    >>> shown((2, 8)), shown((2, 8, 4))
    ('2/8', '2-4/8')
    """
    first, last, count = held(shard)
    return f"{first}/{count}" if first == last else f"{first}-{last}/{count}"


def joined(folders: Sequence[Path], shards: Sequence[Sequence[int] | None], part: bool = False) -> Shard | None:
    """Return what folders hold together, None where that is the whole.

    Parameters
    ----------
    folders : sequence of Path
        The folders, in any order.
    shards : sequence
        What each of them holds, None for a whole.
    part : bool
        Whether neighbours without the others will do.

    Raises
    ------
    InputError
        Where one is no shard or of another cut, where two overlap, or one is missing.

    Examples
    --------
    >>> folders = [Path("b"), Path("a")]
    >>> joined(folders, [(3, 4, 4), (1, 4, 2)]) is None, joined(folders, [(3, 4), (2, 4)], part=True)
    (True, (2, 4, 3))
    """
    found: list[tuple[int, int, Path]] = []
    parts = 0
    for folder, shard in zip(folders, shards, strict=True):
        if shard is None:
            raise InputError(f"{folder}: a whole run, not a shard; folders made with --shard I/N")
        first, last, count = held(shard)
        parts = parts or count
        if count != parts:
            raise InputError(f"{folder}: one of {count} shards, {folders[0]} one of {parts}; shards of one run")
        found.append((first, last, Path(folder)))
    found.sort()
    for (_, reached, other), (first, last, folder) in pairwise(found):
        if first <= reached:
            twice = shown((first, parts, min(last, reached)))
            raise InputError(f"{folder}: shard {twice} given twice (also {other}); each once")
    low, high = (found[0][0], max(last for _, last, _ in found)) if part else (1, parts)
    ends = [(low - 1, low - 1), *((first, last) for first, last, _ in found), (high + 1, high + 1)]
    missing = [(last + 1, first - 1) for (_, last), (first, _) in pairwise(ends) if first > last + 1]
    if missing:
        told = ", ".join(shown((first, parts, last)) for first, last in missing)
        advice = "neighbours only" if part else "or --part for neighbours without the others"
        raise InputError(f"merge: shard {told} missing; run it with --shard {missing[0][0]}/{parts}, {advice}")
    return None if (low, high) == (1, parts) else (low, parts, high)
