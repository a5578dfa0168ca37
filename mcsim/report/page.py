"""The brief: one HTML file with its figures inside, and the figures as files beside it."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsim.report import words
from mcsim.report.brief import markdown
from mcsim.report.choose import figures_of, of_the_ranking
from mcsim.report.figures import KINDS, selected
from mcsim.report.style import drawing, label
from mcsim.store.files import atomically
from mcsim.study import Output

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.result.result import Result

TOP = 10  # rows of a ranking table


def write_report(result: Result, ranking: pd.DataFrame | None, folder: Path) -> Path:
    """Write ``report.html``, ``report.md`` and ``figures/`` into a run directory.

    Parameters
    ----------
    result : Result
        The run.
    ranking : DataFrame, optional
        Content of sensitivity.csv.
    folder : Path
        The run directory.

    Returns
    -------
    Path
        The report.
    """
    import jinja2

    study = result.study
    pictures = draw_figures(result, ranking, folder / "figures")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mcsim.report"),
        autoescape=True,
        trim_blocks=False,
        undefined=jinja2.StrictUndefined,
    )
    html = environment.get_template("report.html").render(
        study=study,
        count=result.headline,
        seed=result.seed,
        design=result.design,
        warnings=_warnings(result),
        headlines=words.headlines(result),
        pictures=pictures,
        ranking=_ranking_blocks(result, ranking),
        inputs=words.inputs(study),
        options=[
            {"name": option.name, "value": study.options[option.name], "meaning": option.meaning}
            for option in study.model.options
        ],
        failures=result.failures,
        provenance=words.provenance(result.record),
    )
    path = folder / "report.html"
    _written(path, html.encode("utf-8"))
    _written(folder / "report.md", markdown(result, pictures).encode("utf-8"))
    return path


def _written(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    atomically(path, lambda partial: partial.write_bytes(content))


def _warnings(result: Result) -> list[str]:
    lines = list(result.study.model.warn(result.study.options)) if result.study.model.warn is not None else []
    if result.complete < result.asked:
        lines.append(f"Incomplete: {result.headline}.")
    return lines


def draw_figures(result: Result, ranking: pd.DataFrame | None, folder: Path) -> list[dict[str, str]]:
    """Draw the study's figures into `folder` as SVG and PNG, and return them for the page."""
    pictures = []
    drawn: set[str] = set()
    tables: dict[str, pd.DataFrame] = {}
    for number, figure in enumerate(figures_of(result.study), start=1):
        rows = _rows(result, ranking, figure, tables)
        if rows is None or rows.empty:
            continue
        output = result.study.output(figure["output"])
        kept = selected(rows, figure, [dim.name for dim in output.dims])
        name = f"{number:02d}-{re.sub(r'[^a-z0-9]+', '-', (figure['kind'] + ' ' + figure['output']).lower())}"
        title = figure.get("title", label(figure["output"])).rstrip(".")
        caption = figure.get("caption", _caption(output, figure))
        data = _draw(kept.rows, figure, folder, name)
        drawn |= {f"{name}.svg", f"{name}.png"}
        pictures.append({"name": name, "title": title, "caption": caption, "alt": f"{title}. {caption}", "data": data})
    for old in folder.glob("*.*"):
        if old.name not in drawn:
            old.unlink()  # drawn by an earlier report that asked for other figures
    return pictures


def _rows(
    result: Result, ranking: pd.DataFrame | None, figure: Mapping[str, Any], tables: dict[str, pd.DataFrame]
) -> pd.DataFrame | None:
    name = figure["output"]
    if of_the_ranking(figure):
        return None if ranking is None else ranked_rows(ranking, result.study.output(name))
    if name not in tables:
        tables[name] = result.summary(name)
    rows = tables[name]
    if figure["kind"] == "probability":
        rows = rows.copy()
        shares = result.exceedance(name, float(figure.get("threshold", 0.0)))
        rows["above"] = shares[result.study.output(name).mask]
    return rows


def ranked_rows(ranking: pd.DataFrame, output: Output) -> pd.DataFrame:
    """Return an output's rows of the ranking with its own labels; a CSV reader makes floats of whole years."""
    rows = ranking[ranking["output"] == output.name]
    for dim in output.dims:
        if all(isinstance(label, int) for label in dim.coords):
            rows = rows.assign(**{dim.name: rows[dim.name].astype(int)})
    return rows


def _draw(rows: pd.DataFrame, figure: Mapping[str, Any], folder: Path, name: str) -> str:
    with drawing() as plt:
        plt.rcParams["svg.hashsalt"] = name  # the same run draws the same bytes
        picture = KINDS[figure["kind"]](plt, rows, figure)
        buffer, pixels = io.BytesIO(), io.BytesIO()
        picture.savefig(buffer, format="svg", metadata={"Date": None})
        picture.savefig(pixels, format="png", dpi=150)
    _written(folder / f"{name}.svg", buffer.getvalue())
    _written(folder / f"{name}.png", pixels.getvalue())
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _caption(output: Output, figure: Mapping[str, Any]) -> str:
    where = "; ".join(f"{label(dim)}: {_listed(value)}" for dim, value in figure.get("where", {}).items())
    kind = {
        "bands": "Line: median; bands: the middle 50 % and 95 % of the draws",
        "bars": "Dot: median; thick and thin lines: the middle 50 % and 95 % of the draws",
        "stack": "Means over all draws; they add up, where medians would not",
        "waterfall": "Means over all draws",
        "flow": "Means over all draws",
        "ranking": "Shares of the variance with 95 % intervals",
        "sensitivity_over": "First-order shares of the variance; what is missing to one are interactions",
        "interval": "Line: median; bars: the middle 50, 90 and 95 % of the draws",
        "probability": "Share of the draws above the threshold",
    }[figure["kind"]]
    return f"{output.meaning}. {kind}." + (f" Shown for {where}." if where else "")


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _ranking_blocks(result: Result, ranking: pd.DataFrame | None) -> list[dict[str, Any]]:
    """Return the ranking tables: those of the study's ranking figures, label by label."""
    if ranking is None:
        return []
    blocks = []
    for figure in figures_of(result.study):
        if figure["kind"] != "ranking":
            continue
        output = result.study.output(figure["output"])
        rows = ranked_rows(ranking, output)
        rows = selected(rows, figure, [dim.name for dim in output.dims]).rows if not rows.empty else rows
        panel = figure.get("panel")
        for value in [None] if panel is None else list(dict.fromkeys(rows[panel])):
            part = rows if panel is None else rows[rows[panel] == value]
            title = figure.get("title", label(output.name)) + ("" if value is None else f": {label(value)}")
            blocks.append(_block(title, part.sort_values("ST", ascending=False).head(TOP)))
    return [block for block in blocks if block["rows"]]


def _block(title: str, rows: pd.DataFrame) -> dict[str, Any]:
    lines = []
    for row in rows.to_dict("records"):
        line = {"input": row["input"], "verdict": row.get("verdict", "")}
        for key in ("ST", "S1"):
            line[key] = f"{row[key]:.3f}"
            line[f"{key}_interval"] = f"{row[f'{key}_low']:.3f} to {row[f'{key}_high']:.3f}"
        lines.append(line)
    return {"title": title, "rows": lines, "verdicts": "verdict" in rows}
