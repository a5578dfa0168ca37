"""The pages with numbers: their scripts run, their tables are those that the scripts print, their commands work."""

import csv
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from mcsim.command.main import main
from mcsim.engine.run import run
from mcsim.study.load import load

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGE = (DOCS / "own-tables.md").read_text()


@pytest.fixture(autouse=True)
def scripts_first(monkeypatch):
    """The scripts import their neighbours, as a script started by its path does; nobody else should find them."""
    monkeypatch.syspath_prepend(str(DOCS / "scripts"))
    yield
    for path in (DOCS / "scripts").glob("*.py"):
        sys.modules.pop(path.stem, None)


def numbers(text):
    return np.array([float(found) for found in re.findall(r"(?<![\w.])[+-]?\d+\.\d+", text)])


def assert_alike(expected, actual, tolerance):
    """A table may move in its last digit between machines, not more."""
    assert re.sub(r"[-+\d.]+", "#", expected) == re.sub(r"[-+\d.]+", "#", actual)
    np.testing.assert_allclose(numbers(actual), numbers(expected), atol=tolerance)


def assert_same_digits(expected, actual):
    """Every number of a table, whole ones too, may move by one in its last digit between machines, not more."""
    told = [re.findall(r"\d[\d,]*(?:\.\d+)?", text) for text in (expected, actual)]
    assert re.sub(r"\d[\d,]*(?:\.\d+)?", "#", expected) == re.sub(r"\d[\d,]*(?:\.\d+)?", "#", actual)
    for old, new in zip(*told, strict=True):
        digits = max(len(text.partition(".")[2]) for text in (old, new))
        assert abs(float(old.replace(",", "")) - float(new.replace(",", ""))) <= 1.01 * 10.0**-digits, (old, new)


@pytest.mark.parametrize("option", ["survival_junction", "recycling_credit", "battery_law", "cover"])
def test_a_table_of_the_options_is_what_its_script_prints(option):
    from blocks import find_blocks
    from options import SETTINGS, option_table

    assert_alike(find_blocks((DOCS / "options.md").read_text())[option], option_table(SETTINGS[option]), 0.11)


def test_the_figures_of_the_source_are_what_their_script_prints(tmp_path):
    from blocks import find_blocks
    from source_figures import DRAWS, blocks, draw_5, runs_of

    fleets, vehicles = runs_of(DRAWS)
    page, found = find_blocks((DOCS / "source-figures.md").read_text()), blocks(fleets, vehicles)
    assert set(page) == set(found)
    for name, text in found.items():
        assert_same_digits(page[name], text)
    draw_5(fleets, tmp_path)
    assert (tmp_path / "source-5.svg").read_text().startswith("<?xml")


def test_the_tables_of_electricity_are_what_their_script_prints():
    from blocks import find_blocks
    from grid import blocks

    page = find_blocks((DOCS / "electricity.md").read_text())
    for name, text in blocks(2000).items():
        assert_alike(page[name], text, 0.11)
        assert len(numbers(text)) > 8


@pytest.mark.parametrize("block", ["cell", "circularity", "export"])
def test_the_figures_that_sources_print_are_told_as_the_script_prints_them(block):
    from blocks import find_blocks
    from printed import PRESETS, printed_table

    found = find_blocks((DOCS / "printed.md").read_text())
    assert_same_digits(found[f"printed {block}"], printed_table(PRESETS[block]))


def test_every_source_of_a_shipped_study_is_on_the_page():
    from blocks import find_blocks
    from printed import CALIBRATED, PRESETS, WAYS, cell_of

    page = find_blocks((DOCS / "printed.md").read_text())
    assert set(page) == {*(f"printed {name}" for name in PRESETS), *(f"way {name}" for name in WAYS)}
    for block, names in PRESETS.items():
        figures = [figure.name for figure in load(names[-1]).published]
        assert [name for name in figures if f"| {name} |" not in page[f"printed {block}"]] == []
        assert {figure.name for figure in load(names[0].removesuffix(CALIBRATED)).published} == set(figures)
    assert cell_of({"verdict": "unreached"}) == "unreached"


def test_the_way_from_the_source_to_ours_ends_at_ours_and_is_what_the_page_says(tmp_path):
    from blocks import find_blocks
    from printed import WAYS, at_centre, draw, figures_of, way, way_table

    found = find_blocks((DOCS / "printed.md").read_text())
    for name, asked in WAYS.items():
        assert_same_digits(found[f"way {name}"], way_table(asked))
        figures, ours = figures_of(asked), load(asked.ours)
        *_, (_, last) = way(asked)
        np.testing.assert_allclose(at_centre(last, figures), at_centre(ours, figures), rtol=1e-12)
        draw(name, asked, tmp_path)
        assert (tmp_path / f"printed-{name}.svg").read_text().startswith("<?xml")


def test_an_assumption_that_belongs_to_no_step_is_told():
    from printed import WAYS, way

    short = WAYS["fleet"]._replace(steps=WAYS["fleet"].steps[:2])
    with pytest.raises(ValueError, match=r"fleet-ncst: in no step: .*ev_selection_ratio"):
        list(way(short))


def test_the_page_on_air_quality_is_what_its_script_prints():
    from air_quality import blocks
    from blocks import find_blocks

    found, fresh = find_blocks((DOCS / "air-quality.md").read_text()), blocks()
    assert found.keys() == fresh.keys()
    for name, text in fresh.items():
        assert_same_digits(found[name], text)


def test_the_page_on_places_is_what_its_script_prints():
    from blocks import find_blocks
    from places import blocks

    found, fresh = find_blocks((DOCS / "places.md").read_text()), blocks()
    assert list(found) == list(fresh)
    for name, text in found.items():
        assert_same_digits(text, fresh[name])


def test_the_questions_that_decide_are_checked_as_the_page_says():
    from blocks import find_blocks
    from questions_checked import TABLES, rare_row

    found = find_blocks((DOCS / "questions-checked.md").read_text())
    assert list(found) == list(TABLES)
    for name in TABLES.keys() - {"rare"}:  # of the longest, one row
        assert_same_digits(found[name], TABLES[name]())
    chance, sides, *told = rare_row(3e-5, 1)
    row = next(line for line in found["rare"].splitlines() if line.startswith(f"| {chance} | {sides} |"))
    assert_same_digits(row, f"| {' | '.join([chance, sides, *told])} |")


def test_boundaries_and_places_of_the_air_quality_are_of_all_stages_once():
    from air_quality import PLACES, STAGES, drawn, within

    assert sorted(stage for stages in PLACES.values() for stage in stages) == sorted(STAGES)
    few = drawn(5)
    parts = sum(few.electric[:, [STAGES.index(stage) for stage in stages]].sum(axis=1) for stages in PLACES.values())
    np.testing.assert_allclose(within(few.electric, ()), parts, rtol=1e-12)


def test_the_page_of_figures_is_what_the_registry_says():
    from blocks import find_blocks
    from figures import blocks

    assert find_blocks((DOCS / "figures.md").read_text()) == {name: text.strip() for name, text in blocks().items()}


def test_every_option_has_its_table():
    from blocks import find_blocks

    told = find_blocks((DOCS / "options.md").read_text())
    study = load("second-hand-ev")
    assert [option.name for option in study.model.options if not told.get(option.name)] == []


def test_every_word_of_every_option_is_told():
    page = (DOCS / "options.md").read_text()
    study = load("second-hand-ev")
    words = [(option.name, word) for option in study.model.options for word in option.choices or ()]
    assert [pair for pair in words if f"`{pair[0]}={pair[1]}`" not in page] == []


def test_readings_of_the_ranking_are_words_of_the_options():
    from model_form import study_with_readings

    assert len(study_with_readings().uncertain) == len(load("second-hand-ev").uncertain) + 12


def test_the_age_at_75_percent_is_what_the_page_says():
    from blocks import find_blocks
    from presets import crossing_table

    assert_alike(find_blocks((DOCS / "presets.md").read_text())["presets crossing"], crossing_table(), 0.051)


def test_the_pictures_of_the_presets_are_drawn(tmp_path, monkeypatch, capsys):
    import presets

    monkeypatch.setattr(sys, "argv", ["presets.py", "--draws", "20", "--pictures", str(tmp_path)])
    presets.main()
    assert "P(pack fails within 8 yr)" in capsys.readouterr().out
    drawn = {path.name for path in tmp_path.iterdir()}
    assert drawn == {"presets-health.png", "presets-failures.png", "presets-change.png"}


def test_every_evidence_has_a_source_and_a_value_in_its_range():
    with (ROOT / "docs" / "scripts" / "field_evidence.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["source"] and row["note"] for row in rows)
    assert all(float(row["low"]) <= float(row["value"]) <= float(row["high"]) for row in rows)


@pytest.fixture(scope="module")
def worked_example(tmp_path_factory):
    """The folder that a reader of the page on own tables ends with."""
    folder = tmp_path_factory.mktemp("example")
    for sources, target in re.findall(r"^    cp (.+) (\S+)$", PAGE, flags=re.MULTILINE):
        (folder / target).mkdir(exist_ok=True)
        for source in sources.split():
            shutil.copy(ROOT / source, folder / target)
    for how, name, content in re.findall(r"```csv (file|append)=(\S+)\n(.*?)```", PAGE, flags=re.DOTALL):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        with path.open("a" if how == "append" else "w") as file:
            file.write(content)
    return folder


def test_the_worked_example_passes_its_check(worked_example, monkeypatch):
    monkeypatch.chdir(worked_example)
    (command,) = re.findall(r"^    mcsim (check .+)$", PAGE, flags=re.MULTILINE)
    assert main(command.split()) == 0


def test_an_own_vehicle_has_bands_after_a_run(worked_example):
    result = run(load("second-hand-ev", data=worked_example / "my-tables"), draws=20, seed=1, quiet=True)
    bands = result.summary("impact_change", vehicle="ev-pickup", reference="stay-us", category="gwp")
    assert len(bands) == 21
    told = bands[bands["undefined"] < 1.0]
    assert (told["p97.5"] >= told["p2.5"]).all()
    assert len(told) > 10


@pytest.mark.parametrize(
    ("command", "message"), re.findall(r"```console\n\$ mcsim (.+)\n(.+)\n```", PAGE), ids=lambda text: text[-12:]
)
def test_a_refusal_on_the_page_is_what_the_command_says(command, message, worked_example, monkeypatch, capsys):
    monkeypatch.chdir(worked_example)
    assert main(command.split()) == 2
    pattern = re.escape(message).replace(re.escape("..."), ".*")
    assert re.fullmatch(pattern, capsys.readouterr().err.strip())


def test_an_own_unit_is_converted_to_the_model(worked_example):
    study = load("second-hand-ev", data=worked_example / "my-tables")
    table = study.tables["gasoline_upstream"]
    assert table.value[table.position("gwp")] == pytest.approx(0.640)
    assert table.value[table.position("irp")] == pytest.approx(0.0071)


def test_an_own_vehicle_has_changes_and_the_others_keep_theirs(worked_example):
    from options import COLUMNS, changes

    shipped = load("second-hand-ev")
    own = load("second-hand-ev", data=worked_example / "my-tables")
    stay_us = COLUMNS[:1]
    assert np.isfinite(changes(own, "ev-pickup", stay_us)).all()
    np.testing.assert_array_equal(changes(own, "ev-suv", stay_us), changes(shipped, "ev-suv", stay_us))
