"""The folder of a calibration: posterior.nc as ArviZ has it, rows.csv for runs, tables, and last calibration.json."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mcsim.store.files import atomically, write_table
from mcsim.store.posterior import TABLE, write_rows
from mcsim.store.record import file_hash, machine, study_record, versions
from mcsim.store.whole import write_json

if TYPE_CHECKING:
    from mcsim.calibration.posterior import Posterior

TREE, RECORD = "posterior.nc", "calibration.json"
TABLES = {"inputs.csv": "inputs", "observations.csv": "observations", "words.csv": "words", "loo.csv": "loo"}


def write_posterior(posterior: Posterior, folder: Path) -> Path:
    """Write all of a posterior into a folder, made where there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    tree = posterior.tree()
    atomically(folder / TREE, lambda partial: tree.to_netcdf(partial, engine="h5netcdf"))
    write_rows(posterior.rows, folder / TABLE)
    for name, what in TABLES.items():
        table = getattr(posterior, what)
        if len(table) > 0:
            write_table(folder / name, table)
    names = [TREE, TABLE, *(name for name in TABLES if (folder / name).is_file())]
    record = {
        **posterior.record,
        "study": study_record(posterior.study),
        "seed": posterior.seed,
        "versions": versions(),
        "machine": machine(),
        "files": {name: file_hash(folder / name) for name in names},
    }
    write_json(folder / RECORD, record)
    return folder
