"""A study on a posterior: tables found, checked against the study, and put into it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mcsim.distributions import parse
from mcsim.store.posterior import read_rows_of
from mcsim.study import Input, InputError, Study
from mcsim.study.dependent import ORDERS
from mcsim.study.rows import Rows
from mcsim.study.setting import option_set

SHIPPED = "shipped"
AGAIN = "calibrate again with `mcsim calibrate`"


def fitted(study: Study, posterior: Any) -> Study:
    """Return a study on a posterior; whether the model is still the one that was calibrated is for the engine to say.

    Parameters
    ----------
    study : Study
        What is run.
    posterior : str, Path or Posterior
        ``shipped``, the folder of a calibration, or what `mcsim.calibrate` returned.

    Raises
    ------
    InputError
        When the study ships none, the posterior is of another study or version, or an input that it speaks of was set.
    """
    if study.posterior:
        raise InputError(f"{study.name}: on a posterior already (got {study.posterior[0].said}); one of them")
    for rows in _tables(study, posterior):
        if not extends(study, rows) and rows.said != SHIPPED:
            about = f"{rows.record['study']} version {rows.record['version']}"
            raise InputError(
                f"{rows.place or rows.said}: a posterior of {about} (got {study.name} version {study.version}); {AGAIN}"
            )
        study = _with(study, rows)
    return study


def _tables(study: Study, posterior: Any) -> list[Rows]:
    held = getattr(posterior, "rows", None)
    if isinstance(held, Rows):
        return [held]
    if posterior == SHIPPED:
        if not study.calibration.shipped:
            raise InputError(f"{study.name}: --posterior shipped: none for this study (got none); a folder instead")
        return [replace(read_rows_of(path), said=SHIPPED) for path in study.calibration.shipped]
    if isinstance(posterior, str | Path) and str(posterior):
        folder = Path(posterior).absolute()
        return [replace(read_rows_of(folder), said=str(folder))]
    raise InputError(f"posterior: not a posterior (got {posterior!r}); shipped, a folder, or what mcsim.calibrate gave")


def extends(study: Study, rows: Rows) -> bool:
    """Return whether the study is the one that was calibrated, or extends it."""
    about = rows.record
    if study.name == about["study"]:
        return study.version == str(about["version"])
    return about.get("file", "") in {Path(file).name for file in study.files}


def _with(study: Study, rows: Rows) -> Study:
    """Return the study with a table: options weighed, or conditioned on where they were set; priors compared."""
    options = {option.name: option for option in study.model.options}
    said = {name for name, _ in study.overrides}
    for name in [name for name in rows.columns if name in options]:
        if name in said and not any(item.name == name for item in study.inputs):
            rows = rows.where(name, str(study.options[name]))
            continue
        study, labels = _weighed(study, options[name], rows)
        codes = np.array([labels.index(word) for word in rows.columns[name].tolist()], np.float64)
        rows = replace(rows, columns={**rows.columns, name: codes})
    declared = {item.name: item for item in study.inputs}
    known = [name for name in rows.columns if name in declared]
    for name in known:
        prior, now = str(rows.record["priors"][name]), str(declared[name].distribution)
        if prior != now:
            how = "was set" if name in said else "has another prior than there"
            raise InputError(
                f"{rows.place or rows.name}: {name}: {how} (got {now}, the posterior was made of {prior}); {AGAIN}"
            )
    tied, held = study.tied_record(known), {*known, *ORDERS.values()}
    if tied != [entry for entry in rows.record.get("dependence", []) if not held.isdisjoint(entry[:2])]:
        raise InputError(f"{rows.place or rows.name}: other rank correlations than there (got {tied}); {AGAIN}")
    return replace(study, posterior=(*study.posterior, rows.only(known))) if known else study


def _weighed(study: Study, option: Any, rows: Rows) -> tuple[Study, list[str]]:
    """Return the study with an option uncertain as it was in the calibration, and its words."""
    prior = parse(rows.record["priors"][option.name])
    if all(item.name != option.name for item in study.inputs):
        found = option_set(option, prior)
        assert isinstance(found, Input)  # a categorical makes an input of an option
        study = study.set_option(option, found.distribution)
    return study, list(prior.labels)  # type: ignore[attr-defined]
