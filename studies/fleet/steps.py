"""The fleet in steps, each with the inputs that it reads, so that a ranking computes it again only where those change.

Flows first: who is sold, leaves and crosses, and which packs retire when and how large. Packs then: what they hold and
where they go, which no flow depends on. Outputs that one more input decides are steps of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from mcsim.kernels.cohorts import room
from mcsim.kernels.cohorts.records import NEW, SECOND_HAND, Policy, Trade
from mcsim.studies.fleet import batteries, charging, failures, turnover
from mcsim.studies.fleet import trade as border
from mcsim.studies.fleet.levers import LEVERS
from mcsim.studies.fleet.policy import BorderRule, Grid, Recovery, Repairs
from mcsim.study import Context, FloatArray, IntArray, OptionValue
from mcsim.study.stages import Found

Options = Mapping[str, OptionValue]


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


def handed(packs: room.Packs) -> dict[str, FloatArray]:
    """Return retiring packs as results of a step; `held` finds them again."""
    return {
        f"{kind}_{field}": values
        for kind, retiring in zip(packs._fields, packs, strict=True)
        for field, values in zip(retiring._fields, retiring, strict=True)
    }


def held(found: Found, prefix: str = "") -> tuple[room.Packs, IntArray]:
    """Return the retiring packs of an earlier step where they lie (35 kB a row), and which of them each row has.

    Those whose names as results begin with the prefix.
    """
    kinds = [
        room.Retiring(*(found.whole(f"{prefix}{kind}_{field}")[0] for field in room.Retiring._fields))
        for kind in room.Packs._fields
    ]
    return room.Packs(*kinds), found.whole(f"{prefix}later_number")[1]


def lever_reads(*kinds: type) -> tuple[str, ...]:
    """Return the inputs of all levers that act on one of these kinds of record."""
    found: list[str] = []
    for lever in LEVERS:
        if not lever.acts.keys().isdisjoint(kinds):
            found += [*(parameter.name for parameter in lever.parameters), *lever.also]
    return tuple(found)


def flow_reads(options: Options, years_apart: bool = False) -> tuple[str, ...]:
    """Return what the flows read under some options; `years_apart` as in `mcsim.studies.fleet.trade.reads`."""
    return tuple(
        dict.fromkeys(
            (
                *turnover.READS,
                *border.reads(options, years_apart),
                *failures.READS[str(options["battery_law"])],
                *batteries.CAPACITY_READS,
                *lever_reads(BorderRule, Trade, Repairs),
            )
        )
    )


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
