"""The rules of packs against the lives that the kernels follow: one statement, read by a plain recursion."""

import ast
import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from life_settings import HOST, expected, rules
from naive_life import Law

from mcsim.kernels import _jit as jit
from mcsim.kernels.life.records import (
    LANDFILLED,
    MID_STEP,
    NEW,
    PRODUCED,
    RECYCLED_HOST,
    RETIRED_HOME,
    USED,
    USED_PACKS,
    WITH_VEHICLE,
    Answer,
    Cover,
)
from mcsim.kernels.life.rules import (
    LANDFILLED_IN_HOST,
    RECYCLED_IN_HOST,
    RETIRED_AT_HOME,
    answered,
    end_of_cover,
    fate,
    pack_share,
)


def survival_of(law, age):
    return np.exp(-law.hazard(max(age, 0.0)))


def recursion(setting, survival, law, in_host):
    """Packs made, used, and by fate, of a vehicle whose laws are the same under the cover and after it.

    Whole years; the cover ends at a whole age, so no year is split.
    """
    cover, answer = Cover(setting.warranty, setting.cover), Answer(setting.repair, setting.swap)
    flow = np.zeros((2, 92))
    flow[NEW, 0] = 1.0
    gone = dict.fromkeys((RETIRED_AT_HOME, RECYCLED_IN_HOST, LANDFILLED_IN_HOST), 0.0)
    for place in range(91):
        for kind in (NEW, USED):
            started = flow[kind, place]
            if started < 1e-18:
                continue
            row = WITH_VEHICLE if place == 0 else MID_STEP
            start = place - row
            installed = start + 0.5 if row == MID_STEP else 0.0
            attained = setting.used_age if kind == USED else 0.0
            end = end_of_cover(kind, row == MID_STEP, installed, cover)
            alive = started
            if row == MID_STEP:
                later = started * 2.0 * survival[start + 1] / (survival[start] + survival[start + 1])
                gone[fate(in_host, end > start + 0.75)] += alive - later
                alive = later
            # Survival at the next node given that at this one; nothing fails in the step of installation.
            for j in range(place, 90):
                first = attained if row == MID_STEP and j == place else attained + j - installed
                risk = law.hazard(attained + j + 1 - installed) - law.hazard(first)
                died = np.log(survival[j] / survival[j + 1]) if survival[j + 1] > 0.0 else 700.0
                left = alive * np.exp(-risk - died) if survival[j + 1] > 0.0 else 0.0
                failed = pack_share(alive - left, risk, died)
                covered = j + 1 <= end
                gone[fate(in_host, covered)] += alive - left
                new, used = answered(failed if covered else 0.0, 0.0 if covered else failed, answer)
                flow[NEW, j + 1] += new
                flow[USED, j + 1] += used
                alive = left
    return flow[NEW].sum(), flow[USED].sum(), gone


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("in_host", [False, True])
def test_the_recursions_follow_the_rules_in_random_cases(seed, in_host):
    draw = np.random.default_rng(seed)
    law = Law(draw.uniform(1.5, 9.0), draw.uniform(5.0, 16.0))
    repair = draw.choice([0.0, draw.uniform(0.0, 0.7)])
    setting = rules(
        law,
        warranty=float(draw.integers(0, 12)),
        repair=repair,
        swap=draw.uniform(0.0, 1.0 - repair),
        used_age=draw.uniform(1.0, 7.0),
    )
    survival = np.array(setting.abroad_survival if in_host else setting.home_survival)
    made, used, gone = recursion(setting, survival, law, in_host)
    found = expected(setting)[HOST if in_host else 0]
    told = {PRODUCED: made, USED_PACKS: used, RETIRED_HOME: gone[RETIRED_AT_HOME]}
    told |= {RECYCLED_HOST: gone[RECYCLED_IN_HOST], LANDFILLED: gone[LANDFILLED_IN_HOST]}
    for column, value in told.items():
        assert found[column] == pytest.approx(value, rel=1e-9, abs=1e-12), column


def test_a_pack_has_the_longer_of_its_own_cover_and_what_is_left_of_the_vehicles():
    assert end_of_cover(NEW, True, 7.5, Cover(8.0, 4.0)) == 11.5
    assert end_of_cover(NEW, True, 3.5, Cover(8.0, 4.0)) == 8.0
    assert end_of_cover(USED, True, 3.5, Cover(8.0, 4.0)) == 0.0


def lent_records(path):
    """Yield the borrowing kernels of a file that return arrays in records, which callers would give back too often."""
    module = importlib.import_module(f"mcsim.kernels.{path.parent.name}.{path.stem}")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        decorators = [item.id for item in getattr(node, "decorator_list", []) if isinstance(item, ast.Name)]
        if not {"borrowing_kernel", "inline_borrowing_kernel"} & set(decorators):
            continue
        for statement in ast.walk(node):
            value = statement.value if isinstance(statement, ast.Return) else None
            if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
                fields = getattr(getattr(module, value.func.id, None), "__annotations__", {})
                if any(kind not in (int, float, bool, Any) for kind in fields.values()):
                    yield node.name


@pytest.mark.parametrize("room", ["life", "lives"])
def test_kernels_that_count_no_references_lend_no_arrays(room):
    files = sorted((Path(jit.__file__).parent / room).glob("*.py"))
    assert [name for path in files for name in lent_records(path)] == []
