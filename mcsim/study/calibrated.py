"""What a study file says of its calibration: [[observation]] and [calibration], checked against the study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcsim.study.entries import option_value
from mcsim.study.errors import InputError, nearest, one_of
from mcsim.study.inputs import Input
from mcsim.study.observation import POOLINGS, Calibration, Observation, Pooling, observations_of
from mcsim.study.setting import option_set
from mcsim.study.study import Study


def calibration_of(raw: Mapping[str, Any], study: Study, path: Path) -> Calibration:
    """Return what a study file says of its calibration.

    Parameters
    ----------
    raw : mapping
        The file's sections, their keys and types checked.
    study : Study
        What the rest of the file says.
    path : Path
        The file, for messages.

    Raises
    ------
    InputError
        Naming the file, the key, the value and what would be right.
    """
    said = raw.get("calibration", {})
    observations = observations_of(raw.get("observation", ()), study.output, path)
    return Calibration(
        observations,
        _poolings(said.get("groups", {}), observations, f"{path}: calibration.groups"),
        _weighed(said.get("options", {}), study, f"{path}: calibration.options"),
        tuple(Path(file) for file in said.get("shipped", ())),
    )


def _poolings(raw: Mapping[str, Any], observations: tuple[Observation, ...], place: str) -> dict[str, Pooling]:
    known = dict.fromkeys(observation.group for observation in observations)
    found = {}
    for name, entry in raw.items():
        if name not in known:
            raise InputError(f"{place}.{name}: no observation of this group; {one_of(known, name)}")
        how = entry.get("pooling", "random")
        if how not in POOLINGS:
            raise InputError(f"{place}.{name}.pooling: unknown (got {how!r}); one of {', '.join(POOLINGS)}")
        found[name] = Pooling(how, entry.get("between"))
    return found


def _weighed(raw: Mapping[str, Any], study: Study, place: str) -> dict[str, Any]:
    options = {option.name: option for option in study.model.options}
    found = {}
    for name, entry in raw.items():
        if name not in options:
            raise InputError(f"{place}.{name}: no such option; one of {', '.join(options)}{nearest(name, options)}")
        try:
            value = option_set(options[name], option_value(entry))
        except InputError as error:
            raise InputError(f"{place}.{error}") from None
        if not isinstance(value, Input):
            raise InputError(
                f"{place}.{name}: one word (got {value!r}); {{ categorical = [[words], [probabilities]] }}"
            )
        found[name] = value.distribution
    return found
