"""The inputs in a draws.nc: many in float32, from which no program of ours computes.

A study of hundreds of inputs keeps of each as many significant bits as its spread asks for, which every reader of
netCDF-4 reads as they are. The draws themselves are a function of the study, the design, the seed and their number:
where a `Result` asks for inputs that were rounded, they are drawn again, to the bit.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mcsim.result.datasets import groups_of, input_attributes
from mcsim.store.calm import calm
from mcsim.store.deflated import COMPRESSION, put_chunks
from mcsim.store.described import told_whole
from mcsim.store.ondisk import OnDisk, Stored
from mcsim.store.pieces import in_steps
from mcsim.store.rounding import BITS, bits_for, to_bits
from mcsim.store.whole import reading
from mcsim.study import FloatArray, IntArray, Study
from mcsim.study.above import above

if TYPE_CHECKING:
    from mcsim.result.result import Result

BLOCK_BYTES = 16 * 2**20  # of all inputs in memory at once
HELD_BYTES = 64 * 2**20  # up to which they are read at once
MANY = 100  # uncertain inputs, above which they are rounded
MOST_ROWS, FEWEST_ROWS = 4096, 128  # of a chunk
LIBRARY = "v110", "v110"
SLASH = "\u2215"  # stands for a slash in a name, which would mean a group
REMEDY = "repeat the run with `mcsim run --from` its directory"


def roundable(study: Study, design: str) -> dict[str, int]:
    """Return the significant bits of the inputs that a complete run may round: those that can be drawn again.

    None of a study with few inputs, on a posterior, of samples of the user's own, or with a distribution of the user's
    own class, which no text gives back.
    """
    uncertain = study.uncertain
    if len(uncertain) <= MANY or design == "given" or study.posterior or not told_whole(study):
        return {}
    found = {item.name: bits_for(item.distribution) for item in uncertain}
    return {name: bits for name, bits in found.items() if bits is not None}


def write_inputs(result: Result, path: Path, bits: Mapping[str, int]) -> None:
    """Add the inputs with h5py itself, as netCDF-4 lays them out: h5netcdf takes seconds for hundreds of variables.

    Parameters
    ----------
    result : Result
        The run.
    path : Path
        Its draws.nc.
    bits : mapping of str to int
        Significant bits of the inputs that are rounded.
    """
    import h5py

    declared = {item.name: item for item in result.study.inputs}
    rows = min(result.complete, _rows_at_once(len(result.inputs)))
    with calm(path, "r+b") as disk, h5py.File(disk, "r+", libver=LIBRARY) as file:
        group = file[groups_of(result.study)[0]]
        chain, draw = group["chain"], group["draw"]
        chunks = {name: (1, rows) if name in bits and rows > 0 else None for name in result.inputs}
        variables = {name: _variable(group, name, result.complete, chunk) for name, chunk in chunks.items()}
        for start, columns in columns_of(result.inputs, max(1, rows)):
            for name, values in columns.items():
                chunk = chunks[name]
                if chunk is None:
                    _put(variables[name], values, start, result.complete)
                else:
                    put_chunks(variables[name], chunk, [(start, to_bits(values, bits[name]))])
            disk.check()
        for name, variable in variables.items():
            h5py.h5ds.attach_scale(variable, chain.id, 0)
            h5py.h5ds.attach_scale(variable, draw.id, 1)
            for key, text in input_attributes(declared[name], result.study.labels).items():
                _say(variable, key, text)
            if name in bits:
                h5py.Dataset(variable).attrs[BITS] = np.int32(bits[name])
        disk.check()


def _rows_at_once(columns: int) -> int:
    """Return the draws of a chunk, a power of two: of all inputs as many are in memory together."""
    rows = MOST_ROWS
    while rows > FEWEST_ROWS and 8 * rows * columns > BLOCK_BYTES:
        rows //= 2
    return rows


def _variable(group: Any, name: str, draws: int, chunk: tuple[int, int] | None) -> Any:
    """Return a new variable, compressed where it is rounded: of a whole double too little would go.

    Here and below HDF5's own functions are called: h5py's objects around them take three times as long, and there are
    hundreds of variables.
    """
    import h5py

    layout, link = h5py.h5p.create(h5py.h5p.DATASET_CREATE), h5py.h5p.create(h5py.h5p.LINK_CREATE)
    link.set_char_encoding(h5py.h5t.CSET_UTF8)
    layout.set_obj_track_times(False)  # the same run leaves the same bytes
    if chunk is not None:
        layout.set_chunk(chunk)
        layout.set_shuffle()
        layout.set_deflate(COMPRESSION["compression_opts"])
    kind = h5py.h5t.py_create(np.dtype(np.float64 if chunk is None else np.float32))
    space, own = h5py.h5s.create_simple((1, draws)), name.replace("/", SLASH).encode()
    return h5py.h5d.create(group.id, own, kind, space, layout, lcpl=link)


def _put(variable: Any, values: NDArray[Any], start: int, draws: int) -> None:
    """Write some rows of a variable."""
    import h5py

    rows = np.ascontiguousarray(values).reshape(1, -1)
    if rows.shape[1] == draws:
        variable.write(h5py.h5s.ALL, h5py.h5s.ALL, rows)
        return
    place = variable.get_space()
    place.select_hyperslab((0, start), rows.shape)
    variable.write(h5py.h5s.create_simple(rows.shape), place, rows)


def _say(variable: Any, key: str, text: str) -> None:
    """Give a variable an attribute, a text."""
    import h5py

    kind = h5py.h5t.py_create(h5py.string_dtype(), logical=True)
    attribute = h5py.h5a.create(variable, key.encode(), kind, h5py.h5s.create(h5py.h5s.SCALAR))
    attribute.write(np.array(text, dtype=h5py.string_dtype()))


def columns_of(inputs: Mapping[str, FloatArray], rows: int) -> Iterator[tuple[int, Mapping[str, FloatArray]]]:
    """Yield (row, columns) of all inputs, so many rows at a time, but for the last, where the source can stream."""
    stream = getattr(inputs, "stream", None)
    if stream is None:
        for start in range(0, max(map(len, inputs.values()), default=0), rows):
            yield start, {name: values[start : start + rows] for name, values in inputs.items()}
        return
    for start, part in in_steps(stream(), rows):
        columns = np.ascontiguousarray(part.T)
        yield start, dict(zip(inputs, columns, strict=True))


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
    return draw, LateInputs(stored)


class LateInputs(OnDisk[FloatArray]):
    """Uncertain inputs in a draws.nc, all of which are read when one is asked for first: a report asks for none.

    Parameters
    ----------
    stored : StoredInputs
        Where they are.
    """

    def __init__(self, stored: StoredInputs) -> None:
        self._stored = stored
        self._held: dict[str, FloatArray] = {}

    def __getitem__(self, name: str) -> FloatArray:
        if not self._held:
            self._held = self._stored.between(0, None)
        return self._held[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


class StoredInputs(Stored[FloatArray]):
    """Uncertain inputs in a draws.nc, read when asked for, and drawn again where they were rounded."""

    def _read(self, name: str) -> FloatArray:
        return self.between(0, None, (name,))[name]

    def between(self, start: int, stop: int | None, names: Sequence[str] = ()) -> dict[str, FloatArray]:
        """Return rows start..stop-1 of some inputs, all of them by default, as they were drawn."""
        import h5py

        with reading(self._path, REMEDY), h5py.File(self._path, "r") as file:
            group, found, bits = file[groups_of(self._study)[0]], dict[str, FloatArray](), dict[str, int]()
            for name in names or self._names:
                variable = group[name.replace("/", SLASH)]
                found[name] = np.asarray(variable[0, start:stop], np.float64)
                if variable.dtype == np.float32:
                    bits[name] = int(variable.attrs[BITS])
            rows = np.asarray(group["draw"][start:stop], np.int64)
            about = {key: str(file.attrs[key]) for key in ("design", "seed", "asked")} if bits else {}
        if bits and len(rows):
            found |= self._drawn_again(found, bits, rows, about)
        return found

    def _drawn_again(
        self, stored: Mapping[str, FloatArray], bits: Mapping[str, int], rows: IntArray, about: Mapping[str, str]
    ) -> dict[str, FloatArray]:
        """Return the inputs that were rounded as they were drawn.

        What a version of mcsim that draws otherwise would give is not what was run: it counts only where it rounds to
        what is stored, as it does to a last bit that another processor has otherwise; where it does not, this is said.
        """
        kind, seed, asked = about["design"], int(about["seed"]), int(about["asked"])
        drawn = above("StoredInputs.drawn_again")(self._study, kind, seed, asked, rows, tuple(bits))
        same = {
            name: values
            for name, values in drawn.items()
            if (np.abs(values - stored[name]) <= 2.0 ** -bits[name] * np.abs(values)).all()
        }
        if other := [name for name in bits if name not in same]:
            warnings.warn(
                f"{self._path}: {len(other)} inputs ({other[0]}, ...) are not what this version draws: as stored, "
                f"rounded to a thousandth of their spread; {REMEDY}",
                stacklevel=2,
            )
        return same


def inputs_of(inputs: Mapping[str, FloatArray], start: int, stop: int) -> Mapping[str, FloatArray]:
    """Return some rows of all inputs, without reading the others where they are on disk."""
    if isinstance(inputs, StoredInputs):
        return inputs.between(start, stop)
    return {name: column[start:stop] for name, column in inputs.items()}
