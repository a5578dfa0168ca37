"""The tutorials of docs/your-own-model.md run, and their three ways of writing one model agree."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from mcsim.engine.design import make_design
from mcsim.engine.evaluation import design_columns, evaluate_points
from mcsim.engine.run import run
from mcsim.ranking.sensitivity import sensitivity
from mcsim.study import InputError
from mcsim.study.load import load

EXAMPLES = Path(__file__).resolve().parent.parent / "docs" / "examples"


def drawn(study, n):
    columns = design_columns(study)
    return evaluate_points(study, make_design("random", columns, n, 1).points(0, n), np.arange(n), 1, 0)


def script(name):
    spec = importlib.util.spec_from_file_location(f"tutorial_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_plain_function_gives_the_closed_form():
    study = load(EXAMPLES / "driving-range.toml")
    result = drawn(study, 50)
    by_hand = result.inputs["capacity"] * result.inputs["state_of_health"] / result.inputs["consumption"]
    np.testing.assert_allclose(result.outputs["distance"], by_hand, rtol=1e-14)


def test_plain_function_is_ranked():
    ranking = sensitivity(load(EXAMPLES / "driving-range.toml"), base=256)
    assert ranking.table("distance")["input"].iloc[0] == "consumption"


def test_plain_function_runs_into_a_directory(tmp_path):
    run(load(EXAMPLES / "driving-range.toml"), draws=50, out=tmp_path / "run")
    assert (tmp_path / "run" / "summary.csv").is_file()


def test_kernel_and_program_agree():
    kernel, program = (drawn(load(EXAMPLES / f"{name}.toml"), 6) for name in ("charging", "charging-program"))
    assert not kernel.reasons
    assert not program.reasons
    np.testing.assert_array_equal(kernel.outputs["time_to_goal"], program.outputs["time_to_goal"])
    np.testing.assert_allclose(kernel.outputs["charge"], program.outputs["charge"], rtol=1e-12)


def test_a_slow_charge_below_the_taper_takes_what_arithmetic_says():
    study = load(EXAMPLES / "charging.toml").set(usable_capacity=60.0, rated_power=30.0, taper=0.99)
    # 70 % of 60 kWh at 30 kW is 84 minutes; the last step may pass the goal by rounding
    assert drawn(study, 1).outputs["time_to_goal"][0] == pytest.approx(84, abs=1)


def test_a_higher_goal_takes_longer():
    study = load(EXAMPLES / "charging.toml")
    sooner, later = (drawn(study.set(goal=goal), 20).outputs["time_to_goal"] for goal in (0.5, 0.9))
    assert (later > sooner).all()


def test_kernel_is_the_same_in_chunks_and_threads():
    study = load(EXAMPLES / "charging.toml")
    whole, parts = run(study, 60, jobs=1, chunk=60), run(study, 60, jobs=2, chunk=7)
    np.testing.assert_array_equal(whole.dataset["charge"], parts.dataset["charge"])


def test_a_negative_power_is_refused_with_the_range():
    study = load(EXAMPLES / "charging.toml")
    with pytest.raises(InputError, match=r"rated_power: outside the valid range \(got -5\); between 1 and 1000 kW"):
        study.set(rated_power=-5)


def test_a_program_that_fails_fails_its_draw_only(tmp_path):
    text = (EXAMPLES / "charging-program.toml").read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(text.replace("charging_program.py", "picky.py"), encoding="utf-8")
    picky = 'import json, sys\nvalues = json.load(open(sys.argv[1]))\nassert values["rated_power"] > 60, "too weak"\n'
    picky += 'json.dump({"time_to_goal": 1, "charge": [0, 0, 0]}, open(sys.argv[2], "w"))\n'
    (tmp_path / "picky.py").write_text(picky, encoding="utf-8")
    result = drawn(load(tmp_path / "study.toml"), 6)
    weak = {row for row, power in enumerate(result.inputs["rated_power"]) if power <= 60}
    assert set(result.reasons) == weak
    assert 0 < len(weak) < 6


def test_every_file_of_the_examples_is_told_in_the_documents():
    documents = [EXAMPLES.parent / "your-own-model.md", EXAMPLES.parent / "companions.md"]
    told = "".join(path.read_text(encoding="utf-8") for path in documents)
    assert [path.name for path in EXAMPLES.iterdir() if path.is_file() and path.name not in told] == []
