"""`mcsim new corridor`: what it writes, what it refuses, and what becomes of it once it is filled in."""

import csv
import json
import re
import tomllib
from pathlib import Path

import corridors
import numpy as np
import pytest

import mcsim
from mcsim.command.main import main
from mcsim.engine.evaluation import evaluate_centre
from mcsim.studies import fleet as package
from mcsim.studies.common.corridor import Corridor
from mcsim.study import InputError
from mcsim.study.template import COLUMNS, corridor_template
from mcsim.study.unfilled import UNFILLED

TOY = Corridor("norland", "sudland")
SHIPPED = Path(package.__file__).parent / "fleet.toml"


def renamed(text):
    return corridors.renamed(text, TOY)


def written(folder):
    return corridor_template(TOY.home, TOY.host).write(folder)


def filled_table(path, shipped):
    """Put the shipped rows into a table of the template, whose keys stand there already."""
    with path.open(newline="") as file:
        blank = list(csv.DictReader(file))
    with Path(shipped.origin).open(newline="") as file:
        rows = {tuple(renamed(row[key]) for key in shipped.keys): row for row in csv.DictReader(file)}
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(blank[0]), lineterminator="\n")
        writer.writeheader()
        for row in blank:
            theirs = rows[tuple(row[key] for key in shipped.keys)]
            assert row["unit"] == theirs["unit"]
            writer.writerow(row | {name: theirs.get(name, "") for name in COLUMNS})


def filled(file, shipped):
    """Put what a shipped study says into the template of its model, input by input and table by table."""
    for table in shipped.tables.values():
        path = file.parent / "data" / f"{renamed(table.name)}.csv"
        if UNFILLED in path.read_text():
            filled_table(path, table)
    said = {renamed(name): entry for name, entry in tomllib.loads(SHIPPED.read_text())["inputs"].items()}
    text = file.read_text()
    for name in re.findall(rf'^(?:# )?(\w+) = {{.*"{UNFILLED}" }}$', text, re.MULTILINE):
        if name not in said:
            continue  # the model's default is the shipped study's too
        entry = "{ " + ", ".join(f"{key} = {json.dumps(value)}" for key, value in said[name].items()) + " }"
        text = re.sub(rf"^(?:# )?{name} = .*$", lambda _, line=f"{name} = {entry}": line, text, flags=re.MULTILINE)
    file.write_text(text)
    return file


@pytest.fixture(scope="module")
def shipped():
    return mcsim.load("fleet")


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return written(tmp_path_factory.mktemp("template") / "corridor")


def test_a_template_that_is_filled_in_gives_the_numbers_that_were_put_in(tmp_path, shipped):
    ours = evaluate_centre(mcsim.load(filled(written(tmp_path / "corridor"), shipped)))
    theirs = evaluate_centre(shipped)
    assert {renamed(name) for name in theirs} == set(ours)
    for name, values in theirs.items():
        np.testing.assert_array_equal(ours[renamed(name)], values)


def test_a_filled_template_runs(tmp_path, shipped, capsys):
    file = filled(written(tmp_path / "corridor"), shipped)
    assert main(["check", str(file)]) == 0
    words = ["run", str(file), "--draws", "20", "--no-sensitivity", "--quiet", "--out", str(tmp_path / "run")]
    assert main(words) == 0
    assert (tmp_path / "run" / "report.html").is_file()


def test_what_is_not_said_yet_is_refused_by_name_until_it_is(tmp_path, shipped, capsys):
    file = written(tmp_path / "corridor")
    assert main(["check", str(file)]) == 2
    told = capsys.readouterr().err
    assert "norland_sales[1981]: source: not said yet" in told
    assert "69 more rows" in told
    assert len(told.splitlines()) == 1
    text = file.read_text()
    filled(file, shipped)
    file.write_text(text)
    count = text.count(f'"{UNFILLED}" }}\n') - len(re.findall(rf'^# \w+ = .*"{UNFILLED}"', text, re.MULTILINE))
    with pytest.raises(InputError, match=rf"inputs.norland_ev_midpoint: source: not said yet .* {count - 1} more"):
        mcsim.load(file)


def test_a_source_without_its_figure_is_refused(tmp_path, template):
    folder = tmp_path / "corridor"
    file = written(folder)
    sales = folder / "data" / "norland_sales.csv"
    sales.write_text(sales.read_text().replace(UNFILLED, "assumption"))
    with pytest.raises(InputError, match=r"norland_sales\[1981\]: value: not a number \(got ''\)"):
        mcsim.load(file)


def test_the_template_tells_every_table_and_input(template, shipped):
    readme, text = (template.parent / "README.md").read_text(), template.read_text()
    for spec in shipped.model.tables:
        line = next(line for line in readme.splitlines() if line.startswith(f"| `{renamed(spec.name)}` |"))
        assert ", ".join(spec.keys) in line
        assert spec.anywhere or spec.rows, spec.name
    for parameter in shipped.model.parameters:
        assert re.search(rf"^(# )?{renamed(parameter.name)} = {{", text, re.MULTILINE), parameter.name
    assert not corridors.COUNTRY.search(re.sub(r"^#   fleet: .*$", "", text, flags=re.MULTILINE))


def test_only_figures_of_things_come_filled_and_as_they_are_shipped(template, shipped):
    for spec in shipped.model.tables:
        text = (template.parent / "data" / f"{renamed(spec.name)}.csv").read_text()
        assert (UNFILLED in text) == (not spec.anywhere), spec.name
        if spec.anywhere:
            assert text == Path(shipped.tables[spec.name].origin).read_text()


def without(table, place):
    """Return a table without one of its rows."""
    from dataclasses import replace

    keep = [row for row in range(len(table.index)) if row != place]
    return replace(
        table,
        index=tuple(table.index[row] for row in keep),
        value=table.value[keep],
        **{
            name: tuple(getattr(table, name)[row] for row in keep)
            for name in ("distributions", "units", "sources", "groups", "notes")
        },
    )


def test_rows_may_be_left_out_as_the_template_says(shipped):
    from mcsim.studies.fleet.model import model

    told = {spec.name: spec.rows for spec in shipped.model.tables if not spec.anywhere}
    assert {rows.split()[0] for rows in told.values()} == {"every", "some", "of"}
    for name, rows in told.items():
        table = shipped.tables[name]
        shares = "sum to 1" in rows
        tables = {**shipped.tables, name: without(table, len(table.index) // 4)}
        if rows.startswith("every") or shares:
            with pytest.raises(InputError, match=f"{name}"):
                model(tables, home="us", host="mx")
        else:
            model(tables, home="us", host="mx")


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (("north", "north"), "--host: the same as --home"),
        (("north america", "mx"), "--home: not a word"),
        (("jp", "NZ"), "--host: not a word"),
        (("ev", "nz"), "--home: a word of the model's own names"),
        (("jp", "host"), "--host: a word of the model's own names"),
    ],
)
def test_labels_that_make_no_corridor_are_refused(labels, told, tmp_path, capsys):
    home, host = labels
    assert main(["new", "corridor", str(tmp_path / "new"), "--home", home, "--host", host]) == 2
    captured = capsys.readouterr().err
    assert told in captured
    assert len(captured.splitlines()) == 1
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["corridor", "{folder}", "--home", "jp"], "no --host"),
        (["corridor", "{folder}", "--host", "jp"], "no --home"),
        (["room", "{folder}", "--home", "jp", "--host", "nz"], "no such kind"),
        (["corridor", "{folder}", "--home", "jp", "--host", "nz", "--of", "ishigami"], "ishigami: no corridor"),
        (["corridor", "{folder}", "--home", "jp", "--host", "nz", "--of", "flet"], "did you mean 'fleet'"),
        (["corridor", "{here}", "--home", "jp", "--host", "nz"], "exists"),
    ],
)
def test_what_makes_no_folder_is_refused(words, told, tmp_path, capsys):
    assert main(["new", *(word.format(folder=tmp_path / "new", here=tmp_path) for word in words)]) == 2
    captured = capsys.readouterr().err
    assert told in captured
    assert len(captured.splitlines()) == 1
    assert not (tmp_path / "new").exists()


def test_labels_may_change_places(tmp_path):
    template = corridor_template("mx", "us")
    assert template.study == "fleet-mx-us"
    assert "mx_sales" in template.files["data/mx_sales.csv"] or template.files["data/mx_sales.csv"].startswith("year,")
    assert "us_imports" in template.files["README.md"]
    assert "year,value" in template.files["data/us_imports.csv"]


def test_the_country_of_a_row_that_is_missing_is_told(tmp_path, shipped):
    file = filled(written(tmp_path / "corridor"), shipped)
    capacity = file.parent / "data" / "bev_capacity.csv"
    capacity.write_text(capacity.read_text().replace("sudland,", "southland,"))
    with pytest.raises(InputError, match=r"bev_capacity\[sudland,\*\]: no rows"):
        mcsim.load(file)
