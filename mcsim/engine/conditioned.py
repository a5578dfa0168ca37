"""A study on a posterior, checked: the model still computes of what was observed what it computed when calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mcsim.engine.evaluation import centre_values, evaluate_values
from mcsim.store.conditioned import AGAIN, extends, fitted
from mcsim.study import InputError, Study, remarks
from mcsim.study.observation import Observation
from mcsim.study.rows import Rows


def condition(study: Study, posterior: Any) -> Study:
    """Return a study on a posterior: what a run draws for its inputs are rows of it.

    Parameters
    ----------
    study : Study
        What is run.
    posterior : str, Path or Posterior
        ``shipped``, the folder of a calibration, or what `mcsim.calibrate` returned.

    Raises
    ------
    InputError
        When the study ships none, the posterior is of another study, version or state of it, or an input that it
        speaks of was set.
    """
    found = fitted(study, posterior)
    for rows in found.posterior:
        if extends(study, rows):
            _check_centre(study, rows)
    return found


def posterior_notes(study: Study) -> list[str]:
    """Return the lines that the reader of a run on a posterior has to know."""
    return [
        remarks.POSTERIOR(
            name=rows.name,
            count=len(rows.columns),
            method=rows.record["method"],
            khat=f"{float(rows.record['khat']):.2f}",
            ess=f"{float(rows.record['ess']):,.0f}",
        )
        for rows in study.posterior
    ]


def centre_cells(study: Study, observations: tuple[Observation, ...]) -> dict[str, float]:
    """Return the modelled cell of each observation with every input at its median, by the observation's name."""
    found = evaluate_values(study, centre_values(study), np.zeros(1, np.int64), 1, 1)
    cells = {}
    for item in observations:
        full = item.cell.output.expand(found.outputs[item.cell.output.name])[0]
        cells[item.name] = float(np.asarray(full)[item.cell.mask].sum())
    return cells


def _check_centre(study: Study, rows: Rows) -> None:
    """Refuse a posterior of which the study, as it is now, computes other values of what was observed."""
    there: Mapping[str, float] = rows.record.get("centre", {})
    options = {option.name: option for option in study.model.options}
    for name, word in rows.record.get("words", {}).items():
        study = study.set_option(options[name], word)  # the centre of the calibration, whatever is weighed or fixed now
    observations = {item.name: item for item in study.calibration.observations}
    here = centre_cells(study, study.calibration.observations) if there else {}
    for name, value in there.items():
        if name not in here:
            raise InputError(f"{rows.place or rows.name}: {name}: no observation of {study.name} any more; {AGAIN}")
        if observations[name].touched(value, here[name]):
            raise InputError(
                f"{rows.place or rows.name}: made of another state of {study.name}: {name} is {here[name]:.10g} at the "
                f"centre (there {value:.10g}); {AGAIN}"
            )
