"""Answers to questions as pages and as parts of a report, in both languages, by one mechanism."""

import json
from html.parser import HTMLParser

import pytest

from mcsim.command.main import main
from mcsim.report.chapters import BUILDERS, number


class Words(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.told, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_data(self, data):
        if data.strip():
            self.told.append(" ".join(data.replace("\N{NO-BREAK SPACE}", " ").split()))


def words(path):
    return "\n".join(Words(path.read_text(encoding="utf-8")).told)


@pytest.fixture(scope="module")
def explained(tmp_path_factory):
    out = tmp_path_factory.mktemp("explained") / "run"
    assert main(["explain", "ishigami", "y > 8", "--draws", "1000", "--rare", "--out", str(out), "--quiet"]) == 0
    return out


def test_an_explanation_is_a_page_of_its_own_and_a_part_of_the_report(explained, capsys):
    page = words(explained / "explain.html")
    found = json.loads((explained / "explain.json").read_text())
    assert "When is it so?" in page
    assert f"It is so in {100 * found['probability']['value']:.3g} % of the draws" in page
    assert "Where: " in page
    assert "of all in which it is so lie there" in page
    assert "By subset simulation its probability is" in page
    assert main(["report", str(explained)]) == 0
    report = (explained / "report.html").read_text()
    assert '<section id="explain">' in report
    assert report.count("data:image/svg+xml") >= 2
    record = json.loads((explained / "run.json").read_text())
    assert {"explain.csv", "explain.md", "explain.json", "explain.html"} <= set(record["files"])
    capsys.readouterr()


def test_a_report_without_questions_has_no_such_part(tmp_path, capsys):
    assert (
        main(["run", "ishigami", "--draws", "64", "--no-sensitivity", "--out", str(tmp_path / "run"), "--quiet"]) == 0
    )
    report = (tmp_path / "run" / "report.html").read_text()
    assert not any(f'<section id="{name}">' in report for name in BUILDERS)
    capsys.readouterr()


def test_a_plan_leaves_its_run_table_and_page_in_spanish(tmp_path, capsys):
    out = tmp_path / "plan"
    cell = "retired_battery_mass@2050,second-hand"
    assert main(["plan", "fleet", cell, "--draws", "100", "--lang", "es", "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    page = words(out / "plan.html")
    assert "¿Qué conviene medir ahora?" in page
    assert "Eléctricos en los registros de Estados Unidos a fines de 2030" in page
    assert (
        "Masa de baterías retiradas, 2050, importados de segunda mano (retired_battery_mass@2050,second-hand)" in page
    )
    assert "precio [USD]" in page
    first = found["surveys"][0]
    assert f"{100 * first['narrows']:.3g} %" in page
    assert {"plan.csv", "plan.json", "plan.html", "draws.nc"} <= {path.name for path in out.iterdir()}
    assert main(["report", str(out), "--lang", "en"]) == 0
    report = words(out / "report.html")
    assert "What to measure next?" in report
    assert "EVs on US registers at the end of 2030" in report
    capsys.readouterr()


RECORD = {
    "study": "fleet",
    "readings": ["as the study has it"],
    "holds_up": ["lever-a", "lever-b"],
    "nearly": "lever-a",
    "levers": {"lever-a": {"en": "A first", "es": "Una primera"}, "lever-b": {"en": "B second"}},
    "outcomes": {"waste": {"en": "Waste", "es": "Residuos"}},
    "packages": [
        {
            "package": name,
            "outcome": "waste",
            "unit": "t",
            "p_best": best,
            "change": -1234.5,
            "regret_p90": 3.0,
            "regret_worst": 4.0,
        }
        | {"regret_share": share}
        for name, best, share in (("none", 0.0, 1.0), ("lever-a", 0.3, 0.08), ("lever-a + lever-b", 0.7, 0.02))
    ],
}


def test_packages_are_told_in_both_languages(tmp_path):
    import mcsim
    from mcsim.report.chapters import leave

    fleet = mcsim.load("fleet")
    assert leave("combine", RECORD, fleet, tmp_path, "en").files == ("combine.json", "combine.html")
    english = words(tmp_path / "combine.html")
    assert "Holds up: A first and B second." in english
    assert "it misses at most 2 %" in english
    assert "Nearly as well with fewer: A first (misses 8 %)." in english
    assert "A first and B second, in 70 %" in english
    assert "Se sostiene: Una primera y B second." in leave("combine", RECORD, fleet, tmp_path, "es").text
    spanish = words(tmp_path / "combine.html")
    assert "Se sostiene: Una primera y B second." in spanish
    assert "Residuos" in spanish


def test_a_study_without_the_language_is_refused_before_it_runs(capsys):
    for command in (["explain", "ishigami", "y > 8"], ["combine", "fleet", "lever-take-back", "lever-collection"]):
        assert main([*command, "--lang", "fr", "--quiet"]) == 2
        err = capsys.readouterr().err
        assert "--lang: no such language (got 'fr')" in err
        assert err.count("\n") == 1


@pytest.mark.parametrize(("value", "told"), [(0.0, "0"), (-1234.5, "-1,230"), (1e20, "1e+20"), (None, "-")])
def test_numbers_have_three_digits(value, told):
    assert number(value) == told
