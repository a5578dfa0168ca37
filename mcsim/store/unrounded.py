"""The first draws of a run as they were computed, beside what is stored in float32, until its ranking has read them.

A ranking by draws never begins with what was rounded. A file with its own checksums holds what it needs, and goes when
the ranking is there: whatever the moment of a kill, the ranking can go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mcsim.store.inputs import inputs_of
from mcsim.store.netcdf import rows_of
from mcsim.store.whole import read_arrays, save_arrays
from mcsim.study import FloatArray, Study

if TYPE_CHECKING:
    from mcsim.result.result import Result

UNROUNDED = "unrounded.npz"
MOST = 8192  # draws that a ranking by draws reads: effects are known to a hundredth by then, and memory is bounded


def ranked_among(study: Study, rounded: Sequence[str]) -> list[str]:
    """Return the ranked outputs among those that are stored in float32."""
    return [output.name for output in study.outputs if output.rank and output.name in rounded]


def not_as_computed(record: Mapping[str, Any]) -> list[str]:
    """Return the outputs whose draws a run directory holds in float32."""
    return [*record.get("rounded", ()), *record.get("single", ())]


def leave_unrounded(result: Result, rounded: Sequence[str], folder: Path) -> None:
    """Write the first draws of the ranked outputs that are stored in float32, an output at a time."""
    names = ranked_among(result.study, rounded)
    if names:
        save_arrays(folder / UNROUNDED, ((name, first_rows(result.kept, name, MOST)) for name in names))
    else:
        drop_unrounded(folder)


def drop_unrounded(folder: Path | None) -> None:
    """Remove what `leave_unrounded` wrote."""
    if folder is not None:
        (folder / UNROUNDED).unlink(missing_ok=True)


def first_draws(result: Result, names: Sequence[str]) -> Result:
    """Return a run's first draws alone, of some kept outputs, as they were computed.

    Raises
    ------
    Damaged
        Where they were stored in float32 and what stood beside them is gone.
    """
    count = min(result.complete, MOST)
    kept: dict[str, NDArray[Any]] = {}
    for name in names:
        if name in not_as_computed(result.record) and result.folder is not None:
            remedy = f"repeat the run with `mcsim run --from {result.folder}`"
            kept[name] = read_arrays(result.folder / UNROUNDED, remedy, [name])[name]
        else:
            kept[name] = rows_of(result.kept, name, 0, count)
    record = {key: value for key, value in result.record.items() if key not in ("rounded", "single")}
    inputs = inputs_of(result.inputs, 0, count)
    return replace(result, draw=result.draw[:count], inputs=inputs, kept=kept, record=record)


def first_rows(kept: Mapping[str, NDArray[Any]], name: str, count: int) -> FloatArray:
    """Return the first draws of an output, a piece in memory beside them where the source can stream."""
    stream = getattr(kept, "stream", None)
    if stream is None:
        return np.asarray(kept[name][:count], np.float64)
    return np.concatenate(list(_until(stream(name, count), count)))[:count]


def _until(parts: Iterator[tuple[int, NDArray[Any]]], count: int) -> Iterator[NDArray[Any]]:
    for row, part in parts:
        yield part
        if row + len(part) >= count:
            return
