"""Run directories: whole or resumable, refused where they do not fit, the same bits however they came about."""

import csv
import json
import shutil
from dataclasses import replace

import h5py
import numpy as np
import pytest
import xarray as xr
from engine_studies import fails_sometimes, small, unlike

from mcsim.engine import collect
from mcsim.engine.folder import merge
from mcsim.engine.run import Interrupted, RunFailed, run
from mcsim.result.pairs import compare
from mcsim.store import chunks, rounding
from mcsim.store.claim import new_folder
from mcsim.store.directory import check, read
from mcsim.study import InputError
from mcsim.study.load import load

DRAWS = 2500


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return run(small(), DRAWS, out=tmp_path_factory.mktemp("whole") / "run", jobs=2, chunk=300)


def rows_of(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def stop_after(monkeypatch, pieces: int) -> None:
    """Let a run end with an error after some pieces, as a full disk would end it."""
    put = chunks.DiskShelf.put
    left = [pieces]

    def failing(self, piece, streamed):
        if left[0] == 0:
            raise OSError(28, "No space left on device", "draws")
        left[0] -= 1
        put(self, piece, streamed)

    monkeypatch.setattr(chunks.DiskShelf, "put", failing)


def test_a_run_directory_has_its_files(whole):
    assert sorted(path.name for path in whole.folder.iterdir()) == [
        "bands.npz",
        "draws.nc",
        "errors.csv",
        "run.json",
        "state.npz",
        "study.json",
        "summary.csv",
    ]


def test_disk_and_memory_give_the_same_bits(whole):
    assert unlike(run(small(), DRAWS, jobs=1), whole) == []


def test_reading_gives_back_every_bit(whole):
    again = read(whole.folder, small())
    assert unlike(whole, again) == []
    assert again.summary().equals(whole.summary())


def test_xarray_reads_draws_with_units_and_masks(whole):
    with xr.open_datatree(whole.folder / "draws.nc", engine="h5netcdf") as tree:
        assert set(tree.children) == {"prior", "prior_predictive"}
        outputs, inputs = tree["prior_predictive"], tree["prior"]
        assert outputs["steps"].dims == ("chain", "draw", "kind", "age")
        assert outputs["steps"].attrs == {"units": "km", "long_name": "steps"}
        assert bool(outputs["steps"].sel(kind="c", age=2).isnull().all())
        assert "detail" not in outputs
        assert np.array_equal(outputs["z"].to_numpy()[0], whole.values("z"))
        assert inputs["x"].dims == ("chain", "draw")
        assert inputs["x"].attrs == {"units": "km", "long_name": "a length", "distribution": "uniform(0, 1)"}
        assert np.array_equal(inputs["x"].to_numpy()[0], whole.inputs["x"])


def test_the_file_is_what_to_arviz_gives_and_arviz_reads_it(whole):
    import arviz_base
    import arviz_stats

    tree = arviz_base.convert_to_datatree(xr.open_datatree(whole.folder / "draws.nc", engine="h5netcdf"))
    for name, dataset in whole.to_arviz().children.items():
        xr.testing.assert_equal(tree[name].to_dataset(), dataset.to_dataset())
        for variable in dataset.data_vars:
            assert tree[name][variable].attrs == dataset[variable].attrs
    told = arviz_stats.summary(tree, group="prior", var_names=["x"], kind="stats", round_to="none")
    assert float(told["mean"].iloc[0]) == pytest.approx(whole.inputs["x"].mean())


def test_what_is_shown_at_several_places_is_stored_once_and_padding_not(tmp_path):
    from mcsim.study import Dim, Layout, Output

    index = np.where(np.arange(400) % 2, -1, 0).reshape(20, 20)  # one cell shown at 200 places, 200 masked
    dims = (Dim("row", tuple(range(20))), Dim("column", tuple(range(20))))
    wide = Output("wide", "1", "one number", dims, layout=Layout(index))
    study = small(lambda i, c: {"wide": np.sqrt(i["x"])[:, np.newaxis]}, outputs=(wide,))
    run(study, 4000, out=tmp_path / "run")
    shown = 8 * 4000 * 400
    assert (tmp_path / "run" / "draws.nc").stat().st_size < shown / 20


def test_a_directory_of_an_older_layout_says_what_to_do(whole, tmp_path):
    from mcsim.store.directory import MANIFEST
    from mcsim.store.whole import read_json, write_json

    old = tmp_path / "old"
    shutil.copytree(whole.folder, old)
    write_json(old / MANIFEST, read_json(old / MANIFEST, "") | {"format": 1})
    told = r"run\.json: format: of another version of mcsim \(got 1\); 2: repeat the run with `mcsim run --from "
    with pytest.raises(InputError, match=told):
        read(old)
    with pytest.raises(InputError, match=told):
        run(small(), DRAWS + 500, out=old, resume=True)
    with pytest.raises(InputError, match=told):
        merge([old], tmp_path / "out", small())


@pytest.mark.parametrize("held", [0, 2**40])
def test_inputs_on_disk_are_read_by_column_or_at_once(whole, monkeypatch, held):
    from mcsim.store import inputs

    monkeypatch.setattr(inputs, "HELD_BYTES", held)
    again = read(whole.folder, small())
    assert isinstance(again.inputs, inputs.StoredInputs) == (held == 0)
    assert unlike(whole, again) == []
    for name, column in inputs.inputs_of(again.inputs, 700, 900).items():
        assert np.array_equal(column, whole.inputs[name][700:900])


def test_a_large_state_of_few_draws_is_left_out_and_its_draws_computed_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(collect, "STATE_BYTES", 0)
    monkeypatch.setattr(collect.Collector, "_state", lambda self: iter([("large", np.zeros(10**7))]))
    run(small(), 700, out=tmp_path / "run", chunk=100)
    assert not (tmp_path / "run" / "state.npz").exists()
    monkeypatch.undo()
    longer = run(small(), DRAWS, out=tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "state.npz").is_file()
    assert unlike(run(small(), DRAWS), longer) == []


def test_a_run_that_cannot_be_extended_keeps_no_state_but_its_shards_do(tmp_path):
    run(small(), 600, design="lhs", out=tmp_path / "whole")
    assert not (tmp_path / "whole" / "state.npz").exists()
    for part in (1, 2):
        run(small(), 600, design="lhs", out=tmp_path / str(part), shard=(part, 2))
        assert (tmp_path / str(part) / "state.npz").is_file()
    merged = merge([tmp_path / "1", tmp_path / "2"], tmp_path / "merged", small())
    assert not (tmp_path / "merged" / "state.npz").exists()
    assert unlike(read(tmp_path / "whole", small()), merged) == []


def test_exact_bands_by_windows_of_elements_have_the_same_bits(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(collect, "WINDOW_BYTES", 1)
    run(small(), DRAWS, out=tmp_path / "run", chunk=300)
    assert (tmp_path / "run" / "bands.npz").read_bytes() == (whole.folder / "bands.npz").read_bytes()


def test_inputs_are_written_a_few_pieces_at_a_time(whole, tmp_path, monkeypatch):
    from mcsim.store import inputs

    monkeypatch.setattr(inputs, "BLOCK_BYTES", 1)
    monkeypatch.setattr(inputs, "HELD_BYTES", 1)
    run(small(), DRAWS, out=tmp_path / "run", chunk=300)
    assert (tmp_path / "run" / "draws.nc").read_bytes() == (whole.folder / "draws.nc").read_bytes()


def test_summary_csv_is_full_precision(whole):
    means = [float(row["mean"]) for row in rows_of(whole.folder / "summary.csv")]
    assert means == whole.summary()["mean"].tolist()


def test_the_manifest_tells_what_was_run(whole):
    record = json.loads((whole.folder / "run.json").read_text())
    assert record["seed"] == 1
    assert record["draws"] == record["complete"] == DRAWS
    assert record["versions"]["mcsim"]
    assert record["machine"]["cores"]
    assert record["wall"] > 0
    assert set(record["files"]) == {"study.json", "draws.nc", "summary.csv", "errors.csv", "bands.npz", "state.npz"}


def test_large_outputs_keep_their_digits(tmp_path):
    from mcsim.study import Dim, Output

    wide = Output("wide", "1", "many", (Dim("cell", tuple(range(1200))),))
    study = small(lambda i, c: {"wide": 1e9 + i["x"][:, np.newaxis] * np.arange(1.0, 1201.0)}, outputs=(wide,))
    result = run(study, 300, out=tmp_path / "run")
    assert result.values("wide").dtype == np.float64
    assert result.bands["wide"].sd == pytest.approx(result.inputs["x"].std(ddof=1) * np.arange(1.0, 1201.0), rel=1e-6)
    assert unlike(run(study, 300, chunk=50), result) == []


CELLS = {"fewer": 1000, "wide": 1001}


def vast(offset=0.0, scale=1.0):
    from mcsim.study import Dim, Output

    outputs = tuple(Output(name, "1", "many", (Dim(name + "s", tuple(range(n))),)) for name, n in CELLS.items())
    k = scale * np.arange(1.0, 1002.0)
    return small(lambda i, c: {o: offset + i["x"][:, np.newaxis] * k[:n] for o, n in CELLS.items()}, outputs=outputs)


def test_draws_of_large_outputs_are_stored_in_float32_and_say_so(tmp_path):
    memory, disk = run(vast(), 700), run(vast(), 700, out=tmp_path / "run", chunk=100)
    for result in (disk, read(tmp_path / "run")):
        assert result.rounded == ("wide",)
        assert result.values("wide").dtype == result.dataset["wide"].dtype == np.float32
        moved = np.abs(result.values("wide") - memory.values("wide"))
        assert moved.max() > 0.0
        assert (moved <= 1.0001e-3 * memory.bands["wide"].sd).all()
        assert result.values("fewer").dtype == np.float64
        assert all(result.bands[name].mean.tobytes() == memory.bands[name].mean.tobytes() for name in CELLS)
    tree = xr.open_datatree(tmp_path / "run" / "draws.nc", engine="h5netcdf")
    assert tree["prior_predictive"]["wide"].dims == ("chain", "draw", "wides")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["rounded"] == ["wide"]


def test_nothing_is_computed_from_what_was_rounded(tmp_path):
    from mcsim.ranking.givendata import given_data

    rounded = [run(vast(), 100, out=tmp_path / name) for name in "ab"]
    with pytest.raises(InputError, match=r"compare: wide: not from draws stored in float32 \(got .*exact=True"):
        compare(*rounded)
    with pytest.raises(InputError, match="wide: not from draws stored in float32"):
        given_data(rounded[0], "prcc", outputs=["wide"])
    assert set(compare(*rounded, ["fewer"]).kept) == {"fewer"}
    exact = run(vast(), 100, out=tmp_path / "c", exact=True)
    assert exact.rounded == ()
    assert unlike(run(vast(), 100), exact) == []


def test_small_outputs_of_a_large_run_are_the_nearest_float32_and_what_comes_again_exact(tmp_path):
    from mcsim.study import Dim, Output

    names = "wide", "age", "share", "steady", "gap"
    dims = {"wide": 990, "age": 3, "share": 3, "steady": 3, "gap": 3}
    outputs = tuple(
        Output(name, "1", "many", (Dim(name + "s", tuple(range(n))),), may_be_undefined=name == "gap")
        for name, n in dims.items()
    )
    outputs += (Output("banded", "1", "no draws", keep=False),)

    def model(i, c, lever=0.0):
        x = i["x"][:, np.newaxis]
        few = {"age": np.rint(30 * x) + np.arange(3), "share": 0.1 * np.rint(5 * x) + np.arange(3)}
        few |= {"steady": 1.0 + 1e-7 * x * np.arange(3), "gap": np.where(x > 0.5, np.nan, x * np.arange(3))}
        return {"wide": x * np.arange(1.0, 991.0) + lever * (x > 0.9), "banded": i["x"], **few}

    study = small(model, outputs=outputs)
    memory, disk = run(study, 600), run(study, 600, out=tmp_path / "run", chunk=90)
    with h5py.File(tmp_path / "run" / "draws.nc") as file:
        group = file["prior_predictive"]
        kinds = {name: str(group[name].dtype) for name in names}
        assert kinds == dict.fromkeys(("wide", "age", "gap"), "float32") | dict.fromkeys(("share", "steady"), "float64")
        assert {group[name].attrs["rounding"][:40] for name in ("wide", "steady")} == {rounding.SINGLE[:40]}
    for result in (disk, read(tmp_path / "run")):
        for name in ("age", "share", "steady"):
            assert result.values(name).tobytes() == memory.values(name).tobytes()
        for name in ("wide", "gap"):
            assert result.values(name).dtype == np.float64
            nearest = memory.values(name).astype(np.float32).astype(float)
            assert np.array_equal(result.values(name), nearest, equal_nan=True)
        moved = np.abs(result.values("wide") - memory.values("wide"))
        assert 0.0 < (moved / memory.bands["wide"].sd).max() < rounding.SHARE_SINGLE
        assert all(result.bands[name].sd.tobytes() == memory.bands[name].sd.tobytes() for name in names)
    levered = run(small(lambda i, c: model(i, c, 1e-3), outputs=outputs), 600, out=tmp_path / "lever")
    delta, hit = compare(disk, levered)["wide"].to_numpy()[..., 500], memory.inputs["x"] > 0.9
    assert not delta[~hit].any()  # what is zero stays zero
    assert np.abs(delta[hit] - 1e-3).max() <= 2.0**-23 * 501.0
    exact = run(study, 600, out=tmp_path / "exact", exact=True)
    assert unlike(memory, exact) == []
    assert [(tmp_path / name / "state.npz").exists() for name in ("run", "exact")] == [
        False,
        True,
    ]  # read where it helps
    assert "rounding" not in h5py.File(tmp_path / "exact" / "draws.nc")["prior_predictive/wide"].attrs


def test_a_run_with_rounded_draws_extends_and_merges_to_the_same_bits(tmp_path, capsys):
    whole = run(vast(), 900, out=tmp_path / "whole")
    run(vast(), 300, out=tmp_path / "more")
    longer = run(vast(), 900, out=tmp_path / "more", resume=True)
    assert "wide and 1 more outputs: stored in float32; all draws are computed again" in capsys.readouterr().err
    for part in (1, 2, 3):
        assert run(vast(), 900, out=tmp_path / str(part), shard=(part, 3)).rounded == ()
    merged = merge([tmp_path / str(part) for part in (3, 1, 2)], tmp_path / "merged", vast())
    for result in (longer, merged):
        assert result.rounded == ("wide",)
        assert unlike(whole, result) == []


def test_what_float32_cannot_tell_apart_or_hold_stays_in_float64(tmp_path):
    for number, study in enumerate([vast(1e9), vast(scale=1e50), vast(scale=1e-40)]):
        assert run(study, 50, out=tmp_path / str(number)).rounded == ()


def test_slow_models_keep_their_digits(tmp_path):
    from mcsim import Model, study_of, uniform
    from mcsim.study import Dim, Output

    wide = Output("wide", "1", "many", (Dim("cell", tuple(range(1001))),))
    slow = Model.from_function(
        lambda x: x * np.arange(1.0, 1002.0), {"x": uniform(0, 1)}, {"wide": wide}, per_draw=True
    )
    assert run(study_of(slow), 20, out=tmp_path / "run").rounded == ()


def test_failed_draws_are_listed_with_their_inputs(tmp_path):
    result = run(small(fails_sometimes), 800, out=tmp_path / "run", max_failed=0.2)
    rows = rows_of(tmp_path / "run" / "failed.csv")
    assert [int(row["draw"]) for row in rows] == [failure.draw for failure in result.failures]
    assert [float(row["x"]) for row in rows] == [failure.inputs["x"] for failure in result.failures]
    assert read(tmp_path / "run", small(fails_sometimes)).failures == result.failures


def test_too_many_failures_leave_a_list_and_a_resumable_directory(tmp_path):
    study = small(fails_sometimes)
    with pytest.raises(RunFailed, match=r"draws failed .*--max-failed; what is complete is kept.*--resume"):
        run(study, 800, out=tmp_path / "run", max_failed=0.001)
    assert len(rows_of(tmp_path / "run" / "failed.csv")) > 0
    result = run(study, 800, out=tmp_path / "run", max_failed=0.5, resume=True)
    assert unlike(run(study, 800, max_failed=0.5), result) == []


@pytest.mark.parametrize("parts", [2, 3, 7])
def test_merged_shards_equal_the_unsharded_run(whole, tmp_path, parts):
    folders = [tmp_path / f"shard-{part}" for part in range(1, parts + 1)]
    for part, folder in enumerate(folders, start=1):
        run(small(), DRAWS, out=folder, shard=(part, parts), chunk=333)
    merged = merge(folders[::-1], tmp_path / "merged", small())
    assert unlike(whole, merged) == []
    for name in ("draws.nc", "summary.csv", "bands.npz"):
        assert (tmp_path / "merged" / name).read_bytes() == (whole.folder / name).read_bytes()


def test_a_merged_run_extends(whole, tmp_path):
    for part in (1, 2):
        run(small(), 1500, out=tmp_path / str(part), shard=(part, 2))
    merge([tmp_path / "1", tmp_path / "2"], tmp_path / "merged", small())
    assert unlike(whole, run(small(), DRAWS, out=tmp_path / "merged", resume=True)) == []


def test_a_shard_says_that_it_is_one(tmp_path):
    result = run(small(), 2048, out=tmp_path / "run", shard=(1, 2))
    assert result.headline == "1,024 of 2,048 draws asked (1,024 missing, shard 1/2 alone)"


@pytest.mark.parametrize("design", ["random", "sobol"])
def test_an_extended_run_equals_the_long_one(tmp_path, design):
    run(small(), 700, design=design, out=tmp_path / "run", chunk=100)
    longer = run(small(), DRAWS, design=design, out=tmp_path / "run", resume=True)
    assert unlike(run(small(), DRAWS, design=design), longer) == []
    assert not (tmp_path / "run" / "chunks").exists()


def test_resuming_a_complete_run_changes_nothing(whole, tmp_path):
    shutil.copytree(whole.folder, tmp_path / "run")
    before = (tmp_path / "run" / "run.json").read_bytes()
    assert unlike(whole, run(small(), DRAWS, out=tmp_path / "run", resume=True)) == []
    assert (tmp_path / "run" / "run.json").read_bytes() == before


def test_a_full_disk_stops_and_the_run_goes_on_later(whole, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        stop_after(patch, 4)
        with pytest.raises(RunFailed, match=r"No space left on device.*free space;.*--resume"):
            run(small(), DRAWS, out=tmp_path / "run", chunk=300)
    with pytest.raises(InputError, match=r"run not complete.*--resume"):
        read(tmp_path / "run", small())
    assert unlike(whole, run(small(), DRAWS, out=tmp_path / "run", resume=True, chunk=500)) == []


def test_a_stopped_run_may_be_resumed_with_more_draws(whole, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        stop_after(patch, 5)
        with pytest.raises(RunFailed, match="No space"):
            run(small(), 1400, out=tmp_path / "run", chunk=250, jobs=1)
    assert unlike(whole, run(small(), DRAWS, out=tmp_path / "run", resume=True)) == []


def test_a_damaged_piece_is_computed_again(whole, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        stop_after(patch, 5)
        with pytest.raises(RunFailed, match="No space"):
            run(small(), DRAWS, out=tmp_path / "run", chunk=300, jobs=1)
    pieces = sorted((tmp_path / "run" / "chunks").glob("*.npz"))
    damaged = bytearray(pieces[1].read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    pieces[1].write_bytes(damaged)
    assert unlike(whole, run(small(), DRAWS, out=tmp_path / "run", resume=True)) == []


def test_bands_saved_on_the_way_resume_to_the_same_bits(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(collect, "PENDING_BYTES", 10_000)
    with monkeypatch.context() as patch:
        stop_after(patch, 6)
        with pytest.raises(RunFailed, match="No space"):
            run(small(), DRAWS, out=tmp_path / "run", chunk=300, jobs=1)
    assert (tmp_path / "run" / "chunks" / "state.npz").is_file()
    assert unlike(whole, run(small(), DRAWS, out=tmp_path / "run", resume=True, chunk=190)) == []


def test_kept_outputs_too_large_for_exact_bands_stream(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(collect, "EXACT_BYTES", 1000)
    streamed = run(small(), DRAWS, out=tmp_path / "run", chunk=123)
    assert unlike(streamed, run(small(), DRAWS)) == []
    exact = whole.bands["steps"]
    assert (np.abs(streamed.bands["steps"].quantiles - exact.quantiles) < 0.02 * exact.sd).all()


def test_an_existing_folder_is_refused(whole):
    with pytest.raises(InputError, match=r"exists; --resume goes on with it"):
        run(small(), 10, out=whole.folder)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot be written \(.*\); another --out"):
        run(small(), 10, out=tmp_path / "file" / "run")


def test_wrong_input_leaves_nothing_behind(tmp_path):
    with pytest.raises(InputError, match="missing"):
        run(small(lambda inputs, context: {}), 10, out=tmp_path / "deep" / "run")
    assert not (tmp_path / "deep" / "run").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 2}, r"another seed \(got 2, there 1\)"),
        ({"design": "sobol"}, r"another design \(got sobol, there random\)"),
        ({"draws": 100}, r"fewer draws than there \(got 100, there 2500\)"),
        ({"lives": 5}, "another lives"),
        ({"keep": ("detail",)}, "another kept"),
    ],
)
def test_resuming_another_run_is_refused(whole, change, message):
    with pytest.raises(InputError, match=message):
        run(small(), **{"draws": DRAWS, **change}, out=whole.folder, resume=True)


def test_resuming_with_another_study_or_version_is_refused(whole, monkeypatch):
    with pytest.raises(InputError, match="another version"):
        run(replace(small(), version="2"), DRAWS, out=whole.folder, resume=True)
    with pytest.raises(InputError, match="study changed"):
        run(small().set(y=1.0), DRAWS, out=whole.folder, resume=True)
    monkeypatch.setattr("mcsim.__version__", "99")
    with pytest.raises(InputError, match=r"another mcsim \(got 99"):
        run(small(), DRAWS, out=whole.folder, resume=True)


def test_latin_hypercubes_do_not_extend(tmp_path):
    run(small(), 100, design="lhs", out=tmp_path / "run")
    with pytest.raises(InputError, match=r"design lhs does not extend \(got 200, there 100\)"):
        run(small(), 200, design="lhs", out=tmp_path / "run", resume=True)


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards")
    for part in (1, 2, 3):
        run(small(), 300, out=folder / str(part), shard=(part, 3))
    run(small(), 300, seed=2, out=folder / "other", shard=(3, 3))
    run(small(), 300, out=folder / "halves", shard=(2, 2))
    run(small(), 300, out=folder / "all")
    return folder


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("1", "2"), "merge: shard 3/3 missing; run it with --shard 3/3"),
        (("1", "2", "2"), "shard 2/3 given twice"),
        (("1", "2", "other"), r"not of the run of .*another seed \(got 2, there 1\)"),
        (("1", "halves"), "one of 2 shards"),
        (("1", "2", "all"), "a whole run, not a shard"),
        (("1", "none"), "not a run directory"),
    ],
)
def test_shards_that_do_not_fit_are_refused(shards, tmp_path, names, message):
    with pytest.raises(InputError, match=message):
        merge([shards / name for name in names], tmp_path / "merged", small())


def test_a_changed_file_is_found(whole, tmp_path):
    shutil.copytree(whole.folder, tmp_path / "run")
    assert check(tmp_path / "run")["draws"] == DRAWS
    (tmp_path / "run" / "summary.csv").write_text("output\n")
    with pytest.raises(InputError, match=r"summary\.csv: changed since the run"):
        read(tmp_path / "run", small())


def test_a_changed_study_is_found_when_reading(whole):
    with pytest.raises(InputError, match="study small changed since this run"):
        read(whole.folder, small().set(x=0.5))


def test_default_folders_count_up(tmp_path):
    (tmp_path / "fleet-1").mkdir()
    assert new_folder("fleet", tmp_path).name == "fleet-2"


def test_gaps_are_what_no_span_covers():
    assert chunks.gaps([(4, 6), (0, 2)], 0, 10, 3, edges=[7]) == [(2, 3), (3, 4), (6, 7), (7, 9), (9, 10)]
    assert chunks.gaps([(0, 10)], 0, 10, 3) == []


def test_missing_draws_are_refused_before_any_statistic():
    with pytest.raises(InputError, match=r"draws: 3 to 4 missing of 0 to 9"):
        chunks.check_complete([(0, 3), (5, 10)], 0, 10)


def test_draws_are_labelled_in_the_file_and_arviz_reads_it(tmp_path):
    arviz = pytest.importorskip("arviz_stats")
    study = load("cell-onshoring")
    result = run(study, 20, jobs=1, out=tmp_path / "run", quiet=True)
    with xr.open_datatree(tmp_path / "run" / "draws.nc") as tree:
        change = tree["prior_predictive"]["component_change"]
        assert change.attrs["long_name"] == "onshored less base by component"
        assert change.attrs["long_name_es"].startswith("hecho en EE. UU.")
        assert change.attrs["units"] == study.output("component_change").unit
        assert json.loads(change["component"].attrs["labels_es"])["cathode"] == "cátodo"
        assert change["component"].attrs["long_name"] == "component"
        assert tree["prior"]["cell_yield"].attrs["long_name_es"] == "parte buena de las celdas terminadas"
        table = arviz.summary(tree["prior_predictive"].to_dataset(), var_names=["onshoring_change"], kind="stats")
        np.testing.assert_allclose(table["mean"].iloc[0], result["onshoring_change"].mean(), rtol=0.02)
    assert result["component_change"]["component"].attrs["labels"] == change["component"].attrs["labels"]


@pytest.mark.parametrize(("fast_bytes", "left"), [(1.0, False), (1e12, True)])
def test_draws_of_bands_stand_beside_the_pieces_where_they_come_slowly(tmp_path, monkeypatch, fast_bytes, left):
    monkeypatch.setattr(collect, "FAST_BYTES", fast_bytes)
    put, found = chunks.DiskShelf.put, []

    def stops(shelf, piece, streamed):
        put(shelf, piece, streamed)
        found.append(bool(streamed))
        if len(found) == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(chunks.DiskShelf, "put", stops)
    with pytest.raises(Interrupted):
        run(small(), DRAWS, out=tmp_path / "run", chunk=100, jobs=1)
    assert found == [left] * 5
    assert bool(list((tmp_path / "run" / "chunks").glob("*.bands.npz"))) == left
    again = run(small(), DRAWS, out=tmp_path / "run", chunk=100, jobs=1, resume=True)
    assert len(found) == (25 if left else 30)  # of 25: those that stopped are computed again
    assert unlike(run(small(), DRAWS), again) == []
