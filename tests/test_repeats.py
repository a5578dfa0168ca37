"""Models that do not repeat themselves are told of; chance that is keyed repeats and is not."""

import json

import numpy as np
import pytest

import mcsim
from mcsim.command.jobs import run_and_report
from mcsim.engine.asked import Asked
from mcsim.engine.folder import merge
from mcsim.kernels.streams import stream_of, uniforms_at
from mcsim.store.whole import write_json

INPUTS = {"p": mcsim.uniform(0, 1), "q": mcsim.uniform(0, 1)}
TOLD = "the model does not repeat itself: r differs between two calls with the same inputs"


def noisy():
    generator = np.random.default_rng(0)
    return mcsim.study_of(
        mcsim.Model.from_function(
            lambda p, q: {"r": p + generator.normal(size=len(p)), "s": q}, INPUTS, {"r": "km", "s": "km"}
        )
    )


def quiet():
    return mcsim.study_of(mcsim.Model.from_function(lambda p, q: {"r": p + q}, INPUTS, {"r": "km"}))


def keyed():
    """Return a study whose model draws chance of its own, by the seed and the number of the draw."""
    from mcsim.study import Model, Output, Parameter

    def evaluate(inputs, context):
        return {"r": inputs["p"] + uniforms_at(context.seed, stream_of("chance"), context.draws)}

    parameters = (
        Parameter("p", "1", "p", default=mcsim.uniform(0, 1)),
        Parameter("q", "1", "q", default=mcsim.uniform(0, 1)),
    )
    return mcsim.study_of(Model("keyed", parameters, (), (Output("r", "1", "r", rank=True),), evaluate))


def test_a_run_says_that_its_model_does_not_repeat_itself():
    notes = mcsim.run(noisy(), 50).notes
    assert len(notes) == 1
    assert notes[0].startswith(TOLD)


def test_a_model_that_is_called_draw_by_draw_is_compared_too():
    generator = np.random.default_rng(0)
    model = mcsim.Model.from_function(lambda p, q: {"r": p + generator.normal()}, INPUTS, {"r": "km"}, per_draw=True)
    assert mcsim.run(mcsim.study_of(model), 20).notes[0].startswith(TOLD)


@pytest.mark.parametrize("study", [quiet, keyed])
def test_a_model_that_repeats_itself_gets_no_warning(study):
    assert mcsim.run(study(), 50).notes == ()
    assert mcsim.sensitivity(study(), 256).warnings == ()


@pytest.mark.parametrize("method", ["sobol", "morris", "prcc"])
def test_a_ranking_says_so(method):
    warnings = mcsim.sensitivity(noisy(), 256, method=method, outputs=["r", "s"]).warnings
    assert [line.startswith(TOLD) for line in warnings] == [True]


def test_record_report_and_console_say_so(tmp_path):
    told = run_and_report(noisy(), Asked.of(draws=50, base=64, out=tmp_path / "run", quiet=True))
    assert f"warning: {TOLD}" in told
    assert json.loads((tmp_path / "run" / "run.json").read_text())["notes"][0].startswith(TOLD)
    for name in ("report.html", "report.md"):
        assert TOLD[1:] in (tmp_path / "run" / name).read_text()


def test_merged_shards_and_differences_keep_the_line(tmp_path):
    folders = [tmp_path / f"part-{number}" for number in (1, 2)]
    parts = [mcsim.run(noisy(), 60, shard=(number, 2), out=folder) for number, folder in enumerate(folders, start=1)]
    assert all(part.notes for part in parts)
    assert len(merge(folders, tmp_path / "whole", noisy()).notes) == 1
    assert mcsim.compare(mcsim.run(quiet(), 50), mcsim.run(noisy(), 50), ["r"]).notes[0].startswith(TOLD)


def test_shards_from_unlike_processors_are_told(tmp_path):
    folders = [tmp_path / f"part-{number}" for number in (1, 2)]
    for number, folder in enumerate(folders, start=1):
        mcsim.run(quiet(), 60, shard=(number, 2), out=folder)
    assert merge(folders, tmp_path / "like", quiet()).notes == ()
    path = folders[0] / "run.json"
    record = json.loads(path.read_text())
    record["machine"]["processor"] = "Abacus 9"
    write_json(path, record)
    notes = merge(folders, tmp_path / "unlike", quiet()).notes
    assert notes[0].startswith("parts were computed on unlike processors (Abacus 9; ")
