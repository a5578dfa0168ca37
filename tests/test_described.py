"""A run directory is reported from what it holds: no code of its study runs, wherever the study has gone."""

import json
import shutil
from dataclasses import dataclass

import numpy as np
import pytest
from engine_studies import small

import mcsim
from mcsim.command.main import main
from mcsim.engine.run import run
from mcsim.report.words import inputs
from mcsim.store.described import PROBABILITIES, declarations, read_study, study_declared
from mcsim.store.directory import read
from mcsim.store.record import fingerprint
from mcsim.study import Input, InputError

STUDY = """[study]
title = "A study"
question = "How much?"
function = "model.py:f"
[inputs]
p = { uniform = [0, 1], unit = "kg", source = "s" }
q = { triangular = [0, 1, 4], source = "s" }
[outputs]
r = { unit = "km", dims = { kind = ["a", "b"], year = [2030, 2040] } }
[[report.figures]]
kind = "bands"
output = "r"
x = "year"
line = "kind"
"""
MODEL = """import numpy as np
def f(p, q):
    return {"r": np.stack([p, q, p + q, p * q], 1).reshape(-1, 2, 2)}
"""


def again(study):
    """Return a study as its run directory holds it."""
    return study_declared(json.loads(json.dumps(declarations(study))))


def written(folder):
    (folder / "study.toml").write_text(STUDY)
    (folder / "model.py").write_text(MODEL)
    return folder


@pytest.mark.parametrize("name", sorted(mcsim.find_studies()))
def test_what_a_study_declares_comes_back(name):
    study = mcsim.load(name)
    found = again(study)
    assert fingerprint(found) == fingerprint(study)
    assert inputs(found) == inputs(study)
    assert (found.outputs[0].dims, found.figures) == (study.outputs[0].dims, study.figures)
    for one, other in zip(study.outputs, found.outputs, strict=True):
        assert np.array_equal(one.mask, other.mask)
        assert (one.unit, one.meaning, one.rank, one.may_be_undefined) == (
            other.unit,
            other.meaning,
            other.rank,
            other.may_be_undefined,
        )


def test_a_report_is_the_same_without_the_study_and_its_code(tmp_path, monkeypatch, capsys):
    (tmp_path / "here").mkdir()
    folder = written(tmp_path / "here")
    words = ["--draws", "64", "--base", "16", "--quiet", "--out", str(folder / "run")]
    assert main(["run", str(folder / "study.toml"), *words]) == 0
    page, text = ((folder / "run" / name).read_bytes() for name in ("report.html", "report.md"))
    shutil.move(folder / "run", tmp_path / "elsewhere")
    shutil.rmtree(folder)
    # Whoever sent the directory may have put another model where run.json says that the study is.
    written(tmp_path)
    (tmp_path / "model.py").write_text("raise SystemExit('code of the study ran')\n")
    (tmp_path / "elsewhere" / "report.html").unlink()
    for name in ("mcsim.study.load.load", "mcsim.study.load.import_callable", "importlib.util.spec_from_file_location"):
        monkeypatch.setattr(name, lambda *words, **more: pytest.fail("a report loaded a study"))
    assert main(["report", str(tmp_path / "elsewhere")]) == 0
    assert (tmp_path / "elsewhere" / "report.html").read_bytes() == page
    assert (tmp_path / "elsewhere" / "report.md").read_bytes() == text


def test_a_study_without_its_model_refuses_to_be_evaluated(tmp_path):
    run(small(), 100, out=tmp_path / "run")
    study = read_study(tmp_path / "run")
    with pytest.raises(InputError, match="small: read from a run directory, without its model"):
        mcsim.run(study, 10)


def test_a_run_directory_without_its_declarations_says_what_to_do(tmp_path, capsys):
    run(small(), 100, out=tmp_path / "run")
    (tmp_path / "run" / "study.json").unlink()
    assert main(["report", str(tmp_path / "run")]) == 2
    assert "study.json: missing; repeat the run with `mcsim run --from " in capsys.readouterr().err


@dataclass(frozen=True)
class Ramp:
    """A distribution of the user's own: density rising from 0 to 1."""

    def ppf(self, u):
        return np.sqrt(np.asarray(u, float))

    def cdf(self, x):
        return np.clip(np.asarray(x, float), 0.0, 1.0) ** 2

    def mean(self):
        return 2.0 / 3.0

    def median(self):
        return 0.5**0.5

    def support(self):
        return 0.0, 1.0

    def __str__(self):
        return "ramp(0, 1)"


def test_a_distribution_of_the_users_own_is_remembered_by_its_quantiles():
    study = small()
    own = Input("x", "km", "a length", Ramp(), "x")
    changed = [own if item.name == "x" else item for item in study.inputs]
    from dataclasses import replace

    found = again(replace(study, inputs=tuple(changed)))
    back = next(item for item in found.inputs if item.name == "x").distribution
    assert str(back) == "ramp(0, 1)"
    assert np.array_equal(back.ppf(PROBABILITIES), Ramp().ppf(PROBABILITIES))
    assert back.support() == (0.0, 1.0)
    assert back.median() == pytest.approx(Ramp().median(), abs=1e-3)
    assert back.mean() == pytest.approx(Ramp().mean(), abs=1e-3)
    assert back.cdf(back.ppf(0.3)) == pytest.approx(0.3)


def test_a_directory_is_read_with_the_study_it_was_made_with(tmp_path):
    run(small(), 300, out=tmp_path / "run", keep="all")
    with_model, without = read(tmp_path / "run", small()), read(tmp_path / "run")
    assert without.summary().equals(with_model.summary())
    assert all(np.array_equal(with_model.kept[name], without.kept[name]) for name in with_model.kept)
