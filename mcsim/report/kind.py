"""What a kind of figure is, and one figure of a report: its kind, its output and what the study file says of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mcsim.report.keys import Key
from mcsim.report.language import say
from mcsim.report.shares import marks_of, told
from mcsim.report.style import label, share
from mcsim.study import Output
from mcsim.study.declared import INDICATOR
from mcsim.study.labels import Labels

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.ranking.ranking import Ranking
    from mcsim.result.result import Result


MANY = 4  # numbers of which all are told


@dataclass(frozen=True, slots=True)
class Source:
    """What a kind of figure reads of a run.

    Parameters
    ----------
    words : str
        Told in the documents.
    lacks : callable
        ``lacks(output)``: why a figure of this output has nothing to read, and what would be right; else empty.
    rows : callable
        ``rows(figure, result, ranking)``: a row per element (of a ranking: and input) with the figure's labels; None
        where the run has none, such as a ranking by a method without shares of the variance.
    """

    words: str
    lacks: Callable[[Output], str]
    rows: Callable[[Figure, Result, Ranking | None], pd.DataFrame | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of figure: all that the report, the checks, the documents and the tests know of it.

    Parameters
    ----------
    name : str
        As the study file writes it.
    shows : str
        What a reader learns from it, in a sentence.
    caption : str
        What its marks mean; ends the caption of a figure that brings none of its own.
    keys : tuple of Key
        What ``[[report.figures]]`` may say beside kind and output.
    reads : Source
        What it takes from the run.
    draw : callable, optional
        ``draw(pyplot, rows, figure)``: the matplotlib figure. Without it the rows stand in the table of numbers.
    example : str
        The TOML of one figure of the outputs that docs/figures.md names; drawn in the tests.
    wants : callable, optional
        ``wants(figure)``: what the study lacks for a figure of this kind, and what would be right; else empty.
    narrow : callable, optional
        ``narrow(height)``: the height in inches of the figure for a narrow screen, of the wide one's; where it is
        given, the figure is drawn for both wherever it stands: scaled to one, its words could not be read.
    """

    name: str
    shows: str
    caption: str
    keys: tuple[Key, ...]
    reads: Source
    draw: Callable[[Any, pd.DataFrame, Figure], Any] | None
    example: str
    wants: Callable[[Figure], str] | None = None
    narrow: Callable[[float], float] | None = None

    @property
    def dims(self) -> tuple[str, ...]:
        """Keys that name a dim."""
        return tuple(key.name for key in self.keys if key.holds.names_dim)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that a report holds, checked.

    Parameters
    ----------
    kind : Kind
        How it is drawn.
    output : Output
        What of.
    keys : mapping
        Key -> value, as its `Holds` reads it.
    labels : Labels
        Long names of what it shows.
    """

    kind: Kind
    output: Output
    keys: Mapping[str, Any]
    labels: Labels = field(default_factory=Labels)

    def __getitem__(self, key: str) -> Any:
        return self.keys[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Return what the study file says under a key, or the default."""
        return self.keys.get(key, default)

    @property
    def where(self) -> Mapping[str, Any]:
        """Dim -> label or labels that are shown."""
        labels: Mapping[str, Any] = self.keys.get("where", {})
        return labels

    @property
    def name(self) -> str:
        """The name for a file: kind and output."""
        return re.sub(r"[^a-z0-9]+", "-", f"{self.kind.name} {self.output.name}".lower())

    @property
    def title(self) -> str:
        """The title, without a full stop."""
        own = self.keys.get("title")
        name = self.labels.name(self.output.name, label(self.output.name))
        return str(name[:1].upper() + name[1:] if own is None else own).rstrip(".")

    def named(self, code: str) -> str:
        """Return the long name of a dim or an output, for an axis."""
        return self.labels.name(code, label(code))

    def caption(self, rows: pd.DataFrame) -> str:
        """Return the text below: the study's own, or what is shown and what the marks mean; then what is undefined."""
        own = self.keys.get("caption")
        shown = "; ".join(f"{self.named(dim)}: {self._listed(dim, labels)}" for dim, labels in self.where.items())
        marks = told(rows, self.kind.caption) if self.kind.reads is RANKING else say(self.kind.caption)
        meaning = self.output.meaning[:1].upper() + self.output.meaning[1:]
        text = f"{meaning}. {marks}." + (f" {say('Shown for {what}.', what=shown)}" if shown else "")
        missing = float(rows["undefined"].max()) if "undefined" in rows else 0.0
        left_out = ""
        if missing > 0:
            left_out = say(" Undefined in some or all draws, which are left out.")
        if 0 < missing < 1:
            left_out = say(" Undefined in up to {part} of the draws, which are left out.", part=share(missing))
        return (text if own is None else str(own)) + left_out

    def _listed(self, dim: str, value: object) -> str:
        """Return the labels that are shown in words; of many numbers the first and the last."""
        several = value if isinstance(value, list) else [value]
        if len(several) > MANY and all(isinstance(label, int | float) for label in several):
            return say("{low} to {high}", low=several[0], high=several[-1])
        return ", ".join(self.labels.word(dim, label) for label in several)


def _summary(figure: Figure, result: Result, ranking: Ranking | None) -> pd.DataFrame:
    return result.summary(figure.output.name, **figure.where)


def _ranking(figure: Figure, result: Result, ranking: Ranking | None) -> pd.DataFrame | None:
    if ranking is None or figure.output.name not in {output.name for output in ranking.outputs}:
        return None
    rows = ranking.table(figure.output.name, **figure.where)
    return rows if marks_of(rows) else None


def _no_quantiles(output: Output) -> str:
    if output.unit != INDICATOR:
        return ""
    return 'quantiles of 0 and 1 say nothing (unit indicator); kind = "probability"'


def without_draws(output: Output) -> str:
    """Say why a kind that reads draws finds none of an output; empty where it does."""
    if output.keep:
        return ""
    return "stored as bands, and this kind reads draws; an output that is declared with keep = true"


def _not_ranked(output: Output) -> str:
    return "" if output.rank else "not ranked; an output that is declared with rank = true"


QUANTILES = Source("the quantiles of the summary", _no_quantiles, _summary)
MEANS = Source("the means of the summary", lambda output: "", _summary)
RANKING = Source("the ranking", _not_ranked, _ranking)
