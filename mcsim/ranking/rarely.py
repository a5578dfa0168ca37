"""The box and the tree of something rare told: in words, as rows of a table, as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mcsim.ranking.question import percent

if TYPE_CHECKING:
    from mcsim.ranking.conditions import Condition
    from mcsim.ranking.rare import Rare
    from mcsim.ranking.rarebox import Range, RareBox

Row = dict[str, Any]


def rare_box_lines(rare: Rare) -> list[str]:
    """Return where something rare is so in words."""
    box = rare.box
    assert box is not None
    if not box.conditions:
        return ["  where: no condition on few inputs sets these cases apart better than chance might"]
    half = rare.repetitions - rare.repetitions // 2
    often, times = percent(box.density[0]), box.density[0] / rare.value
    return [
        f"  where: {' and '.join(map(str, box.conditions))}",
        f"    holds {_ranged(box.coverage, rare.level)} of the cases in which it is so, in the {half} simulations kept "
        f"aside ({percent(box.fitted)} in those fitted to), and {_small(box.cases)} of all cases",
        f"    it is so in {often} of the cases there ({100 * rare.level:g} %: {percent(box.density[1])} to "
        f"{percent(box.density[2])}), {times:.3g} times as often as anywhere",
        *_tree_lines(box),
    ]


def _ranged(found: Range, level: float) -> str:
    value, low, high = found
    return f"{percent(value)} ({100 * level:g} %: {percent(low)} to {percent(high)})"


def _small(share: float) -> str:
    return f"{100.0 * share:.2g} %" if share > 0.0 else "none of half a million"


def _tree_lines(box: RareBox) -> list[str]:
    if not box.leaves:
        return []
    told = ["    tree: share of the cases in which it is so [in the points kept aside], and of all cases"]
    # Where it is never so nothing is to be told.
    return told + [
        f"      {leaf.text}: {percent(leaf.so)} [{percent(leaf.aside)}], {_small(leaf.cases)}"
        for leaf in box.leaves
        if max(leaf.so, leaf.aside) >= 0.005
    ]


def condition_row(part: str, one: Condition) -> Row:
    """Return a condition as a row of the table."""
    ends: Row = {} if one.words else {"value_low": one.low, "value_high": one.high, "unit": one.unit}
    return {"part": part, "item": str(one) if one.words else one.name, **ends}


def rare_box_rows(box: RareBox) -> Iterator[Row]:
    """Yield the rows of the table."""
    yield from (condition_row("rare, box", one) for one in box.conditions)
    if box.conditions:
        for item, (value, low, high) in (("coverage", box.coverage), ("density", box.density)):
            yield {"part": "rare, box", "item": item, "value": value, "value_low": low, "value_high": high}
        yield {"part": "rare, box", "item": "share of all cases", "value": box.cases}
    for leaf in box.leaves:
        yield {"part": "rare, tree", "item": leaf.text, "value": leaf.so}
        yield {"part": "rare, tree, kept aside", "item": leaf.text, "value": leaf.aside}
        yield {"part": "rare, tree, all cases", "item": leaf.text, "value": leaf.cases}


def rare_box_record(box: RareBox) -> Row:
    """Return every number as JSON holds it."""
    keys = ("value", "low", "high")
    return {
        "conditions": [one.record for one in box.conditions],
        "coverage": dict(zip(keys, box.coverage, strict=True)),
        "density": dict(zip(keys, box.density, strict=True)),
        "fitted_coverage": box.fitted,
        "share_of_all_cases": box.cases,
        "points": box.points,
        "tree": [
            {"text": leaf.text, "share": leaf.so, "aside": leaf.aside, "cases": leaf.cases} for leaf in box.leaves
        ],
    }
