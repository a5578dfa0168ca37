"""A folder in which parts of a run are joined: marked until the whole is there, so that a stopped merge goes on.

``merge.json`` names the parts by their hashes. While it is there the folder is no result yet, and only the same parts
may go on in it; it goes when everything is written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mcsim.store.claim import LOCK, claimed
from mcsim.store.record import file_hash
from mcsim.store.whole import read_json, write_json
from mcsim.study import InputError

MARK = "merge.json"


@contextmanager
def joining(folders: Sequence[Path], out: Path) -> Iterator[None]:
    """Hold a new folder, or that of a merge of the same parts that was stopped, until the whole is in it.

    Parameters
    ----------
    folders : sequence of Path
        The parts, in any order.
    out : Path
        Where the whole goes; within another folder that is being joined it may be complete already.

    Raises
    ------
    InputError
        When `out` holds something else, or another process works in it.
    """
    mark, parts = out / MARK, sorted(_hash(folder) for folder in folders)
    with claimed(out) as claim:
        outermost = claim.depth == 1
        if mark.is_file():
            if outermost and read_json(mark, f"remove {out}, or another --out")["parts"] != parts:
                raise InputError(f"{out}: an unfinished merge of other folders; remove it, or another --out")
        elif outermost and claim.empty:
            write_json(mark, {"parts": parts, "folders": [str(folder) for folder in folders]})
        elif outermost and not (out.parent / MARK).is_file():
            raise InputError(f"{out}: exists; another --out")
        try:
            yield
        except InputError:
            if {entry.name for entry in out.iterdir()} <= {MARK, LOCK}:
                mark.unlink(missing_ok=True)
            raise
        if outermost:
            mark.unlink(missing_ok=True)


def refuse_unfinished(folder: Path) -> None:
    """Refuse a folder in which parts are not joined yet.

    Raises
    ------
    InputError
        Saying how to go on.
    """
    if (folder / MARK).is_file():
        raise InputError(f"{folder}: merge not complete (got {MARK}); the same `mcsim merge` goes on with it")


def _hash(folder: Path) -> str:
    """Return a hash of all that a part says of itself: records and plans, which hold the hashes of the rest."""
    files = sorted(folder.rglob("*.json"))
    told = [[path.relative_to(folder).as_posix(), file_hash(path)] for path in files]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
