"""run.json: what was run, with what, where and for how long; and how a study is told from another."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mcsim
from mcsim.study import InputError, Study

if TYPE_CHECKING:
    from mcsim.result.result import Result

FORMAT = 2  # of a run directory: draws.nc as ArviZ lays it out
NUMERICAL = ("numpy", "numba", "scipy")  # whose versions may round unlike
PACKAGES = ("numpy", "numba", "scipy", "joblib", "pandas", "xarray", "h5netcdf", "SALib")


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fingerprint(study: Study) -> str:
    """Return a hash of everything about a study that can change its draws, code of the model apart.

    Parameters
    ----------
    study : Study
        Inputs with their distributions, tables, vectors, dependence, options, and outputs with their dims count.
    """
    outputs = [
        [
            item.name,
            item.unit,
            [[dim.name, [str(label) for label in dim.coords]] for dim in item.dims],
            # It decides which draws fail.
            *(["may be undefined"] if item.may_be_undefined else []),
        ]
        for item in study.declared
    ]
    content = {
        "name": study.name,
        "version": study.version,
        "model": study.model.name,
        "inputs": [[item.name, item.unit, str(item.distribution)] for item in study.inputs],
        "options": {name: study.options[name] for name in sorted(study.options)},
        "tables": {
            name: [[list(key) for key in table.index], [value.hex() for value in table.value.tolist()]]
            for name, table in study.tables.items()
        },
        "vectors": {name: str(vector) for name, vector in study.vectors.items()},
        "dependence": [list(pair) for pair in study.dependence],
        "outputs": outputs,
        **({"ordered": [[order.method, *order.names] for order in study.ordered]} if study.ordered else {}),
        # Only where there is one: runs on priors keep the hash that they had.
        **({"posterior": [rows.digest for rows in study.posterior]} if study.posterior else {}),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def code_record(study: Study) -> dict[str, str]:
    """Return the files of a model's code as two machines name them alike, and their SHA-256.

    Paths are told from the folder that holds them all: shards may see it in different places.
    """
    root = os.path.commonpath([os.path.dirname(file) for file in study.code]) if study.code else ""
    return {Path(os.path.relpath(file, root)).as_posix(): digest for file, digest in sorted(study.code.items())}


def study_record(study: Study) -> dict[str, Any]:
    """Return the part of run.json that says what was run."""
    paths = dict.fromkeys(os.path.abspath(path) for path in study.files)  # whoever repeats it may be elsewhere
    files = {path: file_hash(Path(path)) for path in paths if Path(path).is_file()}
    return {
        "name": study.name,
        "title": study.title,
        "version": study.version,
        "origin": study.origin,
        "data": study.data,
        **({"under": study.under} if study.under else {}),
        "overrides": [list(pair) for pair in study.overrides],
        "fingerprint": fingerprint(study),
        "files": files | dict(study.code),
        **({"posterior": _posterior_record(study)} if study.posterior else {}),
    }


def _posterior_record(study: Study) -> dict[str, Any]:
    """Return what was asked for, and of every table its hash, its inputs and what it was made of."""
    return {
        "said": study.posterior[0].said,
        "tables": [
            {"sha256": rows.digest, "inputs": list(rows.columns), "made_of": dict(rows.record)}
            for rows in study.posterior
        ],
    }


def machine() -> dict[str, Any]:
    """Return what the run ran on."""
    return {
        "host": platform.node(),
        "system": platform.platform(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def processor() -> str:
    """Return the kind of processor, as the system names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def versions() -> dict[str, str]:
    """Return the versions of mcsim and of the packages that a result may depend on."""
    return {"mcsim": mcsim.__version__, **_packages()}


@cache
def _packages() -> dict[str, str]:
    """Return the versions of packages, read once: a process imports no other."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def made_with(record: Mapping[str, Any] | None = None) -> dict[str, list[str]]:
    """Return what the last bits of a result may depend on: of a run's record, or of this process where none is given.

    Returns
    -------
    dict
        Processor or package -> what it was, several where parts were computed in several places.
    """
    if record is not None and "made_with" in record:
        return dict(record["made_with"])
    about = {"machine": machine(), "versions": versions()} if record is None else record
    packages = {name: [about["versions"][name]] for name in NUMERICAL if name in about["versions"]}
    return {"processor": [about["machine"]["processor"]], **packages}


def manifest(result: Result, how: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of run.json, but for the hashes of the files beside it.

    Parameters
    ----------
    result : Result
        The run.
    how : mapping
        What does not change the draws: jobs, backend, wall time, chunk.
    """
    return {
        "format": FORMAT,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "study": study_record(result.study),
        "seed": result.seed,
        "design": result.design,
        "draws": result.asked,
        "complete": result.complete,
        "failed": len(result.failures),
        "lives": result.lives,
        "options": dict(result.study.options),
        "kept": sorted(result.kept),
        "shard": None if result.shard is None else list(result.shard),
        "versions": versions(),
        "machine": machine(),
        **how,
    }


def study_of(record: Mapping[str, Any]) -> Study:
    """Return the study that a run directory was made with, loaded again.

    Raises
    ------
    InputError
        When it was built in Python and not from a file.
    """
    from mcsim.study.load import load

    about = record["study"]
    if not about["origin"]:
        raise InputError(f"{about['name']}: built in Python, not from a file; pass the study along")
    origin = Path(about["origin"])
    study = (
        _laid(about)
        if about.get("under")
        else load(origin if origin.is_file() else about["name"], about["data"] or None)
    )
    study = study.set_items([(name, value) for name, value in about["overrides"]])
    if "posterior" not in about:
        return study
    from mcsim.store.conditioned import fitted

    if not about["posterior"]["said"]:
        raise InputError(f"{about['name']}: on a posterior that no folder holds; pass the study along")
    return fitted(study, about["posterior"]["said"])


def _laid(about: Mapping[str, Any]) -> Study:
    """Return an overlay's study over the one that was below it."""
    from mcsim.study.load import load
    from mcsim.study.overlay import laid_over, read_overlay

    overlay = read_overlay(about["origin"])
    if overlay is None:
        raise InputError(f"{about['origin']}: no overlay any more; put it back as it was, or run the study anew")
    return laid_over(load(about["under"], about["data"] or None), overlay)
