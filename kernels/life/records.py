"""Records of vehicles' lives: what travels whole from a study to its recursions, each field with shape and unit.

A kernel takes a NamedTuple as it takes its arrays. A record over draws has a leading axis n in every array; the same
record without that axis is what one vehicle of one draw reads, made once where its draw or vehicle begins (functions
``*_of`` in `mcsim.kernels.life.expectation`).

`home` is the country where vehicles are sold and from which they are exported, `host` the one that takes them.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels._jit import FloatArray

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
# One value of a draw inside the kernels, one per draw (or per draw and column) outside them.
Number = Any

# What a pack was when it was installed (axis `kind`); flows have a third row, for those that replace a first pack.
NEW, USED = 0, 1
REPLACING = 2
# When a pack was installed (axis `row` of pack tables): with its vehicle, or in the middle of a step.
WITH_VEHICLE, MID_STEP = 0, 1
# Both at once (axis `pack`): a first pack, a new and a used one installed later; pack = row + kind.
FIRST_PACK, NEW_PACK, USED_PACK = 0, 1, 2
PACKS = 3
# Countries (axis `country`).
HOME, HOST = 0, 1
COUNTRIES = 2
# Typed: numba compiles a kernel anew for each plain constant that it is called with.
AT_HOME, IN_HOST = np.bool_(False), np.bool_(True)
YES, NO = np.bool_(True), np.bool_(False)
START = np.int64(0)
# What lies behind vehicles, after the years of age: packs made, the same at the factors of their year, used packs.
BEHIND_PRODUCED, BEHIND_DISCOUNTED, BEHIND_USED = -3, -2, -1
BEHIND = 3

# Columns of the activity of a cell; per vehicle bought.
DISTANCE = 0
DISTANCE_HOST = 1
YEARS = 2
FUELLED_HOME = 3
FUELLED_HOST = 4
FUELLED_HOST_LATE = 5
PRODUCED = 6
PRODUCED_DISCOUNTED = 7
USED_PACKS = 8
RETIRED_HOME = 9
RECYCLED_HOST = 10
LANDFILLED = 11
REPLACED = 12
EXPORTED = 13
ACTIVITIES = 14
# Export ages that are followed side by side, one to each place of whole vector registers.
ABREAST = 24
# Of fewer vehicles than this share of those bought nothing is told that is per vehicle exported.
SMALLEST_SHARE = 1e-3


class PackLaw(NamedTuple):
    """Cumulative hazard of a pack, (age / scale)**shape + defect age; (n, n_chemistries) over draws."""

    shape: Number  # [-]
    scale: Number  # [yr]
    defect: Number  # [1/yr]


class PackLaws(NamedTuple):
    """Laws of a chemistry's packs: a pack leaves earlier or later while it is covered, and by country."""

    home_covered: PackLaw
    home: PackLaw
    host_covered: PackLaw
    host: PackLaw
    crossing: PackLaw  # at home, by the loss that ends a pack in the host country


class PackTable(NamedTuple):
    """A pack's law on the grid, by `row` and by nodes since the begin of the step of installation."""

    survival: FloatArray  # (2, n + 2)
    risk: FloatArray  # (2, n + 2): cumulative hazard of the step that begins at the node


class CountryPacks(NamedTuple):
    """Packs of vehicles in the country where these were new: while covered, afterwards, and used ones."""

    covered: PackTable
    uncovered: PackTable
    used: PackTable


class ExportedPacks(NamedTuple):
    """Packs after an export, by `pack`: no cover, the host's law."""

    survival: FloatArray  # (3, n + 2)
    risk: FloatArray  # (3, n + 2)
    end: IntArray  # (3,): node at which nothing is left
    shifted: FloatArray  # (3, 3, n + 10), from `mcsim.kernels.life.host.fill_shifted`
    level: PackTable  # of new packs at home by the loss that ends them in the host country
    used_level: PackTable  # of used ones


class Packs(NamedTuple):
    """Everything about the packs of a chemistry in a draw; with a leading axis of chemistries as memory."""

    home: CountryPacks
    host: CountryPacks
    exported: ExportedPacks
    fade: FloatArray  # (3, n + 2), by `pack`: energy of a step relative to a new pack [-]


class Nodes(NamedTuple):
    """Ages of packs at the nodes by `row`, and their logarithms."""

    ages: FloatArray  # (2, n + 2) [yr]
    log_ages: FloatArray  # (2, n + 2)


class Vehicle(NamedTuple):
    """Survival of a vehicle; with a leading axis of export ages for what follows an export."""

    survival: FloatArray  # (n + 1,) at the nodes
    hazard: FloatArray  # (n,) cumulative hazard of each step
    last: Number  # node after which nothing is alive


class Ahead(NamedTuple):
    """Survival after every export, `ABREAST` ages (a block) side by side; filled as far as it is read."""

    survival: FloatArray  # (n_blocks, n + 1, 24) at the nodes; 1 before the crossing
    hazard: FloatArray  # (n_blocks, n, 24)
    node: IntArray  # (n_blocks, 24) of the crossing
    start: FloatArray  # (n_blocks, 24) age at which the host's curve is entered [yr]
    given: FloatArray  # (n_blocks, 24) what its survival is multiplied by
    last: IntArray  # (n_blocks,) node after which nothing is alive
    filled: IntArray  # (n_blocks,) first node whose survival is not filled yet
    hazards: IntArray  # (n_blocks,) first step whose hazard is not
    dead: FloatArray  # (24,) at work only: steps from the export on in which somebody lives


class Cover(NamedTuple):
    """Warranty: one of the vehicle, and one of its own for a pack that replaces another."""

    end: Number  # age of the vehicle at which its warranty ends [yr]
    own: Number  # cover of a replacing pack from its installation on [yr]


class Answer(NamedTuple):
    """Chances that a failure outside the cover is answered; (n,) and (n, n_chemistries) over draws."""

    repair: Number  # by a new pack
    swap: Number  # by a used one


class Arm(NamedTuple):
    """A vehicle in the country where it is new: its survival, its packs, and what the rules grant it."""

    vehicle: Vehicle
    law: PackLaw  # while covered
    packs: CountryPacks
    cover: Cover
    answer: Answer


class Destination(NamedTuple):
    """Survival after an export."""

    kind: int  # 0 for a Weibull law, 1 for a table
    shape: Number  # [-]
    scale: Number  # [yr]
    table: FloatArray  # (k,) share alive by whole year of age
    multiplier: Number  # remaining life of imports relative to the host's vehicles [-]
    junction: int  # place of the option in `mcsim.kernels.laws.junction.SURVIVAL_JUNCTIONS`


class Use(NamedTuple):
    """Driving of one vehicle in one draw."""

    home: FloatArray  # (n_years,) distance by year of age [km/yr]
    host: FloatArray  # (n_years,) the same in the host country
    fuel_fade: float  # growth of fuel use per year of age [1/yr]
    late_age: float  # age from which a catalyst in the host country counts as aged [yr]
    held: int  # age from which the figures of electricity hold
    discount: float  # growth of the factors of pack production, log per year (negative)


class Service(NamedTuple):
    """Expected years in service by year of age, plain and weighted by the fade of the pack."""

    plain: FloatArray  # (n_years,)
    worn: FloatArray  # (n_years,)


class Ledger(NamedTuple):
    """Activities from which the cell of an export age is put together, (14,) each, per vehicle bought unless said."""

    total: FloatArray  # whole lives at home
    running: FloatArray  # life at home up to the age
    host: FloatArray  # what follows the export at the age
    past: FloatArray  # life at home up to the age, of one vehicle that is alive


class Driven(NamedTuple):
    """Distance by year of age, weighted by the fade of the pack: all that electricity needs of lives [km].

    Rows hold the years one by one, and last the sum of those from `Use.held` on, for which the figures are the same.
    """

    home: FloatArray  # (n, n_vehicles, n_years) whole lives at home, per vehicle bought
    host: FloatArray  # (n, n_vehicles, n_ages, n_years) after the export at an age, per vehicle bought
    past: FloatArray  # (n, n_vehicles, n_ages, n_years) before it, per vehicle that crosses; no vehicles if not asked
    new: FloatArray  # (n, n_vehicles, n_years) of vehicles new in the host country


class Filled(NamedTuple):
    """What kernels of lives fill: activity of every cell, and of the vehicles that could cross, kept at home."""

    activity: FloatArray  # (n, n_cells, 14)
    stay_activity: FloatArray  # (n, n_vehicles, n_ages, 14), or no vehicles where nobody asks
    driven: Driven


class Cells(NamedTuple):
    """Vehicles of a study, and where their cells lie: at home, exported at 0, 1, ..., new in the host country."""

    first: IntArray  # (n_vehicles,) first cell
    body: IntArray  # (n_vehicles,) row in the survival at home
    chemistry: IntArray  # (n_vehicles,) column of the laws of packs
    sold_home: BoolArray  # (n_vehicles,)
    sold_host: BoolArray  # (n_vehicles,)


class Survivals(NamedTuple):
    """Survival of vehicles over draws."""

    home: FloatArray  # (n, n_bodies, n + 1) at the nodes
    host: FloatArray  # (n, n + 1) of vehicles new there
    destination: Destination  # of those that are exported: arrays (n,), table (n, k)


class Uses(NamedTuple):
    """Driving over draws."""

    home_rate: FloatArray  # (n, n_vehicles, n_years) [km/yr]
    host_rate: FloatArray  # (n, n_years) [km/yr]
    fuel_fade: FloatArray  # (n, n_vehicles) [1/yr]
    late_age: float  # [yr]
    held: int  # age in the last calendar year of which figures of electricity are known [yr]
    discount: FloatArray  # (n,) log per year


class Covers(NamedTuple):
    """Warranties over draws."""

    home: FloatArray  # (n, n_vehicles) age at the end of the warranty [yr]
    host: FloatArray  # (n, n_vehicles) the same of a vehicle new in the host country
    own: FloatArray  # (n,) cover of a replacing pack [yr]


class Ageing(NamedTuple):
    """What packs lose beside their lives, over draws."""

    used_age: FloatArray  # (n,) age of a used pack at its installation [yr]
    fade: FloatArray  # (n, n_chemistries) loss of round-trip efficiency relative to new [1/yr]


class Lives(NamedTuple):
    """All that decides the lives of a study's vehicles, over n draws: what both kernels of lives take."""

    steps: int  # per year
    n_ages: int  # export ages 0, 1, ..., n_ages - 1 [yr]
    cells: Cells
    survival: Survivals
    use: Uses
    laws: PackLaws
    cover: Covers
    answer: Answer
    ageing: Ageing


class Sums(NamedTuple):
    """Sums over the packs in service, each (n + 2,): survival at both ends of a step, and halves of steps."""

    begin: FloatArray
    end: FloatArray
    begin_worn: FloatArray  # weighted by the fade in the step
    end_worn: FloatArray
    rest: FloatArray  # years after installations in the middle of the step [yr]
    rest_worn: FloatArray


class State(NamedTuple):
    """Vehicles alive at home at whole ages, by the pack that they run on."""

    alive: FloatArray  # (n_ages, 2, n_places): per vehicle bought, by kind and place of installation
    curve: FloatArray  # the same: survival of that pack
    taken: IntArray  # (2 n_places, 2): kind and place of those that are in use, in order of the places
    count: IntArray  # (1,) how many these are


class HomeMemory(NamedTuple):
    """What the recursion of an arm leaves, and what it needs meanwhile."""

    flow: FloatArray  # (3, n + 2): packs started; element 0 the first pack, element i + 1 those of step i
    sums: Sums
    curve: FloatArray  # (n + 2,) survival of the pack in hand
    link: FloatArray  # (2, n + 2) packs that follow it
    state: State  # empty where no vehicle is exported
    past: FloatArray  # (2, n_places, n_ages + 2) what lies behind the vehicles of a pack; empty unless asked for
    history: FloatArray  # (n_ages, n_ages + 2) the same of those alive at each whole age
    behind: FloatArray  # (n_ages + 2,) the same of one vehicle
    ones: FloatArray  # (n_ages,) years in service of a vehicle that is alive


class HostMemory(NamedTuple):
    """What the recursion after an export leaves, and what it needs meanwhile."""

    flow: FloatArray  # (3, n + 2): new and used packs, and the failures
    sums: Sums
    weights: FloatArray  # (3, n + 10) survival weight of the packs of a table by step of installation


class Exports(NamedTuple):
    """What follows the exports of a block, and what that needs meanwhile; by export age in the last axis."""

    vehicles: FloatArray  # (n_entries, 24) that cross on a pack, per vehicle bought
    factor: FloatArray  # (n_entries, 24) what its survival is over that of its table, see `Crossing`
    last: IntArray  # (n_entries,) node after which nothing is left of them
    begin: FloatArray  # (n + 2, 24) sums over the packs in service, as `Sums` has them
    begin_worn: FloatArray
    end_worn: FloatArray
    rest: FloatArray
    rest_worn: FloatArray
    late: FloatArray  # (n + 2, 24) packs installed in the step: in service at its end, though not at a node of it
    failed: FloatArray  # (n + 2, 24) packs that fail: element i + 1 those of step i
    weights: FloatArray  # (2, n + 10, 24) survival weight of the packs installed in a step, by kind
    first: FloatArray  # (24,) first packs that fail
    row: FloatArray  # (24,)
    activity: FloatArray  # (14, 24)
    driven: FloatArray  # (n_years, 24) a row of `Driven.host` in each column


class Covered(NamedTuple):
    """What the warranty saw of an arm, per vehicle bought."""

    left: float  # packs that left under cover
    retired: float  # vehicles that died while their pack was covered


class Crossed(NamedTuple):
    """What an export at one age amounts to, per vehicle bought."""

    last: int  # step after the last in which a vehicle may live
    vehicles: float  # that cross
    replaced: float  # first packs replaced afterwards


class Memory(NamedTuple):
    """The memory of one draw of the exact expectation."""

    nodes: Nodes
    packs: Packs  # leading axis of chemistries
    ahead: Ahead
    after: Vehicle  # leading axis of export ages: the same in rows, where lives are sampled
    exports: Exports
    hazard: FloatArray  # (n,) of the vehicle in hand
    home: HomeMemory
    host: HostMemory
    home_service: Service
    host_service: Service
    running: FloatArray  # (14,)
    crossed: FloatArray  # (14,)
    behind: FloatArray  # (14,)
