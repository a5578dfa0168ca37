"""The report of a calibration: what was observed, what it leaves of the inputs, how far to trust it."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.report.draw import Picture, write
from mcsim.report.panels import grid
from mcsim.report.style import WIDTH, colour, drawing, label, number, scale, share, span
from mcsim.report.templating import render

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.calibration.posterior import Posterior

SHOWN = 9  # inputs whose prior and posterior are drawn
BINS = 40
PAGE = "report.html"


def write_calibration(posterior: Posterior, folder: Path) -> Path:
    """Write ``report.html`` and ``figures/`` into the folder of a calibration, and return the report's path."""
    pictures = [
        _picture(folder, "01-inputs", "Before and after", INPUTS, lambda plt: _draw_inputs(plt, posterior)),
        _picture(folder, "02-observations", "What was observed", SEEN, lambda plt: _draw_observations(plt, posterior)),
    ]
    words, loo = posterior.words, posterior.loo
    html = render(
        "calibration.html",
        study=posterior.study,
        lines=_how(posterior),
        warnings=posterior.warnings,
        observations=[_observation(row) for row in posterior.observations.to_dict("records")],
        pictures=pictures,
        inputs=[_input(row) for row in _narrowed(posterior).to_dict("records")],
        words=[
            {**row, "prior": share(row["prior"]), "posterior": share(row["posterior"])}
            for row in words.to_dict("records")
        ],
        loo=[{**row, "elpd": f"{row['elpd_loo']:.2f}", "khat": f"{row['khat']:.2f}"} for row in loo.to_dict("records")],
    )
    path = folder / PAGE
    write(path, html.encode("utf-8"))
    return path


INPUTS = "Prior (grey) and posterior (blue) of the inputs whose 95 % band narrowed or moved most"
SEEN = (
    "Black: observed, with the 95 % range of its error; grey: prior, blue: posterior of what the model gives, median, "
    "middle 50 % and 95 %"
)


def calibration_lines(posterior: Posterior) -> list[str]:
    """Return a calibration in lines for a terminal."""
    lines = [f"{posterior.study.title}: calibrated", *(f"  {line}" for line in _how(posterior))]
    for row in _narrowed(posterior).head(8).to_dict("records"):
        told = _input(row)
        lines.append(f"  {told['what']}: {told['posterior']}; prior {told['prior']}; width {told['width']}")
    lines += [
        f"  {row['option']} = {row['word']}: {share(row['posterior'])}; prior {share(row['prior'])}"
        for row in posterior.words.to_dict("records")
    ]
    return lines + [f"  warning: {line}" for line in posterior.warnings]


def _how(posterior: Posterior) -> list[str]:
    sample = posterior.sample
    worst = posterior.inputs["r_hat"].max()
    how = "weights of prior draws" if sample.method == "importance" else "an ensemble sampler"
    pooled = [group.name for group in posterior.likelihood.groups if group.pooled]
    lines = [
        f"{sample.evaluations:,} evaluations, {how}; k-hat of the weights {sample.khat:.2f}, "
        f"{sample.ess:,.0f} effective draws, r-hat at most {worst:.3f}; seed {posterior.seed}"
    ]
    if pooled:
        lines.append(f"sources pooled with an error of each one's own: {', '.join(map(label, pooled))}")
    return lines


def _narrowed(posterior: Posterior) -> pd.DataFrame:
    """Return the inputs by how much of the prior is left: the width, or the shift of the median in prior widths."""
    table = posterior.inputs
    table = table[~table["input"].isin(posterior.words["option"])]
    moved = (table["p50"] - table["prior_p50"]).abs() / (table["prior_p97.5"] - table["prior_p2.5"])
    return table.assign(told=(1.0 - table["width"]).clip(lower=0) + moved).sort_values("told", ascending=False)


def _band(row: Any, unit: str, before: str = "") -> str:
    low, middle, high = (float(row[f"{before}{name}"]) for name in ("p2.5", "p50", "p97.5"))
    return f"{number(middle, unit)} ({span(low, high, unit)})"


def _input(row: Any) -> dict[str, str]:
    unit = str(row["unit"])
    return {
        "what": label(row["input"]),
        "prior": _band(row, unit, "prior_"),
        "posterior": _band(row, unit),
        "width": f"{row['width']:.2f}",
        "r_hat": f"{row['r_hat']:.3f}",
        "ess": f"{row['ess']:,.0f}",
    }


def _observation(row: Any) -> dict[str, str]:
    unit = str(row["unit"])
    return {
        "what": label(row["output"]),
        "observed": f"{number(row['observed'], unit)} ({span(row['low'], row['high'], unit)})",
        "prior": _band(row, unit, "prior_"),
        "posterior": _band(row, unit),
        "source": row["source"],
        "scope": row["scope"],
    }


def _picture(folder: Path, name: str, title: str, caption: str, draw: Callable[[Any], Any]) -> Picture:
    with drawing() as plt:
        plt.rcParams["svg.hashsalt"] = name  # the same calibration draws the same bytes
        picture, vector = draw(plt), io.BytesIO()
        picture.savefig(vector, format="svg", metadata={"Date": None})
    write(folder / "figures" / f"{name}.svg", vector.getvalue())
    data = "data:image/svg+xml;base64," + base64.b64encode(vector.getvalue()).decode("ascii")
    return Picture(name, title, caption, data)


def _draw_inputs(plt: Any, posterior: Posterior) -> Any:
    rows = _narrowed(posterior).head(SHOWN).to_dict("records")
    lines, columns = grid(max(1, len(rows)))
    picture, axes = plt.subplots(lines, columns, figsize=(WIDTH, 1.7 * lines), squeeze=False)
    for axis in axes.ravel()[len(rows) :]:
        axis.set_axis_off()
    for axis, row in zip(axes.ravel(), rows, strict=False):
        before, after = posterior.prior[row["input"]], posterior.sample.values[row["input"]].ravel()
        divisor, unit = scale(str(row["unit"]), float(np.abs(before).max()))
        low, high = np.quantile(before, (0.001, 0.999)).tolist()
        edges = np.linspace(low, high, BINS + 1) / divisor
        axis.hist(before / divisor, edges, density=True, color="#bbbbbb")
        axis.hist(after / divisor, edges, density=True, histtype="step", color=colour(0), linewidth=1.6)
        axis.set_title(label(row["input"]))
        axis.set_xlabel(unit)
        axis.set_yticks([])
    return picture


def _draw_observations(plt: Any, posterior: Posterior) -> Any:
    likelihood = posterior.likelihood
    lines, columns = grid(len(likelihood.groups))
    picture, axes = plt.subplots(lines, columns, figsize=(WIDTH, 2.6 * lines), squeeze=False)
    for axis in axes.ravel()[len(likelihood.groups) :]:
        axis.set_axis_off()
    cells = {
        "#999999": posterior.prior_cells,
        colour(0): posterior.sample.cells.reshape(-1, len(posterior.observations)),
    }
    for axis, group in zip(axes.ravel(), likelihood.groups, strict=False):
        mine = [likelihood.observations[at] for at in group.columns.tolist()]
        divisor, unit = scale(mine[0].cell.output.unit, max(item.range()[1] for item in mine))
        for place, (at, item) in enumerate(zip(group.columns.tolist(), mine, strict=True)):
            low, high = item.range()
            axis.vlines(place - 0.22, low / divisor, high / divisor, color="black", linewidth=1.2)
            axis.plot(place - 0.22, item.value / divisor, "o", color="black", markersize=3.5)
            for shown, (tint, drawn) in enumerate(cells.items()):
                ends = np.nanquantile(drawn[:, at], (0.025, 0.25, 0.5, 0.75, 0.975)) / divisor
                x = place + 0.22 * shown
                axis.vlines(x, ends[0], ends[4], color=tint, linewidth=1.2)
                axis.vlines(x, ends[1], ends[3], color=tint, linewidth=4, alpha=0.6)
                axis.plot(x, ends[2], "s", color=tint, markersize=3.5)
        words = [",".join(map(str, item.cell.labels.values())) or item.source for item in mine]
        axis.set_xticks(range(len(mine)), words)
        axis.set_xlim(-0.6, len(mine) - 0.4)
        axis.set_title(label(group.name))
        axis.set_ylabel(unit)
        axis.grid(axis="x", visible=False)
    return picture
