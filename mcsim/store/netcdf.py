"""draws.nc: netCDF-4 as ArviZ lays it out, one DataTree, written and read slice by slice.

Group ``prior`` (or ``posterior``) holds the inputs, ``prior_predictive`` (or ``posterior_predictive``) the kept
outputs, both with the dims chain, of one, and draw. Outputs are compressed, in chunks of some draws: what is padding,
or shown at several places, takes little then. Digits remain, and most of those of a double are noise to any
compression: a large run stores float32 (`mcsim.store.rounding`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mcsim.result.datasets import dim_attributes, groups_of, output_attributes
from mcsim.store.calm import calm
from mcsim.store.deflated import COMPRESSION, put_chunks
from mcsim.store.heap import give_back
from mcsim.store.inputs import LIBRARY, REMEDY, write_inputs
from mcsim.store.ondisk import Stored
from mcsim.store.pieces import in_steps
from mcsim.store.rounding import ALL_WHOLE, SINGLE, Rounding
from mcsim.store.whole import reading
from mcsim.study import InputError, Output
from mcsim.study.labels import Labels

if TYPE_CHECKING:
    from mcsim.result.result import Result

SLICE_BYTES = 8 * 2**20  # of expanded draws that are read at once
CHUNK_BYTES = 2**20  # of an HDF5 chunk: a few draws of a large output, many of a small one
ROUNDING = "rounding"  # the attribute that says how


def write_draws(result: Result, path: Path, rounding: Rounding = ALL_WHOLE) -> None:
    """Write the draws of a result.

    Parameters
    ----------
    result : Result
        Complete draws.
    path : Path
        The file.
    rounding : Rounding
        What of the draws is not stored as it was computed.

    Raises
    ------
    OSError
        When the disk is full or cannot be written.
    """
    import h5netcdf
    import h5py

    inputs, outputs = groups_of(result.study)
    kept = [output for output in result.study.outputs if output.name in result.kept]
    with calm(path, "w+b") as disk, h5netcdf.File(disk, "w") as file:
        file.attrs["title"] = result.study.title
        file.attrs["study"] = result.study.name
        file.attrs["seed"] = str(result.seed)
        file.attrs["design"] = result.design
        file.attrs["asked"] = str(result.asked)
        _write_rows(result, file.create_group(inputs))
        group = file.create_group(outputs)
        _write_rows(result, group)
        for output in kept:
            _write_coordinates(output, group, result.study.labels)
            _declare(result, output, group, rounding)
    with calm(path, "r+b") as disk, h5py.File(disk, "r+", libver=LIBRARY) as file:
        for output in kept:
            _write_output(result, output, file[outputs][output.name], rounding)
            disk.check()
            give_back()
    write_inputs(result, path, rounding.bits)
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


def _declare(result: Result, output: Output, group: Any, rounding: Rounding) -> None:
    """Add the variable of an output, without its draws."""
    kind = rounding.kind_of(output.name)
    options: dict[str, Any] = {}
    if result.complete > 0 and all(output.shape):
        size = np.dtype(kind).itemsize * math.prod(output.shape)
        options = {"chunks": (1, max(1, min(result.complete, CHUNK_BYTES // size)), *output.shape), **COMPRESSION}
    names = ("chain", "draw", *(dim.name for dim in output.dims))
    variable = group.create_variable(output.name, names, kind, fillvalue=kind(np.nan), **options)
    for key, text in output_attributes(output, result.study.labels).items():
        variable.attrs[key] = text
    if said := rounding.said_of(output.name):
        variable.attrs[ROUNDING] = said


def _write_output(result: Result, output: Output, variable: Any, rounding: Rounding) -> None:
    """Write the draws of an output, a chunk at a time."""
    if variable.chunks is None:
        return
    rows, bands = variable.chunks[1], result.bands[output.name]
    parts = in_steps(_slices(result.kept, output, rows), rows)
    stored = ((start, rounding.stored(output.name, bands, packed)) for start, packed in parts)
    put_chunks(variable.id, variable.chunks, ((start, output.expand(packed)) for start, packed in stored))


def _slices(kept: Mapping[str, NDArray[Any]], output: Output, step: int) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield (row, packed draws) of an output, without holding all where the source can stream."""
    stream = getattr(kept, "stream", None)
    if stream is None:
        yield 0, kept[output.name]
    else:
        yield from stream(output.name, step)


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
            # What stands in float32 as it is counts in double: sums of it must not be taken in float32.
            kind = np.float64 if variable.attrs.get(ROUNDING) == SINGLE else variable.dtype
            if tuple(variable.shape[2:]) != output.shape:
                raise InputError(f"{self._path}: {name}: other dims than the study's; repeat the run")
            total = variable.shape[1] if stop is None else stop
            step = step or max(1, SLICE_BYTES // max(1, 8 * math.prod(output.shape)))
            if total <= start:
                yield start, output_packed(output, np.asarray(variable[0, 0:0], kind))
            for low in range(start, total, step):
                yield low, output_packed(output, np.asarray(variable[0, low : min(low + step, total)], kind))

    def rows(self, name: str, start: int, stop: int) -> NDArray[Any]:
        """Return the packed draws in rows start..stop-1."""
        return np.concatenate([rows for _, rows in self.stream(name, 0, start, stop)])


def rows_of(kept: Mapping[str, NDArray[Any]], name: str, start: int, stop: int) -> NDArray[Any]:
    """Return some rows of an output, without reading the others where they are on disk."""
    return kept.rows(name, start, stop) if isinstance(kept, StoredDraws) else kept[name][start:stop]


def output_packed(output: Output, full: NDArray[Any]) -> NDArray[Any]:
    """Return the distinct cells (n, *packed_shape) of draws with every element shown."""
    return full if output.layout is None else output.layout.pack(full)
