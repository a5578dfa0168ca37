"""What must be the same for two parts of one run, and on what each of them was computed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import mcsim
from mcsim.engine.work import Job
from mcsim.result.shards import Shard
from mcsim.store.record import code_record, fingerprint
from mcsim.study import InputError, remarks

Made = Mapping[str, Sequence[str]]  # processor or package -> what it was, each once


def identity(job: Job, shard: Shard | None) -> dict[str, Any]:
    """Return what must be the same for two parts of one run, `draws` apart."""
    values = job.design.values
    return {
        "study": job.study.name,
        "version": job.study.version,
        "fingerprint": fingerprint(job.study),
        "code": code_record(job.study),
        "mcsim": mcsim.__version__,
        "seed": job.design.seed,
        "design": job.design.kind,
        "samples": "" if values is None else hashlib.sha256(values.tobytes()).hexdigest(),
        "lives": job.lives,
        "kept": sorted(job.stored),
        "shard": None if shard is None else list(shard),
        # Only where it was asked for: other runs keep what they said.
        **({"exact": True} if job.exact else {}),
    }


def compare_identities(folder: Path, there: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    """Refuse to go on in a folder with something else than what it was begun with.

    Raises
    ------
    InputError
        Naming the first difference.
    """
    for name, mine in here.items():
        if there.get(name) != mine:
            what = difference(name, there.get(name), mine)
            raise InputError(f"{folder}: {what}; resume with what the run began with, or another --out")


def difference(name: str, there: Any, here: Any) -> str:
    """Return what differs between two identities, by the name of the field that does."""
    if name == "fingerprint":
        return "study changed"
    if name == "code":
        before = there if isinstance(there, Mapping) else {}
        files = sorted(file for file in {*before, *here} if before.get(file) != here.get(file))
        return f"code of the model changed ({', '.join(files)})"
    return f"another {name} (got {here}, there {there})"


def together(parts: Iterable[Made]) -> dict[str, list[str]]:
    """Return what parts were made with as one record.

    Examples
    --------
    >>> together([{"numpy": ["2.0"]}, {"numpy": ["2.1"]}, {"numpy": ["2.0"]}])
    {'numpy': ['2.0', '2.1']}
    """
    found: dict[str, list[str]] = {}
    for part in parts:
        for name, values in part.items():
            found[name] = list(dict.fromkeys([*found.get(name, ()), *values]))
    return found


def unlike(made: Made) -> list[str]:
    """Return a line for each thing that parts of one run were computed with and that was not one and the same.

    Examples
    --------
    >>> unlike({"processor": ["Abacus 8", "Abacus 9"], "numpy": ["2.1"]})[0][:63]
    'parts were computed on unlike processors (Abacus 8; Abacus 9), '
    """
    lines = []
    for name, values in made.items():
        shown = "; ".join(values)
        if len(values) > 1 and name == "processor":
            lines.append(remarks.PROCESSORS(shown=shown))
        elif len(values) > 1:
            lines.append(remarks.VERSIONS(name=name, shown=shown))
    return lines
