"""Where our results differ from what the source prints, and why: a table, not a target."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.studies.cell_onshoring.transport import MINERALS

PRINTED = Path(__file__).with_name("data") / "printed.csv"


@dataclass(frozen=True, slots=True)
class Difference:
    """One quantity: what the source prints, our median and 95 % interval, and why they differ."""

    quantity: str
    unit: str
    printed: float
    median: float
    low: float
    high: float
    why: str

    @property
    def inside(self) -> bool:
        """Whether the printed number lies in our interval."""
        return self.low <= self.printed <= self.high


def differences(outputs: Mapping[str, NDArray[Any]]) -> tuple[Difference, ...]:
    """Return the comparison of a run's draws with the printed numbers of the source.

    Parameters
    ----------
    outputs : mapping
        Outputs of the study, one row per draw.

    Returns
    -------
    tuple of Difference

    Examples
    --------
    >>> len(PRINTED.read_text(encoding="utf-8").splitlines()) - 1
    16
    """
    ours = _quantities(outputs)
    rows = []
    with PRINTED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            low, median, high = np.percentile(ours[row["quantity"]], [2.5, 50.0, 97.5])
            rows.append(
                Difference(
                    row["quantity"],
                    row["unit"],
                    float(row["value"]),
                    float(median),
                    float(low),
                    float(high),
                    row["why"],
                )
            )
    return tuple(rows)


def _quantities(outputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    total, hotspot, change = outputs["cell_gwp_total"], outputs["cathode_hotspot"], outputs["cathode_change"]
    carried, transport = outputs["transport_total"], outputs["transport_gwp"]
    cathode = outputs["cell_gwp"][:, :, 0]
    found = {
        "cell base": total[:, 0],
        "cell onshored": total[:, 1],
        "cell change": outputs["onshoring_change"],
        "cell change relative": outputs["onshoring_change_relative"],
        "cathode base": cathode[:, 0],
        "cathode onshored": cathode[:, 1],
        "cathode change": cathode[:, 1] - cathode[:, 0],
        "cathode electricity base": hotspot[:, 0, 0],
        "cathode electricity onshored": hotspot[:, 1, 0],
        "electricity share of cathode change": change[:, 0] / change.sum(axis=1),
        "transport base": carried[:, 0],
        "transport onshored": carried[:, 1],
        "transport change relative": carried[:, 1] / carried[:, 0] - 1.0,
    }
    return found | {f"transport base {mineral}": transport[:, 0, place] for place, mineral in enumerate(MINERALS)}


def as_text(rows: tuple[Difference, ...]) -> str:
    """Return the comparison as lines of text, one per quantity."""
    lines = [f"{'quantity':36s} {'printed':>8s} {'median':>8s} {'2.5 %':>8s} {'97.5 %':>8s}  inside  why"]
    lines += [
        f"{row.quantity:36s} {row.printed:8.3f} {row.median:8.3f} {row.low:8.3f} {row.high:8.3f}  "
        f"{'yes' if row.inside else 'no':6s}  {row.why}"
        for row in rows
    ]
    return "\n".join(lines)
