"""draws.nc: netCDF-4 as ArviZ lays it out, one DataTree, written and read slice by slice.

Group ``prior`` (or ``posterior``) holds the inputs, ``prior_predictive`` (or ``posterior_predictive``) the kept
outputs, both with the dims chain, of one, and draw. Outputs are compressed without loss, in chunks of some draws: what
is padding, or shown at several places, takes next to nothing then. Digits remain, and most of those of a double are
noise to any compression: large outputs may be stored in float32, and are read so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mcsim.result.datasets import dim_attributes, groups_of, input_attributes, output_attributes
from mcsim.store.calm import calm
from mcsim.store.heap import give_back
from mcsim.store.ondisk import OnDisk
from mcsim.store.whole import reading
from mcsim.study import FloatArray, InputError, IntArray, Output, Study
from mcsim.study.labels import Labels

if TYPE_CHECKING:
    from mcsim.result.result import Result

SLICE_BYTES = 8 * 2**20  # of expanded draws in memory at once
HELD_BYTES = 64 * 2**20  # of inputs up to which they are read at once
SLASH = "\u2215"  # stands for a slash in a name, which would mean a group
REMEDY = "repeat the run with `mcsim run --from` its directory"
CHUNK_BYTES = 2**20  # of an HDF5 chunk: a few draws of a large output, many of a small one
# Bytes of like place in a number go together: signs, exponents and padding shrink, mantissas cannot. Every reader of
# netCDF-4 knows gzip; lzf, which h5py alone has, would be 7 % larger and save 0.4 s for 2,000 draws of second-hand-ev.
COMPRESSION: dict[str, Any] = {"shuffle": True, "compression": "gzip", "compression_opts": 1}


def write_draws(result: Result, path: Path, rounded: Sequence[str] = ()) -> None:
    """Write the draws of a result.

    Parameters
    ----------
    result : Result
        Complete draws.
    path : Path
        The file.
    rounded : sequence of str
        Outputs to store in float32.

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
        inputs, outputs = groups_of(result.study)
        _write_rows(result, file.create_group(inputs))
        group = file.create_group(outputs)
        _write_rows(result, group)
        give_back()
        for output in result.study.outputs:
            if output.name in result.kept:
                _write_coordinates(output, group, result.study.labels)
                _write_output(result, output, group, np.float32 if output.name in rounded else np.float64)
                disk.check()
    give_back()
    _write_inputs(result, path)
    give_back()


def _write_rows(result: Result, group: Any) -> None:
    group.dimensions = {"chain": 1, "draw": result.complete}
    chain = group.create_variable("chain", ("chain",), np.int64, data=np.zeros(1, np.int64))
    chain.attrs["long_name"] = "one: draws are independent or of one design"
    numbers = group.create_variable("draw", ("draw",), np.int64, data=result.draw)
    numbers.attrs["long_name"] = "global number of the draw; draws that failed are left out"


def _write_inputs(result: Result, path: Path) -> None:
    """Add the inputs with h5py itself, as netCDF-4 lays them out: h5netcdf takes seconds for hundreds of variables."""
    import h5py

    declared = {item.name: item for item in result.study.inputs}
    with calm(path, "r+b") as disk, h5py.File(disk, "r+") as file:
        group = file[groups_of(result.study)[0]]
        chain, draw, variables = group["chain"], group["draw"], {}
        for start, columns in _columns_of(result.inputs):
            for name, values in columns.items():
                whole = len(values) == result.complete  # written with its variable, which is quicker
                if name not in variables:
                    data = values.reshape(1, -1) if whole else None
                    own = name.replace("/", SLASH)
                    variables[name] = group.create_dataset(own, (1, result.complete), np.float64, data)
                if not whole:
                    variables[name][0, start : start + len(values)] = values
            disk.check()
        for name, variable in variables.items():
            variable.dims[0].attach_scale(chain)
            variable.dims[1].attach_scale(draw)
            for key, text in input_attributes(declared[name], result.study.labels).items():
                variable.attrs[key] = text
        disk.check()


def _columns_of(inputs: Mapping[str, FloatArray]) -> Iterator[tuple[int, Mapping[str, FloatArray]]]:
    """Yield (row, columns) of all inputs, some rows at a time where the source can stream."""
    stream = getattr(inputs, "blocks", None)
    if stream is None:
        yield 0, inputs
    else:
        yield from stream(2 * SLICE_BYTES)


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


def _write_output(result: Result, output: Output, group: Any, kind: type[np.floating[Any]]) -> None:
    size = np.dtype(kind).itemsize * max(1, math.prod(output.shape))
    draws = result.complete
    options: dict[str, Any] = {}
    if draws > 0 and all(output.shape):
        options = {"chunks": (1, max(1, min(draws, CHUNK_BYTES // size)), *output.shape), **COMPRESSION}
    names = ("chain", "draw", *(dim.name for dim in output.dims))
    variable = group.create_variable(output.name, names, kind, fillvalue=kind(np.nan), **options)
    for key, text in output_attributes(output, result.study.labels).items():
        variable.attrs[key] = text
    # Whole chunks at a time: a chunk that is met again is read, undone and compressed once more.
    rows = options["chunks"][1] if options else 1
    for start, packed in _slices(result.kept, output, max(1, SLICE_BYTES // size // rows) * rows, draws):
        variable[0, start : start + len(packed)] = output.expand(packed)


def _slices(
    kept: Mapping[str, NDArray[Any]], output: Output, step: int, draws: int
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield packed draws of an output a slice at a time, without holding all where the source can stream."""
    stream = getattr(kept, "stream", None)
    if stream is not None:
        yield from stream(output.name, step)
        return
    array = kept[output.name]
    for start in range(0, draws, step):
        yield start, array[start : start + step]


def read_inputs(path: Path, study: Study) -> tuple[IntArray, Mapping[str, FloatArray]]:
    """Return the numbers of the complete draws (n,) and the uncertain inputs of a study (n,), many when asked for."""
    import h5py

    names = tuple(item.name for item in study.uncertain)
    with reading(path, REMEDY), h5py.File(path, "r") as file:
        group = file[groups_of(study)[0]]
        draw = np.asarray(group["draw"], np.int64)
    stored = StoredInputs(path, study, names)
    if 8 * len(draw) * len(names) > HELD_BYTES:
        return draw, stored
    return draw, stored.between(0, len(draw))


class StoredInputs(OnDisk[FloatArray]):
    """Uncertain inputs in a draws.nc, read when asked for.

    Parameters
    ----------
    path : Path
        The file.
    study : Study
        Declares the inputs.
    names : tuple of str
        Inputs that it holds.
    """

    def __init__(self, path: Path, study: Study, names: tuple[str, ...]) -> None:
        self._path, self._study, self._names = path, study, names

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self._names:
            raise KeyError(name)
        return self.between(0, None, (name,))[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def between(self, start: int, stop: int | None, names: Sequence[str] = ()) -> dict[str, FloatArray]:
        """Return rows start..stop-1 of some inputs, all of them by default."""
        import h5py

        with reading(self._path, REMEDY), h5py.File(self._path, "r") as file:
            group = file[groups_of(self._study)[0]]
            return {
                name: np.asarray(group[name.replace("/", SLASH)][0, start:stop], np.float64)
                for name in names or self._names
            }


class StoredDraws(OnDisk[NDArray[Any]]):
    """Packed draws of the outputs in a draws.nc, read when asked for.

    Parameters
    ----------
    path : Path
        The file.
    study : Study
        Declares the outputs.
    names : tuple of str
        Outputs that it holds.
    """

    def __init__(self, path: Path, study: Study, names: tuple[str, ...]) -> None:
        self._path, self._study, self._names = path, study, names

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._names:
            raise KeyError(name)
        parts = [rows for _, rows in self.stream(name, 0)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

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


def inputs_of(inputs: Mapping[str, FloatArray], start: int, stop: int) -> Mapping[str, FloatArray]:
    """Return some rows of all inputs, without reading the others where they are on disk."""
    if isinstance(inputs, StoredInputs):
        return inputs.between(start, stop)
    return {name: column[start:stop] for name, column in inputs.items()}


def output_packed(output: Output, full: NDArray[Any]) -> NDArray[Any]:
    """Return the distinct cells (n, *packed_shape) of draws with every element shown."""
    return full if output.layout is None else output.layout.pack(full)
