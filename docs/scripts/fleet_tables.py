"""The tables of docs/fleet.md: what comes out by year, when the flows cross, and what the choices do.

Usage: python docs/scripts/fleet_tables.py [--draws N] [--seed S]
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from blocks import print_lines

import mcsim

YEARS = (2030, 2040, 2050)
# Row -> output, what is summed or selected of (draws, ...) in a year, factor, format.
ROWS: dict[str, tuple[str, Any, float, str]] = {
    "stock, million": ("stock", lambda found: found.sum(axis=(1, 2)), 1e-6, ".1f"),
    "EV share of stock": ("ev_share", lambda found: found, 1.0, ".3f"),
    "second-hand share": ("second_hand_share", lambda found: found, 1.0, ".3f"),
    "retired mass, new, kt/yr": ("retired_battery_mass", lambda found: found[:, 0], 1e-3, ".3g"),
    "retired mass, second-hand, kt/yr": ("retired_battery_mass", lambda found: found[:, 1], 1e-3, ".3g"),
    "cumulated mass, new, kt": ("cumulative_retired_battery_mass", lambda found: found[:, 0], 1e-3, ".4g"),
    "cumulated mass, second-hand, kt": ("cumulative_retired_battery_mass", lambda found: found[:, 1], 1e-3, ".4g"),
    "used EVs exported to date, thousand": ("cumulative_used_ev_exports", lambda found: found, 1e-3, ".4g"),
}
CHOICES: tuple[dict[str, str], ...] = (
    {},
    {"trade": "demand"},
    {"import_clock": "conditional"},
    {"pool_mix": "whole"},
    {"unregistered": "on"},
    {"tradable": "all"},
    {"battery_law": "capacity_cdf"},
    {"battery_law": "capacity_cdf", "tradable": "all"},
)


def band(values: Any, form: str, level: float = 0.9) -> str:
    """Return median and band of the draws that have a value, as text."""
    values = values[np.isfinite(values)]
    if not values.size:
        return "never"
    tail = (1.0 - level) / 2.0
    low, median, high = (f"{value:{form}}" for value in np.quantile(values, [tail, 0.5, 1.0 - tail]))
    return f"{median} ({low}-{high})"


def lines(draws: int, seed: int) -> Iterator[str]:
    """Yield the three tables."""
    wanted = [*{row[0] for row in ROWS.values()}, "crossover_year", "crossover_never", "crossover_censored"]
    result = mcsim.run(mcsim.load("fleet"), draws=draws, seed=seed, keep=wanted)
    yield f"{draws} draws, median and 90 % band" + " ".join(f"{year:>22}" for year in YEARS)
    for label, (name, select, factor, form) in ROWS.items():
        cells = (band(select(result.values(name)[:, year - 2005]) * factor, form) for year in YEARS)
        yield f"{label:<36} " + " ".join(f"{cell:>22}" for cell in cells)
    never, censored = (result.values(f"crossover_{word}").mean() for word in ("never", "censored"))
    crossing = band(result.values("crossover_year"), ".0f")
    yield f"no crossover in {never:.3f} of draws, at the end of the horizon in {censored:.3f}; else {crossing}"
    yield ""
    yield f"cumulated second-hand mass of 2050, kt, {draws} draws"
    for options in CHOICES:
        study = mcsim.load("fleet").set(**options)
        found = mcsim.run(study, draws=draws, seed=seed, keep=["cumulative_retired_battery_mass", "crossover_never"])
        mass = found.values("cumulative_retired_battery_mass")[:, -1, 1] / 1000.0
        label = ", ".join(f"{name} = {word}" for name, word in options.items()) or "shipped"
        yield f"  {label:<48} {band(mass, '.4g'):>22}, no crossover {found.values('crossover_never').mean():.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    print_lines(__doc__, lines, 1000, arguments)


if __name__ == "__main__":
    main()
