"""Ranking: what drives each element of each output, with intervals and verdicts, labelled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.ranking.verdicts import VERDICTS
from mcsim.study import FloatArray, InputError, IntArray, Output, Suggests, nearest
from mcsim.study.above import above
from mcsim.study.select import selection

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

ROWS_AT_ONCE = 100_000  # of a table that is written
INDEX_COLUMNS = ("S1", "S1_low", "S1_high", "ST", "ST_low", "ST_high")
Measures = Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ranking(Suggests):
    """Sensitivity measures of every input (or group) for every element of every ranked output.

    Parameters
    ----------
    study, method : str
        What was ranked, and how.
    factors : tuple of str
        Inputs or groups.
    outputs : tuple of Output
        What they are ranked for.
    scores : mapping
        Output name -> measure -> array ``(n_factors, *packed_shape)``.
    n : int
        Base rows (or draws) that the numbers rest on.
    order_by : str
        The measure by which inputs are ordered.
    pairs : tuple of (str, str)
        Factors of each second-order index; empty where not asked for.
    second : mapping
        Output name -> ``S2, S2_low, S2_high`` -> array ``(n_pairs, *packed_shape)``.
    convergence : mapping
        Number of base rows -> output name -> ``S1, ST`` -> array: the same estimates from the first rows alone.
    dropped : ndarray of int
        Base rows that failed and were left out.
    warnings : tuple of str
        Lines that the reader has to know.
    settings : mapping
        How it was computed: seed, base, confidence, level, threshold and the like.
    within : Ranking, optional
        Of factors that are groups of dependent inputs: the Shapley effects of their members, from the draws of a run.
    variances : mapping
        Output -> variance of each element, ``packed_shape``, by which `over` weighs them; empty of some methods.

    Examples
    --------
    >>> import mcsim
    >>> ranking = mcsim.sensitivity(mcsim.load("ishigami"), base=256, seed=1)
    >>> ranking.table("y")["input"].tolist(), ranking["y"].dims
    (['x1', 'x2', 'x3'], ('measure', 'input'))
    """

    study: str
    method: str
    factors: tuple[str, ...]
    outputs: tuple[Output, ...]
    scores: Mapping[str, Measures]
    n: int
    order_by: str = "ST"
    pairs: tuple[tuple[str, str], ...] = ()
    second: Mapping[str, Measures] = field(default_factory=dict)
    convergence: Mapping[int, Mapping[str, Measures]] = field(default_factory=dict)
    dropped: IntArray = field(default_factory=lambda: np.empty(0, np.int64))
    warnings: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    within: Ranking | None = None
    variances: Mapping[str, FloatArray] = field(default_factory=dict)

    def __repr__(self) -> str:
        return str(above("Ranking.__repr__")(self))

    def _repr_html_(self) -> str:
        return str(above("Ranking._repr_html_")(self))

    def __getitem__(self, output: str) -> xr.DataArray:
        """Return every measure of an output as a labelled array ``(measure, input, *dims)``."""
        return self.dataset[self.output(output).name]

    def _ipython_key_completions_(self) -> list[str]:
        return [output.name for output in self.outputs]

    def plot(self, output: str, **keys: Any) -> Any:
        """Draw what drives an output as the report does.

        Parameters
        ----------
        output : str
            Name of a ranked output.
        **keys
            Dim = label or labels to select, ``panel`` = dim for a panel of each label, ``title``. Of a dim that is
            neither, the leading label is shown.

        Returns
        -------
        matplotlib Axes, or a list of them where the picture has panels
        """
        return above("Ranking.plot")(self, output, keys)

    def only(self, factors: Sequence[str]) -> Ranking:
        """Return the ranking with some of its factors alone; their measures stay what they are."""
        places = [self.factors.index(factor) for factor in factors]
        scores = {name: {key: part[places] for key, part in found.items()} for name, found in self.scores.items()}
        return replace(self, factors=tuple(factors), scores=scores, pairs=(), second={}, convergence={})

    def output(self, name: str) -> Output:
        """Return the ranked output of that name.

        Raises
        ------
        InputError
            Where it was not ranked, naming the closest.
        """
        known = {output.name: output for output in self.outputs}
        if name not in known:
            raise InputError(
                f"ranking: {name}: not ranked; one of {', '.join(known)}, or name it in `outputs`{nearest(name, known)}"
            )
        return known[name]

    def values(self, output: str, measure: str) -> FloatArray:
        """Return one measure with every element shown, shape ``(n_factors, *dims)``, NaN where masked."""
        found = self.output(output)
        measures = self.scores[output]
        if measure not in measures:
            raise InputError(
                f"ranking: {measure}: no such measure of {self.method}; one of {', '.join(measures)}"
                + nearest(measure, measures)
            )
        return np.asarray(found.expand(measures[measure]), dtype=float)

    def table(self, output: str | None = None, **labels: object) -> pd.DataFrame:
        """Return the tidy ranking of an output, the strongest input of each element first.

        Parameters
        ----------
        output : str, optional
            Name of the output; all of them by default.
        **labels
            Dim -> label (or a list of labels) of the elements wanted.

        Returns
        -------
        DataFrame
            Columns output, dims, input, S1, S1_low, S1_high, ST, ST_low, ST_high, n, method, then the method's own.
        """
        import pandas as pd

        if output is None:
            return pd.concat([self.table(item.name, **labels) for item in self.outputs], ignore_index=True)
        frame = self._frame(self.output(output), labels)
        if self.order_by not in frame:
            return frame
        dims = [dim.name for dim in self.output(output).dims]
        strength = frame[self.order_by].abs().fillna(-1.0)
        position = frame.groupby(dims, sort=False, observed=True).ngroup() if dims else np.zeros(len(frame))
        order = np.lexsort((-strength.to_numpy(), np.asarray(position)))
        return frame.iloc[order].reset_index(drop=True)

    def over(self, output: str, *dims: str, **labels: object) -> pd.DataFrame:
        """Return what drives several elements of an output together, such as a series of years.

        Parameters
        ----------
        output : str
            Name of the output.
        *dims : str
            Dims over which its elements are taken together; all of them by default. The others stay.
        **labels
            Dim -> label (or a list of labels) of the elements wanted.

        Returns
        -------
        DataFrame
            Columns output, the other dims, input, the shares of the variance with their intervals, n, method, over.
            Elements weigh as much as they vary; each the same where their units differ.

        Raises
        ------
        InputError
            For an unknown dim, or a method without shares of the variance.
        """
        from mcsim.ranking.overall import over

        return over(self, output, dims, labels)

    def pair_table(self, output: str, **labels: object) -> pd.DataFrame:
        """Return the tidy second-order indices of an output.

        Raises
        ------
        InputError
            Where the second order was not computed.
        """
        if not self.second:
            raise InputError("ranking: no second order was computed; ask for it with second_order (--second-order)")
        return self._frame(self.output(output), labels, pairs=True)

    def convergence_table(self, output: str, **labels: object) -> pd.DataFrame:
        """Return the indices of an output from the first rows alone, to see whether the ranking is still moving.

        Returns
        -------
        DataFrame
            Columns output, dims, input, S1, ST, n: one block per number of base rows, rising.

        Raises
        ------
        InputError
            Where the method has no convergence.
        """
        import pandas as pd

        if not self.convergence:
            raise InputError(f"ranking: {self.method}: no convergence; only Sobol' indices have it")
        wanted = self.output(output)
        frames = []
        for n, scores in sorted(self.convergence.items()):
            partial = replace(self, scores=scores, n=n)
            frames.append(
                partial._frame(wanted, labels)[["output", *(d.name for d in wanted.dims), "input", "S1", "ST", "n"]]
            )
        return pd.concat(frames, ignore_index=True)

    def _frame(self, output: Output, labels: Mapping[str, object], pairs: bool = False) -> pd.DataFrame:
        chosen = output.mask & selection(output, labels)
        import pandas as pd

        return pd.DataFrame(self._columns(output, tuple(np.nonzero(chosen)) if output.dims else (), pairs))

    def _parts(self, output: Output, pairs: bool = False) -> Iterator[dict[str, Any]]:
        """Yield the rows of an output some elements at a time, as columns."""
        elements: tuple[IntArray, ...] = tuple(np.nonzero(output.mask)) if output.dims else ()
        count = len(elements[0]) if output.dims else 1
        step = max(1, ROWS_AT_ONCE // max(1, len(self.pairs) if pairs else len(self.factors)))
        for start in range(0, count, step):
            yield self._columns(output, tuple(place[start : start + step] for place in elements), pairs)

    def _columns(self, output: Output, elements: tuple[IntArray, ...], pairs: bool) -> dict[str, Any]:
        names = [" x ".join(pair) for pair in self.pairs] if pairs else list(self.factors)
        count = len(elements[0]) if output.dims else 1
        repeated = {
            dim.name: np.repeat(np.array(dim.coords, dtype=object)[place], len(names))
            for dim, place in zip(output.dims, elements, strict=True)
        }
        inputs = np.array(names * count, dtype=object)
        columns: dict[str, Any] = {"output": np.full(len(inputs), output.name, object), **repeated, "input": inputs}
        measures = self.second[output.name] if pairs else self.scores[output.name]
        given = {name: _elements(output, values, elements) for name, values in measures.items()}
        lead = tuple(measures) if pairs else INDEX_COLUMNS
        columns |= {name: given.pop(name, np.full(count * len(names), np.nan)) for name in lead}
        columns |= {"n": np.full(len(inputs), self.n), "method": np.full(len(inputs), self.method, object)}
        columns |= {name: _worded(name, values) for name, values in given.items()}
        return columns

    def to_csv(self, path: str | Path) -> None:
        """Write the tidy ranking of all outputs, full precision, inputs in their order of declaration."""
        self._write(path, pairs=False)

    def pairs_to_csv(self, path: str | Path) -> None:
        """Write the tidy second-order indices of all outputs, full precision."""
        self._write(path, pairs=True)

    def _write(self, path: str | Path, pairs: bool) -> None:
        """Write a table some elements at a time: millions of rows would take more memory than what they are of."""
        from mcsim.store.files import write_rows

        dims = list(dict.fromkeys(dim.name for output in self.outputs for dim in output.dims))
        none = np.empty(0, np.int64)
        heads = [self._columns(output, tuple(none for _ in output.dims), pairs) for output in self.outputs]
        own = dict.fromkeys(name for head in heads for name in head if name not in (*dims, "output"))
        columns = ["output", *dims, *own]
        header = True
        with Path(path).open("w", encoding="utf-8", newline="") as stream:
            for output in self.outputs:
                for part in self._parts(output, pairs):
                    empty = np.full(len(part["output"]), np.nan)
                    write_rows(stream, {name: part.get(name, empty) for name in columns}, header)
                    header = False

    def save(self, path: str | Path) -> None:
        """Write the ranking whole to a file (.npz), for `Ranking.load`."""
        from mcsim.ranking.stored import save

        save(self, path)

    @staticmethod
    def load(path: str | Path) -> Ranking:
        """Return the ranking in a file that `save` wrote.

        Raises
        ------
        InputError
            Where the file is not a ranking.
        """
        from mcsim.ranking.stored import fields_in

        found = fields_in(path)
        inner = found.pop("within", None)
        return Ranking(**found, within=None if inner is None else Ranking(**inner))

    @staticmethod
    def of(folder: str | Path) -> Ranking | None:
        """Return the ranking of a run directory, or None where it has none."""
        from mcsim.store.directory import RANKING

        path = Path(folder) / RANKING
        return Ranking.load(path) if path.is_file() else None

    @property
    def dataset(self) -> xr.Dataset:
        """Every measure as labelled arrays: one variable per output with dims ``(measure, input, *dims)``."""
        import xarray as xr

        variables: dict[str, Any] = {}
        coords: dict[str, Any] = {"input": list(self.factors)}
        for output in self.outputs:
            measures = self.scores[output.name]
            stacked = np.stack([self.values(output.name, measure) for measure in measures])
            dims = ("measure", "input", *(dim.name for dim in output.dims))
            coords |= {"measure": list(measures)} | {dim.name: list(dim.coords) for dim in output.dims}
            variables[output.name] = (dims, stacked, {"long_name": output.meaning, "unit": output.unit})
        attributes = {"study": self.study, "method": self.method, "n": self.n, "verdict": ", ".join(VERDICTS)}
        return xr.Dataset(variables, coords, attributes)

    def lines(self, output: str, **labels: object) -> list[str]:
        """Return the ranking of the elements as plain sentences, the strongest input first."""
        from mcsim.ranking.verdicts import sentence

        frame = self.table(output, **labels)
        dims = [dim.name for dim in self.output(output).dims]
        return [sentence(row, dims, self.order_by) for row in frame.to_dict("records")]


def _worded(name: str, values: FloatArray) -> Any:
    if name == "verdict":
        return np.array(VERDICTS, dtype=object)[np.nan_to_num(values, nan=len(VERDICTS) - 1).astype(int)]
    return values


def _elements(output: Output, packed: FloatArray, elements: tuple[IntArray, ...]) -> FloatArray:
    """Return the selected elements of (n_rows, *packed_shape), element by element, then row by row."""
    where: tuple[Any, ...] = elements if output.layout is None else (output.layout.index[elements],)
    chosen = packed[(slice(None), *where)]
    return np.ascontiguousarray(np.asarray(chosen, dtype=float).reshape(len(packed), -1).T).ravel()
