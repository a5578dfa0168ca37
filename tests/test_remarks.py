"""What a reader has to know is said once, and told in any language: every remark has its words, and is read back."""

from __future__ import annotations

import re
from dataclasses import replace
from string import Formatter

import numpy as np
import pytest
from report_study import report_study

import mcsim
from mcsim.command.main import main
from mcsim.ranking.givendata import given_data
from mcsim.ranking.method import GivenData
from mcsim.ranking.methods import METHODS
from mcsim.report.language import catalogue, retold, speaking, unspoken
from mcsim.report.remarks import remarks_told
from mcsim.study import remarks
from mcsim.study.labels import LANGUAGES, Labels
from mcsim.study.remarks import REMARKS, Remark, read

OTHERS = [code for code in LANGUAGES if code != "en"]


def values_of(remark: Remark) -> dict[str, str]:
    """Return values as a remark may hold them: a name, a count, or another remark."""
    slots = [slot for _, slot, _, _ in Formatter().parse(remark.text) if slot]
    words = {"remedy": remarks.MORE_ROWS(), "consequence": remarks.NOISE_RANKED(), "what": remarks.INDICES()}
    return {slot: words.get(slot, f"{12 + place}") for place, slot in enumerate(dict.fromkeys(slots))}


@pytest.mark.parametrize("language", OTHERS)
def test_every_remark_has_its_words_in_every_language(language):
    assert len(REMARKS) > 80
    assert unspoken(language) == []
    same = [one.text for one in REMARKS if catalogue(language)[one.text] == one.text]
    assert same == []


def test_every_remark_is_read_back_as_itself_with_its_values():
    for remark in REMARKS:
        values = values_of(remark)
        assert read(remark(**values), part=remark.part) == (remark, values)


def test_what_is_only_a_value_is_no_remark_by_itself():
    assert read("12 to 15") is None
    assert read("12 to 15", part=True) is not None
    assert read("Set the tariff to 0.2: nobody has seen more") is None


@pytest.mark.parametrize("language", OTHERS)
def test_every_remark_is_told_whole_in_the_language(language):
    for remark in REMARKS:
        values = values_of(remark)
        with speaking(language):
            told = retold(remark(**values), part=remark.part)
        assert told != remark(**values)
        assert "{" not in told
        assert all(value in told for value in values.values() if value.isdigit())
        assert not re.search(r"\b(the|of|elements|inputs|heavy tail)\b", told)


def test_numbers_stay_and_a_name_is_long_on_a_page():
    said = remarks.FEW_EVENTS_OPEN_ELEMENTS(
        output="total", count=2, total=9, events=remarks.ENDS(low=3, high=7), evaluations="8,192"
    )
    study = replace(report_study(), labels=Labels({"total": {"label": "total mass", "label_es": "masa total"}}))
    (english,) = remarks_told([said], study)
    assert english == f"Total mass{said.removeprefix('total')}."
    with speaking("es"):
        (spanish,) = remarks_told([said], replace(study, labels=replace(study.labels, language="es")))
    told = "Masa total: en 2 de sus 9 elementos el caso se da en 3 a 7 de 8,192 evaluaciones: muy pocas"
    assert spanish.startswith(told)


def awkward(x, z):
    """Outputs of which every kind of remark has to be made."""
    rare, seldom = (x > 0.997).astype(float), np.where(x > 0.9, z, np.nan)
    return {
        "still": 0.0 * x,
        "rare": rare,
        "heavy": np.exp(6.0 * x * (1.0 + z)) + np.where(x > 0.99, 1e9 * z, 0.0),
        "seldom": seldom,
        "wild": np.sin(90.0 * x) * np.sin(80.0 * z),
        "smooth": x + z * z,
    }


def remarks_on(method, result, cell):
    """Return what a method remarks on one output of a run; nothing where it refuses it."""
    if cell in ("heavy", "wild") and method.name in ("delta", "gaussian_process"):  # seconds, and nothing more is said
        return ()
    try:
        if isinstance(method, GivenData):
            extra = {"threshold": 0.1} if "threshold" in method.takes else {}
            return given_data(result, method.name, [cell], **extra).warnings
        return mcsim.sensitivity(result.study, base=64, method=method.name, outputs=[cell], jobs=1, quiet=True).warnings
    except mcsim.InputError:
        return ()


def test_no_method_of_ranking_says_a_remark_that_no_language_knows():
    names = awkward(*np.ones((2, 1)))
    outputs = {name: mcsim.Output(name, "1", name, rank=True, may_be_undefined=name == "seldom") for name in names}
    inputs = {"x": mcsim.uniform(0, 1), "z": mcsim.uniform(0, 1)}
    study = mcsim.study_of(mcsim.Model.from_function(awkward, inputs=inputs, outputs=outputs))
    result = mcsim.run(study, draws=400, keep="all", jobs=1, quiet=True)
    said = {
        name: [line for cell in names for line in remarks_on(method, result, cell)] for name, method in METHODS.items()
    }
    assert sum(map(bool, said.values())) > len(METHODS) - 3
    lines = {line for found in said.values() for line in found}
    found = {line: read(line) for line in lines}
    assert [line for line in lines if found[line] is None] == []
    assert len({one[0] for one in found.values() if one is not None}) > 10


def test_check_counts_remarks_without_words(capsys):
    assert main(["check", "ishigami"]) == 0
    assert f"; for {len(REMARKS)} of {len(REMARKS)} remarks\n" in capsys.readouterr().out
    REMARKS.append(Remark("{output}: nobody has said this in Spanish"))
    try:
        assert main(["check", "ishigami"]) == 0
        told = capsys.readouterr().out
    finally:
        REMARKS.pop()
    assert f"for {len(REMARKS)} of {len(REMARKS) + 1} remarks; none for '{{output}}: nobody has said this" in told


def test_a_spanish_report_and_console_tell_remarks_in_spanish_and_run_json_in_english(tmp_path, capsys):
    words = ["--draws", "60", "--base", "16", "--jobs", "1", "--lang", "es", "--out", str(tmp_path / "a")]
    assert main(["run", "ishigami", *words]) == 0
    out = capsys.readouterr().out
    assert "advertencia: base 16: intervalos de filas remuestreadas" in out
    page = (tmp_path / "a" / "report.html").read_text(encoding="utf-8")
    assert "Base 16: intervalos de filas remuestreadas" in page
    assert "resampled rows" not in page
    found = mcsim.Ranking.load(tmp_path / "a" / "ranking.npz")
    assert any(line.startswith("base 16: intervals from resampled rows") for line in found.warnings)
    assert main(["report", str(tmp_path / "a"), "--lang", "en"]) == 0
    assert "Base 16: intervals from resampled rows" in (tmp_path / "a" / "report.html").read_text(encoding="utf-8")
