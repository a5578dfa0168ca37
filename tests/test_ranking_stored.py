"""ranking.npz: what is read back is what was saved, bit for bit."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from test_ranking import aged_study

from mcsim.ranking.ranking import Ranking
from mcsim.ranking.sensitivity import sensitivity
from mcsim.study import InputError
from mcsim.study.load import load


@pytest.mark.parametrize("options", [{}, {"second_order": True}, {"method": "morris"}, {"method": "prcc"}])
def test_a_ranking_comes_back_whole(tmp_path, options):
    ranking = sensitivity(aged_study(), base=64, jobs=1, **options)
    ranking.save(tmp_path / "ranking.npz")
    again = Ranking.load(tmp_path / "ranking.npz")
    pd.testing.assert_frame_equal(again.table(), ranking.table(), check_exact=True)
    for item in fields(Ranking):
        if item.name not in ("outputs", "scores", "second", "convergence", "dropped", "variances"):
            assert getattr(again, item.name) == getattr(ranking, item.name), item.name
    assert again.variances.keys() == ranking.variances.keys()
    for name, values in ranking.variances.items():
        np.testing.assert_array_equal(again.variances[name], values)
    assert np.array_equal(again.dropped, ranking.dropped)
    assert again.convergence.keys() == ranking.convergence.keys()
    assert again.lines("change", vehicle="ev") == ranking.lines("change", vehicle="ev")


def test_second_order_and_convergence_come_back(tmp_path):
    ranking = sensitivity(load("ishigami"), base=64, jobs=1, second_order=True)
    ranking.save(tmp_path / "ranking.npz")
    again = Ranking.load(tmp_path / "ranking.npz")
    pd.testing.assert_frame_equal(again.pair_table("y"), ranking.pair_table("y"), check_exact=True)
    pd.testing.assert_frame_equal(again.convergence_table("y"), ranking.convergence_table("y"), check_exact=True)


def test_outputs_come_back_with_their_dims_and_layout(tmp_path):
    sensitivity(aged_study(), base=64, jobs=1).save(tmp_path / "ranking.npz")
    output = Ranking.load(tmp_path / "ranking.npz").output("change")
    assert output.dims == aged_study().output("change").dims
    assert np.array_equal(output.mask, aged_study().output("change").mask)


def test_a_file_that_is_no_ranking_is_refused(tmp_path):
    (tmp_path / "ranking.npz").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"ranking\.npz: damaged .*a ranking.npz as mcsim wrote it"):
        Ranking.load(tmp_path / "ranking.npz")
