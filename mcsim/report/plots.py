"""One picture of a result or a ranking, drawn as the report draws it, for a notebook or a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcsim.report.check import figure_of
from mcsim.report.choose import leading_element, plain_figure
from mcsim.report.kind import RANKING, Figure
from mcsim.report.kinds import KINDS
from mcsim.report.shares import marks_of
from mcsim.report.style import SETTINGS, label
from mcsim.study import InputError, Output
from mcsim.study.errors import one_of

if TYPE_CHECKING:
    from mcsim.ranking.ranking import Ranking
    from mcsim.result.result import Result


def plot_result(result: Result, output: str, kind: str | None, keys: Mapping[str, Any]) -> Any:
    """Draw an output of a result; see `mcsim.Result.plot`."""
    declared = result.study.output(output)
    where, rest = _parted(declared, keys)
    entry = plain_figure(declared, where)
    if kind is not None:
        _known(kind, output)
        wanted = {key.name for key in KINDS[kind].keys}
        entry = {name: value for name, value in entry.items() if name in wanted} | {"kind": kind, "output": output}
    if "x" in rest:  # then the plain choice of the others may be in its way
        entry = {name: value for name, value in entry.items() if rest["x"] != value or name == "where"}
    figure = figure_of({**entry, **rest}, {output: declared}, f"plot: {output}", result.study.labels)
    rows = figure.kind.reads.rows(figure, result, None)
    if figure.kind.draw is None:
        raise InputError(
            f"plot: {output}: one number, {result.summary(output, **where)['mean'].iloc[0]:.3g}; no picture"
        )
    assert rows is not None  # of a summary there is always one
    return _drawn(rows, figure)


def plot_ranking(ranking: Ranking, output: str, keys: Mapping[str, Any]) -> Any:
    """Draw what drives an output; see `mcsim.Ranking.plot`."""
    declared = ranking.output(output)
    where, rest = _parted(declared, keys)
    leading = {name: word for name, word in leading_element(declared).items() if name != rest.get("panel")}
    entry = {"kind": "ranking", "output": output, "title": f"What drives {label(output)}", **rest}
    if leading | where:
        entry["where"] = leading | where
    figure = figure_of(entry, {output: declared}, f"plot: {output}")
    rows = ranking.table(output, **figure.where)
    if not marks_of(rows):
        raise InputError(f"plot: {output}: nothing to draw by {ranking.method}, since it does not vary; another output")
    return _drawn(rows, figure)


def _parted(output: Output, keys: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return labels of dims, and what remains."""
    dims = {dim.name for dim in output.dims}
    where = {name: _listed(value) for name, value in keys.items() if name in dims}
    return where, {name: value for name, value in keys.items() if name not in dims}


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple | range) else value


def _known(kind: str, output: str) -> None:
    if kind not in KINDS:
        raise InputError(f"plot: kind: no such kind (got {kind!r}); {one_of(KINDS, kind)}")
    if KINDS[kind].reads is RANKING:
        raise InputError(f"plot: kind: drawn from a ranking (got {kind!r}); ranking.plot({output!r})")


def _drawn(rows: Any, figure: Figure) -> Any:
    """Return the axes of the drawn figure: one, or a list; nothing is closed and no backend is chosen."""
    import matplotlib.pyplot as plt

    settings: Any = SETTINGS
    with plt.rc_context(settings):
        assert figure.kind.draw is not None
        picture = figure.kind.draw(plt, rows, figure)
    picture.suptitle(figure.title, fontsize=10)
    axes = [axis for axis in picture.axes if axis.get_visible()]
    return axes[0] if len(axes) == 1 else axes
