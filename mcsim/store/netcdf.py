"""draws.nc: netCDF-4 as ArviZ lays it out, one DataTree, written and read slice by slice.

Group ``prior`` (or ``posterior``) holds the inputs, ``prior_predictive`` (or ``posterior_predictive``) the kept
outputs, both with the dims chain, of one, and draw. Outputs are compressed, in chunks of some draws: what is padding,
or shown at several places, takes little then. Digits remain, and most of those of a double are noise to any
compression: large outputs may be rounded (`mcsim.store.rounding`) and stored in float32, and are read so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mcsim.result.datasets import dim_attributes, groups_of, output_attributes
from mcsim.store.calm import calm
from mcsim.store.heap import give_back
from mcsim.store.inputs import COMPRESSION, REMEDY, write_inputs
from mcsim.store.ondisk import Stored
from mcsim.store.rounding import STEPS, steps_of, to_steps
from mcsim.store.whole import reading
from mcsim.study import InputError, Output
from mcsim.study.labels import Labels

if TYPE_CHECKING:
    from mcsim.result.result import Result

SLICE_BYTES = 8 * 2**20  # of expanded draws in memory at once
CHUNK_BYTES = 2**20  # of an HDF5 chunk: a few draws of a large output, many of a small one
NO_BITS: Mapping[str, int] = MappingProxyType({})


def write_draws(result: Result, path: Path, rounded: Sequence[str] = (), bits: Mapping[str, int] = NO_BITS) -> None:
    """Write the draws of a result.

    Parameters
    ----------
    result : Result
        Complete draws.
    path : Path
        The file.
    rounded : sequence of str
        Outputs to store in float32.
    bits : mapping of str to int
        Significant bits of the inputs to round.

    Raises
    ------
    OSError
        When the disk is full or cannot be written.
    """
    import h5netcdf

    with calm(path, "w+b") as disk, h5netcdf.File(disk, "w") as file:
        file.attrs["title"] = result.study.title
        file.attrs["study"] = result.study.name
        file.attrs["seed"] = str(result.seed)
        file.attrs["design"] = result.design
        file.attrs["asked"] = str(result.asked)
        inputs, outputs = groups_of(result.study)
        _write_rows(result, file.create_group(inputs))
        group = file.create_group(outputs)
        _write_rows(result, group)
        give_back()
        for output in result.study.outputs:
            if output.name in result.kept:
                _write_coordinates(output, group, result.study.labels)
                _write_output(result, output, group, output.name in rounded)
                disk.check()
    give_back()
    write_inputs(result, path, bits)
    give_back()


def _write_rows(result: Result, group: Any) -> None:
    group.dimensions = {"chain": 1, "draw": result.complete}
    chain = group.create_variable("chain", ("chain",), np.int64, data=np.zeros(1, np.int64))
    chain.attrs["long_name"] = "one: draws are independent or of one design"
    numbers = group.create_variable("draw", ("draw",), np.int64, data=result.draw)
    numbers.attrs["long_name"] = "global number of the draw; draws that failed are left out"


def _write_coordinates(output: Output, group: Any, labels: Labels) -> None:
    import h5py

    for dim in output.dims:
        if dim.name in group.dimensions:
            continue
        group.dimensions[dim.name] = len(dim)
        numbers = all(isinstance(label, int) for label in dim.coords)
        if numbers:
            group.create_variable(dim.name, (dim.name,), np.int64, data=np.array(dim.coords, np.int64))
        elif all(isinstance(label, int | float) for label in dim.coords):
            group.create_variable(dim.name, (dim.name,), np.float64, data=np.array(dim.coords, np.float64))
        else:
            codes = np.array([str(label) for label in dim.coords], dtype=object)
            group.create_variable(dim.name, (dim.name,), h5py.string_dtype(), data=codes)
        for key, text in dim_attributes(dim, labels).items():
            group[dim.name].attrs[key] = text


def _write_output(result: Result, output: Output, group: Any, rounded: bool) -> None:
    kind: type[np.floating[Any]] = np.float32 if rounded else np.float64
    size = np.dtype(kind).itemsize * max(1, math.prod(output.shape))
    draws = result.complete
    options: dict[str, Any] = {}
    if draws > 0 and all(output.shape):
        options = {"chunks": (1, max(1, min(draws, CHUNK_BYTES // size)), *output.shape), **COMPRESSION}
    names = ("chain", "draw", *(dim.name for dim in output.dims))
    variable = group.create_variable(output.name, names, kind, fillvalue=kind(np.nan), **options)
    for key, text in output_attributes(output, result.study.labels).items():
        variable.attrs[key] = text
    steps = steps_of(result.bands[output.name].sd).reshape(output.packed_shape) if rounded else None
    if rounded:
        variable.attrs["rounding"] = STEPS
    # Whole chunks at a time: a chunk that is met again is read, undone and compressed once more.
    rows = options["chunks"][1] if options else 1
    for start, packed in _slices(result.kept, output, max(1, SLICE_BYTES // size // rows) * rows, draws):
        variable[0, start : start + len(packed)] = output.expand(packed if steps is None else to_steps(packed, steps))


def _slices(
    kept: Mapping[str, NDArray[Any]], output: Output, step: int, draws: int
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield packed draws of an output a slice at a time, without holding all where the source can stream.

    Pieces of a run are shorter than a slice and end anywhere: they are joined to whole ones.
    """
    stream = getattr(kept, "stream", None)
    if stream is not None:
        yield from _whole(stream(output.name, step), step)
        return
    array = kept[output.name]
    for start in range(0, draws, step):
        yield start, array[start : start + step]


def _whole(parts: Iterable[tuple[int, NDArray[Any]]], step: int) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield neighbouring parts of at most `step` rows, joined and cut to as many, but for the last."""
    row, waiting = 0, list[NDArray[Any]]()
    for _, part in parts:
        missing = step - sum(map(len, waiting))
        waiting.append(part[:missing])
        if len(part) >= missing:
            yield row, np.concatenate(waiting)
            row, waiting = row + step, [part[missing:]]
    if sum(map(len, waiting)):
        yield row, np.concatenate(waiting)


class StoredDraws(Stored[NDArray[Any]]):
    """Packed draws of the outputs in a draws.nc, read when asked for."""

    def _read(self, name: str) -> NDArray[Any]:
        parts = [rows for _, rows in self.stream(name, 0)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def stream(
        self, name: str, step: int, start: int = 0, stop: int | None = None
    ) -> Iterator[tuple[int, NDArray[Any]]]:
        """Yield (row, packed draws) a slice at a time, `step` rows each (0: as many as fit in a few megabytes)."""
        import h5netcdf

        output = self._study.output(name)
        with reading(self._path, REMEDY), h5netcdf.File(self._path, "r") as file:
            variable = file.groups[groups_of(self._study)[1]].variables[name]
            if tuple(variable.shape[2:]) != output.shape:
                raise InputError(f"{self._path}: {name}: other dims than the study's; repeat the run")
            total = variable.shape[1] if stop is None else stop
            step = step or max(1, SLICE_BYTES // max(1, 8 * math.prod(output.shape)))
            if total <= start:
                yield start, output_packed(output, np.asarray(variable[0, 0:0]))
            for low in range(start, total, step):
                yield low, output_packed(output, np.asarray(variable[0, low : min(low + step, total)]))

    def rows(self, name: str, start: int, stop: int) -> NDArray[Any]:
        """Return the packed draws in rows start..stop-1."""
        return np.concatenate([rows for _, rows in self.stream(name, 0, start, stop)])


def rows_of(kept: Mapping[str, NDArray[Any]], name: str, start: int, stop: int) -> NDArray[Any]:
    """Return some rows of an output, without reading the others where they are on disk."""
    return kept.rows(name, start, stop) if isinstance(kept, StoredDraws) else kept[name][start:stop]


def output_packed(output: Output, full: NDArray[Any]) -> NDArray[Any]:
    """Return the distinct cells (n, *packed_shape) of draws with every element shown."""
    return full if output.layout is None else output.layout.pack(full)
