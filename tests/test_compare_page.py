"""The page of a comparison: its answers are the matrix's, in the language that was asked for."""

import html
import re

import numpy as np
import pandas as pd
import pytest
from compared_toy import STUDY, called, put

HELD = '[study]\ntitle = "{title}"\ntitle_es = "{title_es}"\nextends = "toy.toml"\noverlay = true\n[inputs]\n{inputs}\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    put(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_helps_most_and_what_it_costs_are_the_numbers_of_the_matrix(folder, capsys, language):
    """Of three levers: one that is best for waste, one for gain at the cost of waste, one that is best for nothing."""
    study = STUDY.replace('label = "Waste to 2040"', 'label = "Waste to 2040"\nlabel_es = "Residuos hasta 2040"')
    (folder / "toy.toml").write_text(study)
    levers = {"less": "a = 0.1", "gives": "pull = 9.0\nb = { value = 4.0 }", "little": "pull = 0.5"}
    for name, inputs in levers.items():
        lines = inputs.replace(" }", ', source = "s" }') if "{" in inputs else inputs
        lines = "\n".join(
            one if "{" in one else re.sub(r"= (.*)", r'= { value = \1, source = "s" }', one)
            for one in lines.splitlines()
        )
        (folder / f"{name}.toml").write_text(
            HELD.format(title=f"Lever {name}", title_es=f"Medida {name}", inputs=lines)
        )
    words = ("compare", "toy.toml", *(f"{name}.toml" for name in levers), "--no-sensitivity", "--draws", "200")
    code, out, err = called(capsys, *words, "--lang", language, "--out", "o")
    assert code == 0, err
    page = html.unescape((folder / "o" / "compare.html").read_text()).replace("\N{NO-BREAK SPACE}", " ")
    assert f'<html lang="{language}">' in page
    table = page[page.index('id="answers"') :]
    table = table[: table.index("</table>")]
    rows = {
        row[0]: row for row in re.findall(r'<th scope="row">(.*?)</th><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td>', table)
    }
    matrix = pd.read_csv("o/matrix.csv").set_index(["lever", "outcome"])
    said = {
        "en": ("Lever", "Waste to 2040", "less", "more", "to"),
        "es": ("Medida", "Residuos hasta 2040", "menos", "más", "a"),
    }
    lever, waste, less, more, to = said[language]
    assert set(rows) == {f"{lever} less", f"{lever} gives"}
    for name, column, word in (("less", 1, less), ("gives", 2, more)):
        row = matrix.loc[(name, "waste")]
        middle, *ends = np.abs(row[["median", "p2.5", "p97.5"]].to_numpy(float))
        found = re.search(
            rf"{waste}: ([\d.]+) t {word} \(95 %: ([\d.]+) {to} ([\d.]+)\)", rows[f"{lever} {name}"][column]
        )
        assert found, rows[f"{lever} {name}"]
        decimals = len(found[1].partition(".")[2])
        assert [float(text) for text in found.groups()] == pytest.approx(
            [middle, *sorted(ends)], abs=0.5001 * 10.0**-decimals
        )
    assert (matrix.loc[("less", "waste"), "p_best"], matrix.loc[("gives", "gain"), "p_best"]) == (1.0, 1.0)
    # What the terminal says is in the language too, and the tables are the same in both.
    assert f"{lever} gives" in out
    assert ("Cuesta" in out) == (language == "es")
    assert "Lever" not in (folder / "o" / "matrix.csv").read_text()


def test_a_language_that_the_study_lacks_is_refused_before_anything_runs(folder, capsys):
    code, _, err = called(capsys, "compare", "toy.toml", "push.toml", "--lang", "es", "--out", "o")
    assert code == 2
    assert err.count("\n") == 1
    assert "no labels in this language" in err
    assert not (folder / "o").exists()
