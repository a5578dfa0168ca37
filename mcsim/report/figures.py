"""The kinds of figures that a study can ask for; each draws rows of the summary or of the ranking as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.report.style import RELATIVE_UNITS, WIDTH, colour, label, line, scale
from mcsim.study import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

Kind = Callable[[Any, "pd.DataFrame", Mapping[str, Any]], Any]
MAX_PANELS = 12
TOP = 12  # factors shown in a ranking


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows of a figure with their output's dims.

    Parameters
    ----------
    rows : DataFrame
        Rows of the summary (or ranking) of one output with the labels that the figure keeps.
    dims : tuple of str
        Dims that still have more than one label.
    """

    rows: pd.DataFrame
    dims: tuple[str, ...]


def selected(rows: pd.DataFrame, figure: Mapping[str, Any], dims: Sequence[str]) -> Selection:
    """Return the rows that a figure keeps.

    Raises
    ------
    InputError
        When a label or dim is not there.
    """
    place = f"report.figures: {figure['output']}"
    for dim, wanted in figure.get("where", {}).items():
        if dim not in dims:
            raise InputError(f"{place}: where.{dim}: no such dim; one of {', '.join(dims)}{nearest(dim, dims)}")
        words = [str(word) for word in (wanted if isinstance(wanted, list) else [wanted])]
        known = rows[dim].astype(str)
        for word in words:
            if not (known == word).any():
                labels = list(dict.fromkeys(known))
                raise InputError(f"{place}: where.{dim}: no such label (got {word!r}); one of {', '.join(labels[:20])}")
        rows = rows[known.isin(words)]
    for key in ("x", "panel", "line", "stack"):
        if key in figure and figure[key] not in dims:
            raise InputError(f"{place}: {key}: no such dim (got {figure[key]!r}); one of {', '.join(dims)}")
    return Selection(rows, tuple(dim for dim in dims if rows[dim].nunique() > 1))


def _labels(rows: pd.DataFrame, dim: str | None) -> list[Any]:
    return [None] if dim is None else list(dict.fromkeys(rows[dim]))


def _where(rows: pd.DataFrame, dim: str | None, value: Any) -> pd.DataFrame:
    return rows if dim is None else rows[rows[dim] == value]


def _panels(
    plt: Any, rows: pd.DataFrame, figure: Mapping[str, Any], height: float = 2.3
) -> tuple[Any, list[Any], list[Any]]:
    names = _labels(rows, figure.get("panel"))[:MAX_PANELS]
    columns = 1 if len(names) == 1 else 2 if len(names) in (2, 4) else 3
    count = -(-len(names) // columns)
    size = (WIDTH, (3.4 if len(names) == 1 else height * count + 0.4))
    picture, axes = plt.subplots(count, columns, figsize=size, squeeze=False, sharex=True)
    flat = list(axes.flat)
    for spare in flat[len(names) :]:
        spare.set_visible(False)
    return picture, flat[: len(names)], names


def _title(figure: Mapping[str, Any], name: Any) -> str:
    """Return a panel's title; a bare number is told with its dim."""
    return label(name) if isinstance(name, str) else f"{label(figure['panel'])} {name}"


def _axis(axis: Any, unit: str, largest: float) -> float:
    divisor, words = scale(unit, largest)
    axis.set_ylabel(f"change, {words}" if unit == "relative" else words)
    return divisor


def bands(plt: Any, rows: pd.DataFrame, figure: Mapping[str, Any]) -> Any:
    """Draw medians over a numeric dim with their 50 % and 95 % bands."""
    x, line_dim = figure["x"], figure.get("line")
    picture, axes, names = _panels(plt, rows, figure)
    lines = _labels(rows, line_dim)
    for axis, name in zip(axes, names, strict=True):
        part = _where(rows, figure.get("panel"), name)
        unit = str(part["unit"].iloc[0])
        divisor = _axis(axis, unit, float(part[["p2.5", "p97.5"]].abs().max().max()))
        for place, one in enumerate(lines):
            curve = _where(part, line_dim, one)
            if curve.empty:
                continue
            at = curve[x].astype(float).to_numpy()
            _band(axis, at, curve, divisor, place, label(one) if one is not None else None)
        if unit in RELATIVE_UNITS[:1]:
            axis.axhline(0, color="black", linewidth=0.8)
        if name is not None:
            axis.set_title(_title(figure, name))
        axis.set_xlabel(label(x))
    if len(lines) > 1:
        _legend(picture, axes[0], len(lines))
    return picture


def _band(axis: Any, at: Any, curve: pd.DataFrame, divisor: float, place: int, name: str | None) -> None:
    get = {key: curve[key].to_numpy(float) / divisor for key in ("p2.5", "p25", "p50", "p75", "p97.5")}
    axis.fill_between(at, get["p2.5"], get["p97.5"], color=colour(place), alpha=0.13, linewidth=0)
    axis.fill_between(at, get["p25"], get["p75"], color=colour(place), alpha=0.25, linewidth=0)
    axis.plot(at, get["p50"], color=colour(place), linestyle=line(place), label=name)


def _legend(picture: Any, axis: Any, n_labels: int) -> None:
    handles, names = axis.get_legend_handles_labels()
    picture.legend(handles, names, loc="outside lower center", ncols=min(n_labels, 5))


def bars(plt: Any, rows: pd.DataFrame, figure: Mapping[str, Any]) -> Any:
    """Draw the median of each label as a dot with its 50 % and 95 % intervals."""
    x, line_dim = figure["x"], figure.get("line")
    picture, axes, names = _panels(plt, rows, figure, height=2.6)
    labels, lines = _labels(rows, x), _labels(rows, line_dim)
    for axis, name in zip(axes, names, strict=True):
        part = _where(rows, figure.get("panel"), name)
        divisor = _axis(axis, str(part["unit"].iloc[0]), float(part[["p2.5", "p97.5"]].abs().max().max()))
        for place, one in enumerate(lines):
            shift = (place - (len(lines) - 1) / 2) * 0.8 / max(len(lines), 2)
            curve = _where(part, line_dim, one).set_index(x).reindex(labels)
            at = np.arange(len(labels)) + shift
            axis.vlines(at, curve["p2.5"] / divisor, curve["p97.5"] / divisor, color=colour(place), linewidth=1.2)
            axis.vlines(at, curve["p25"] / divisor, curve["p75"] / divisor, color=colour(place), linewidth=4, alpha=0.5)
            marker = "osD^v"[place % 5]
            axis.plot(at, curve["p50"] / divisor, marker, color=colour(place), markersize=4, label=label(one))
        axis.axhline(0, color="black", linewidth=0.8)
        long = max(len(label(word)) for word in labels) * len(labels) > 60 / (1 + (len(names) > 1))
        axis.set_xticks(
            range(len(labels)),
            [label(word) for word in labels],
            rotation=35 if long else 0,
            ha="right" if long else "center",
        )
        axis.grid(axis="x", visible=False)
        if name is not None:
            axis.set_title(_title(figure, name))
    if len(lines) > 1:
        _legend(picture, axes[0], len(lines))
    return picture


def stack(plt: Any, rows: pd.DataFrame, figure: Mapping[str, Any]) -> Any:
    """Draw means of parts stacked to their sum, over a numeric dim or per label; means add up, medians do not."""
    x, part_dim = figure["x"], figure["stack"]
    picture, axes, names = _panels(plt, rows, figure, height=2.6)
    labels, parts = _labels(rows, x), _labels(rows, part_dim)
    numeric = all(isinstance(value, int | float | np.integer | np.floating) for value in labels)
    for axis, name in zip(axes, names, strict=True):
        panel = _where(rows, figure.get("panel"), name)
        table = panel.pivot_table(index=x, columns=part_dim, values="mean", sort=False).reindex(labels)
        table = table.reindex(columns=parts).fillna(0.0)
        divisor = _axis(axis, str(panel["unit"].iloc[0]), float(table.abs().sum(axis=1).max()))
        at = np.array(labels, float) if numeric else np.arange(len(labels), dtype=float)
        width = 0.7 * (np.diff(at).min() if len(at) > 1 else 1.0)
        above, below = np.zeros(len(at)), np.zeros(len(at))
        for place, one in enumerate(parts):
            values = table[one].to_numpy(float) / divisor
            base = np.where(values >= 0, above, below)
            axis.bar(
                at, values, width, bottom=base, color=colour(place), label=label(one), edgecolor="white", linewidth=0.3
            )
            above, below = above + np.maximum(values, 0), below + np.minimum(values, 0)
        axis.plot(at, above + below, "D", color="black", markersize=3.5, label="net")
        axis.axhline(0, color="black", linewidth=0.8)
        if not numeric:
            axis.set_xticks(at, [label(word) for word in labels], rotation=20, ha="right")
        else:
            axis.set_xlabel(label(x))
        axis.grid(axis="x", visible=False)
        if name is not None:
            axis.set_title(_title(figure, name))
    _legend(picture, axes[0], len(parts) + 1)
    return picture


def waterfall(plt: Any, rows: pd.DataFrame, figure: Mapping[str, Any]) -> Any:
    """Draw the way from one label's sum to another's, part by part, in means."""
    x, part_dim = figure["x"], figure["stack"]
    table = rows.pivot_table(index=x, columns=part_dim, values="mean", sort=False)
    first, last = figure.get("ends", [table.index[0], table.index[-1]])
    steps = table.loc[last] - table.loc[first]
    picture, axis = plt.subplots(figsize=(WIDTH, 3.2))
    divisor = _axis(axis, str(rows["unit"].iloc[0]), float(table.sum(axis=1).abs().max()))
    start, level = float(table.loc[first].sum()) / divisor, 0.0
    axis.bar(0, start, 0.6, color=colour(6))
    level = start
    for place, (name, step) in enumerate(steps.items(), start=1):
        size = float(step) / divisor
        axis.bar(place, size, 0.6, bottom=level, color=colour(2 if size < 0 else 1))
        axis.annotate(f"{size:+.2g}", (place, level + max(size, 0)), ha="center", va="bottom", fontsize=8)
        level += size
        axis.set_xlabel("")
        _ = name
    axis.bar(len(steps) + 1, level, 0.6, color=colour(6))
    words = [label(first), *(label(name) for name in steps.index), label(last)]
    axis.set_xticks(range(len(words)), words, rotation=20, ha="right")
    axis.grid(axis="x", visible=False)
    return picture


def flow(plt: Any, rows: pd.DataFrame, figure: Mapping[str, Any]) -> Any:
    """Draw how a total splits among labels, as bands whose widths are means (a Sankey-like picture)."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Shape

    picture, axes, names = _panels(plt, rows, figure, height=2.8)
    for axis, name in zip(axes, names, strict=True):
        part = _where(rows, figure.get("panel"), name)
        sizes = part.set_index(figure["x"])["mean"].clip(lower=0)
        total = float(sizes.sum()) or 1.0
        divisor, words = scale(str(part["unit"].iloc[0]), total)
        left, right, gap = 0.0, 0.0, 0.06
        for place, (one, size) in enumerate(sizes.items()):
            width = float(size) / total
            corners = [(0, left), (0.5, left), (0.5, right), (1, right), (1, right + width), (0.5, right + width)]
            corners += [(0.5, left + width), (0, left + width), (0, left)]
            codes = [1, 4, 4, 4, 2, 4, 4, 4, 79]
            axis.add_patch(PathPatch(Shape(corners, codes), color=colour(place), alpha=0.75, linewidth=0))
            text = f"{label(one)}: {float(size) / divisor:,.3g} {words} ({width:.0%})"
            axis.annotate(text, (1.02, right + width / 2), va="center", fontsize=8)
            left, right = left + width, right + width + gap
        axis.set_xlim(0, 1.9)
        axis.set_ylim(max(right, 1.0) + 0.02, -0.02)
        axis.axis("off")
        if name is not None:
            axis.set_title(_title(figure, name))
    return picture


def ranking(plt: Any, rows: pd.DataFrame, figure: Mapping[str, Any]) -> Any:
    """Draw total and first-order indices of the leading inputs with their intervals."""
    picture, axes, names = _panels(plt, rows, figure, height=3.2)
    for axis, name in zip(axes, names, strict=True):
        part = _where(rows, figure.get("panel"), name).sort_values("ST", ascending=False).head(TOP).iloc[::-1]
        at = np.arange(len(part))
        for key, shift, place in (("ST", 0.18, 0), ("S1", -0.18, 1)):
            values = part[key].to_numpy(float)
            reach = np.abs(np.vstack([values - part[f"{key}_low"], part[f"{key}_high"] - values]).astype(float))
            words = "total" if key == "ST" else "first order"
            axis.barh(at + shift, values, 0.34, color=colour(place), label=words, alpha=0.85)
            axis.errorbar(values, at + shift, xerr=reach, fmt="none", ecolor="black", elinewidth=0.9, capsize=1.5)
        axis.set_yticks(at, [label(word) for word in part["input"]])
        axis.set_xlabel("share of the variance")
        axis.axvline(0, color="black", linewidth=0.8)
        axis.grid(axis="y", visible=False)
        if name is not None:
            axis.set_title(_title(figure, name))
    most = max(len(_where(rows, figure.get("panel"), name)) for name in names)
    rows_of_panels = -(-len(names) // (1 if len(names) == 1 else 2 if len(names) in (2, 4) else 3))
    picture.set_size_inches(WIDTH, 0.9 + (0.4 + 0.27 * min(TOP, most)) * rows_of_panels)
    _legend(picture, axes[0], 2)
    return picture


def sensitivity_over(plt: Any, rows: pd.DataFrame, figure: Mapping[str, Any]) -> Any:
    """Draw first-order indices as stacked areas over a numeric dim; what is left to one are interactions."""
    x = figure["x"]
    picture, axes, names = _panels(plt, rows, figure, height=2.8)
    leading = rows.groupby("input")["S1"].mean().sort_values(ascending=False).head(8).index
    for axis, name in zip(axes, names, strict=True):
        part = _where(rows, figure.get("panel"), name)
        table = part.pivot_table(index=x, columns="input", values="S1").clip(lower=0)
        kept = table.reindex(columns=leading).fillna(0.0)
        rest = table.drop(columns=[c for c in leading if c in table]).sum(axis=1)
        layers = [*(kept[c].to_numpy(float) for c in leading), rest.to_numpy(float)]
        colours = [*(colour(place) for place in range(len(leading))), "#cccccc"]
        axis.stackplot(
            kept.index.astype(float), *layers, colors=colours, labels=[*(label(c) for c in leading), "others"]
        )
        axis.set_ylim(0, 1)
        axis.set_ylabel("first-order share of the variance")
        axis.set_xlabel(label(x))
        if name is not None:
            axis.set_title(_title(figure, name))
    _legend(picture, axes[0], 4)
    return picture


def interval(plt: Any, rows: pd.DataFrame, figure: Mapping[str, Any]) -> Any:
    """Draw quantiles of one element as a box with its 50 %, 90 % and 95 % intervals (the summary holds no more)."""
    picture, axis = plt.subplots(figsize=(WIDTH, 1.6))
    row = rows.iloc[0]
    divisor, words = scale(str(row["unit"]), abs(float(row["p97.5"])))
    for low, high, width in (("p2.5", "p97.5", 0.2), ("p5", "p95", 0.35), ("p25", "p75", 0.5)):
        axis.barh(0, (row[high] - row[low]) / divisor, width, left=row[low] / divisor, color=colour(0), alpha=0.3)
    axis.plot([row["p50"] / divisor], [0], "k|", markersize=18)
    axis.set_yticks([])
    axis.set_xlabel(words or label(figure["output"]))
    return picture


def probability(plt: Any, rows: pd.DataFrame, figure: Mapping[str, Any]) -> Any:
    """Draw the share of draws above a threshold over a numeric dim."""
    x, line_dim = figure["x"], figure.get("line")
    picture, axes, names = _panels(plt, rows, figure)
    lines = _labels(rows, line_dim)
    for axis, name in zip(axes, names, strict=True):
        part = _where(rows, figure.get("panel"), name)
        for place, one in enumerate(lines):
            curve = _where(part, line_dim, one)
            axis.plot(
                curve[x].astype(float), curve["above"], color=colour(place), linestyle=line(place), label=label(one)
            )
        axis.set_ylim(-0.02, 1.02)
        axis.axhline(0.5, color="black", linewidth=0.6, linestyle=":")
        axis.set_ylabel(f"P(above {figure.get('threshold', 0):g})")
        axis.set_xlabel(label(x))
        if name is not None:
            axis.set_title(_title(figure, name))
    if len(lines) > 1:
        _legend(picture, axes[0], len(lines))
    return picture


KINDS: Mapping[str, Kind] = {
    "bands": bands,
    "bars": bars,
    "stack": stack,
    "waterfall": waterfall,
    "flow": flow,
    "ranking": ranking,
    "sensitivity_over": sensitivity_over,
    "interval": interval,
    "probability": probability,
}
NEEDS = {
    "bands": ("x",),
    "bars": ("x",),
    "stack": ("x", "stack"),
    "waterfall": ("x", "stack"),
    "flow": ("x",),
    "sensitivity_over": ("x",),
    "probability": ("x",),
}
OF_THE_RANKING = ("ranking", "sensitivity_over")
