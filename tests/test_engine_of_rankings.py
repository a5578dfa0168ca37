"""One engine: a ranking has the same bits with threads, processes, Dask, in shards, killed, stopped and resumed."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from engine_studies import small
from small_studies import study_of

from mcsim.command.main import main
from mcsim.engine.asked import Asked
from mcsim.engine.backends import Interrupted, RunFailed
from mcsim.ranking.merge import merge_rankings
from mcsim.ranking.method import Designed
from mcsim.ranking.methods import METHODS
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.repeat import Request
from mcsim.ranking.sensitivity import check_request, rank_asked, sensitivity
from mcsim.study import InputError
from mcsim.study.load import load

DESIGNED = [name for name, method in METHODS.items() if isinstance(method, Designed)]
BASE = 64


def product(inputs, context):
    return {"y": inputs["a"] * inputs["b"] + inputs["c"]}


def three_inputs(evaluate=product):
    return study_of(evaluate, dict.fromkeys("abc", "uniform(0, 1)"))


def unlike(one: Ranking, other: Ranking) -> list[str]:
    """Return what differs in any bit between two rankings."""
    found = [
        f"{output}/{measure}"
        for output, measures in one.scores.items()
        for measure, values in measures.items()
        if values.tobytes() != other.scores[output][measure].tobytes()
    ]
    for n, scores in one.convergence.items():
        for output, measures in scores.items():
            found += [
                f"{n}/{output}/{name}"
                for name, values in measures.items()
                if values.tobytes() != other.convergence[n][output][name].tobytes()
            ]
    return found if facts_of(one) == facts_of(other) else [*found, "facts"]


def facts_of(ranking: Ranking) -> tuple[object, ...]:
    return ranking.n, ranking.warnings, ranking.dropped.tolist(), ranking.settings, list(ranking.convergence)


@pytest.mark.parametrize("method", DESIGNED)
@pytest.mark.parametrize("options", [{"jobs": 3}, {"jobs": 2, "chunk": 24}, {"jobs": 32}, {"jobs": 2, "timeout": 60}])
def test_threads_and_chunks_leave_no_trace(method, options):
    study = three_inputs()
    whole = sensitivity(study, BASE, method=method, jobs=1)
    assert unlike(whole, sensitivity(study, BASE, method=method, **options)) == []


def test_processes_give_the_bits_of_threads():
    study = load("ishigami")
    for method in DESIGNED:
        whole = sensitivity(study, BASE, method=method, jobs=1)
        assert unlike(whole, sensitivity(study, BASE, method=method, jobs=2, backend="processes")) == []


@pytest.mark.filterwarnings("ignore")
def test_dask_gives_the_bits_of_threads(tmp_path):
    study = load("ishigami")
    whole = sensitivity(study, BASE, jobs=1)
    assert unlike(whole, sensitivity(study, BASE, jobs=2, backend="dask", out=tmp_path / "ranking")) == []


@pytest.mark.parametrize("method", DESIGNED)
@pytest.mark.parametrize("count", [2, 3, 7])
def test_merged_shards_have_the_bits_of_the_whole(method, count, tmp_path):
    study = load("sobol-g")
    folders = [tmp_path / str(number) for number in range(count, 0, -1)]
    for number, folder in enumerate(reversed(folders), start=1):
        asked = Asked.of(base=BASE, shard=(number, count), out=folder, jobs=1, quiet=True)
        assert rank_asked(study, asked, method=method) is None
    _, merged = merge_rankings(folders, tmp_path / "merged")
    assert unlike(sensitivity(study, BASE, method=method, jobs=1), merged) == []
    assert unlike(merged, Ranking.load(tmp_path / "merged" / "ranking.npz")) == []


def shards_of(study, folder, count=16, **said):
    folders = [folder / str(number) for number in range(1, count + 1)]
    for number, inside in enumerate(folders, start=1):
        rank_asked(study, Asked.of(base=BASE, shard=(number, count), out=inside, jobs=1, quiet=True, **said))
    return folders


def test_as_many_shards_as_leaves_have_the_bits_of_the_whole(tmp_path):
    study = load("ishigami")
    _, merged = merge_rankings(shards_of(study, tmp_path), tmp_path / "merged")
    assert unlike(sensitivity(study, BASE, jobs=1), merged) == []


def test_shards_follow_the_base(tmp_path):
    study, merged = load("ishigami"), tmp_path / "merged"
    folders = [tmp_path / str(number) for number in range(1, 65)]
    for number, folder in enumerate(folders, start=1):
        rank_asked(study, Asked.of(base=4096, shard=(number, 64), out=folder, jobs=1, quiet=True))
    assert unlike(merge_rankings(folders[::-1], merged)[1], sensitivity(study, base=4096, jobs=2)) == []
    with pytest.raises(InputError, match=r"shard: .*\(got 1/65\); .*N at most 64"):
        check_request(study, Asked.of(base=4096, shard=(1, 65), out=tmp_path / "more"), Request())


def test_shards_of_a_difference_are_refused_before_the_draws(tmp_path):
    study = load("ishigami")
    asked = Asked.of(base=BASE, shard=(1, 2), out=tmp_path / "part", quiet=True)
    with pytest.raises(InputError, match="versus: shards of a difference of two studies do not merge; without --shard"):
        rank_asked(study, asked, versus=study)
    assert not (tmp_path / "part").exists()


def test_more_shards_than_leaves_are_refused(tmp_path):
    asked = Asked.of(base=BASE, shard=(1, 17), out=tmp_path / "part", quiet=True)
    with pytest.raises(InputError, match=r"shard: not a part of this ranking \(got 1/17\); .*N at most 16"):
        rank_asked(load("ishigami"), asked)
    assert not (tmp_path / "part").exists()


def test_shards_in_memory_are_refused():
    with pytest.raises(InputError, match=r"shard: a part of a ranking needs a folder"):
        rank_asked(load("ishigami"), Asked.of(base=BASE, shard=(1, 2), quiet=True))


def test_missing_and_foreign_parts_are_refused(tmp_path):
    folders = shards_of(load("ishigami"), tmp_path / "a", 3)
    others = shards_of(load("ishigami"), tmp_path / "b", 3, seed=2)
    with pytest.raises(InputError, match=r"merge: shard 2/3 missing; run it with --shard 2/3"):
        merge_rankings([folders[0], folders[2]], tmp_path / "merged")
    with pytest.raises(InputError, match=r"part of another ranking than .*\(another seed \(got 2, there 1\)\)"):
        merge_rankings([*folders[:2], others[2]], tmp_path / "merged")


def test_windows_over_the_elements_are_merged(tmp_path, monkeypatch):
    from mcsim.ranking import sobol

    study = small()
    monkeypatch.setattr(sobol, "_MOST_SUMS", 40_000.0)
    whole = sensitivity(study, BASE, outputs=["steps"], jobs=1)
    for number in (1, 2):
        asked = Asked.of(base=BASE, shard=(number, 2), out=tmp_path / str(number), jobs=1, quiet=True)
        rank_asked(study, asked, outputs=["steps"])
    assert len(list((tmp_path / "1" / "ranking").glob("part-*.npz"))) > 2
    _, merged = merge_rankings([tmp_path / "1", tmp_path / "2"], tmp_path / "merged", study)
    assert unlike(whole, merged) == []


@pytest.mark.parametrize("method", ["sobol", "shapley", "morris"])
def test_a_killed_ranking_goes_on_to_the_same_bits(method, tmp_path):
    from engine_studies import slow

    script = Path(__file__).with_name("kill_rankings.py")
    words = [sys.executable, str(script), str(tmp_path / "ranking"), method, "1"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["kills"] >= 3
    assert told["there"] == sorted(told["there"])
    assert told["ended"] == 0
    assert (
        unlike(sensitivity(small(slow), 128, method=method, jobs=1), Ranking.load(tmp_path / "ranking" / "ranking.npz"))
        == []
    )
    names = sorted(path.name for path in (tmp_path / "ranking").iterdir())
    assert names == ["ranking.json", "ranking.npz", "sensitivity.csv"]


def stopping(error, after):
    """Return a model that raises once, after some calls."""
    left = [after]

    def evaluate(inputs, context):
        left[0] -= 1
        if left[0] == 0:
            raise error
        return product(inputs, context)

    return evaluate


def test_an_interrupted_ranking_says_how_to_go_on_and_does(tmp_path):
    study = three_inputs(stopping(KeyboardInterrupt(), 6))
    with pytest.raises(Interrupted, match=r"ranking small: interrupted after 16 of 64 base rows; .*--resume --out"):
        sensitivity(study, BASE, jobs=1, out=tmp_path / "ranking")
    again = sensitivity(study, BASE, jobs=1, out=tmp_path / "ranking", resume=True)
    assert unlike(sensitivity(three_inputs(), BASE, jobs=1), again) == []


def test_a_rule_that_was_interrupted_goes_on_where_it_was(tmp_path):
    rule = {"until": "ranking(y) resolved", "budget": 512, "jobs": 1, "threshold": 0.3}
    whole = sensitivity(three_inputs(), 16, **rule)
    assert whole.settings["base"] > 32
    study = three_inputs(stopping(KeyboardInterrupt(), 30))
    with pytest.raises(Interrupted):
        sensitivity(study, 16, out=tmp_path / "ranking", **rule)
    assert json.loads((tmp_path / "ranking" / "ranking" / "plan.json").read_text())["rows"] > 16
    assert unlike(whole, sensitivity(study, 16, out=tmp_path / "ranking", resume=True, **rule)) == []


def test_a_worker_that_dies_stops_a_ranking_with_the_remedy(tmp_path):
    import os

    here = os.getpid()

    def die(inputs, context):
        if os.getpid() != here:
            os._exit(7)
        return product(inputs, context)

    with pytest.raises(RunFailed, match=r"ranking small: stopped by .*what is complete is kept.*--resume"):
        sensitivity(three_inputs(die), BASE, jobs=2, backend="processes", out=tmp_path / "ranking")


def test_a_leaf_that_hangs_is_named(tmp_path):
    calls = [0]

    def hang(inputs, context):
        calls[0] += 1
        time.sleep(1.0 if calls[0] > 3 else 0.0)
        return product(inputs, context)

    with pytest.raises(RunFailed, match=r"the chunk of base rows \d+ to \d+ took longer than 0.3 s.*--resume"):
        sensitivity(three_inputs(hang), BASE, jobs=1, timeout=0.3, out=tmp_path / "ranking")


def test_another_ranking_is_not_gone_on_with(tmp_path):
    sensitivity(three_inputs(), BASE, jobs=1, out=tmp_path / "ranking")
    with pytest.raises(InputError, match=r"another seed \(got 2, there 1\)"):
        sensitivity(three_inputs(), BASE, 2, jobs=1, out=tmp_path / "ranking", resume=True)


def test_a_complete_ranking_is_not_computed_again(tmp_path):
    first = sensitivity(three_inputs(), BASE, jobs=1, out=tmp_path / "ranking")
    calls = []

    def counting(inputs, context):
        calls.append(len(context.draws))
        return product(inputs, context)

    again = sensitivity(three_inputs(counting), BASE, jobs=1, out=tmp_path / "ranking", resume=True)
    assert unlike(first, again) == []
    assert max(calls, default=1) == 1  # the centre, that a model which returns what it should not is found


def test_a_model_of_wrong_shape_leaves_nothing_behind(tmp_path):
    from engine_studies import wrong_shape

    with pytest.raises(InputError, match="output z: wrong shape"):
        sensitivity(small(wrong_shape), BASE, jobs=1, out=tmp_path / "ranking")
    assert list(tmp_path.iterdir()) == []


def said(capsys, *words):
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("method", ["sobol", "morris", "prcc"])
def test_sharded_sensitivity_merges_on_the_command_line(method, capsys, tmp_path):
    words = ["sensitivity", "ishigami", "--base", "64", "--quiet", "--method", method]
    assert said(capsys, *words, "--out", str(tmp_path / "whole"))[0] == 0
    for number in "12":
        spoken = [word for word in words if word != "--quiet" or number == "1"]
        code, out, err = said(capsys, *spoken, "--shard", f"{number}/2", "--out", str(tmp_path / number))
        assert code == 0
        assert ("`mcsim merge`" in out) == (number == "2")
        assert (out + err == "") == (number == "1")
    code, out, _ = said(capsys, "merge", str(tmp_path / "2"), str(tmp_path / "1"), "--out", str(tmp_path / "merged"))
    assert code == 0
    assert "ranking: " in out
    table = (tmp_path / "whole" / "sensitivity.csv").read_bytes()
    assert (tmp_path / "merged" / "sensitivity.csv").read_bytes() == table


def test_a_ranking_is_gone_on_with_on_the_command_line(capsys, tmp_path):
    words = ["sensitivity", "ishigami", "--base", "64", "--quiet", "--out", str(tmp_path / "ranking")]
    assert said(capsys, *words)[0] == 0
    table = (tmp_path / "ranking" / "sensitivity.csv").read_bytes()
    code, _, err = said(capsys, *words)
    assert code == 2
    assert "exists and is not empty; --resume goes on with it" in err
    assert said(capsys, *words, "--resume")[0] == 0
    assert (tmp_path / "ranking" / "sensitivity.csv").read_bytes() == table


def test_the_files_of_a_ranking_are_in_the_record_of_the_run(capsys, tmp_path):
    said(capsys, "run", "ishigami", "--draws", "64", "--base", "16", "--quiet", "--out", str(tmp_path / "run"))
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert {"ranking.npz", "sensitivity.csv"} <= set(record["files"])
    assert Ranking.of(tmp_path / "run").settings["base"] == 16


def test_a_run_extended_keeps_its_ranking(capsys, tmp_path):
    words = ["run", "ishigami", "--base", "16", "--quiet", "--out", str(tmp_path / "run")]
    said(capsys, *words, "--draws", "64")
    table = (tmp_path / "run" / "sensitivity.csv").read_bytes()
    code, _, err = said(capsys, *words, "--draws", "128", "--resume")
    assert (code, err) == (0, "")
    assert (tmp_path / "run" / "sensitivity.csv").read_bytes() == table


def test_sharded_comparisons_merge_and_whole_ones_resume(capsys, tmp_path):
    words = ["compare", "ishigami", "ishigami", "--draws", "300", "--quiet"]
    assert said(capsys, *words, "--out", str(tmp_path / "whole"))[0] == 0
    for number in "12":
        assert said(capsys, *words, "--shard", f"{number}/2", "--out", str(tmp_path / number))[0] == 0
    code, _, err = said(capsys, "merge", str(tmp_path / "1"), str(tmp_path / "2"), "--out", str(tmp_path / "merged"))
    assert (code, err) == (0, "")
    deltas = (tmp_path / "whole" / "deltas.csv").read_bytes()
    assert (tmp_path / "merged" / "deltas.csv").read_bytes() == deltas
    (tmp_path / "whole" / "deltas.csv").unlink()
    assert said(capsys, *words, "--out", str(tmp_path / "whole"), "--resume")[0] == 0
    assert (tmp_path / "whole" / "deltas.csv").read_bytes() == deltas


def test_kept_bits_are_those_of_the_table(tmp_path):
    ranking = sensitivity(three_inputs(), BASE, jobs=1, out=tmp_path / "ranking")
    pd.testing.assert_frame_equal(ranking.table(), Ranking.of(tmp_path / "ranking").table(), check_exact=True)
    assert np.isfinite(ranking.table()["ST"]).all()
