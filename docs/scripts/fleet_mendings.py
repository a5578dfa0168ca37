"""What each mended figure of the fleet moved: the study as shipped, and with each mending alone taken back.

Usage: python docs/scripts/fleet_mendings.py [--draws N] [--seed S]

Draws are paired: an input that a mending does not touch has the same values in every line. The capacity of replacement
packs is the one mending that is not taken back here: it stands in a kernel.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from blocks import print_lines

import mcsim
from mcsim.studies.fleet import results, trade
from mcsim.study import Study


class Mending(NamedTuple):
    """One figure that was mended, and how it was before: inputs and options, or a constant of the code."""

    told: str
    before: Callable[[Study], Study]
    code: Callable[[], AbstractContextManager[Any]] = nullcontext


def _cells(study: Study, table: str, distribution: Any) -> Study:
    return study.set(**{item.name: distribution for item in study.inputs if item.name.startswith(f"{table}[")})


def _sales(study: Study) -> Study:
    before = {
        "mx_ev_sales[bev,2024]": "triangular(29802, 31371, 34821)",
        "mx_ev_sales[phev,2024]": "triangular(36425, 38342, 42560)",
        "mx_ev_sales[bev,2025]": "triangular(41312, 43486, 48270)",
        "mx_ev_sales[phev,2025]": "triangular(50492, 53150, 58996)",
    }
    return study.set(**before)


MENDINGS = (
    Mending("charging without losses of the grid", lambda study: _cells(study, "grid_losses", 0.0)),
    Mending(
        "one rate of ageing for a fleet, vehicles' spread in it",
        lambda study: study.set(annual_degradation="lognormal(0.0165, 0.35)"),
    ),
    Mending(
        "imports of Tri(0.012, 0.018, 0.05), from 2024",
        lambda study: study.set(us_retirement_share_to_mx="triangular(0.012, 0.018, 0.05)"),
        lambda: patch.object(trade, "SHARE_SETTLES", 2024),
    ),
    Mending(
        "packs of all years as heavy as the old",
        lambda study: _cells(study, "pack_mass_factor", "triangular(0.97, 1, 1.5)"),
    ),
    Mending("packs leave in Mexico as in the US", lambda study: study.set(mx_end_of_life_loss="uniform(0.20, 0.30)")),
    Mending("recyclers for 1,000,000 t a year", lambda study: study.set(recycling_capacity=1_000_000)),
    Mending(
        "a crossover told of any mass", lambda study: study, lambda: patch.object(results, "CROSSING_FLOOR", 1e-12)
    ),
    Mending("plug-ins of 2024 and 2025 as 45 and 55 % of EMA's", _sales),
)
SHOWN = (
    "cumulative_retired_battery_mass",
    "second_hand_share",
    "ev_charging_emissions",
    "landfilled_share",
    "crossover_never",
)


def told(study: Study, draws: int, seed: int) -> str:
    """Return the headline figures of 2050: masses [kt], second-hand share, emissions [Mt], landfilled, no crossover."""
    result = mcsim.run(study, draws=draws, seed=seed, keep=list(SHOWN))
    mass = result.values("cumulative_retired_battery_mass")[:, -1] / 1000.0
    columns = [mass[:, 0], mass[:, 1]]
    columns += [result.values(name)[:, -1] for name in SHOWN[1:4]]
    cells = []
    for values, digits in zip(columns, (0, 0, 3, 1, 3), strict=True):
        low, median, high = (f"{value:,.{digits}f}" for value in np.quantile(values, [0.025, 0.5, 0.975]))
        cells.append(f"{f'{median} ({low}-{high})':>22}")
    return " ".join((*cells, f"{result.values('crossover_never').mean():>8.2f}"))


def lines(draws: int, seed: int) -> Iterator[str]:
    """Yield the study as shipped, then with each mending alone taken back."""
    heads = ("new, kt", "second-hand, kt", "second-hand share", "charging, Mt/yr", "landfilled")
    yield f"{'2050, median and 95 % band':<56} " + " ".join(f"{head:>22}" for head in heads) + f" {'never':>8}"
    shipped = mcsim.load("fleet")
    yield f"{'as shipped':<56} {told(shipped, draws, seed)}"
    for mending in MENDINGS:
        with mending.code():
            yield f"{mending.told:<56} {told(mending.before(shipped), draws, seed)}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what each mending moved."""
    print_lines(__doc__, lines, 500, arguments)


if __name__ == "__main__":
    main()
