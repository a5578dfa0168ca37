"""Files that say themselves whether they are whole: JSON that holds a hash of itself, arrays that hold their name.

Whatever is wrong with a file that mcsim wrote before (bytes changed, cut short, emptied, gone, another file in its
place) becomes one `Damaged` that names the file and says what to do. Nothing is read half.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.store.files import atomically, write_text
from mcsim.store.places import at_places, keep_places
from mcsim.study import InputError

HASH = "content_sha256"  # last key of a JSON file
NAME = "name of this file"  # member of an array file
Arrays = dict[str, NDArray[Any]]


class Damaged(InputError):  # noqa: N818 - it says what happened
    """A file that mcsim wrote is not as it was written (exit code 2)."""


@contextmanager
def reading(path: Path, remedy: str) -> Iterator[None]:
    """Turn whatever goes wrong while a file is read into `Damaged`.

    Parameters
    ----------
    path : Path
        The file.
    remedy : str
        What to do, for the end of the message.
    """
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError:
        raise Damaged(f"{path}: missing; {remedy}") from None
    except Exception as error:  # readers of zip, npy and HDF5 raise many kinds, some of them their own
        what = " ".join(str(error).split()) or type(error).__name__
        raise Damaged(f"{path}: damaged (got {what}); {remedy}") from None


def content_hash(name: str, content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a JSON file's name and of what it holds, whatever its spaces and the order of its keys.

    Examples
    --------
    >>> content_hash("run.json", {"a": 1, "b": (2,)}) == content_hash("run.json", {"b": [2], "a": 1})
    True
    """
    plain = json.loads(json.dumps(content))
    return hashlib.sha256(json.dumps([name, plain], sort_keys=True).encode()).hexdigest()


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file atomically, with a hash of its content, on the disk when this returns."""
    content = {key: value for key, value in content.items() if key != HASH}
    write_text(path, _in_lines({**content, HASH: content_hash(path.name, content)}))


def _in_lines(content: Mapping[str, Any]) -> str:
    """Return a JSON text with a line per key and per item of what stands there, which no encoder in C lays out.

    Examples
    --------
    >>> print(_in_lines({"a": 1, "b": {}, "c": [{"d": [1, 2]}, {}]}), end="")
    {
     "a": 1,
     "b": {},
     "c": [
      {"d": [1, 2]},
      {}
     ]
    }
    """
    lines = []
    for key, value in content.items():
        parts: list[str] = []
        if isinstance(value, Mapping) and value:
            parts = [f"{json.dumps(str(name))}: {json.dumps(item)}" for name, item in value.items()]
        elif isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
            parts = [json.dumps(item) for item in value]
        ends = "{}" if isinstance(value, Mapping) else "[]"
        text = f"{ends[0]}\n  " + ",\n  ".join(parts) + f"\n {ends[1]}" if parts else json.dumps(value)
        lines.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read_json(path: Path, remedy: str) -> dict[str, Any]:
    """Return what `write_json` wrote.

    Raises
    ------
    Damaged
        Where it is missing or any of it is another than was written.
    """
    with reading(path, remedy):
        content = json.loads(path.read_text(encoding="utf-8"))
        told = content.pop(HASH, None) if isinstance(content, dict) else None
        if told is None:
            raise Damaged(f"{path}: damaged (got no hash of its content); {remedy}")
        if told != content_hash(path.name, content):
            raise Damaged(f"{path}: damaged (got other content than was written by this name); {remedy}")
        return dict(content)


def as_bytes(text: str) -> NDArray[np.uint8]:
    """Return a text as an array of bytes, as an array file holds it."""
    return np.frombuffer(text.encode(), np.uint8)


def save_arrays(
    path: Path, arrays: Mapping[str, NDArray[Any]] | Iterable[tuple[str, NDArray[Any]]], packed: bool = False
) -> None:
    """Write arrays by name, atomically, and beside them the name of the file; pairs are asked for one by one.

    Parameters
    ----------
    path : Path
        The file.
    arrays : mapping, or iterable of pairs
        What to write.
    packed : bool
        Compressed without loss, for what stays: of ranks, verdicts and numbers that come again half is left. What a run
        writes on its way is read once and goes.
    """
    pairs = arrays.items() if isinstance(arrays, Mapping) else arrays

    def write(partial: Path) -> None:
        kind, level = (zipfile.ZIP_DEFLATED, 1) if packed else (zipfile.ZIP_STORED, None)
        with zipfile.ZipFile(partial, "w", kind, compresslevel=level) as archive:
            for name, array in chain([(NAME, as_bytes(path.name))], pairs):
                with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                    np.lib.format.write_array(stream, np.asanyarray(array), allow_pickle=False)

    atomically(path, write)


def read_arrays(path: Path, remedy: str, names: Sequence[str] | None = None, renamed: bool = False) -> Arrays:
    """Return arrays that `save_arrays` wrote, every bit as they were.

    Parameters
    ----------
    path : Path
        The file.
    remedy : str
        What to do where it is damaged.
    names : sequence of str, optional
        The arrays wanted; all of them by default.
    renamed : bool
        Whether the file may have another name than it was written with.

    Raises
    ------
    Damaged
        Where the file is missing, damaged, or another one in its place.
    """
    with reading(path, remedy), path.open("rb") as stream:
        found = None if names is None else at_places(stream, [NAME, *names])
        if found is None:
            with zipfile.ZipFile(stream) as archive:
                there = [member.removesuffix(".npy") for member in archive.namelist()]
                found = {
                    name: _array(archive, name) for name in dict.fromkeys([NAME, *(there if names is None else names)])
                }
                if names is not None:
                    keep_places(archive, names)
        own = bytes(found.pop(NAME)).decode()
        if own != path.name and not renamed:
            raise Damaged(f"{path}: another file in its place (got {own}); {remedy}")
        return found


def names_in(path: Path, remedy: str) -> list[str]:
    """Return the names of the arrays in a file, none of which is read."""
    with reading(path, remedy), zipfile.ZipFile(path) as archive:
        return [member.removesuffix(".npy") for member in archive.namelist() if member != f"{NAME}.npy"]


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """Return one array, of whose file every byte has been compared with its checksum before any is believed.

    ``np.load`` believes the header first: one that names fewer elements ends the reading before the checksum.
    """
    content = io.BytesIO(archive.read(f"{name}.npy"))
    array: NDArray[Any] = np.lib.format.read_array(content, allow_pickle=False)
    return array
