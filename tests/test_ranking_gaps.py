"""Elements that are undefined so seldom that a pilot sees them defined: rows are left out of these alone."""

import numpy as np
import pytest
from small_studies import study_of

import mcsim
from mcsim.ranking.indices import Rows, Sums, add_rows, indices
from mcsim.study import Dim, InputError, Output

N_CELLS = 400
WEIGHT = np.linspace(0.5, 1.5, N_CELLS)
INPUTS = dict.fromkeys("abc", "uniform(0, 1)")


def study(share=0.001, cells=N_CELLS):
    """Return sums of three inputs, each element undefined in a share of the points that has to do with nothing."""

    def evaluate(inputs, context):
        a, b, c = (inputs[name][:, None] for name in "abc")
        chance = np.modf((a * 7919.0 + b * 104729.0 + c * 1299709.0) * np.arange(1, cells + 1))[0]
        return {"y": np.where(chance < share, np.nan, WEIGHT[:cells] * a + b + 0.5 * c)}

    dim = Dim("cell", tuple(range(cells)))
    return study_of(evaluate, INPUTS, [Output("y", "1", "", (dim,), rank=True, may_be_undefined=True)])


def by_value(ranking, whole):
    """Return the elements that are ranked by their values: the others are ranked by whether they have one."""
    return np.isclose(ranking.values("y", "ST"), whole.values("y", "ST"), atol=0.1).all(axis=0)


def test_rows_that_an_element_lacks_are_left_out_of_it_alone():
    rng = np.random.default_rng(1)
    f_a, f_b, f_ab, f_ba = (rng.normal(size=shape) for shape in ((40, 3), (40, 3), (2, 40, 3), (2, 40, 3)))
    gaps = np.zeros((40, 3), bool)
    gaps[[3, 17, 31], 1] = True
    weights = np.concatenate([np.ones((1, 40)), rng.poisson(1.0, (3, 40))])

    def found(rows, gaps=None):
        sums = Sums.zeros(4, 2, 3, True)
        parts = [part[..., rows, :].copy() for part in (f_a, f_b, f_ab, f_ba)]
        if gaps is not None:
            for part in parts:
                part[..., gaps] = 0.0
        add_rows(sums, np.ascontiguousarray(weights[:, rows]), Rows(*parts, gaps))
        return indices(sums, 4)

    every = np.arange(40)
    mine, all_rows, fewer = found(every, gaps), found(every), found(np.delete(every, [3, 17, 31]))
    for name in ("first", "total", "second", "dummy"):
        values = getattr(mine, name)
        np.testing.assert_array_equal(values[..., [0, 2]], getattr(all_rows, name)[..., [0, 2]])
        np.testing.assert_allclose(values[..., 1], getattr(fewer, name)[..., 1], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("words", [{}, {"confidence": "bootstrap", "second_order": True}])
def test_elements_that_are_seldom_undefined_are_ranked_by_their_values(words):
    found = mcsim.sensitivity(study(), base=512, jobs=1, **words)
    whole = mcsim.sensitivity(study(0.0), base=512, jobs=1, **words)
    assert len(found.dropped) == 0
    valued = by_value(found, whole)
    # A pilot of 256 misses nearly four in five of them.
    assert 0.6 * N_CELLS < valued.sum() < N_CELLS
    truth = np.stack([WEIGHT**2, np.ones(N_CELLS), np.full(N_CELLS, 0.25)])
    truth /= truth.sum(axis=0)
    assert np.abs(found.values("y", "ST") - truth)[:, valued].max() < 0.05
    told = next(line for line in found.warnings if "which are left out there" in line)
    assert "elements are undefined in up to" in told
    assert "of 512 base rows" in told
    # Where all rows have a value it has the bits of a model that always has.
    same = np.equal(found.values("y", "ST"), whole.values("y", "ST")).all(axis=0)
    assert same.any()


def test_such_a_ranking_has_the_same_bits_for_any_jobs_chunks_and_shards(tmp_path):
    words = {"base": 256, "seed": 3}
    one = mcsim.sensitivity(study(cells=60), **words, jobs=1)
    other = mcsim.sensitivity(study(cells=60), **words, jobs=2, chunk=64, out=tmp_path / "kept")
    for measure in ("S1", "ST", "ST_low", "rank"):
        np.testing.assert_array_equal(one.values("y", measure), other.values("y", measure))
    assert one.warnings == other.warnings


def test_an_element_that_too_many_rows_lack_is_told_and_not_ranked():
    found = mcsim.sensitivity(study(0.004), base=256, jobs=1, max_failed=0.01)
    told = next(line for line in found.warnings if "(max_failed)" in line)
    assert "more than 1 % (max_failed), so they are not ranked" in told
    assert np.isnan(found.values("y", "ST")).any()
    assert np.isfinite(found.values("y", "ST")).any()
    assert {"undefined"} <= set(found.table("y")["verdict"])


def test_trajectories_that_an_element_lacks_are_left_out_of_it_alone():
    found = mcsim.sensitivity(study(cells=100), base=64, method="morris", jobs=1)
    star, sigma = found.values("y", "mu_star"), found.values("y", "sigma")
    truth = np.stack([WEIGHT[:100], np.ones(100), np.full(100, 0.5)])
    exact = np.isclose(star, truth, atol=1e-9).all(axis=0)
    assert len(found.dropped) == 0
    assert exact.sum() > 50
    np.testing.assert_allclose(sigma[:, exact], 0.0, atol=1e-9)


def test_a_method_that_leaves_out_whole_rows_says_what_a_failed_one_is():
    with pytest.raises(InputError, match=r"too many base rows failed .*a row without a value of some element fails"):
        mcsim.sensitivity(study(), base=64, method="shapley", jobs=1)
