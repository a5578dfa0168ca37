"""A shallow tree: what to ask of a draw, input by input, to know whether something is true.

Breiman, Friedman, Olshen and Stone (1984), "Classification and regression trees": each branch is the one that takes
most from the variance p (1 - p) of the truth (Gini), among all cuts at quantiles of all inputs; words are cut after
sorting them by their share of true draws, which for two classes is as good as trying all sets of words (theorem 4.5
there). A cut that chance might have given, of as many as were tried, is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mcsim.ranking.conditions import Columns, Condition, together
from mcsim.study import BoolArray, FloatArray, IntArray

DEPTH = 3
BINS = 32  # cuts between quantiles of an input
FEWEST_IN_LEAF = 10  # draws, or a hundredth of them
CHANCE = 0.01


@dataclass(frozen=True, slots=True)
class Node:
    """A branch of the tree with the draws that come to it.

    Parameters
    ----------
    condition : Condition, optional
        That leads here; none at the root.
    draws, hits : int
        Of the draws that the tree was fitted to: those here, and those of them where it is true.
    aside, aside_hits : int
        The same of draws kept aside.
    branches : tuple of Node
        Two, or none.
    """

    condition: Condition | None
    draws: int
    hits: int
    aside: int
    aside_hits: int
    branches: tuple[Node, ...] = ()

    @property
    def leaves(self) -> tuple[Node, ...]:
        """Where the tree ends."""
        return tuple(leaf for branch in self.branches for leaf in branch.leaves) if self.branches else (self,)

    @property
    def accuracy(self) -> float:
        """Share of the draws kept aside of which the tree is right when it says what is true of most in a leaf."""
        right = sum(leaf.aside_hits if _mostly(leaf) else leaf.aside - leaf.aside_hits for leaf in self.leaves)
        return right / self.aside if self.aside else float("nan")

    @property
    def plain_accuracy(self) -> float:
        """The same of one answer for all draws."""
        right = self.aside_hits if _mostly(self) else self.aside - self.aside_hits
        return right / self.aside if self.aside else float("nan")

    @property
    def skill(self) -> float:
        """Share of the variance of the truth, in the draws kept aside, that the shares of the leaves explain."""
        share = self.aside_hits / self.aside if self.aside else float("nan")
        left = 0.0
        for leaf in self.leaves:
            told = leaf.hits / leaf.draws
            left += leaf.aside_hits * (1.0 - told) ** 2 + (leaf.aside - leaf.aside_hits) * told**2
        whole = self.aside * share * (1.0 - share)
        return 1.0 - left / whole if whole > 0.0 else float("nan")


def _mostly(node: Node) -> bool:
    return 2 * node.hits > node.draws


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """Draws with the truth, and in which bin of each input they are."""

    x: Columns
    true: BoolArray
    bins: IntArray
    aside: Columns
    aside_true: BoolArray


def tree_of(x: Columns, true: BoolArray, aside: Columns, aside_true: BoolArray, depth: int = DEPTH) -> Node:
    """Return the tree fitted to draws, with what it says of draws kept aside.

    Parameters
    ----------
    x, aside : Columns
        Draws of the inputs.
    true, aside_true : ndarray of bool, shape (n,)
        Whether it is true in a draw.
    depth : int
        Most branches one after the other.

    Examples
    --------
    >>> import numpy as np
    >>> draws = np.random.default_rng(1).random((2000, 2))
    >>> columns, true = Columns(("a", "b"), ("", ""), ((), ()), draws), draws[:, 0] > 0.5
    >>> tree = tree_of(columns.rows(slice(1000)), true[:1000], columns.rows(slice(1000, None)), true[1000:])
    >>> tree.branches[0].condition.name, round(tree.accuracy, 1), tree.plain_accuracy < 0.6
    ('a', 1.0, True)
    """
    edges = [_edges(x, place) for place in range(len(x.names))]
    bins = [np.searchsorted(edge, x.values[:, place], side="left") for place, edge in enumerate(edges)]
    sample = _Sample(x, true, np.column_stack(bins) if bins else np.empty((len(true), 0), int), aside, aside_true)
    fewest = max(FEWEST_IN_LEAF, len(true) // 100)
    return _grown(sample, edges, (np.arange(len(true)), np.arange(len(aside_true))), None, depth, fewest)


def _edges(x: Columns, place: int) -> FloatArray:
    """Return where an input may be cut: between its values at quantiles; of words, between codes."""
    levels = np.unique(x.values[:, place])
    if x.labels[place]:
        return np.asarray(np.arange(len(x.labels[place]) - 1) + 0.5, np.float64)
    if len(levels) > BINS:
        at = np.unique(np.searchsorted(levels, np.quantile(x.values[:, place], np.arange(1, BINS) / BINS)))
        at = at[(at > 0) & (at < len(levels))]
    else:
        at = np.arange(1, len(levels))
    return np.asarray(0.5 * (levels[at - 1] + levels[at]), np.float64)


def _grown(
    sample: _Sample,
    edges: list[FloatArray],
    rows: tuple[IntArray, IntArray],
    condition: Condition | None,
    depth: int,
    fewest: int,
) -> Node:
    here, aside = rows
    found = _cut(sample, edges, here, fewest) if depth > 0 else None
    branches: tuple[Node, ...] = ()
    if found is not None:
        branches = tuple(
            _grown(
                sample,
                edges,
                (here[part.holds(sample.x.values[here])], aside[part.holds(sample.aside.values[aside])]),
                part,
                depth - 1,
                fewest,
            )
            for part in found
        )
    counts = len(here), int(sample.true[here].sum()), len(aside), int(sample.aside_true[aside].sum())
    return Node(condition, *counts, branches)


def _cut(sample: _Sample, edges: list[FloatArray], rows: IntArray, fewest: int) -> tuple[Condition, Condition] | None:
    """Return the two sides of the best cut of some draws; None where chance might have given it."""
    from scipy.special import chdtri

    count, hits = len(rows), int(sample.true[rows].sum())
    n_inputs = sample.bins.shape[1]
    size = 1 + max((len(edge) for edge in edges), default=0)
    if size < 2 or hits in (0, count) or count < 2 * fewest:
        return None
    cells = sample.bins[rows] + size * np.arange(n_inputs)
    drawn = np.bincount(cells.ravel(), minlength=size * n_inputs).reshape(n_inputs, size)
    among = np.bincount(cells[sample.true[rows]].ravel(), minlength=size * n_inputs).reshape(n_inputs, size)
    order = np.tile(np.arange(size), (n_inputs, 1))
    for place in (place for place, labels in enumerate(sample.x.labels) if labels):
        share = among[place] / np.maximum(drawn[place], 1)
        # Words that no draw here has go last, behind a cut that takes nothing from either side.
        order[place] = np.argsort(np.where(drawn[place] > 0, share, np.inf), kind="stable")
    left = np.cumsum(np.take_along_axis(drawn, order, axis=1), axis=1)[:, :-1]
    left_hits = np.cumsum(np.take_along_axis(among, order, axis=1), axis=1)[:, :-1]
    share = hits / count
    with np.errstate(divide="ignore", invalid="ignore"):
        # (n_left / n) (p_left - p)^2 and the same of the right add up to n_left (p_left - p)^2 / n_right.
        between = (left_hits - share * left) ** 2 / (left * (count - left))
    between[(left < fewest) | (count - left < fewest)] = -1.0
    best, at = divmod(int(np.argmax(between)), between.shape[1])
    # That over p (1 - p), times n, has a chi-squared law of one degree where input and truth are independent.
    statistic = count * between[best, at] / (share * (1.0 - share))
    if statistic < chdtri(1, CHANCE / max(1, sum(map(len, edges)))):
        return None
    return _sides(sample.x, edges, best, order[best], at)


def _sides(x: Columns, edges: list[FloatArray], place: int, order: IntArray, at: int) -> tuple[Condition, Condition]:
    if not x.labels[place]:
        edge = float(edges[place][at])
        return x.within(place, -np.inf, edge), x.within(place, edge, np.inf)
    words = order[order < len(x.labels[place])]
    chosen = np.isin(words, order[: at + 1])
    return x.among(place, np.sort(words[chosen])), x.among(place, np.sort(words[~chosen]))


def leaves(node: Node, before: tuple[Condition, ...] = ()) -> Iterator[tuple[tuple[Condition, ...], Node]]:
    """Yield the leaves of a tree, each with the conditions that lead there."""
    for branch in node.branches:
        assert branch.condition is not None  # the root alone has none
        path = (*before, branch.condition)
        yield from leaves(branch, path) if branch.branches else [(together(path), branch)]
