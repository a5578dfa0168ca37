"""The fleet in steps, each with the inputs that it reads, so that a ranking computes it again only where those change.

Flows first: who is sold, leaves and crosses, and which packs retire when and how large. Packs then: what they hold and
where they go, which no flow depends on. Outputs that one more input decides are steps of their own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels.cohorts import room
from mcsim.kernels.cohorts.records import NEW, SECOND_HAND, Policy, Trade
from mcsim.studies.fleet import batteries, charging, failures, turnover
from mcsim.studies.fleet import trade as border
from mcsim.studies.fleet.levers import LEVERS
from mcsim.studies.fleet.policy import BorderRule, Grid, Recovery, Repairs
from mcsim.studies.fleet.shares import Alike
from mcsim.study import Context, FloatArray, OptionValue, Stage
from mcsim.study.stages import Found

Options = Mapping[str, OptionValue]


SAME = tuple(f"same_{part}" for part in Alike._fields)


class Floats(Mapping[str, FloatArray]):
    """Inputs as float64, made when they are read: whole numbers would compile every kernel a second time."""

    def __init__(self, values: Mapping[str, FloatArray]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> FloatArray:
        return np.asarray(self._values[name], np.float64)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def handed(packs: room.Packs, places: room.Places) -> dict[str, NDArray[Any]]:
    """Return retiring packs, and where those of each draw stand, as results of a step; `held` finds them again."""
    found: dict[str, NDArray[Any]] = {
        f"{kind}_{field}": values
        for kind, retiring in zip(packs._fields, packs, strict=True)
        for field, values in zip(retiring._fields, retiring, strict=True)
    }
    return found | {f"place_{kind}": where for kind, where in zip(places._fields, places, strict=True)}


def held(found: Found, prefix: str = "") -> tuple[room.Packs, room.Places]:
    """Return the retiring packs of an earlier step where they lie (35 kB a row), and where those of each row stand.

    Those whose names as results begin with the prefix.
    """
    kinds = [
        room.Retiring(*(found.whole(f"{prefix}{kind}_{field}")[0] for field in room.Retiring._fields))
        for kind in room.Packs._fields
    ]
    return room.Packs(*kinds), room.Places(*(found[f"{prefix}place_{kind}"] for kind in room.Places._fields))


@cache
def lever_reads(*kinds: type) -> tuple[str, ...]:
    """Return the inputs of all levers that act on one of these kinds of record."""
    found: list[str] = []
    for lever in LEVERS:
        if not lever.acts.keys().isdisjoint(kinds):
            found += [*(parameter.name for parameter in lever.parameters), *lever.also]
    return tuple(found)


def part_reads(options: Options, years_apart: bool = False) -> dict[str, tuple[str, ...]]:
    """Return what each part of the flows reads under some options, by the names of `mcsim.studies.fleet.shares.Alike`.

    `years_apart` as in `mcsim.studies.fleet.trade.reads`.
    """
    lives = failures.READS[str(options["battery_law"])]
    return {
        "lives": (*lives, *turnover.SURVIVAL_READS, *lever_reads(BorderRule, Repairs)),
        "home": turnover.HOME_READS,
        "host": turnover.HOST_READS,
        "first": turnover.FIRST_READS,
        "border": (*border.reads(options, years_apart), *lever_reads(BorderRule, Trade)),
        "new_capacity": batteries.CAPACITY_READS["host"],
        "used_capacity": batteries.CAPACITY_READS["home"],
    }


def flow_reads(options: Options, years_apart: bool = False) -> tuple[str, ...]:
    """Return what the flows read under some options, as `part_reads`."""
    return tuple(dict.fromkeys(itertools.chain(*part_reads(options, years_apart).values())))


def same(part: str, reads: tuple[str, ...]) -> Stage:
    """Return a step that tells which draws agree in what a part of the flows reads: those that share its result."""
    return Stage(f"same_{part}", lambda inputs, found, context: {f"same_{part}": np.arange(len(context.draws))}, reads)


def alike_of(found: Found) -> Alike:
    """Return what the steps `same` have told."""
    return Alike(*(found.whole(name)[1] for name in SAME))


def mass_reads(options: Options) -> tuple[str, ...]:
    """Return what the mass of packs reads under some options."""
    return (*batteries.chemistry_reads(str(options["chemistry_path"])), *batteries.MASS_READS)


def pack_reads(options: Options) -> tuple[str, ...]:
    """Return what the contents of packs and their destinations read under some options."""
    chemistry = batteries.chemistry_reads(str(options["chemistry_path"]))
    return tuple(dict.fromkeys((*chemistry, *batteries.CONTENT_READS, *lever_reads(Policy, Recovery))))


def grid_reads() -> tuple[str, ...]:
    """Return what emissions of charging read."""
    return tuple(dict.fromkeys((*charging.READS, *lever_reads(Grid))))


def names_of(context: Context, *more: tuple[str, str]) -> frozenset[str] | None:
    """Return what is wanted, with the results of this step from which a wanted output of a later one follows."""
    if context.wanted is None:
        return None
    return context.wanted | {result for result, output in more if output in context.wanted}


def nimh_mass(inputs: Mapping[str, FloatArray], hybrids_gone: FloatArray) -> FloatArray:
    """Return the mass of nickel-metal hydride packs that retire, one per hybrid that leaves [t]."""
    return np.asarray(hybrids_gone * inputs["nimh_pack_mass"][:, None, None] / 1000.0, np.float64)


def energy_on_offer(inputs: Mapping[str, FloatArray], retired: FloatArray) -> FloatArray:
    """Return the energy of retired packs that could serve again, (n, years), of all by origin (n, years, 2) [GWh]."""
    fit = inputs["triage_share"] * (1.0 - inputs["host_end_of_life_loss"])
    return np.asarray((retired[:, :, NEW] + retired[:, :, SECOND_HAND]) * fit[:, None], np.float64)
