"""Morris trajectories chosen to lie far apart, against SALib, brute force and a linear model."""

from itertools import combinations

import numpy as np
import pytest
from SALib.sample.morris.local import LocalOptimisation
from small_studies import study_of

from mcsim.command.main import main
from mcsim.engine.design import morris_trajectories
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.sensitivity import sensitivity
from mcsim.ranking.spread import path_distances, spread_of, spread_out
from mcsim.study import InputError


def candidates(inputs, count, seed):
    return morris_trajectories(tuple(f"x{place}" for place in range(inputs)), count, seed)[0]


@pytest.mark.parametrize(("inputs", "count", "wanted"), [(3, 50, 4), (5, 60, 6), (10, 40, 10)])
def test_the_spread_is_at_least_that_of_salibs_local_optimisation(inputs, count, wanted):
    for seed in range(3):
        points = candidates(inputs, count, seed)
        apart = path_distances(points.reshape(count, inputs + 1, inputs))
        theirs = np.array(LocalOptimisation().find_local_maximum(points, count, inputs, wanted))
        assert spread_of(apart, spread_out(apart, wanted)) >= spread_of(apart, theirs) * (1.0 - 1e-6)


def test_of_few_candidates_it_is_the_best_of_all_sets():
    for seed in range(10):
        apart = path_distances(candidates(2, 9, seed).reshape(9, 3, 2))
        best = max(spread_of(apart, np.array(each)) for each in combinations(range(9), 4))
        assert spread_of(apart, spread_out(apart, 4)) == pytest.approx(best)


def linear(inputs, context):
    return {"y": 3.0 * inputs["a"] - 2.0 * inputs["b"] + 0.0 * inputs["c"]}


def test_chosen_trajectories_measure_what_others_do():
    study = study_of(linear, dict.fromkeys("abc", "uniform(0, 1)"))
    found = sensitivity(study, 8, method="morris", candidates=64)
    assert found.scores["y"]["mu_star"] == pytest.approx([3.0, 2.0, 0.0], abs=1e-9)
    assert found.warnings == (
        "the 8 of 64 trajectories that lie farthest apart; intervals take them as drawn by chance",
    )
    assert found.settings["candidates"] == 64
    again = sensitivity(study, 8, method="morris", candidates=64, jobs=2, chunk=4)
    np.testing.assert_array_equal(again.scores["y"]["mu_star"], found.scores["y"]["mu_star"])


def test_parts_on_two_machines_choose_the_same(tmp_path):
    words = ["sensitivity", "ishigami", "--method", "morris", "--base", "16", "--candidates", "64", "--quiet"]
    for part in ("1", "2"):
        assert main([*words, "--shard", f"{part}/2", "--out", str(tmp_path / part)]) == 0
    assert main(["merge", *(str(tmp_path / part) for part in "12"), "--out", str(tmp_path / "whole")]) == 0
    assert main([*words, "--out", str(tmp_path / "one")]) == 0
    one, whole = (Ranking.of(tmp_path / name).scores["y"]["mu_star"] for name in ("one", "whole"))
    np.testing.assert_array_equal(one, whole)


def test_too_few_candidates_and_other_methods_are_refused():
    study = study_of(linear, dict.fromkeys("abc", "uniform(0, 1)"))
    with pytest.raises(InputError, match=r"candidates: nothing to choose from \(got 8 for 8 trajectories\); 128, or"):
        sensitivity(study, 8, method="morris", candidates=8)
    with pytest.raises(InputError, match=r"sobol: candidates: only morris has it; leave it out, or method = morris"):
        sensitivity(study, 64, candidates=128)
