"""An explanation told: in words, as a table, as JSON, and as files of a run directory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsim.ranking.cart import leaves
from mcsim.ranking.conditions import in_words
from mcsim.ranking.question import Share, percent, unit_told
from mcsim.ranking.rarely import condition_row, rare_box_lines, rare_box_record, rare_box_rows
from mcsim.ranking.target import CHANCE

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.ranking.box import Told
    from mcsim.ranking.cart import Node
    from mcsim.ranking.explain import Explanation
    from mcsim.ranking.ranking import Ranking
    from mcsim.ranking.rare import Rare, Shift
    from mcsim.ranking.target import Sign

TABLE, SECTION = "explain.csv", "explain.md"
COLUMNS = ("question", "part", "item", "value", "value_low", "value_high", "draws", "unit")
MOST_RANKED = 6
Row = dict[str, Any]


def lines(found: Explanation) -> list[str]:
    """Return an explanation in words."""
    told = [f"{found.study.title}: {found.question.text}", f"  {_chance(found)}"]
    if found.undefined:
        told.append(f"  undefined in {found.undefined:,} draws more, which are left out")
    if found.rare is not None:
        told += _rare_lines(found.rare)
    if found.box is not None:
        told += _box_lines(found)
    if found.tree is not None:
        told += _tree_lines(found.tree)
    for title, ranking in _rankings(found):
        told += _ranking_lines(title, ranking)
    told += sign_lines(found.signs, found.chance.level)
    return told + [f"  warning: {note}" for note in found.notes]


def _chance(found: Explanation) -> str:
    low, high = found.chance.interval
    span = f"the output is between {found.span[0]:.4g} and {found.span[1]:.4g}{unit_told(found.question.unit)}"
    level = f"{100 * found.chance.level:g} %"
    if found.hits == 0:
        return f"in none of {found.draws:,} draws: less likely than {percent(high)} ({level}); {span}"
    if found.hits == found.draws:
        return f"in all of {found.draws:,} draws: more likely than {percent(low)} ({level}); {span}"
    return f"true in {found.hits:,} of {found.draws:,} draws: {found.chance}; {span}"


def _rare_lines(rare: Rare) -> list[str]:
    how = f"{rare.repetitions} subset simulations, {rare.evaluations:,} evaluations"
    if rare.value == 0.0:
        beyond = "; the output has one value in too many draws to go on from" if rare.plateau else ""
        return [f"rare: never met ({how}), less likely than {rare.high:.0e}{beyond}"]
    told = [f"rare: {rare.value:.3g} ({100 * rare.level:g} %: {rare.low:.3g} to {rare.high:.3g}), by {how}"]
    told += [f"  there {one.name} is {_shift(one)}" for one in rare.shifts]
    return told + (rare_box_lines(rare) if rare.box is not None else [])


def _shift(one: Shift) -> str:
    if one.words:
        return one.words
    (low, high), (before, after), unit = one.there, one.usual, unit_told(one.unit)
    return f"{low:.4g} to {high:.4g}{unit} (90 % of cases; usually {before:.4g} to {after:.4g})"


def _box_lines(found: Explanation) -> list[str]:
    assert found.box is not None
    if not found.box.conditions:
        return ["where: no condition on few inputs holds it better than chance might"]
    return [
        f"where: {' and '.join(map(str, found.box.conditions))}",
        f"  {_worth(found.box.fitted, 'fitted to')}",
        f"  {_worth(found.box.aside, 'kept aside')}",
        f"  mean of the output there {found.box.aside.mean_inside:.4g}{unit_told(found.question.unit)}, of all draws "
        f"kept aside {found.box.aside.mean:.4g}",
    ]


def _worth(told: Told, whose: str) -> str:
    return (
        f"{told.draws:,} draws {whose}: true in {told.density} of those inside (density); inside are {told.coverage} "
        f"of all where it is true (coverage); {told.lift:.3g} times as often as anywhere (lift)"
    )


def _tree_lines(tree: Node) -> list[str]:
    if not tree.branches:
        return ["tree: no cut of one input tells more than chance might"]
    head = (
        f"tree: right in {percent(tree.accuracy)} of the {tree.aside:,} draws kept aside (one answer for all: "
        f"{percent(tree.plain_accuracy)}), explains {percent(max(tree.skill, 0.0))} of the variance there"
    )
    legend = "  share of the draws fitted to in which it is true [of those kept aside]"
    return [head, legend, *_branch_lines(tree, "  ")]


def _branch_lines(node: Node, margin: str) -> list[str]:
    told = []
    for branch in node.branches:
        shares = Share(branch.hits, branch.draws), Share(branch.aside_hits, branch.aside)
        worth = f": {percent(shares[0].value)} of {branch.draws:,} [{percent(shares[1].value)} of {branch.aside:,}]"
        told.append(f"{margin}{branch.condition}{'' if branch.branches else worth}")
        told += _branch_lines(branch, f"{margin}  ")
    return told


def _rankings(found: Explanation) -> list[tuple[str, Ranking]]:
    named = (("decides whether", found.decides), ("decides how far, where it is true", found.within))
    return [(title, ranking) for title, ranking in named if ranking is not None]


def _ranking_lines(title: str, ranking: Ranking) -> list[str]:
    rows = _ranked(ranking)
    if not rows:
        return []
    told = [f"{title}: share of the variance that inputs explain (Shapley effects, {ranking.n:,} draws)"]
    for name, value, low, high in rows[:MOST_RANKED]:
        told.append(
            f"  {name} {round(value, 2) + 0.0:.2f} ({100 * ranking.settings['level']:g} %: {low:.2f} to {high:.2f})"
        )
    rest = len(rows) - MOST_RANKED
    return told + ([f"  and {rest} more"] if rest > 0 else [])


def _ranked(ranking: Ranking) -> list[tuple[str, float, float, float]]:
    """Return factor, share and its interval, the largest first; nothing where they are undefined."""
    frame = ranking.table(ranking.outputs[0].name).dropna(subset=["shapley"])
    columns = frame[["input", "shapley", "shapley_low", "shapley_high"]]
    return [(str(name), float(a), float(b), float(c)) for name, a, b, c in columns.itertuples(index=False)]


def sign_lines(signs: Sequence[Sign], level: float) -> list[str]:
    """Return what inputs by themselves do, in words."""
    told = []
    alone = sorted((one for one in signs if one.alone == one.alone), key=lambda one: -one.alone)
    shown = [one for one in alone if one.acts_alone(len(alone), level)][:MOST_RANKED]
    if shown:
        listed = ", ".join(f"{one.name} {one.alone:.2f} ({one.alone_low:.2f} to {one.alone_high:.2f})" for one in shown)
        told.append(f"decides whether, alone (first-order Sobol' index): {listed}")
    for what, key in (("whether", "whether"), ("how far, where it is true", "how_far")):
        chances = sorted((getattr(one, key), one.name) for one in signs if getattr(one, key) == getattr(one, key))
        if chances:
            sure = [f"{name} (p {_p(chance)})" for chance, name in chances if chance < CHANCE / len(chances)]
            rest = len(chances) - len(sure)
            more = f" and {len(sure) - MOST_RANKED} more" if len(sure) > MOST_RANKED else ""
            listed = ", ".join(sure[:MOST_RANKED]) + more or "none for sure"
            told.append(f"acts on {what} (HSIC): {listed}; no sign of {rest} of {len(chances)} inputs")
    return told


def _p(chance: float) -> str:
    return f"{chance:.1g}" if chance >= 1e-6 else "below 1e-6"


def table(found: Explanation) -> pd.DataFrame:
    """Return every number as a tidy table."""
    import pandas as pd

    rows = [{"question": found.question.text, **row} for row in _rows(found)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(found: Explanation) -> Iterator[Row]:
    unit = found.question.unit
    yield _share_row("chance", "probability", found.chance) | {"draws": found.draws}
    yield {"part": "chance", "item": "undefined", "value": found.undefined, "draws": found.draws + found.undefined}
    if found.rare is not None:
        rare = found.rare
        ends: Row = {"value_low": rare.low, "value_high": rare.high, "draws": rare.evaluations}
        yield {"part": "rare", "item": "probability", "value": rare.value, **ends}
        for shift in rare.shifts:
            low, high = shift.there
            ends = {"value_low": low, "value_high": high, "unit": shift.unit}
            yield {"part": "rare, there", "item": shift.name, **ends}
        if rare.box is not None:
            yield from rare_box_rows(rare.box)
    low, high = found.span
    yield {"part": "output", "item": "range", "value_low": low, "value_high": high, "draws": found.draws, "unit": unit}
    if found.box is not None:
        yield from (condition_row("box", one) for one in found.box.conditions)
        for part, told in (("box, fitted", found.box.fitted), ("box, kept aside", found.box.aside)):
            yield _share_row(part, "density", told.density)
            yield _share_row(part, "coverage", told.coverage)
            yield {"part": part, "item": "lift", "value": told.lift, "draws": told.draws}
            yield {"part": part, "item": "mean", "value": told.mean_inside, "draws": told.density.draws, "unit": unit}
    if found.tree is not None:
        yield from _tree_rows(found.tree, found.chance.level)
    for title, ranking in _rankings(found):
        for name, value, low, high in _ranked(ranking):
            yield {"part": title, "item": name, "value": value, "value_low": low, "value_high": high} | {
                "draws": ranking.n
            }
    yield from _sign_rows(found)


def _sign_rows(found: Explanation) -> Iterator[Row]:
    for one in found.signs:
        if one.alone == one.alone:
            ends = {"value_low": one.alone_low, "value_high": one.alone_high}
            yield {"part": "decides whether, alone", "item": one.name, "value": one.alone, **ends}
        for part, chance in (("whether, p of HSIC", one.whether), ("how far, p of HSIC", one.how_far)):
            if chance == chance:
                yield {"part": part, "item": one.name, "value": chance}


def _share_row(part: str, item: str, share: Share) -> Row:
    low, high = share.interval
    return {"part": part, "item": item, "value": share.value, "value_low": low, "value_high": high} | {
        "draws": share.draws
    }


def _tree_rows(tree: Node, level: float) -> Iterator[Row]:
    part = "tree, kept aside"
    yield {"part": part, "item": "accuracy", "value": tree.accuracy, "draws": tree.aside}
    yield {"part": part, "item": "accuracy of one answer", "value": tree.plain_accuracy, "draws": tree.aside}
    yield {"part": part, "item": "variance explained", "value": tree.skill, "draws": tree.aside}
    if not tree.branches:
        return
    for conditions, leaf in leaves(tree):
        path = in_words(conditions)
        yield _share_row("tree, fitted", path, Share(leaf.hits, leaf.draws, level))
        yield _share_row(part, path, Share(leaf.aside_hits, leaf.aside, level))


def record(found: Explanation) -> dict[str, Any]:
    """Return every number as JSON holds it."""
    about: dict[str, Any] = {
        "study": found.study.name,
        "question": found.question.text,
        "bound": found.question.bound,
        "unit": found.question.unit,
        "probability": _share(found.chance) | {"true": found.hits, "draws": found.draws},
        "undefined": found.undefined,
        "range": list(found.span),
    }
    if found.rare is not None:
        about["rare"] = asdict(replace(found.rare, box=None))
        about["rare"]["box"] = None if found.rare.box is None else rare_box_record(found.rare.box)
    if found.box is not None:
        about["box"] = {
            "conditions": [one.record for one in found.box.conditions],
            "fitted": _told(found.box.fitted),
            "aside": _told(found.box.aside),
        }
    if found.tree is not None:
        worth = {name: getattr(found.tree, name) for name in ("accuracy", "plain_accuracy", "skill")}
        about["tree"] = worth | _node(found.tree)
    for title, ranking in _rankings(found):
        keys = ("input", "share", "low", "high")
        about[title.partition(",")[0].replace(" ", "_")] = [
            dict(zip(keys, row, strict=True)) for row in _ranked(ranking)
        ]
    about["signs"] = [asdict(one) for one in found.signs]
    return about | {"notes": list(found.notes)}


def _share(share: Share) -> dict[str, float]:
    low, high = share.interval
    return {"value": share.value, "low": low, "high": high, "level": share.level}


def _told(told: Told) -> dict[str, Any]:
    facts = {"draws": told.draws, "true": told.hits, "density": _share(told.density)}
    return facts | {"coverage": _share(told.coverage), "lift": told.lift, "mean": told.mean_inside}


def _node(node: Node) -> dict[str, Any]:
    facts: dict[str, Any] = {} if node.condition is None else dict(node.condition.record)
    facts |= {"draws": node.draws, "true": node.hits, "aside": node.aside, "aside_true": node.aside_hits}
    return facts | ({"branches": [_node(branch) for branch in node.branches]} if node.branches else {})


def write(found: Explanation, folder: Path) -> None:
    """Write an explanation into a run directory, in the place of an earlier one, and list its files in run.json."""
    from mcsim.store.directory import add_files
    from mcsim.store.files import write_table, write_text

    write_table(folder / TABLE, table(found))
    write_text(folder / SECTION, section(found))
    add_files(folder, [TABLE, SECTION], explain={"question": found.question.text, "level": found.chance.level})


def section(found: Explanation) -> str:
    """Return an explanation as Markdown: a heading, and its lines as they stand, so that no text in them is markup."""
    fence = "    "
    return "\n".join(["# When is it so", "", f"{found.headline}.", "", *(fence + line for line in lines(found)), ""])
