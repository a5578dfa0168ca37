"""A study's priors against what was observed of it, before anything is fitted: the tables of docs/corridor.md.

Usage: python docs/scripts/corridor.py [STUDY.toml] [--write] [--draws 2000]
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from blocks import table, write_blocks
from numpy.typing import NDArray

import mcsim
from mcsim.report.style import number, share, span
from mcsim.studies import japan_new_zealand
from mcsim.study import Study
from mcsim.study.observation import Observation

STUDY = Path(japan_new_zealand.__path__[0]) / "fleet-jp-nz.toml"
SEED = 1
# What a corridor gives: heading, output, labels.
TOLD = (
    ("retired mass 2030, new", "retired_battery_mass", {"year": 2030, "origin": "new"}),
    ("retired mass 2030, second-hand", "retired_battery_mass", {"year": 2030, "origin": "second-hand"}),
    ("retired mass to 2050, new", "cumulative_retired_battery_mass", {"year": 2050, "origin": "new"}),
    ("retired mass to 2050, second-hand", "cumulative_retired_battery_mass", {"year": 2050, "origin": "second-hand"}),
    ("EV share 2030", "ev_share", {"year": 2030}),
    ("second-hand share 2030", "second_hand_share", {"year": 2030}),
)


def observed_in(result: mcsim.Result, item: Observation) -> NDArray[np.float64]:
    """Return the drawn values of what was observed: an element of an output, or the sum of several."""
    values = result.values(item.cell.output)
    cells = np.asarray(values).reshape(len(values), -1)
    return np.asarray(cells[:, item.cell.columns].sum(axis=1), np.float64)


def against(study: Study, result: mcsim.Result) -> list[tuple[Observation, NDArray[np.float64]]]:
    """Return every observation with the 5, 50 and 95 % points of what the priors say of it."""
    return [
        (item, np.quantile(observed_in(result, item), (0.05, 0.5, 0.95))) for item in study.calibration.observations
    ]


def history_table(found: Sequence[tuple[Observation, NDArray[np.float64]]]) -> str:
    """Return what was observed beside the prior's band of 90 %."""
    rows = []
    for item, (low, middle, high) in found:
        unit = item.cell.unit
        ends = item.range(0.9)
        held = "yes" if low <= item.value <= high else f"no: {share(middle / item.value - 1.0)}"
        rows.append(
            [
                f"`{item.name}`",
                f"{number(item.value, unit)} ({span(*ends, unit)})",
                f"{number(middle, unit)} ({span(low, high, unit)})",
                held,
            ]
        )
    return table(["observed", "value (90 %)", "priors (90 %)", "held"], rows)
