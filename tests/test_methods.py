"""Every ranking method of the registry, on one small study, and what is told of it."""

import inspect
import re
from dataclasses import replace

import numpy as np
import pytest
from markupsafe import escape
from small_studies import study_of

from mcsim.command.main import main
from mcsim.engine.run import run
from mcsim.ranking.methods import METHODS, method_of
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.sensitivity import sensitivity
from mcsim.report.language import say, speaking
from mcsim.report.page import write_report
from mcsim.study import InputError
from mcsim.study.labels import Labels


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


@pytest.mark.parametrize("name", {method.telling: name for name, method in METHODS.items()}.values())
def test_a_report_tells_and_draws_it(rankings, name, tmp_path):
    ranking, telling = rankings[name], METHODS[name].telling
    assert telling.marks[0].key == ranking.order_by
    labels = Labels({"y": {"label": "y", "label_es": "y"}}, texts={"title_es": "Juguete", "question_es": "¿Qué?"})
    result = run(replace(STUDY, labels=labels), 64, jobs=1, quiet=True)
    text = write_report(result, ranking, tmp_path, language="es").read_text(encoding="utf-8")
    with speaking("es"):
        assert str(escape(say(telling.meaning, source="|").partition("|")[0])) in text
        assert say(telling.caption) != telling.caption
        assert all(str(escape(say(mark.head))) in text for mark in telling.marks)
    assert [path.name for path in (tmp_path / "figures").glob("*ranking*")] == ["02-ranking-y.svg"]
    if not telling.of_variance:
        assert "parte de la varianza" not in (tmp_path / "figures" / "02-ranking-y.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["rank_based", "ancova", "tornado"])
def test_a_run_is_ranked_by_the_method_that_was_asked_for(name, tmp_path, capsys):
    words = ["run", "ishigami", "--method", name, "--draws", "512", "--base", "16", "--out", str(tmp_path / "run")]
    assert main(words) == 0
    assert Ranking.of(tmp_path / "run").method == name
    text = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert f"--method {name}" in text
    assert str(escape(METHODS[name].telling.meaning)) in text
    capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--method", "sobbol"], "method: unknown (got 'sobbol')"),
        (["--method", "rank_based", "--design", "sobol"], "rank_based: draws next to one another"),
        (["--method", "prcc", "--no-sensitivity"], "--method: acts on the ranking alone (got prcc)"),
        (["--method", "prcc", "--until", "ranking(y) resolved"], "only Sobol' indices have it"),
    ],
)
def test_a_run_refuses_a_method_before_it_begins(words, message, tmp_path, capsys):
    assert main(["run", "ishigami", *words, "--draws", "64", "--out", str(tmp_path / "run")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run" / "run.json").exists()


def test_an_unknown_method_is_refused_with_the_closest():
    with pytest.raises(InputError, match=r"method: unknown \(got 'sobbol'\); one of sobol, .*did you mean 'sobol'"):
        method_of("sobbol")


def test_the_door_to_python_takes_what_the_registry_holds():
    assert "methods.METHODS" in (inspect.getdoc(sensitivity) or "")
