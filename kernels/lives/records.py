"""Records of sampled lives: the table of outcomes, a route, and what is told of a cell."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels._jit import FloatArray
from mcsim.kernels.life.records import Arm, ExportedPacks, IntArray, Vehicle

WordArray = npt.NDArray[np.uint32]


class Table(NamedTuple):
    """What may become of packs, sorted by time and row."""

    bounds: WordArray  # (n_outcomes,) largest word of each outcome
    following: npt.NDArray[np.int32]  # (n_outcomes,) row of the pack that follows, -1 for none
    outcomes: npt.NDArray[np.int32]  # (n_outcomes, 3): STEP, END, QUARTER
    rows: IntArray  # (n_rows, 4): FIRST, AFTER_LAST, GUIDE, SHIFT; first -1 until the row is built
    guide: WordArray  # outcome at which the search of a word begins, by its leading bits
    used: IntArray  # (2,): OUTCOMES_USED, GUIDE_USED
    bits: int  # leading bits that the guide of the first pack reads
    other_bits: int  # the same of the others


class Route(NamedTuple):
    """One vehicle of one draw, from its sale to its end in one country or the other."""

    key: np.uint64  # stream key of the lives
    draw: np.uint64  # global number of the draw
    steps: int  # per year
    per_kind: int  # rows per kind of pack: row = kind x rows per kind + place
    arm: Arm
    curves: FloatArray  # (2, n_places, n + 2) survival of the packs that may be installed where it is new
    end: FloatArray  # (2, n_places) age of the vehicle at the end of their cover [steps]
    at_end: FloatArray  # (2, n_places) survival of the packs there
    exported: ExportedPacks
    after: Vehicle  # survival after the export
    node: int  # of the crossing; `NEVER` for none


class Accruals(NamedTuple):
    """What a vehicle in service runs up by year of age, (2, n_years + 1) by country."""

    distance: FloatArray  # until the age [km]
    impact: FloatArray  # of distance and fuel until the age
    electricity: FloatArray  # impact per year with a new pack


class Told(NamedTuple):
    """What the spread between the vehicles of a cell follows from, beside the counts."""

    n_lives: int
    steps: int  # per year
    per_kind: int  # rows per kind of pack
    node: int  # of the crossing; 0 for a vehicle new in the host country
    born_host: bool
    fade: FloatArray  # (3, n + 2) energy of a step relative to a new pack
    discount: float  # growth of the factors of pack production, log per year
    unit: FloatArray  # (11,) columns UNIT_* of `mcsim.kernels.lives.spread`
    accruals: Accruals
    levels: FloatArray  # (5,) levels of the quantiles, rising


class SpreadMemory(NamedTuple):
    """Memory of the spread of a cell."""

    arriving: FloatArray  # (3, n_rows) lives that arrive at a row, by packs before
    brought: FloatArray  # (3, n_rows) impacts that they bring
    deaths: IntArray  # (4 n + 1,) by quarter of a step
    values: FloatArray  # impact per km of lives that end
    weights: FloatArray  # how many end with it


class Tally(NamedTuple):
    """Counts of what follows an export."""

    stints: IntArray  # (2, n_rows, n + 1) by kind, place and last step; those that die on crossing in the last column
    installed: IntArray  # (2, n + 2) packs installed in the host country
    crossings: IntArray  # (2, n_rows) vehicles that cross, by pack


class Sample(NamedTuple):
    """What sampled lives take beside the expectation's `Lives`."""

    key: np.uint64  # stream key of the lives
    draws: IntArray  # (n,) global numbers of the draws
    n_lives: int  # per draw and vehicle
    levels: FloatArray  # (5,) levels of the quantiles of distance and impact
    unit: FloatArray  # (n, n_vehicles, 11) impacts of one category, columns UNIT_* of `mcsim.kernels.lives.spread`
    per_kwh: FloatArray  # (n, 2, n_calendar) the same of a kWh at the plug, by country and years since purchase
    energy_per_km: FloatArray  # (n, n_vehicles) at the plug with a new pack [kWh/km]


class Subject(NamedTuple):
    """One vehicle of one draw as it is sampled."""

    key: np.uint64
    draw: np.uint64
    n_lives: int
    levels: FloatArray
    unit: FloatArray  # (11,)
    steps: int


class Sizes(NamedTuple):
    """Sizes that the packs of a vehicle take."""

    places: int  # of installation where it is new
    per_kind: int  # rows per kind of pack
    rows: int


class LivesMemory(NamedTuple):
    """Memory of one vehicle's sampled lives, of the size that its packs take."""

    table: Table
    outcomes: IntArray  # (3, n_outcomes) counts by packs before the last
    curves: FloatArray  # as in `Route`
    end: FloatArray
    at_end: FloatArray
    stints: IntArray  # (2, n_places, n, 6) counts where it is new, by kind, place, last step and end
    host_stints: IntArray  # as in `Tally`
    crossings: IntArray  # (n_ages, 2, n_rows)
    installed: IntArray  # (2, n + 2)
    arriving: FloatArray  # as in `SpreadMemory`
    brought: FloatArray
    deaths: IntArray
    accruals: Accruals
    ones: FloatArray  # (n + 1,) survival of counted vehicles: their deaths are among the stints
