"""A report in another language: nothing of its own stays English, what lacks words is told, numbers are the same."""

import ast
import re
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest
from report_study import report_ranking, report_study

from mcsim.command.main import main
from mcsim.engine.run import run
from mcsim.ranking.methods import METHODS
from mcsim.report.answers import MORE_OR_LESS, answers_of, plain_text
from mcsim.report.explorer import TEXTS as EXPLORED
from mcsim.report.first import rows_of, sentences_of_rows
from mcsim.report.kinds import KINDS
from mcsim.report.language import catalogue, say, speaking
from mcsim.report.page import write_report
from mcsim.report.style import BARE_UNITS, share, unit_words
from mcsim.result.pairs import POINTS
from mcsim.study import InputError
from mcsim.study.answers import brief_of, slots
from mcsim.study.labels import LANGUAGES, Labels, labels_of
from mcsim.study.language import in_language, told_in, untold
from mcsim.study.load import find_studies, load
from mcsim.study.remarks import REMARKS

REPORT = Path(__file__).parents[1] / "mcsim" / "report"
SPANISH = catalogue("es")
# Said of values: sizes and things of units, verdicts, and what registries hold.
OF_UNITS = {"thousand", "million", "billion", "vehicle", "vehicles", "pack", "packs", "yr", "ratio", "share", POINTS}
OF_UNITS |= {f"{size} {{things}}" for size in ("thousand", "million", "billion")}
OF_VERDICTS = {"inside", "overlaps", "outside", "holds", "fails", "unreached", "undefined"}
OF_VERDICTS |= {"influential", "not influential", "unresolved"}
TELLINGS = [method.telling for method in METHODS.values()]
OF_REGISTRIES = {kind.caption for kind in KINDS.values()} | {text for one in TELLINGS for text in one[1:4]}
OF_REGISTRIES |= {word for one in TELLINGS for mark in one.marks for word in mark[1:]}
OF_REGISTRIES |= {"first-order share of the variance", "Shapley share of the variance"}


def said():
    """Return every text that the code and the templates of the report say."""
    texts = set()
    for file in REPORT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say" and node.args:
                branches = [node.args[0]]
                if isinstance(node.args[0], ast.IfExp):
                    branches = [node.args[0].body, node.args[0].orelse]
                texts |= {part.value for part in branches if isinstance(part, ast.Constant)}
    for file in (REPORT / "templates").glob("*.html"):
        texts |= set(re.findall(r'say\("([^"]*)"', file.read_text(encoding="utf-8")))
    return texts


def test_every_text_of_the_report_has_its_spanish_and_no_spanish_is_left_over():
    wanted = said() | set(EXPLORED) | OF_REGISTRIES | OF_UNITS | OF_VERDICTS | set(MORE_OR_LESS)
    wanted |= {remark.text for remark in REMARKS}
    assert sorted(wanted - set(SPANISH)) == []
    assert sorted(set(SPANISH) - wanted) == []


@pytest.mark.parametrize("text", sorted(SPANISH))
def test_slots_are_the_same_in_both_languages(text):
    def slots(words):
        return sorted(name for _, name, _, _ in Formatter().parse(words) if name)

    assert slots(text) == slots(SPANISH[text])
    assert SPANISH[text].strip()


def spanish(entry=None, **labels):
    """Return the toy study of reports with Spanish words, and a run of it."""
    study = report_study()
    texts = {"title_es": "Juguete", "question_es": "¿Cuánto?"}
    names = {"total": {"label": "total mass", "label_es": "masa total"}} | labels
    return replace(study, labels=Labels(names, texts=texts), brief=brief_of(entry or {}, study.model, "toy: report"))


def test_titles_labels_and_sentences_speak_spanish_with_the_same_numbers(tmp_path):
    answer = {"text": "It weighs {total@2050:band}.", "text_es": "Pesa {total@2050:band}."}
    study = spanish({"answers": [answer], "rows": [{"output": "total@2050", "label": "all", "label_es": "todo"}]})
    result = run(study, 200, jobs=1, quiet=True)
    (english,) = map(plain_text, answers_of(result, None))
    there = replace(result, study=in_language(study, "es"))
    with speaking("es"):
        (told,) = map(plain_text, answers_of(there, None))
        (row,), _ = rows_of(there)
        lines = sentences_of_rows(there)
    assert english.startswith("It weighs")
    assert told.startswith("Pesa")
    assert re.findall(r"[\d.]+", told) == re.findall(r"[\d.]+", english)
    assert row["what"] == "todo"
    assert " a " in row["band"]
    assert "todo" in lines[0]
    html = write_report(result, report_ranking(), tmp_path, language="es").read_text(encoding="utf-8")
    assert '<html lang="es">' in html
    assert "¿Cuánto?" in html
    assert "Qué tan seguro es" in html
    assert not re.search(r">(In numbers|How sure is this|what|median|seed)<", html)


def test_a_change_a_chance_and_a_unit_in_spanish():
    with speaking("es"):
        assert say("in {part} of the draws", part="43 %") == "en el 43 % de las simulaciones"
        assert unit_words("million vehicles") == "millones de vehículos"
        assert unit_words("t/yr") == "t/año"
    assert unit_words("t/yr") == "t/yr"


def test_a_language_without_labels_or_unknown_is_refused():
    with pytest.raises(
        InputError, match=r"^toy: --lang: no labels in this language \(got 'es'\); label_es in \[labels\]"
    ):
        in_language(replace(report_study(), origin=""), "es")
    with pytest.raises(InputError, match=r"^--lang: no such language \(got 'fr'\); one of en, es"):
        in_language(report_study(), "fr")


def test_check_tells_what_lacks_words(tmp_path, capsys):
    file = tmp_path / "own.toml"
    (tmp_path / "own.py").write_text("def double(x):\n    return {'y': 2 * x}\n", encoding="utf-8")
    head = '[study]\nname = "own"\nfunction = "own.py:double"\nversion = "1"\n'
    file.write_text(head + '[inputs]\nx = { uniform = [0, 1], source = "us" }\n[outputs]\ny = {}\n', encoding="utf-8")
    assert main(["check", str(file)]) == 0
    assert "own: --lang es: words for 0 of 3 texts" in capsys.readouterr().out
    assert main(["run", str(file), "--lang", "es"]) == 2
    assert "no labels in this language" in capsys.readouterr().err


def test_an_extending_study_that_says_it_anew_has_no_old_translation(tmp_path):
    (tmp_path / "own.toml").write_text('[study]\nextends = "fleet"\ntitle = "My fleet"\n', encoding="utf-8")
    study = load(tmp_path / "own.toml")
    assert untold(study, "es")[0] == ["study.title_es"]
    assert in_language(study, "es").title == "My fleet"
    assert in_language(study, "es").question.startswith("¿Cuánto material")


def test_a_spanish_sentence_is_checked_when_it_is_loaded(tmp_path):
    text = '[study]\nextends = "fleet"\n[[report.answers]]\ntext = "x"\ntext_es = "{nada@2040}"\n'
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"own.toml: report.answers\[1\].text_es: no such output \(got 'nada'\)"):
        load(tmp_path / "own.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", "the first line is not the columns of labels"),
        ("dim,code,label,label_es\n,total,mass\n", "line 2: not 4 cells"),
        ("dim,code,label,label_es\n,total,a,b\n,total,a,b\n", "line 3: stands twice"),
        ("dim,code,label,label_es\n,nothing,a,b\n", "labels.names.nothing: nothing has this name"),
        ("dim,code,label,label_es\nnowhere,total,a,b\n", "labels.dims.nowhere: no such dim"),
    ],
)
def test_a_table_of_labels_is_checked(tmp_path, text, message):
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(message)):
        labels_of({"files": [str(tmp_path / "labels.csv")]}, report_study().model, (), "toy: labels")


def test_every_language_has_a_catalogue_and_english_none():
    assert {code: bool(catalogue(code)) for code in LANGUAGES} == {"en": False, "es": True}
    assert told_in({"text": "a", "text_es": "b"}, "en") == {"text": "a"}


def test_the_codes_of_a_run_have_their_names_beside_them(tmp_path):
    write_report(run(spanish(), 50, jobs=1, quiet=True), None, tmp_path)
    lines = (tmp_path / "labels.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "dim,code,label,label_es"
    assert ",total,total mass,masa total" in lines


def test_a_workbook_has_a_sheet_for_summary_sensitivity_and_inputs(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    from mcsim.report.tables import write_workbook

    result = run(report_study(), 50, jobs=1, quiet=True)
    book = openpyxl.load_workbook(write_workbook(result, report_ranking(), tmp_path), read_only=True)
    assert book.sheetnames == ["summary", "sensitivity", "inputs"]
    head, first, *_ = book["summary"].values
    row = dict(zip(head, first, strict=True))
    expected = result.summary().to_dict("records")[0]
    assert all(row[key] == expected[key] for key in ("output", "mean", "p50"))
    book.close()


@pytest.mark.parametrize("name", sorted(find_studies()))
def test_no_text_of_a_shipped_study_lacks_its_spanish(name):
    missing, count = untold(load(name), "es")
    assert count
    assert missing == []


def test_a_table_of_labels_may_serve_several_studies_and_a_study_says_its_own_over_it(tmp_path):
    shared, own = tmp_path / "shared.csv", tmp_path / "own.csv"
    shared.write_text(
        "dim,code,label,label_es\n,total,mass,masa\n,another's,a,b\nvehicle,suv,c,d\n,met,held,cumplida\n"
    )
    own.write_text("dim,code,label,label_es\n,total,own,propia\n")
    entry = {"shared": [str(shared)], "files": [str(own)]}
    labels = replace(labels_of(entry, report_study().model, (), "toy: labels"), language="es")
    assert (labels.name("total"), labels.name("met")) == ("propia", "cumplida")
    assert set(labels.names) == {"total", "met"}
    assert "vehicle" not in labels.dims
    own.write_text("dim,code,label,label_es\n,another's,a,b\n")
    with pytest.raises(InputError, match="another's: nothing has this name"):
        labels_of(entry, report_study().model, (), "toy: labels")


@pytest.mark.parametrize(
    ("part", "english", "told"),
    [
        (0.999, "in more than 99 % of the draws", "en más del 99 % de las simulaciones"),
        (0.001, "in less than 1 % of the draws", "en menos del 1 % de las simulaciones"),
        (0.43, "in 43 % of the draws", "en el 43 % de las simulaciones"),
        (1.0, "in all of the draws", "en todas las simulaciones"),
        (0.0, "in none of the draws", "en ninguna simulación"),
    ],
)
def test_spanish_says_no_article_before_what_takes_none(part, english, told):
    def in_words():
        return say("in {part} of the draws", part=share(part))

    assert in_words() == english
    with speaking("es"):
        assert in_words() == told


def test_a_relative_value_of_a_shipped_study_says_so_by_its_unit():
    # What a sentence tells in per cent, a table must not tell as 0.04: both go by the unit.
    told_bare = []
    for name in find_studies():
        study = load(name)
        texts = [text for text, _ in study.brief.answers] + [study.brief.title]
        in_per_cent = {slot.cell.output.name for text in texts for slot in slots(text) if slot.form.endswith("%")}
        for output in study.outputs:
            relative = output.name.endswith(("_share", "_relative")) or output.name in in_per_cent
            if relative and output.unit in BARE_UNITS and output.coord_units is None:
                told_bare.append((name, output.name))
    assert told_bare == []
