"""`mcsim calibrate`, and what the other commands do with a posterior."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcsim.store.claim import claimed
from mcsim.study import InputError, Study

HANDED_ON = ("method", "group", "draws", "seed", "jobs")  # to `mcsim.calibrate`, as the user said them


def calibrate_and_write(study: Study, said: Mapping[str, Any]) -> str:
    """Calibrate a study on its observations, write the folder and its report, and return what to tell the user."""
    from mcsim.calibration.calibrate import calibrate
    from mcsim.report.calibrated import calibration_lines, write_calibration

    with claimed(said.get("out"), f"{study.name}-posterior") as claim:
        folder = said.get("out") or claim.folder
        if not claim.empty:
            raise InputError(f"{folder}: exists and is not empty; another --out leaves it alone")
        words = {name: value for name, value in said.items() if name in HANDED_ON}
        posterior = calibrate(study, quiet=said.get("quiet", False), **words)
        path = write_calibration(posterior, posterior.write(folder))
    return "\n".join([*calibration_lines(posterior), f"posterior: {folder}", f"report: {path}"])
