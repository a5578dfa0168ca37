"""Every ranking method of the registry, on one small study, and what is told of it."""

import inspect
import re

import numpy as np
import pytest
from small_studies import study_of

from mcsim.command.main import main
from mcsim.ranking.methods import METHODS, method_of
from mcsim.ranking.sensitivity import sensitivity
from mcsim.study import InputError


def two_slopes(inputs, context):
    return {"y": 4.0 * inputs["strong"] + inputs["weak"] - 2.0}


STUDY = study_of(two_slopes, dict.fromkeys(("strong", "weak"), "uniform(0, 1)"))
every = pytest.mark.parametrize("name", METHODS)


@pytest.fixture(scope="module")
def rankings():
    return {name: sensitivity(STUDY, 1024, method=name, resamples=10, jobs=1) for name in METHODS}


@every
def test_the_strong_input_comes_first(rankings, name):
    assert rankings[name].table("y")["input"].tolist() == ["strong", "weak"]


@every
def test_the_measure_that_orders_is_there_and_a_number(rankings, name):
    ranking = rankings[name]
    assert ranking.method == name
    assert np.isfinite(ranking.values("y", ranking.order_by)).all()


@every
def test_it_comes_back_whole_from_its_file(rankings, name, tmp_path):
    rankings[name].save(tmp_path / "ranking.npz")
    assert rankings[name].load(tmp_path / "ranking.npz").table().equals(rankings[name].table())


@every
def test_it_is_resumed_from_a_folder(rankings, name, tmp_path):
    options = {"method": name, "resamples": 10, "jobs": 2, "out": tmp_path / "ranking"}
    first = sensitivity(STUDY, 1024, **options)
    again = sensitivity(STUDY, 1024, resume=True, **options)
    assert first.table().equals(rankings[name].table())
    assert again.table().equals(first.table())


@every
def test_it_says_what_it_tells_and_needs(name):
    method = METHODS[name]
    assert method.tells
    assert method.evaluations
    assert method.needs in ("design", "draws")


@every
def test_the_command_and_the_docs_name_it(name, capsys):
    from pathlib import Path

    assert main(["sensitivity", "--help"]) == 0
    listed = capsys.readouterr().out.partition("Methods of ranking:\n")[2]
    assert re.search(rf"^  {name} ", listed, flags=re.MULTILINE)
    row = f"| `{name}` | {METHODS[name].evaluations} | {METHODS[name].tells} |"
    assert row in (Path(__file__).parent.parent / "docs" / "sensitivity.md").read_text()


def test_an_unknown_method_is_refused_with_the_closest():
    with pytest.raises(InputError, match=r"method: unknown \(got 'sobbol'\); one of sobol, .*did you mean 'sobol'"):
        method_of("sobbol")


def test_the_door_to_python_takes_what_the_registry_holds():
    assert "methods.METHODS" in (inspect.getdoc(sensitivity) or "")
