"""Models that treat their arrays as their own: arguments changed in place, one buffer given again, masked values."""

import os
import threading

import numpy as np
import pytest

import mcsim
from mcsim.engine.backends import RunFailed
from mcsim.study import Dim, InputError, Output


def study(function, outputs=None, **more):
    """Return a study of two shares."""
    inputs = {"p": mcsim.uniform(0, 1), "q": mcsim.uniform(0, 1)}
    return mcsim.study_of(mcsim.Model.from_function(function, inputs, outputs or {"r": "km"}, **more))


def plain(p, q):
    return {"r": p + 2 * q}


def test_arguments_changed_in_place_stay_as_drawn():
    def scaling(p, q):
        found = p + 2 * q
        p *= 0.0
        np.log(q, out=q)
        return {"r": found}

    clean, other = mcsim.run(study(plain), 500), mcsim.run(study(scaling), 500)
    assert all(np.array_equal(clean.inputs[name], other.inputs[name]) for name in "pq")
    assert np.array_equal(clean.kept["r"], other.kept["r"])


def test_a_call_that_failed_half_way_leaves_the_next_try_its_arguments():
    def failing(p, q):
        found = p + 2 * q
        q -= 7.0
        if (p > 0.99).any():
            raise ValueError("no solution")
        return {"r": found}

    clean, other = mcsim.run(study(plain), 1000), mcsim.run(study(failing), 1000)
    assert 0 < len(other.failures) < 50
    assert np.array_equal(other.kept["r"], clean.kept["r"][other.draw])


def test_a_ranking_is_not_moved_by_a_model_that_works_in_place():
    def scaling(p, q):
        found = p + 2 * q
        p *= 0.0
        return {"r": found}

    found = [mcsim.sensitivity(study(model), 64).table("r")["ST"].tolist() for model in (plain, scaling)]
    assert found[0] == found[1]


def test_one_buffer_given_at_each_call_is_read_at_each_call():
    buffers: dict[int, np.ndarray] = {}

    def buffered(p, q):
        out = buffers.setdefault(len(p), np.empty(len(p)))
        np.add(p, 2 * q, out=out)
        return {"r": out}

    assert np.array_equal(
        mcsim.run(study(buffered), 5000, jobs=1).kept["r"], mcsim.run(study(plain), 5000, jobs=1).kept["r"]
    )


def test_a_masked_value_fails_its_draw():
    result = mcsim.run(study(lambda p, q: {"r": np.ma.masked_where(p > 0.5, p)}), 400, max_failed=1)
    assert result.complete == (result.inputs["p"] <= 0.5).sum()
    assert 150 < result.complete < 250
    assert result.failures[0].reason == "r is nan"


def test_a_masked_value_is_undefined_where_that_may_be():
    output = Output("r", "km", "r", may_be_undefined=True)
    result = mcsim.run(study(lambda p, q: {"r": np.ma.masked_where(p > 0.5, p)}, {"r": output}), 400)
    assert result.complete == 400
    assert np.array_equal(np.isnan(result.kept["r"]), result.inputs["p"] > 0.5)


@pytest.mark.parametrize("value", [lambda p, q: {"r": p}, lambda p, q: {"r": [p]}, lambda p, q: {"r": np.full(2, p)}])
def test_one_number_for_many_elements_is_refused_draw_by_draw(value):
    output = Output("r", "km", "r", (Dim("year", (2030, 2040, 2050)),))
    with pytest.raises(InputError, match=r"output r: wrong shape \(got .*\); \(3,\)"):
        mcsim.run(study(value, {"r": output}, per_draw=True), 20)


def test_whole_numbers_and_rows_pass_draw_by_draw():
    output = Output("r", "km", "r", (Dim("year", (2030, 2040)),))
    whole = mcsim.run(study(lambda p, q: {"r": int(p > 0.5)}, per_draw=True), 50)
    rows = mcsim.run(study(lambda p, q: {"r": [p, q]}, {"r": output}, per_draw=True), 50)
    assert np.array_equal(whole.kept["r"], whole.inputs["p"] > 0.5)
    assert np.array_equal(rows.kept["r"], np.column_stack([rows.inputs["p"], rows.inputs["q"]]))


def test_a_missing_output_is_named_draw_by_draw():
    with pytest.raises(InputError, match=r"output r missing \(got s\)"):
        mcsim.run(study(lambda p, q: {"s": p}, per_draw=True), 5)


def test_a_call_that_nobody_waits_for_holds_no_directory(tmp_path, monkeypatch):
    """After a time-out its thread runs on: whoever changes the directory then keeps it, and it ends without a word."""
    goes_on, ended = threading.Event(), threading.Event()

    def hangs(p, q):
        try:
            goes_on.wait(30)
            return {"r": p}
        finally:
            ended.set()

    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunFailed, match=r"took longer than 0\.3 s"):
        mcsim.run(study(hangs), 10, jobs=1, timeout=0.3)
    there = tmp_path / "there"
    there.mkdir()
    monkeypatch.chdir(there)
    mcsim.run(study(plain), 10)
    assert os.getcwd() == str(there)
    goes_on.set()
    assert ended.wait(30)
    mcsim.run(study(plain), 10)
    assert os.getcwd() == str(there)
