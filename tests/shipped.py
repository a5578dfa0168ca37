"""Runs and reports of the shipped studies, made once in a session of tests, whichever process asks first."""

import fcntl
import os
import pickle
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from mcsim.engine.run import run
from mcsim.ranking.sensitivity import sensitivity
from mcsim.report import draw
from mcsim.report.page import write_report
from mcsim.study.load import find_studies, load

# Levers and packages lie over one study and say what it says: two stand for all, since each takes a run of it.
OVERLAYS = ("lever-take-back", "package-all")
STUDIES = sorted(name for name in find_studies() if name in OVERLAYS or not name.startswith(("lever-", "package-")))
# Scenarios of a study ask for the same pictures: one of them draws, which is what takes the time.
STUB = b'<svg xmlns="http://www.w3.org/2000/svg" width="518" height="260"/>'


@dataclass(frozen=True)
class Shipped:
    """A run of a shipped study with its report."""

    result: object
    ranking: object
    folder: Path
    drawn: bool


@cache
def pictures_of(name):
    """What a study asks to be drawn, as text that is the same for studies that ask for the same of the same outputs."""
    study = load(name)
    return f"{study.figures} {study.outputs}"


def draws_for_all(name):
    """Whether a study is the first that asks for its pictures."""
    return next(other for other in STUDIES if pictures_of(other) == pictures_of(name)) == name


def shipped(name, tmp_path_factory):
    """A few draws of a study, ranked where it has something to rank, and the report of them."""
    own = tmp_path_factory.getbasetemp()
    base = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shipped" / name
    base.mkdir(parents=True, exist_ok=True)
    with open(base / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # freed when the file is closed
        kept, folder, drawn = base / "objects", base / "run", draws_for_all(name)
        if not kept.exists():
            study = load(name)
            with pytest.MonkeyPatch.context() as patch:
                if not drawn:
                    patch.setattr(draw, "_svg", lambda picture: STUB)
                result = run(study, 24, jobs=1, out=folder, quiet=True)
                ranking = sensitivity(study, base=4, jobs=1) if any(output.rank for output in study.outputs) else None
                write_report(result, ranking, folder)
            kept.write_bytes(pickle.dumps((result, ranking)))
        result, ranking = pickle.loads(kept.read_bytes())
    return Shipped(result, ranking, folder, drawn)
