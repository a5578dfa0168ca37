"""What a run gives: draws of inputs and kept outputs by name, bands of all outputs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mcsim.result.bands import Bands
from mcsim.result.shards import Shard, shown
from mcsim.result.summed import STATISTICS, summary_columns
from mcsim.study import FloatArray, InputError, IntArray, Study, Suggests, suggests
from mcsim.study.above import above
from mcsim.study.failure import Failure
from mcsim.study.select import dropped

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True, slots=True, eq=False, repr=False, weakref_slot=True)
class Result(Suggests):
    """Draws and bands of one run; failed draws are left out of both and listed.

    Parameters
    ----------
    study : Study
        What was run.
    asked : int
        Draws that were asked for (of a shard: of the whole run).
    draw : ndarray of int64, shape (n,)
        Global numbers of the complete draws, rising.
    seed, lives : int
        As recorded.
    design : str
        ``random``, ``lhs``, ``sobol`` or ``given``.
    inputs : mapping of str to ndarray (n,)
        Values of the uncertain inputs, in their units; codes for words.
    kept : mapping of str to ndarray ``(n, *packed_shape)``
        Packed draws of the kept outputs; read from disk on demand for a run directory.
    bands : mapping of str to Bands
        Of every output.
    failures : tuple of Failure
        Draws that failed.
    shard : (int, int) or (int, int, int), optional
        Which part of how many this is.
    folder : Path, optional
        The run directory.
    record : mapping
        Content of run.json.

    Examples
    --------
    >>> import mcsim
    >>> result = mcsim.run(mcsim.load("ishigami"), draws=200, seed=1)
    >>> result["y"].sizes["draw"], result.summary("y")["n"].item(), round(result.exceedance("y", 0.0).item(), 2)
    (200, 200, 0.85)
    """

    study: Study
    asked: int
    draw: IntArray
    seed: int
    lives: int
    design: str
    inputs: Mapping[str, FloatArray]
    kept: Mapping[str, NDArray[Any]]
    bands: Mapping[str, Bands]
    failures: tuple[Failure, ...] = ()
    shard: Shard | None = None
    folder: Path | None = None
    record: Mapping[str, Any] = field(default_factory=dict)

    def _elsewhere(self, name: str) -> str:
        if name in self.bands:
            return f"; result[{name!r}] holds the draws of the output of that name"
        return f"; result.inputs[{name!r}] holds the draws of the input of that name" if name in self.inputs else ""

    @property
    def complete(self) -> int:
        """Number of draws that did not fail."""
        return len(self.draw)

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines that the reader has to know, such as that the model does not repeat itself."""
        return tuple(self.record.get("notes", ()))

    @property
    def rounded(self) -> tuple[str, ...]:
        """Kept outputs whose draws are read rounded, in float32; all else of the result was computed before that."""
        return tuple(self.record.get("rounded", ()))

    def exact(self, output: str, what: str) -> NDArray[Any]:
        """Return the packed draws of a kept output for a computation that must not begin with what was rounded.

        Parameters
        ----------
        output : str
            The output.
        what : str
            What is computed, which begins the message.

        Raises
        ------
        InputError
            Where the draws were stored as multiples of a step.
        """
        if output in self.rounded:
            raise InputError(
                f"{what}: {output}: not from draws stored in float32 (got {self.folder}); the studies themselves, or "
                "runs with exact=True (--exact)"
            )
        return np.asarray(self.kept[output], np.float64)

    @property
    def headline(self) -> str:
        """The first line to read: how many draws stand behind the result, of how many asked."""
        if self.complete == self.asked:
            return f"{self.complete:,} draws"
        failed = len(self.failures)
        missing = self.asked - self.complete - failed  # a draw that failed is there, and told once
        told = [f"{count:,} {what}" for count, what in ((missing, "missing"), (failed, "failed")) if count]
        told += [f"shard {shown(self.shard)} alone"] if self.shard is not None else []
        return f"{self.complete:,} of {self.asked:,} draws asked ({', '.join(told)})"

    def summary(self, output: str | None = None, **labels: object) -> pd.DataFrame:
        """Return the bands as a tidy table, one row per element that has a meaning.

        Parameters
        ----------
        output : str, optional
            One output; all of them by default.
        **labels
            Dim = label (or list of labels), to select elements.

        Returns
        -------
        DataFrame
            Columns output, unit, one per dim, mean, sd, p2.5 to p97.5, mcse_mean, n (draws in which the element has a
            value), undefined (share of the draws in which it has none).

        Raises
        ------
        InputError
            For an unknown output, dim or label, naming the closest.
        """
        import pandas as pd

        names = [item.name for item in self.study.outputs] if output is None else [self.study.output(output).name]
        frames = [
            pd.DataFrame(summary_columns(self, self.study.output(name), self.bands[name], labels)) for name in names
        ]
        dims = list(dict.fromkeys(dim.name for name in names for dim in self.study.output(name).dims))
        table = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        return table[["output", "unit", *dims, *STATISTICS]]

    def row(self, output: str, **labels: object) -> dict[str, Any]:
        """Return the first row of the summary of an output, by its columns, without a table around it.

        Raises
        ------
        InputError
            For an unknown output, dim or label, naming the closest, or where no element has a meaning.
        """
        found = summary_columns(self, self.study.output(output), self.bands[output], labels)
        if len(found["mean"]) == 0:
            raise InputError(f"{output}: no element with a meaning (got {labels}); labels of one")
        return {name: values[:1].tolist()[0] for name, values in found.items()}

    def summary_parts(self) -> Iterator[dict[str, Any]]:
        """Yield the bands of one output after the other, as columns of the one table of all."""
        dims = list(dict.fromkeys(dim.name for output in self.study.outputs for dim in output.dims))
        for output in self.study.outputs:
            columns = summary_columns(self, output, self.bands[output.name], {})
            empty = np.full(len(columns["mean"]), np.nan)
            yield {name: columns.get(name, empty) for name in ("output", "unit", *dims, *STATISTICS)}

    def values(self, output: str, **labels: object) -> NDArray[Any]:
        """Return the draws of a kept output, or of an input.

        Parameters
        ----------
        output : str
            Name of a kept output or an uncertain input.
        **labels
            Dim = one label, which drops the dim.

        Returns
        -------
        ndarray, shape (n,) or (n, ...)
            One row per complete draw, NaN where an element has no meaning, or is undefined in the draw.
        """
        if output in self.inputs:
            return self.inputs[output]
        declared = self.study.output(output)
        if output not in self.kept:
            raise InputError(
                f"{output}: stored as bands only; keep its draws with keep=({output!r},) or --keep {output}"
            )
        full = declared.expand(self.kept[output])
        return dropped(declared, full, labels) if labels else full

    @property
    def dataset(self) -> xr.Dataset:
        """Kept outputs as an xarray Dataset ``(draw, *dims)`` with units and long names."""
        from mcsim.result.datasets import output_dataset

        return output_dataset(self)

    def __repr__(self) -> str:
        return str(above("Result.__repr__")(self))

    def _repr_html_(self) -> str:
        return str(above("Result._repr_html_")(self))

    def __getitem__(self, output: str) -> xr.DataArray:
        """Return the draws of a kept output as a labelled array ``(draw, *dims)``."""
        from mcsim.result.datasets import output_array

        return output_array(self, output)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.kept)

    def to_dataframe(self, *outputs: str) -> pd.DataFrame:
        """Return one row per draw: every uncertain input, and every element of some kept outputs.

        Parameters
        ----------
        *outputs : str
            Kept outputs; those of the headline by default, or all where it names none.

        Returns
        -------
        DataFrame
            Indexed by draw; an element's column is named as `--until` writes it, ``output@label,label``.
        """
        from mcsim.result.datasets import draws_frame

        return draws_frame(self, outputs)

    def plot(self, output: str, kind: str | None = None, **keys: Any) -> Any:
        """Draw an output as the report does.

        Parameters
        ----------
        output : str
            Name of the output.
        kind : str, optional
            ``bands``, ``bars``, ``interval`` and the others of ``docs/figures.md``; what suits the output by default.
        **keys
            Dim = label or labels to select, and the keys of the kind: ``x``, ``line``, ``panel``, ``title``.

        Returns
        -------
        matplotlib Axes, or a list of them where the picture has panels

        Raises
        ------
        InputError
            For an unknown output, kind, dim or label, naming the closest.
        """
        return above("Result.plot")(self, output, kind, keys)

    @suggests
    def report(self, folder: str | Path | None = None, ranking: Any = None, *, png: bool = False) -> Path:
        """Write the brief: ``report.html``, ``report.md`` and ``figures/``.

        Parameters
        ----------
        folder : path, optional
            Where; the run directory by default.
        ranking : Ranking, optional
            What drives it; that of the run directory by default.
        png : bool
            Figures as PNG too.

        Returns
        -------
        Path
            The report.

        Raises
        ------
        InputError
            When the result lies in memory and no folder is given.
        """
        path: Path = above("Result.report")(self, folder, ranking, png)
        return path

    def to_arviz(self) -> Any:
        """Return the draws as ArviZ takes them: groups ``prior`` and ``prior_predictive``, or those of a posterior."""
        from mcsim.result.datasets import to_arviz

        return to_arviz(self)

    def exceedance(self, output: str, threshold: float, **labels: object) -> FloatArray:
        """Return the share of the draws that have a value in which it exceeds a threshold, NaN where none has one.

        `undefined` tells the share of the draws that are left out.
        """
        values = self.values(output, **labels)
        defined = len(values) - np.isnan(values).sum(axis=0)
        with np.errstate(invalid="ignore"):
            return np.asarray((values > threshold).sum(axis=0) / np.where(defined > 0, defined, np.nan), np.float64)

    def errors(
        self, output: str, *, threshold: float | None = None, level: float = 0.95, **labels: object
    ) -> pd.DataFrame:
        """Return how far off the statistics of a kept output are by chance: means, quantiles and a probability.

        Independent draws tell it themselves; of Latin hypercubes and Sobol' sequences several replicates do, each
        scrambled by itself (``design="sobol:16"``). Of a comparison, ``threshold=0`` tells how sure it is which of two
        studies is the higher one.

        Parameters
        ----------
        output : str
            Name of a kept output.
        threshold : float, optional
            Of the probability that it is exceeded, in the unit of the output; none is told by default.
        level : float
            Confidence level of the intervals.
        **labels
            Dim = label, or labels; all of them by default.

        Returns
        -------
        DataFrame
            A row per element and statistic: output, unit, one column per dim, statistic (``mean``, ``p2.5`` to
            ``p97.5``, ``P(> threshold)``), value, error (standard error), low, high, level, n, method.

        Raises
        ------
        InputError
            For a design that tells no error, or an output whose draws were not kept.

        Examples
        --------
        >>> import mcsim
        >>> result = mcsim.run(mcsim.load("ishigami"), draws=1600, design="lhs:16")
        >>> table = result.errors("y", threshold=8.0).set_index("statistic")
        >>> above = table.loc["P(> 8)"]
        >>> bool(above["mcse_low"] < 0.09 < above["mcse_high"]), above["method"]
        (True, 'replicates')
        """
        from mcsim.result.errors import errors
        from mcsim.study.values import real

        level = real("level", level, 0.5, 0.9999, "share", "between 0.5 and 0.9999")
        if threshold is not None:
            threshold = real("threshold", threshold, -math.inf, math.inf, "number", "a number")
        return errors(self, output, threshold, level, labels)

    def standings(self, output: str, dim: str, *, top: int = 3, **labels: object) -> pd.DataFrame:
        """Return where the labels of a dim stand among one another, draw by draw: 1 is the largest.

        Parameters
        ----------
        output : str
            Name of a kept output.
        dim : str
            Whose labels are held against one another.
        top : int
            How many ranks count as the top.
        **labels
            Dim = label, or labels; all of them by default. Of other dims, every label has its own standings.

        Returns
        -------
        DataFrame
            The dims, then ``rank_mean``, ``rank_p2.5`` to ``rank_p97.5``, ``p_first`` and ``p_top`` (the share of the
            draws in which a label is the first, or among the top), and ``n`` draws in which all have a value.
        """
        from mcsim.result.standings import standings

        return standings(self.study.output(output), self.values(output), dim, labels, top)

    def undefined(self, output: str, **labels: object) -> FloatArray:
        """Return the share of the draws in which an element has no value, NaN where it has no meaning.

        Parameters
        ----------
        output : str
            Name of any output.
        **labels
            Dim = one label, which drops the dim.

        Returns
        -------
        ndarray, shape (...)
            0 for outputs that are always defined.
        """
        declared = self.study.output(output)
        share = declared.expand(self.bands[output].undefined.reshape(1, *declared.packed_shape))
        return np.asarray(dropped(declared, share, labels)[0], np.float64)

    def rank_correlation(self, output: str, **labels: object) -> pd.DataFrame:
        """Return Spearman's rank correlation of every uncertain input with every selected element of an output.

        Each over the draws in which the element has a value; `undefined` tells the share of the others.

        Returns
        -------
        DataFrame
            Rows are inputs; columns are elements, by their labels.
        """
        from mcsim.result.correlation import rank_correlation

        return rank_correlation(self.inputs, self.study.output(output), self.values(output, **labels), labels)
