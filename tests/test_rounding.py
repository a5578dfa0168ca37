"""What draws.nc rounds: by how much, which readers see it, and that nothing of ours computes from it."""

import json
from itertools import pairwise

import h5py
import numpy as np
import pytest
import xarray as xr
from engine_studies import unlike

import mcsim
from mcsim.engine.design import Design
from mcsim.engine.folder import merge
from mcsim.engine.points import design_columns, values_of
from mcsim.engine.redrawn import drawn_again
from mcsim.engine.run import run
from mcsim.store import chunks, inputs, rounding
from mcsim.store.described import declarations, study_declared
from mcsim.store.directory import read
from mcsim.store.pieces import in_steps
from mcsim.store.whole import names_in
from mcsim.study.load import load

LAWS = [
    mcsim.normal(0.93, 0.01),
    mcsim.lognormal(median=0.3, sigma=2.0),
    mcsim.uniform(-1, 1),
    mcsim.triangular(2, 3, 9),
    mcsim.beta(2, 5),
]


def many(count=6, **more):
    """Return a study of inputs that count as many here, of which the model adds up all."""
    laws = {f"x{number}": LAWS[number % len(LAWS)] for number in range(count)} | more
    return mcsim.study_of(mcsim.Model.from_function(lambda **given: sum(given.values()), laws, outputs={"y": "1"}))


@pytest.fixture(autouse=True)
def six_are_many(monkeypatch):
    monkeypatch.setattr(inputs, "MANY", 5)


def stored(folder):
    with h5py.File(folder / "draws.nc") as file:
        return {name: (item.dtype, item[0], dict(item.attrs)) for name, item in file["prior"].items() if name[0] == "x"}


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_an_input_keeps_the_bits_that_its_spread_asks_for(law):
    bits, draws = rounding.bits_for(law), np.asarray(law.ppf(np.linspace(0.001, 0.999, 4001)))
    kept = rounding.to_bits(draws, bits).astype(float)
    low, high = np.asarray(law.ppf([0.025, 0.975])).tolist()
    inner = (draws >= low) & (draws <= high)
    assert (np.abs(kept - draws)[inner] <= 1.001e-3 * (high - low) / 4).all()
    assert (np.abs(kept - draws) <= 2.0 ** -(bits + 1) * np.abs(draws) * 1.001).all()
    assert (rounding.to_bits(kept, bits) == kept).all()


def test_bits_are_rounded_to_the_nearest_as_whole_numbers_are():
    draws = np.random.default_rng(1).lognormal(size=1000)
    mantissa, exponent = np.frexp(draws.astype(np.float32).astype(float))  # in [0.5, 1)
    slow = np.ldexp(np.rint(mantissa * 2**12) / 2**12, exponent)  # rint takes a half to even
    assert (rounding.to_bits(draws, 11) == slow).all()


@pytest.mark.parametrize("design", ["random", "lhs", "sobol", "sobol:4"])
def test_many_inputs_are_rounded_on_disk_and_drawn_again_when_read(tmp_path, design):
    memory = run(many(), 64, design=design, seed=5)
    disk = run(many(), 64, design=design, seed=5, out=tmp_path / "run")
    for name, (kind, values, about) in stored(disk.folder).items():
        assert kind == np.float32
        assert rounding.BITS in about
        assert (values != memory.inputs[name]).any()
        assert values == pytest.approx(memory.inputs[name], rel=2.0**-11)
    for result in (disk, read(disk.folder, many()), mcsim.open(disk.folder)):
        assert unlike(memory, result) == []
    tree = xr.open_datatree(disk.folder / "draws.nc", engine="h5netcdf")
    assert tree["prior"]["x0"].dims == ("chain", "draw")


def test_inputs_of_few_or_exact_or_own_or_given_are_kept_whole(tmp_path):
    class Own:
        def __str__(self):
            return "own"

        def ppf(self, u):
            return np.asarray(u, float)

        def cdf(self, x):
            return np.asarray(x, float)

        def mean(self):
            return 0.5

        def median(self):
            return 0.5

        def support(self):
            return 0.0, 1.0

    whole = [
        run(many(5), 20, out=tmp_path / "few"),
        run(many(), 20, out=tmp_path / "exact", exact=True),
        run(many(own=Own()), 20, out=tmp_path / "own"),
        run(many(), 20, out=tmp_path / "part", shard=(1, 2)),
    ]
    rows = {name: values[:20] for name, values in run(many(), 20).to_dataframe().items() if name != "y"}
    import pandas as pd

    design = mcsim.user_design(pd.DataFrame(rows), many())
    whole.append(run(many(), design=design, out=tmp_path / "given"))
    for result in whole:
        assert {kind for kind, _, _ in stored(result.folder).values()} == {np.dtype(np.float64)}


def test_a_run_of_rounded_inputs_extends_merges_and_leaves_failed_draws_out_to_the_same_bits(tmp_path):
    def fails(**given):
        found = sum(given.values())
        return np.where(given["x2"] > 0.5, np.nan, found)

    laws = {f"x{number}": LAWS[number % len(LAWS)] for number in range(6)}
    study = mcsim.study_of(mcsim.Model.from_function(fails, laws, outputs={"y": "1"}))
    memory = run(study, 300, max_failed=1.0)
    run(study, 100, max_failed=1.0, out=tmp_path / "more")
    longer = run(study, 300, max_failed=1.0, out=tmp_path / "more", resume=True)
    for part in (1, 2):
        run(study, 300, max_failed=1.0, out=tmp_path / str(part), shard=(part, 2))
    merged = merge([tmp_path / "1", tmp_path / "2"], tmp_path / "merged", study)
    assert 0 < len(memory.failures) < 300
    for result in (longer, merged, mcsim.open(tmp_path / "merged")):
        assert unlike(memory, result) == []
    assert np.array_equal(mcsim.open(tmp_path / "more").inputs["x4"], memory.inputs["x4"])


def test_what_another_version_would_draw_does_not_count(tmp_path, monkeypatch):
    disk = run(many(), 30, out=tmp_path / "run")
    monkeypatch.setattr(
        "mcsim.engine.redrawn.values_of",
        lambda study, design, low, high: dict.fromkeys(design.columns, np.full(high - low, 0.5)),
    )
    again = read(disk.folder, many())
    with pytest.warns(UserWarning, match=r"draws\.nc: \d+ inputs \(x\d, \.\.\.\) are not what this version"):
        assert again.inputs["x1"].tolist() == stored(disk.folder)["x1"][1].tolist()


def test_inputs_read_column_by_column_are_those_read_at_once(tmp_path, monkeypatch):
    memory, disk = run(many(), 50), run(many(), 50, out=tmp_path / "run")
    monkeypatch.setattr(inputs, "HELD_BYTES", 0)
    again = read(disk.folder, many())
    assert isinstance(again.inputs, inputs.StoredInputs)
    assert all(again.inputs[name].tobytes() == memory.inputs[name].tobytes() for name in ("x0", "x3", "x5"))
    part = inputs.inputs_of(again.inputs, 20, 40)
    assert all(part[name].tobytes() == memory.inputs[name][20:40].tobytes() for name in part)


@pytest.mark.parametrize("name", ["second-hand-ev", "fleet", "trade"])
def test_shipped_inputs_follow_from_what_study_json_declares(name):
    study = load(name)
    columns = design_columns(study)
    told = study_declared(json.loads(json.dumps(declarations(study))))
    assert inputs.roundable(study, "random")
    rows = np.array([3, 4, 7])
    for kind in ("random", "lhs"):
        values = values_of(study, Design(kind, 9, 40, columns), 0, 40)
        dependent = [name for pair in study.dependence for name in pair[:2] if name in columns]
        dependent += [name for order in study.ordered for name in order.names if name in columns]
        for names in (columns, dependent[:1] or columns[:1], columns[-2:]):
            again = drawn_again(told, kind, 9, 40, rows, names)
            assert all(again[one].tobytes() == values[one][rows].tobytes() for one in names)


@pytest.mark.parametrize("lengths", [[5, 5, 2], [1] * 7, [3], [4, 4], [0, 6], []])
def test_pieces_are_joined_to_whole_slices(lengths):
    ends = np.cumsum([0, *lengths])
    parts = [(int(low), np.arange(low, high)) for low, high in pairwise(ends)]
    slices = list(in_steps(parts, 5))
    assert [row for row, _ in slices] == list(range(0, int(ends[-1]), 5))
    assert all(len(rows) == 5 for _, rows in slices[:-1])
    assert np.array_equal(np.concatenate([np.empty(0), *(rows for _, rows in slices)]), np.arange(ends[-1]))


def test_pieces_leave_out_inputs_that_are_drawn_again(tmp_path, monkeypatch):
    def leaves(study, name, **more):
        found = []
        put = chunks.DiskShelf.put

        def noted(shelf, piece, streamed):
            put(shelf, piece, streamed)
            found.append("inputs" in names_in(shelf._path((piece.start, piece.stop)), ""))

        monkeypatch.setattr(chunks.DiskShelf, "put", noted)
        disk = run(study, 90, out=tmp_path / name, chunk=20, exact=True, **more)
        monkeypatch.setattr(chunks.DiskShelf, "put", put)
        assert unlike(run(study, 90, **more), disk) == []
        return set(found)

    monkeypatch.setattr(chunks, "HELD_BYTES", 0)
    assert leaves(many(), "many") == {False}
    assert leaves(many(), "lhs", design="lhs") == {False}
    assert leaves(many(5), "few") == {True}
