"""What a run directory is: study.json, draws.nc, tables of bands and their errors, failed draws and, last, run.json.

Every file is written beside its final name and moved there, so that a reader sees the old one or the new one and never
half of one; run.json holds the hashes of the others and stands for the run being complete.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.result.bands import Bands
from mcsim.result.errors import errors_parts
from mcsim.result.printed import WORDS, printed
from mcsim.result.result import Result
from mcsim.store.chunks import PLAN
from mcsim.store.described import STUDY, read_study, write_study
from mcsim.store.files import atomically, plain_text, write_table
from mcsim.store.joining import refuse_unfinished
from mcsim.store.record import FORMAT, file_hash, fingerprint, manifest
from mcsim.store.rounding import ALL_WHOLE, Rounding
from mcsim.store.whole import Arrays, read_arrays, read_json, save_arrays, write_json
from mcsim.study import FloatArray, InputError, Study
from mcsim.study.failure import Failure

if TYPE_CHECKING:
    import pandas as pd

MANIFEST, DRAWS, SUMMARY, FAILED, BANDS = "run.json", "draws.nc", "summary.csv", "failed.csv", "bands.npz"
RANKING, TABLE, PAIRS = "ranking.npz", "sensitivity.csv", "second_order.csv"  # what drives the outputs
ERRORS = "errors.csv"  # how far off these are by chance
PRINTED = "printed.csv"  # what sources print beside the bands, where the study says
WITHIN = "sensitivity_within.csv"  # and how members of dependent groups share it
RECORD = "ranking.json"  # says of a ranking alone what run.json says of a run
CHUNKS = "chunks"
STATE, SAMPLES = "state.npz", "samples.npz"
REPORTS = ("report.html", "report.md", "report.pdf")


def write(
    result: Result,
    folder: Path,
    how: Mapping[str, Any],
    rounding: Rounding = ALL_WHOLE,
) -> Result:
    """Write a result as a run directory and return it as read from there.

    Parameters
    ----------
    result : Result
        What to write.
    folder : Path
        The run directory, created if need be.
    how : mapping
        Jobs, backend, wall time and the like, for run.json.
    rounding : Rounding
        What of the draws is not stored as it was computed.

    Returns
    -------
    Result
        The same, with its folder and record.
    """
    from dataclasses import replace

    from mcsim.store.inputs import HELD_BYTES, StoredInputs, columns_of
    from mcsim.store.netcdf import StoredDraws, write_draws

    folder.mkdir(parents=True, exist_ok=True)
    atomically(folder / DRAWS, lambda path: write_draws(result, path, rounding))
    write_table(folder / SUMMARY, *result.summary_parts())
    errors = list(errors_parts(result))
    if errors:
        write_table(folder / ERRORS, *errors)
    else:
        (folder / ERRORS).unlink(missing_ok=True)
    save_arrays(folder / BANDS, _band_arrays(result.bands), packed=True)
    if result.study.published:
        write_table(folder / PRINTED, printed(result))
    else:
        (folder / PRINTED).unlink(missing_ok=True)
    if result.failures:
        write_failures(result.failures, folder / FAILED)
    else:
        (folder / FAILED).unlink(missing_ok=True)
    write_study(result.study, folder)
    known = (STUDY, DRAWS, SUMMARY, ERRORS, PRINTED, BANDS, FAILED, STATE, SAMPLES, RANKING, TABLE, PAIRS, WITHIN)
    names = [name for name in known if (folder / name).is_file()]
    about = manifest(result, how)
    if RANKING in names:
        about |= _of_ranking(folder)
    about |= {"rounded": list(rounding.coarse), "single": list(rounding.single)}
    record = {**about, "files": {name: file_hash(folder / name) for name in names}}
    write_json(folder / MANIFEST, record)
    kept = StoredDraws(folder / DRAWS, result.study, tuple(result.kept))
    inputs: Mapping[str, FloatArray] = StoredInputs(folder / DRAWS, result.study, tuple(result.inputs))
    if 8 * result.complete * len(inputs) <= HELD_BYTES:
        inputs = dict(next(columns_of(result.inputs, max(1, result.complete)), (0, result.inputs))[1])
    return replace(result, inputs=inputs, kept=kept, folder=folder, record=record)


def _of_ranking(folder: Path) -> dict[str, Any]:
    """Return what a folder says of the ranking in it, to be said again when its run is written anew."""
    for read_it, name in ((read_manifest, MANIFEST), (read_record, RECORD)):
        if (folder / name).is_file():
            told = read_it(folder)
            return {"ranking": told["ranking"]} if "ranking" in told else {}
    return {}


def _band_arrays(bands: Mapping[str, Bands]) -> Arrays:
    arrays: Arrays = {}
    for name, band in bands.items():
        arrays[f"{name}/draws"], arrays[f"{name}/n"] = np.array(band.draws), band.n
        arrays[f"{name}/mean"], arrays[f"{name}/sd"] = band.mean, band.sd
        arrays[f"{name}/quantiles"] = band.quantiles
    return arrays


def _read_bands(path: Path) -> dict[str, Bands]:
    arrays = read_arrays(path, f"repeat the run with `mcsim run --from {path.parent}`")
    names = [key.removesuffix("/n") for key in arrays if key.endswith("/n")]
    return {
        name: Bands(
            int(arrays[f"{name}/draws"]), *(arrays[f"{name}/{key}"] for key in ("n", "mean", "sd", "quantiles"))
        )
        for name in names
    }


def write_failures(failures: Sequence[Failure], path: Path) -> None:
    """Write failed.csv: number, reason and inputs of each draw that failed, by number."""
    import pandas as pd

    ordered = sorted(failures, key=lambda failure: failure.draw)
    table = pd.DataFrame([{"draw": item.draw, "reason": item.reason, **item.inputs} for item in ordered])
    write_table(path, table)


def read_failures(path: Path) -> tuple[Failure, ...]:
    """Return the failures in failed.csv, none where there is no file."""
    if not path.is_file():
        return ()
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return tuple(
        Failure(
            int(row.pop("draw")),
            plain_text(row.pop("reason")),
            {plain_text(name): float(value) for name, value in row.items()},
        )
        for row in rows
    )


def read_printed(folder: Path) -> pd.DataFrame | None:
    """Return printed.csv of a run directory, None where its study names no figures."""
    import pandas as pd

    path = folder / PRINTED
    if not path.is_file():
        return None
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    texts = {name: [plain_text(cell) for cell in table[name]] for name in WORDS}
    numbers = {name: pd.to_numeric(table[name]) for name in table.columns if name not in WORDS}
    return table.assign(**texts, **numbers)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return run.json of a run directory.

    Raises
    ------
    InputError
        When it is no run directory, or the run in it is not complete.
    """
    path = folder / MANIFEST
    if not path.is_file():
        refuse_unfinished(folder)
        if (folder / CHUNKS).is_dir():
            raise InputError(f"{folder}: run not complete (got chunks only); go on with the same command and --resume")
        raise InputError(f"{folder}: not a run directory (no {MANIFEST}); a folder that `mcsim run` wrote")
    return read_json(path, "a whole copy of the run directory, or the run once more in another --out")


def read_record(folder: Path) -> dict[str, Any]:
    """Return ranking.json of the folder of a ranking alone.

    Raises
    ------
    InputError
        When it cannot be read.
    """
    return read_json(folder / RECORD, "the ranking once more in another --out")


def add_files(folder: Path, names: Sequence[str], **more: Any) -> None:
    """Put the hashes of more files, and more facts, into run.json; files that it names and that are gone go."""
    record = {**read_manifest(folder), **more}
    listed = [*record["files"], *(name for name in names if name not in record["files"])]
    record["files"] = {name: file_hash(folder / name) for name in listed if (folder / name).is_file()}
    write_json(folder / MANIFEST, record)


def check(folder: Path) -> dict[str, Any]:
    """Return run.json after comparing every file with its hash.

    Raises
    ------
    InputError
        Naming the first file that is missing or was changed.
    """
    record = read_manifest(folder)
    refuse_older(folder, record)
    going = (folder / CHUNKS / PLAN).is_file()  # an extension that was stopped while it wrote its files
    remedy = "go on with --resume" if going else f"repeat the run with `mcsim run --from {folder}`"
    check_files(folder, record["files"], remedy)
    return record


def refuse_older(folder: Path, record: Mapping[str, Any]) -> None:
    """Refuse a run directory whose files are laid out otherwise than now.

    Raises
    ------
    InputError
        Saying how to have it anew.
    """
    if record["format"] != FORMAT:
        raise InputError(
            f"{folder / MANIFEST}: format: of another version of mcsim (got {record['format']}); {FORMAT}: repeat the "
            f"run with `mcsim run --from {folder}`"
        )


def check_files(folder: Path, files: Mapping[str, str], remedy: str) -> None:
    """Compare files of a folder with their hashes.

    Raises
    ------
    InputError
        Naming the first file that is missing or was changed.
    """
    for name, expected in files.items():
        path = folder / name
        if not path.is_file():
            raise InputError(f"{path}: missing; {remedy}")
        if file_hash(path) != expected:
            raise InputError(f"{path}: changed since the run; {remedy}")


def check_ranking(folder: Path) -> None:
    """Compare the files of a complete ranking with the hashes in its folder's record.

    Raises
    ------
    InputError
        Naming the first file that is missing or was changed.
    """
    record = read_manifest(folder) if (folder / MANIFEST).is_file() else read_record(folder)
    files = {name: record["files"][name] for name in (RANKING, TABLE, PAIRS) if name in record["files"]}
    check_files(folder, files, "the ranking once more in another --out")


def read_samples(folder: Path) -> FloatArray:
    """Return the samples of the user's own that a run was made with, shape (draws, D), every bit as they were.

    Raises
    ------
    InputError
        Where they are missing or cannot be read.
    """
    arrays = read_arrays(folder / SAMPLES, "the samples once more with --samples", ["values"])
    return np.asarray(arrays["values"], np.float64)


def read(folder: str | Path, study: Study | None = None) -> Result:
    """Return the result in a run directory; draws of outputs are read when asked for.

    Parameters
    ----------
    folder : path
        The run directory.
    study : Study, optional
        The study; as it was declared, and without its model, where none is given: no code of it runs.

    Raises
    ------
    InputError
        When files are missing, changed, or belong to another study.
    """
    from mcsim.store.inputs import read_inputs
    from mcsim.store.netcdf import StoredDraws

    place = Path(folder)
    record = check(place)
    if study is None:
        study = read_study(place)
    elif fingerprint(study) != record["study"]["fingerprint"]:
        raise InputError(f"{place}: study {study.name} changed since this run; repeat the run with the study as it is")
    bands = _read_bands(place / BANDS)
    absent = {output.name for output in study.declared if output.on_request} - set(bands)
    study = replace(study, left_out=frozenset(absent))
    draw, inputs = read_inputs(place / DRAWS, study)
    shard = record["shard"]
    return Result(
        study,
        record["draws"],
        draw,
        record["seed"],
        record["lives"],
        record["design"],
        inputs,
        StoredDraws(place / DRAWS, study, tuple(item.name for item in study.outputs if item.name in record["kept"])),
        bands,
        read_failures(place / FAILED),
        None if shard is None else tuple(shard),
        place,
        record,
    )
