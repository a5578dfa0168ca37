"""Packages of levers as one picture: what each changes in two outcomes, and which no other beats."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from mcsim.result.matrix import quantile, unit_of

if TYPE_CHECKING:
    from mcsim.result.robust import Packages
    from mcsim.study.outcomes import Outcome


def picture(packages: Packages, path: Path) -> None:
    """Draw the median changes of the first two outcomes: a point for each package, those that none beats joined."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    pooled = packages.pooled
    change = quantile(pooled.deltas, 0.5)
    second = min(1, len(pooled.outcomes) - 1)
    x, y = change[:, 0], change[:, second]
    count = np.array([len(one) for one in packages.members])
    figure = Figure(figsize=(7.2, 4.8), layout="constrained")
    axes = figure.subplots()
    dots = axes.scatter(x, y, c=count, cmap="cividis", s=28, zorder=3)
    bar = figure.colorbar(dots, ax=axes, label="levers in the package")
    bar.set_ticks(np.unique(count).tolist())
    front = np.flatnonzero(packages.pareto)
    front = front[np.argsort(x[front])]
    axes.plot(x[front], y[front], color="#7f7f7f", linewidth=1.0, zorder=2)
    held = packages.holding
    axes.scatter(x[held], y[held], s=150, facecolor="none", edgecolor="#c4500c", linewidth=2.0, zorder=4)
    name = ", ".join(one.removeprefix("lever-") for one in packages.members[held]) or "no lever"
    told = f"Ringed, holds up: {name}. Joined: no package beats these in every outcome."
    axes.set_title(fill(told, 92), fontsize=9, loc="left")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,.6g}")
    axes.axhline(0.0, color="#bbbbbb", linewidth=0.6)
    axes.axvline(0.0, color="#bbbbbb", linewidth=0.6)
    axes.set_xlabel(_axis(pooled.outcomes[0]))
    axes.set_ylabel(_axis(pooled.outcomes[second]))
    figure.savefig(path)


def _axis(outcome: Outcome) -> str:
    side = {1: "more is better", -1: "less is better", 0: ""}[outcome.better]
    return f"{outcome.label or outcome.name}\nchange [{unit_of(outcome)}], {side}"
