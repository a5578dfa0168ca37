"""A merge that is stopped goes on with the same command, and its folder is no result until then."""

import os

import pytest

from mcsim.command.main import main
from mcsim.engine import folder as engine
from mcsim.ranking import merge as rankings
from mcsim.store.directory import read
from mcsim.store.joining import MARK

RUN = ["run", "ishigami", "--draws", "128", "--base", "16", "--quiet"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a folder with a whole run, its two shards, and a shard of another run."""
    home = tmp_path_factory.mktemp("parts")
    assert main([*RUN, "--out", str(home / "whole")]) == 0
    for number in (1, 2):
        assert main([*RUN, "--shard", f"{number}/2", "--out", str(home / f"part-{number}")]) == 0
        assert main([*RUN, "--seed", "3", "--shard", f"{number}/2", "--out", str(home / f"other-{number}")]) == 0
    return home


def stop_in(monkeypatch, module, name, calls=1):
    """Let a function of a module be interrupted the first times that it is called."""
    real, left = getattr(module, name), [calls]

    def interrupted(*words, **more):
        if left[0] > 0:
            left[0] -= 1
            raise KeyboardInterrupt
        return real(*words, **more)

    monkeypatch.setattr(module, name, interrupted)


def merged(made, out, kind="part"):
    return main(["merge", str(made / f"{kind}-2"), str(made / f"{kind}-1"), "--out", str(out)])


@pytest.mark.parametrize("where", [(engine, "lay_out"), (engine, "finish"), (engine, "_copy"), (rankings, "_joined")])
def test_a_stopped_merge_is_no_result_and_goes_on(where, made, tmp_path, monkeypatch, capsys):
    out = tmp_path / "merged"
    stop_in(monkeypatch, *where)
    assert merged(made, out) == 130
    capsys.readouterr()
    for words in (["report", str(out)], ["run", "--from", str(out)], [*RUN, "--out", str(out), "--resume"]):
        assert main(words) == 2
        told = f"{out}: merge not complete (got {MARK}); the same `mcsim merge` goes on with it\n"
        assert capsys.readouterr().err == told
    assert merged(made, out, "other") == 2
    assert "an unfinished merge of other folders" in capsys.readouterr().err
    assert merged(made, out) == 0
    whole = made / "whole"
    assert sorted(os.listdir(out)) == sorted(os.listdir(whole))
    for name in ("summary.csv", "sensitivity.csv"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()
    assert (read(out).values("y") == read(whole).values("y")).all()
    assert merged(made, out) == 2
    assert "exists; another --out" in capsys.readouterr().err


def test_a_merge_that_cannot_be_leaves_nothing(made, tmp_path, capsys):
    out = tmp_path / "deep" / "merged"
    assert main(["merge", str(made / "part-1"), "--out", str(out)]) == 2
    assert main(["merge", str(made / "part-1"), str(made / "other-2"), "--out", str(out)]) == 2
    capsys.readouterr()
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_merge_of_a_comparison_goes_on(tmp_path, monkeypatch, capsys):
    words = ["compare", "ishigami", "ishigami", "--set", "x1=uniform(0, 1)", "--draws", "64", "--quiet"]
    assert main([*words, "--out", str(tmp_path / "whole")]) == 0
    parts = [str(tmp_path / number) for number in "12"]
    for number, part in enumerate(parts, start=1):
        assert main([*words, "--shard", f"{number}/2", "--out", part]) == 0
    out = tmp_path / "merged"
    for stop in ("lay_out", "finish"):  # in the first run, then in the second
        stop_in(monkeypatch, engine, stop)
        assert main(["merge", *parts, "--out", str(out)]) == 130
    assert main(["merge", *parts, "--out", str(out)]) == 0
    assert (out / "deltas.csv").read_bytes() == (tmp_path / "whole" / "deltas.csv").read_bytes()
    assert not list(out.rglob(MARK))


def test_a_stopped_merge_of_a_ranking_by_draws_goes_on(tmp_path, monkeypatch):
    words = ["sensitivity", "ishigami", "--method", "prcc", "--base", "64", "--quiet"]
    assert main([*words, "--out", str(tmp_path / "whole")]) == 0
    parts = [str(tmp_path / number) for number in "12"]
    for number, part in enumerate(parts, start=1):
        assert main([*words, "--shard", f"{number}/2", "--out", part]) == 0
    stop_in(monkeypatch, engine, "finish")
    for code in (130, 0):
        assert main(["merge", *parts, "--out", str(tmp_path / "merged")]) == code
    table = (tmp_path / "whole" / "sensitivity.csv").read_bytes()
    assert (tmp_path / "merged" / "sensitivity.csv").read_bytes() == table


def test_a_ranking_by_draws_is_not_gone_on_with_as_another(tmp_path, capsys):
    words = ["sensitivity", "ishigami", "--base", "64", "--quiet", "--out", str(tmp_path / "ranking")]
    assert main([*words, "--method", "prcc"]) == 0
    assert main([*words, "--method", "prcc", "--resume"]) == 0
    capsys.readouterr()
    for change in (["--method", "rbd_fast"], ["--method", "prcc", "--output", "y"], ["--method", "morris"]):
        assert main([*words, *change, "--resume"]) == 2
        assert str(tmp_path / "ranking") in capsys.readouterr().err
