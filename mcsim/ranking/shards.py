"""Sobol' analyses in parts: base rows split among machines, sums written to files, one ranking with the same bits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mcsim.ranking.indices import Sums
from mcsim.ranking.plan import Plan, Progress
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.saltelli import Tree, planned, reduce_rows
from mcsim.ranking.sobol import Judgement, ranking_of, slab_scores
from mcsim.study import InputError

_ARRAYS = ("weight", "base", "factor", "swapped", "pairs")


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The sums over some leaves of a design.

    Parameters
    ----------
    shard : (int, int)
        Which part of how many, from 1.
    key : str
        What the whole analysis is, so that parts of different ones are not mixed.
    tree : Tree
        Sums of the part's leaves.
    dropped : tuple of int
        Base rows that failed.
    """

    shard: tuple[int, int]
    key: str
    tree: Tree
    dropped: tuple[int, ...]

    def save(self, path: str | Path) -> None:
        """Write the part to a file (.npz)."""
        arrays: dict[str, Any] = {"dropped": np.array(self.dropped, np.int64), "shard": np.array(self.shard)}
        for (level, index), sums in self.tree.nodes.items():
            arrays |= {f"{level}-{index}-{name}": getattr(sums, name) for name in _ARRAYS}
        with Path(path).open("wb") as file:
            np.savez(file, key=np.array(self.key), **arrays)


def key_of(plan: Plan) -> str:
    """Return what makes two parts belong to one analysis."""
    facts = {
        "study": plan.study.name,
        "set": [list(pair) for pair in plan.study.overrides],
        "versus": None if plan.versus is None else plan.versus.name,
        "factors": {name: list(members) for name, members in plan.factors.items()},
        "outputs": [output.name for output in plan.outputs],
    }
    for name in ("base", "seed", "second", "resamples", "replicates", "lives", "debias", "leaf"):
        facts[name] = getattr(plan, name)
    return json.dumps(facts, sort_keys=True)


def ranking_part(plan: Plan, shard: tuple[int, int], progress: Progress | None = None) -> Part:
    """Return one part of a Sobol' analysis.

    Parameters
    ----------
    plan : Plan
        The whole analysis.
    shard : (int, int)
        Which part of how many, from 1.
    progress : callable, optional
        Told the base rows done and wanted.

    Raises
    ------
    InputError
        Where there are more parts than leaves.
    """
    plan = planned(plan)
    number, count = shard
    n_leaves = plan.base // plan.leaf
    if not 1 <= number <= count <= n_leaves:
        raise InputError(
            f"shard: not a part of this ranking (got {number}/{count}); 1/N to N/N with N at most {n_leaves}"
        )
    leaves = range(n_leaves * (number - 1) // count, n_leaves * number // count)
    tree = Tree()
    dropped = reduce_rows(plan, tree, leaves, progress)
    return Part(shard, key_of(plan), tree, tuple(dropped))


def load_part(path: str | Path) -> Part:
    """Return a part from its file.

    Raises
    ------
    InputError
        Where the file is not a part.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        key, shard = str(arrays.pop("key")), tuple(int(number) for number in arrays.pop("shard"))
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: not a part of a ranking ({error}); a file that ranking_part wrote") from None
    dropped = tuple(arrays.pop("dropped").tolist())
    places = {tuple(int(number) for number in name.split("-")[:2]) for name in arrays}
    tree = Tree()
    for level, index in places:
        tree.nodes[level, index] = Sums(*(arrays[f"{level}-{index}-{name}"] for name in _ARRAYS))
    return Part((shard[0], shard[1]), key, tree, dropped)


def merged_ranking(plan: Plan, judgement: Judgement, parts: Sequence[Part]) -> Ranking:
    """Return the ranking of all parts, with the bits of the undivided analysis.

    Raises
    ------
    InputError
        Where a part is missing, twice there, or of another analysis.
    """
    plan = planned(plan)
    counts = {part.shard[1] for part in parts}
    numbers = sorted(part.shard[0] for part in parts)
    if len(counts) != 1 or numbers != list(range(1, max(counts) + 1)):
        shown = ", ".join(f"{number}/{count}" for number, count in sorted(part.shard for part in parts)) or "none"
        raise InputError(f"{plan.study.name}: parts of a ranking: not complete (got {shown}); each part once")
    tree, dropped = Tree(), list[int]()
    for part in parts:
        if part.key != key_of(plan):
            raise InputError(
                f"{plan.study.name}: part {part.shard[0]}: of another analysis; the same study and options"
            )
        for (level, index), sums in part.tree.nodes.items():
            tree.add(level, index, sums)
        dropped += part.dropped
    scores, second = slab_scores(plan, judgement, tree.whole())
    return ranking_of(plan, judgement, scores, second, dropped)
