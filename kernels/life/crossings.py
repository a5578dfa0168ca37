"""A block of exports, and what its packs add from their crossing on: shared by those who follow them."""

from typing import NamedTuple

import numpy as np

from mcsim.kernels._jit import FloatArray, apart_kernel, borrowing_kernel
from mcsim.kernels.life.records import ABREAST, MID_STEP, WITH_VEHICLE, IntArray
from mcsim.kernels.maths import fma

_ABREAST = np.uint64(ABREAST)


class Sequel(NamedTuple):
    """Nodes and survival of a block of exports."""

    first: int  # node of the first crossing
    latest: int  # node of the last one
    reach: int  # node after which nothing is left of what crosses and follows
    node: IntArray  # (8,) of each crossing
    survival: FloatArray  # (n + 1, 8) at the nodes
    hazard: FloatArray  # (n, 8)


@borrowing_kernel
def cross(entry, kind, place, sequel, packs, exports):
    """Add the packs of a place to the sums over packs, from the node after the first crossing on."""
    row = WITH_VEHICLE if place == 0 else MID_STEP
    pack, start = row + kind, place - row
    first, end = max(place, sequel.first) + 1, min(sequel.reach, exports.last[entry]) + 1
    if first < end:
        since = first - start
        _add_crossing(
            exports.vehicles[entry], exports.factor[entry], packs.exported.survival[pack, since:],
            packs.fade[pack, since - 1 :], exports.begin[first:end], exports.begin_worn[first:end],
            exports.end_worn[first - 1 :],
        )  # fmt: skip


@apart_kernel
def _add_crossing(vehicles, factor, table, fade, begin, begin_worn, end_worn):
    """Add vehicles x min(1, factor x table), weighted by the fade in the steps that begin and end at the node."""
    for k in range(begin.shape[0]):
        for lane in range(_ABREAST):
            left = factor[lane] * table[k]
            alive = vehicles[lane] * (left if left < 1.0 else 1.0)
            begin[k, lane] += alive
            begin_worn[k, lane] = fma(alive, fade[k + 1], begin_worn[k, lane])
            end_worn[k, lane] = fma(alive, fade[k], end_worn[k, lane])


@apart_kernel
def add_row(row, total):
    """Add a row to another; so short a loop becomes vector instructions only where its length is not known."""
    for lane in range(total.size):
        total[lane] += row[lane]
