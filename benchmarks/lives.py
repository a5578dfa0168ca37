"""Sampled lives against a plain NumPy twin and a numba loop over years, on threads, and in memory.

Run as ``python benchmarks/lives.py``: prints one row per claim. Processor time, the best of several repeats, all in one
run, so that ratios hold on any machine. One route is a vehicle bought new in Mexico: warranty, recycling and landfill;
the twins follow it by the same yearly grid.
"""

# ruff: noqa: NPY002 - the generator that numba compiles is the legacy one

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
from vehicle import drawn

from mcsim.kernels.life.expectation import room_for
from mcsim.kernels.life.records import DISTANCE, PRODUCED, RECYCLED_HOST, YEARS
from mcsim.kernels.lives.counts import COUNTED
from mcsim.kernels.lives.draw import sampled_activity
from mcsim.kernels.lives.records import Sample
from mcsim.kernels.lives.spread import SPREADS
from mcsim.kernels.streams import stream_key, stream_of
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.second_hand_ev import lca
from mcsim.studies.second_hand_ev.lived import bodies, lives_of
from mcsim.studies.second_hand_ev.outputs import LEVELS
from mcsim.studies.second_hand_ev.plan import prepare
from mcsim.studies.second_hand_ev.sampled import unit_impacts
from mcsim.studies.second_hand_ev.vehicle import INPUT_NAMES, OPTION_NAMES
from mcsim.study.load import load

CORRIDOR = Corridor("us", "mx")
REPEATS = 3
LIVES = COUNTED  # one by one; more are counted by halving
ROOFLINE = 2.5  # ns per life of a compiled C prototype with AVX-512 intrinsics, measured apart


class Route:
    """Arguments of the kernel of lives, all scenarios or one, and what it fills."""

    def __init__(self, draws, *, one_route):
        study = load("second-hand-ev")
        inputs, options = (
            CORRIDOR.neutral(drawn(study, draws), INPUT_NAMES),
            CORRIDOR.neutral(study.options, OPTION_NAMES),
        )
        plan = prepare(study.tables, CORRIDOR)
        found = lca.impacts(plan.assessment, inputs, options)
        lives = lives_of(plan, bodies(plan, inputs), inputs, options)
        self.vehicle = plan.cells.vehicles.index("ev-compact-mx") if one_route else None
        if one_route:
            only = np.arange(len(lives.cells.first)) == self.vehicle
            lives = lives._replace(cells=lives.cells._replace(sold_home=only & ~only, sold_host=only))
        self.lives = lives
        self.per_kwh = np.ascontiguousarray(found["use_per_kwh"][..., 0])
        self.energy_per_km = np.ascontiguousarray(found["energy_per_km"])
        self.unit = unit_impacts(found, inputs["home_collection_share"], "gwp")
        self.scenarios = 1 if one_route else plan.cells.count
        self.draws = draws
        self.cells = plan.cells.count
        self.cell = int(plan.cells.offsets[self.vehicle]) if one_route else 0

    def __call__(self, n_lives, rows=None):
        """Return the activity of some of the draws."""
        rows = np.arange(self.draws) if rows is None else rows
        n = len(rows)
        lives = of_draws(self.lives, rows)
        filled = room_for(lives, self.cells, False)
        key = stream_key(np.uint64(1), np.uint64(stream_of("benchmarks/lives")))
        told = (self.unit[rows], self.per_kwh[rows], self.energy_per_km[rows])
        sample = Sample(key, rows.astype(np.int64), n_lives, np.array(LEVELS), *told)
        sampled_activity(lives, False, sample, filled, np.empty((n, self.cells, SPREADS)))
        return filled.activity


def of_draws(record, rows):
    """Return the record of some of the draws: the arrays with draws along their first axis, cells aside."""
    if isinstance(record, np.ndarray):
        return np.ascontiguousarray(record[rows])
    if isinstance(record, tuple):
        fields = record._asdict()
        return type(record)(**{k: v if k == "cells" else of_draws(v, rows) for k, v in fields.items()})
    return record


def best(function, clock=time.process_time, repeats=REPEATS):
    function()
    times = []
    for _ in range(repeats):
        start = clock()
        function()
        times.append(clock() - start)
    return min(times)


def grid(route):
    """Survival and hazards by step of the one route, as the twins take them: [row, age of pack], [age]."""
    lives = route.lives
    vehicle = lives.survival.host[0]
    shape, scale, defect = (column[0, 0] for column in lives.laws.host_covered)
    open_law = [column[0, 0] for column in lives.laws.host]
    if not np.allclose(open_law, [shape, scale, defect]):
        raise ValueError(f"benchmark: two thresholds (got {open_law}); a draw whose pack has one law")
    k = np.arange(len(vehicle) + 1)
    ages = np.stack([k, np.maximum(k - 0.5, 0.0)])
    hazard = (ages / scale) ** shape + defect * ages
    hazard[1, 1] = 0.0
    ends = float(lives.cover.host[0, route.vehicle])
    with np.errstate(divide="ignore", invalid="ignore"):
        risk = -np.diff(np.log(np.maximum(vehicle, 1e-300)))
    return vehicle, risk, np.diff(hazard, axis=1), ends, lives.use.host_rate[0]


def numpy_twin(curves, lives, seed=1):
    """Return means of distance, years, packs made and recycled as one writes it first: arrays over lives by year."""
    vehicle, vehicle_risk, pack_risk, ends, rate = curves
    random = np.random.default_rng(seed)
    alive, row, start = np.ones(lives, bool), np.zeros(lives, np.int64), np.zeros(lives, np.int64)
    distance, years, made, recycled = np.zeros(lives), np.zeros(lives), np.ones(lives), np.zeros(lives)
    for age in range(len(vehicle) - 1):
        of_pack, of_vehicle = pack_risk[row, age - start], vehicle_risk[age]
        total = of_pack + of_vehicle
        happens = alive & (random.random(lives) < -np.expm1(-total))
        fails = happens & (random.random(lives) < of_pack / np.maximum(total, 1e-300))
        spent = np.where(alive, np.where(happens, 0.5, 1.0), 0.0)
        covered = age + 1 <= ends
        if covered:
            recycled += happens
        replaced = fails if covered else np.zeros(lives, bool)
        rest = replaced & (random.random(lives) < 1.0 - 2.0 * vehicle[age + 1] / (vehicle[age] + vehicle[age + 1]))
        spent += np.where(replaced, np.where(rest, 0.25, 0.5), 0.0)
        made += replaced
        recycled += rest & (ends > age + 0.75)
        row, start = np.where(replaced, 1, row), np.where(replaced, age, start)
        alive &= ~happens | (replaced & ~rest)
        distance += spent * rate[age]
        years += spent
        if not alive.any():
            break
    return distance.mean(), years.mean(), made.mean(), recycled.mean()


@numba.njit(error_model="numpy")
def loop_twin(vehicle, vehicle_risk, pack_risk, ends, rate, lives, seed):
    """Return the same means from a compiled loop over years in a loop over lives."""
    np.random.seed(seed)
    all_distance, all_years, all_made, all_recycled = 0.0, 0.0, 0.0, 0.0
    for _ in range(lives):
        row, start, made = 0, 0, 1
        for age in range(vehicle.size - 1):
            of_pack = pack_risk[row, age - start]
            total = of_pack + vehicle_risk[age]
            if np.random.random() >= 1.0 - np.exp(-total):
                all_distance += rate[age]
                all_years += 1.0
                continue
            fails = np.random.random() * total < of_pack
            all_distance += 0.5 * rate[age]
            all_years += 0.5
            covered = age + 1 <= ends
            all_recycled += 1.0 if covered else 0.0
            if not (fails and covered):
                break
            made += 1
            row, start = 1, age
            if np.random.random() < 1.0 - 2.0 * vehicle[age + 1] / (vehicle[age] + vehicle[age + 1]):
                all_distance += 0.25 * rate[age]
                all_years += 0.25
                all_recycled += 1.0 if ends > age + 0.75 else 0.0
                break
            all_distance += 0.5 * rate[age]
            all_years += 0.5
        all_made += made
    return all_distance / lives, all_years / lives, all_made / lives, all_recycled / lives


def against_twins():
    route = Route(1, one_route=True)
    curves = grid(route)
    few, some = 50_000, 500_000
    told = route(10**8)[0, route.cell, [DISTANCE, YEARS, PRODUCED, RECYCLED_HOST]]
    for twin in (numpy_twin(curves, few), loop_twin(*curves, some, 1)):
        if not np.allclose(twin, told, rtol=0.03):
            raise ValueError(f"benchmark: a twin tells another life (got {twin}); {told}")
    one_by_one, many = per_life(), 10**6
    ours = best(lambda: route(many)) / many * 1e9
    plain = best(lambda: numpy_twin(curves, few)) / few * 1e9
    loop = best(lambda: loop_twin(*curves, some, 1)) / some * 1e9
    return [
        {"what": "sampled lives, one route: ns per life per core, one by one", "value": one_by_one, "target": 6.0},
        {"what": f"  roofline: compiled C with AVX-512 {ROOFLINE} ns; ours over it", "value": one_by_one / ROOFLINE},
        {"what": f"sampled lives, one route, {many:.0e} of them counted by halving: ns per life", "value": ours},
        {"what": "  NumPy arrays, year by year: ns per life", "value": plain},
        {"what": "  numba, loop over years: ns per life", "value": loop},
        {"what": "  ratio to NumPy arrays", "value": plain / ours, "target": 120.0},
        {"what": "  ratio to the loop over years", "value": loop / ours, "target": 35.0},
    ]


def per_life(draws=128):
    """Return what one more life costs [ns] where lives are counted one by one; the table of outcomes aside."""
    route = Route(draws, one_route=True)
    return (best(lambda: route(LIVES)) - best(lambda: route(LIVES // 2))) / (draws * LIVES / 2) * 1e9


def all_scenarios():
    rows = []
    for lives in (1000, LIVES, LIVES + 1, 100_000, 10**6, 10**10):
        route = Route(2, one_route=False)
        seconds = best(lambda route=route, lives=lives: route(lives), repeats=2) / (2 * route.scenarios)
        what = f"all {route.scenarios} scenarios paired, {lives:.0e} lives"
        rows.append({"what": f"{what}: ns per life and scenario", "value": seconds / lives * 1e9})
        rows.append({"what": f"{what}: ms per scenario", "value": seconds * 1e3})
    return rows


def two_threads(draws=2048):
    route = Route(draws, one_route=True)
    parts = np.array_split(np.arange(draws), 2)

    def together():
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda part: route(LIVES, part), parts))

    def apart():
        for part in parts:
            route(LIVES, part)

    walls, works = [], []
    for _ in range(REPEATS + 2):
        one, two = best(apart, time.perf_counter, 1), best(together, time.perf_counter, 1)
        walls.append(one / two)
        works.append(best(together, repeats=1) / best(apart, repeats=1))
    return [
        {"what": "sampled lives: speed-up from one thread to two, wall clock", "value": max(walls), "target": 1.8},
        {"what": "  processor time of two threads over that of one", "value": min(works)},
    ]


def memory():
    """Peak memory of a process of its own for each number of lives."""
    # Not ru_maxrss: a child begins with its parent's.
    code = (
        "import sys; from lives import Route; Route(1, one_route=False)(int(float(sys.argv[1])));"
        "print(float(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]) / 1024.0)"
    )
    folder = __file__.rpartition("/")[0] or "."
    rows = []
    for lives in ("1e6", "1e7", "1e8", "1e9", "1e10"):
        out = subprocess.run(
            [sys.executable, "-c", code, lives], cwd=folder, capture_output=True, text=True, check=True
        )
        rows.append({"what": f"  peak memory with {lives} lives per scenario, MB", "value": float(out.stdout)})
    added = rows[-1]["value"] - rows[1]["value"]
    return [{"what": "peak memory added from 1e7 to 1e10 lives, MB", "value": added, "target": 30.0}, *rows]


def rows():
    """Return one row per claim: what, value, and the target where there is one."""
    return [*against_twins(), *all_scenarios(), *two_threads(), *memory()]


def main():
    for row in rows():
        target = f"  (target {row['target']:g})" if "target" in row else ""
        print(f"{row['what']}: {row['value']:.4g}{target}")


if __name__ == "__main__":
    main()
