"""Merges of merges: eight shards in groups, in any order, give the bits of the run in one piece."""

import json
import shutil

import numpy as np
import pytest

from mcsim.command.main import main
from mcsim.result.shards import joined, shown
from mcsim.store.directory import read
from mcsim.study import InputError

RUN = ["run", "ishigami", "--draws", "1000", "--base", "1024", "--quiet"]
GROUPS = {
    "2x4": ([1, 2, 3, 4], [5, 6, 7, 8]),
    "4x2": ([4, 3], [8, 7], [1, 2], [6, 5]),
    "uneven": ([3, 1, 2], [4], [7, 8, 5, 6]),
}


def shards_of(home, words, count=8):
    """Run a command whole and in shards."""
    assert main([*words, "--out", str(home / "whole")]) == 0
    for number in range(1, count + 1):
        assert main([*words, "--shard", f"{number}/{count}", "--out", str(home / str(number))]) == 0
    return home


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return shards_of(tmp_path_factory.mktemp("eight"), RUN)


def merged(folders, out, *more):
    return main(["merge", *map(str, folders), "--out", str(out), *more])


def tree(made, groups, place):
    """Merge shards in groups, and what comes of these from last to first."""
    parts = []
    for number, group in enumerate(groups):
        parts.append(place / f"group-{number}")
        assert merged([made / str(shard) for shard in group], parts[-1], "--part") == 0
    assert merged(parts[::-1], place / "merged") == 0
    return place / "merged"


@pytest.mark.parametrize("groups", GROUPS.values(), ids=GROUPS)
def test_a_tree_of_merges_gives_the_bits_of_one_run(made, tmp_path, groups):
    found, whole = tree(made, groups, tmp_path), made / "whole"
    assert sorted(path.name for path in found.iterdir()) == sorted(path.name for path in whole.iterdir())
    for name in ("summary.csv", "sensitivity.csv", "study.json"):
        assert (found / name).read_bytes() == (whole / name).read_bytes(), name
    assert (read(found).values("y") == read(whole).values("y")).all()
    assert (read(found).inputs["x1"] == read(whole).inputs["x1"]).all()


def test_a_merged_part_says_which_shards_it_holds(made, tmp_path, capsys):
    part = tmp_path / "part"
    assert merged([made / "4", made / "3"], part, "--part") == 0
    assert capsys.readouterr().out == f"part: {part}; `mcsim merge` joins it to the others\n"
    assert json.loads((part / "run.json").read_text())["shard"] == [3, 8, 4]
    assert "shard 3-4/8 alone" in repr(read(part)) or "shard 3-4/8 alone" in str(read(part))
    assert not (part / "report.html").exists()
    assert main(["run", "--from", str(part)]) == 2
    assert capsys.readouterr().err.endswith("merged of shards 3-4/8; --from one of them, or from the whole\n")
    again = tmp_path / "again"
    assert merged([made / "5", part], again, "--part") == 0
    assert json.loads((again / "run.json").read_text())["shard"] == [3, 8, 5]


def test_what_makes_no_part_is_refused_in_a_line_before_any_work(made, tmp_path, capsys):
    part, other, out = tmp_path / "part", tmp_path / "other", tmp_path / "merged"
    assert merged([made / "1", made / "2", made / "3"], part, "--part") == 0
    capsys.readouterr()
    assert main([*RUN, "--base", "512", "--shard", "4/8", "--out", str(other)]) == 0
    rest = [made / str(number) for number in range(4, 9)]
    cases = [
        ([part, made / "3", *rest], (), f"shard 3/8 given twice (also {part}); each once"),
        ([part, *rest[1:]], (), "shard 4/8 missing; run it with --shard 4/8"),
        ([part, *rest[:2]], (), "shard 6-8/8 missing; run it with --shard 6/8"),
        ([part, *rest[2:4]], ("--part",), "shard 4-5/8 missing; run it with --shard 4/8, neighbours only"),
        ([part, made / "whole", *rest], (), "whole: no part of a ranking; every shard with its ranking"),
        (
            [part, other, *rest[1:]],
            (),
            f"{other}: part of another ranking than {part} (another base (got 512, there 1024))",
        ),
    ]
    for folders, more, told in cases:
        capsys.readouterr()
        assert merged(folders, out, *more) == 2
        err = capsys.readouterr().err
        assert told in err
        assert err.count("\n") == 1
        assert not out.exists()


def test_a_changed_part_is_found(made, tmp_path, capsys):
    part, other = tmp_path / "part", tmp_path / "other"
    assert merged([made / str(number) for number in range(1, 5)], part, "--part") == 0
    assert merged([made / str(number) for number in range(5, 9)], other, "--part") == 0
    sums = part / "ranking" / "part-0.npz"
    sums.write_bytes(sums.read_bytes()[:-1])
    capsys.readouterr()
    assert merged([part, other], tmp_path / "merged") == 2
    assert "ranking/part-0.npz: changed since the run" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["sensitivity", "ishigami", "--base", "1024", "--quiet"],
        ["sensitivity", "ishigami", "--method", "prcc", "--base", "512", "--quiet"],
    ],
    ids=["ranking alone", "ranking of draws"],
)
def test_rankings_alone_and_of_draws_merge_as_trees(words, tmp_path):
    made = shards_of(tmp_path, words, 4)
    found = tree(made, ([4, 3], [2, 1]), tmp_path / "tree")
    assert (found / "sensitivity.csv").read_bytes() == (made / "whole" / "sensitivity.csv").read_bytes()


def test_runs_on_samples_are_ranked_when_the_whole_is_there(tmp_path):
    rows = np.random.default_rng(1).uniform(-3, 3, (400, 3))
    np.savetxt(tmp_path / "samples.csv", rows, "%.17g", ",", header="x1,x2,x3", comments="")
    made = shards_of(tmp_path, ["run", "ishigami", "--samples", str(tmp_path / "samples.csv"), "--quiet"], 4)
    found = tree(made, ([4, 3], [2, 1]), tmp_path / "tree")
    for name in ("summary.csv", "sensitivity.csv"):
        assert (found / name).read_bytes() == (made / "whole" / name).read_bytes()


def test_comparisons_merge_as_trees(tmp_path):
    words = [
        "compare",
        "ishigami",
        "ishigami",
        "--set",
        "x1=uniform(0, 1)",
        "--draws",
        "256",
        "--no-sensitivity",
        "--quiet",
    ]
    made = shards_of(tmp_path, words, 4)
    found = tree(made, ([4, 3], [2, 1]), tmp_path / "tree")
    for path in (made / "whole").glob("*.csv"):
        assert (found / path.name).read_bytes() == path.read_bytes()


def test_a_stopped_merge_of_a_part_goes_on(made, tmp_path, monkeypatch):
    from mcsim.ranking import merge as rankings

    folders, out = [made / "1", made / "2"], tmp_path / "part"
    with monkeypatch.context() as patch:
        patch.setattr(rankings, "_keep", lambda *words: (_ for _ in ()).throw(KeyboardInterrupt))
        assert merged(folders, out, "--part") == 130
    assert merged(folders, out, "--part") == 0
    assert merged([out, *(made / str(number) for number in range(3, 9))], tmp_path / "merged") == 0
    whole = made / "whole" / "sensitivity.csv"
    assert (tmp_path / "merged" / "sensitivity.csv").read_bytes() == whole.read_bytes()
    shutil.rmtree(tmp_path / "merged")


def test_what_folders_hold_together():
    folders = list("abc")
    assert joined(folders, [(1, 9, 3), (7, 9, 9), (4, 9, 6)]) is None
    assert joined(folders, [(4, 9, 6), (2, 9, 3), (7, 9)], part=True) == (2, 9, 7)
    with pytest.raises(InputError, match="b: a whole run, not a shard"):
        joined(folders[:2], [(1, 2), None])
    assert joined(folders[:1], [(4, 9)], part=True) == (4, 9, 4)
    assert shown((4, 9, 4)) == "4/9"
