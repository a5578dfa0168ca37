"""Files that say whether they are whole: every kind of damage is one error that names the file and the remedy."""

import json
import re
import shutil

import numpy as np
import pytest

from mcsim.engine.run import run
from mcsim.store import places, whole
from mcsim.store.chunks import DiskShelf
from mcsim.store.places import keep_places
from mcsim.store.whole import (
    NAME,
    Damaged,
    as_bytes,
    names_in,
    read_arrays,
    read_json,
    reading,
    save_arrays,
    write_json,
)
from mcsim.study import InputError

CONTENT = {"a": [1, 2.5, None], "b": {"c": "text", "d": float("nan")}}
ARRAYS = {"x": np.arange(400.0), "output/y": np.ones((3, 2))}


def test_json_comes_back_and_keeps_any_order_of_its_keys(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"a": (1, 2), "b": {"c": True}})
    assert read_json(path, "x") == {"a": [1, 2], "b": {"c": True}}
    path.write_text(json.dumps(dict(reversed(list(json.loads(path.read_text()).items())))))
    assert read_json(path, "x") == {"a": [1, 2], "b": {"c": True}}
    write_json(path, json.loads(path.read_text()))  # with its former hash in it
    assert read_json(path, "x") == {"a": [1, 2], "b": {"c": True}}


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda text: text.replace("2.5", "2.6"), "got other content"),
        (lambda text: text.replace('"c"', '"e"'), "got other content"),
        (lambda text: re.sub(r',\s*"content_sha256": "\w+"', "", text), "got no hash"),
        (lambda text: text[: len(text) // 2], "damaged"),
        (lambda text: "", "damaged"),
        (lambda text: "[]", "got no hash"),
        (lambda text: "[" * 100_000, "damaged"),
        (lambda text: "\udcff", "damaged"),
    ],
)
def test_json_that_is_not_as_written_is_damaged(tmp_path, damage, told):
    path = tmp_path / "a.json"
    write_json(path, CONTENT)
    path.write_bytes(damage(path.read_text()).encode(errors="surrogateescape"))
    with pytest.raises(Damaged, match=rf"a\.json: .*{told}.*; call somebody$"):
        read_json(path, "call somebody")


def test_a_file_in_the_place_of_another_is_told(tmp_path):
    write_json(tmp_path / "a.json", CONTENT)
    save_arrays(tmp_path / "a.npz", ARRAYS)
    for suffix in ("json", "npz"):
        shutil.copy(tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}")
    with pytest.raises(Damaged, match=r"b\.json"):
        read_json(tmp_path / "b.json", "x")
    with pytest.raises(Damaged, match=r"b\.npz: another file in its place \(got a\.npz\); x"):
        read_arrays(tmp_path / "b.npz", "x")
    assert set(read_arrays(tmp_path / "b.npz", "x", renamed=True)) == set(ARRAYS)
    with pytest.raises(Damaged, match=r"c\.npz: missing; x"):
        read_arrays(tmp_path / "c.npz", "x")


def test_arrays_come_back_by_name(tmp_path):
    path = tmp_path / "a.npz"
    save_arrays(path, ARRAYS)
    assert names_in(path, "x") == list(ARRAYS)
    assert all(np.array_equal(array, ARRAYS[name]) for name, array in read_arrays(path, "x").items())
    assert list(read_arrays(path, "x", ["x"])) == ["x"]
    with pytest.raises(Damaged, match=r"a\.npz: damaged .*z\.npy"):
        read_arrays(path, "x", ["z"])


def test_a_header_that_names_fewer_elements_is_not_believed(tmp_path):
    path = tmp_path / "a.npz"
    save_arrays(path, {"x": np.arange(100_000.0)})
    content = path.read_bytes()
    assert content.count(b"(100000,)") == 1
    path.write_bytes(content.replace(b"(100000,)", b"( 80000,)"))
    with np.load(path) as arrays:
        assert len(arrays["x"]) == 80_000  # NumPy's reader gives a part of the array, without a word
    with pytest.raises(Damaged, match=r"a\.npz: damaged \(got Bad CRC-32 for file 'x\.npy'\)"):
        read_arrays(path, "x")


@pytest.mark.parametrize("seed", range(3))
def test_no_byte_of_an_array_file_changes_unseen(tmp_path, seed):
    path = tmp_path / "a.npz"
    save_arrays(path, ARRAYS)
    content, chance = path.read_bytes(), np.random.default_rng(seed)
    for place in chance.integers(0, len(content), 150):
        changed = bytearray(content)
        changed[place] ^= int(chance.integers(1, 256))
        path.write_bytes(changed)
        try:
            found = read_arrays(path, "x", list(ARRAYS))
        except Damaged:
            continue
        assert all(np.array_equal(found[name], ARRAYS[name]) for name in ARRAYS)


def test_arrays_hold_no_python_objects(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, **{NAME: as_bytes("a.npz"), "x": np.array([{}], dtype=object)})
    with pytest.raises(Damaged, match="allow_pickle"):
        read_arrays(path, "x")


def test_an_error_of_the_users_input_passes_as_it_is(tmp_path):
    with pytest.raises(InputError, match=r"^mine$"), reading(tmp_path, "x"):
        raise InputError("mine")


def stopped(folder, monkeypatch, **words):
    """Leave a run that was stopped after four chunks."""
    from engine_studies import small

    put, left = DiskShelf.put, [4]

    def stop(self, piece, streamed):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        put(self, piece, streamed)

    with monkeypatch.context() as context:
        context.setattr(DiskShelf, "put", stop)
        with pytest.raises(RuntimeError, match="interrupted after 200"):
            run(small(), 300, out=folder, chunk=50, jobs=1, **words)


def test_chunks_without_a_plan_are_told_and_computed_again(tmp_path, monkeypatch, capsys):
    from engine_studies import small, unlike

    stopped(tmp_path / "run", monkeypatch, seed=7)
    (tmp_path / "run" / "chunks" / "plan.json").unlink()
    found = run(small(), 300, out=tmp_path / "run", chunk=50, jobs=1, resume=True)  # with another seed
    assert "plan.json: missing; what the folder held is of an unknown run" in capsys.readouterr().err
    assert unlike(run(small(), 300), found) == []
    assert found.bands["detail"].draws == found.complete == 300


def test_a_damaged_chunk_is_told_and_computed_again(tmp_path, monkeypatch, capsys):
    from engine_studies import small, unlike

    stopped(tmp_path / "run", monkeypatch)
    one, other, *_ = sorted((tmp_path / "run" / "chunks").glob("*-*[0-9].npz"))
    other.write_bytes(one.read_bytes())
    found = run(small(), 300, out=tmp_path / "run", chunk=50, jobs=1, resume=True)
    assert "chunks: 1 damaged files; their draws are computed again" in capsys.readouterr().err
    assert unlike(run(small(), 300), found) == []


def test_a_damaged_plan_says_what_to_do(tmp_path, monkeypatch):
    from engine_studies import small

    stopped(tmp_path / "run", monkeypatch)
    (tmp_path / "run" / "chunks" / "plan.json").write_text("{}")
    with pytest.raises(InputError, match=r"plan\.json: damaged .*; remove .*chunks to compute its draws again"):
        run(small(), 300, out=tmp_path / "run", chunk=50, jobs=1, resume=True)


def test_arrays_are_found_where_the_last_file_had_them_and_what_is_wrong_there_is_told(tmp_path, monkeypatch):
    lists = []
    monkeypatch.setattr(whole, "keep_places", lambda archive, names: lists.append(keep_places(archive, names)))

    def kept(number, **before):
        arrays = {**before, "x": np.arange(6.0).reshape(2, 3) + number, "none": np.empty((0, 3)), "z": np.array(number)}
        save_arrays(tmp_path / f"{number}.npz", arrays)
        found = read_arrays(tmp_path / f"{number}.npz", "redo", ["z", "x", "none"])
        assert all(found[name].tobytes() == arrays[name].tobytes() for name in ("x", "none", "z"))
        assert [array.shape for array in found.values()] == [(), (2, 3), (0, 3)]
        assert all(array.flags.writeable for array in found.values())

    places._places.clear()
    for number in range(4):
        kept(number)
    assert len(lists) == 1
    kept(5, before=np.zeros(3))  # laid out otherwise
    assert len(lists) == 2
    content = bytearray((tmp_path / "5.npz").read_bytes())
    content[content.index(np.array(7.0).tobytes())] ^= 1
    (tmp_path / "5.npz").write_bytes(content)
    with pytest.raises(Damaged, match=r"5\.npz: damaged \(got Bad CRC-32 for file 'x\.npy'\); redo"):
        read_arrays(tmp_path / "5.npz", "redo", ["z", "x", "none"])
