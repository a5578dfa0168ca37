"""One schema of study files: for the loader, the documents and editors."""

import json
import tomllib
from pathlib import Path

import pytest
from mutants import STUDIES, outcome, outcomes, prepare

from mcsim.command.editor import editor_schema
from mcsim.report.kinds import KINDS
from mcsim.study import InputError
from mcsim.study.load import find_studies, load
from mcsim.study.schema import ByName, Either, ListOf, Number, Place, Row, Section
from mcsim.study.sections import FILE, document

DOCS = Path(__file__).resolve().parent.parent / "docs"
PLACE = Place(Path("study.toml"), "key")


def refused(folder, kind, old, new):
    text = STUDIES[kind]
    assert old in text
    path = folder / "study.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load(path)
    return str(caught.value).removeprefix(str(path))


@pytest.fixture
def folder(tmp_path):
    prepare(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", STUDIES)
def test_the_files_before_mutation_are_read(folder, kind):
    (folder / "study.toml").write_text(STUDIES[kind])
    assert outcome(folder / "study.toml") == "read"


BAD = [
    (
        "model",
        "spearman =",
        "pearson =",
        ": dependence.pearson: unknown key; one of spearman, factors, observed, ordered, sorted, when; did you mean "
        "'spearman'?",
    ),
    ("model", "folder =", "foldr =", ": data.foldr: unknown key; one of folder; did you mean 'folder'?"),
    ("model", 'group = "g"\n[data]', 'groop = "g"\n[data]', ": tables.t.groop: unknown key; one of file, group; did"),
    (
        "model",
        "[[report.figures]]",
        "[[report.figure]]",
        ": report.figure: unknown key; one of title, title_es, answers, rows,",
    ),
    ("model", 'note = "n"', 'nota = "n"', ": inputs.p.nota: unknown key; one of value, unit, group, source, note"),
    ("model", 'title = "Toy"', "title = 3", ": study.title: not a text (got 3); a text in quotes"),
    ("model", 'headline = ["y"]', 'headline = "y"', ": study.headline: not a list (got 'y'); a list of names"),
    ("model", 'headline = ["y"]', 'headline = ["z"]', ": study.headline: z: no such output; one of y"),
    ("model", 'title = "Toy"', 'name = "../x"', ": study.name: not a name (got '../x'); a name without"),
    ("model", '"model.py:factory"', '"factory"', ": study.model: no name (got 'factory'); \"package.module:name\""),
    ("model", "uniform = [1, 2]", "uniform = [1, nan]", ": inputs.p.uniform[2]: neither a finite number nor a text"),
    ("model", "uniform = [1, 2]", "value = inf", ": inputs.p.value: not a number (got inf); a finite number"),
    ("model", 'source = "s", note', "source = 1, note", ": inputs.p.source: not a text (got 1); a text in quotes"),
    ("model", "steps = 4", "steps = nan", ": options.steps: not a number (got nan); a finite number"),
    ("model", "steps = 4", "steps = true", ": options.steps: takes no flag (got True); a word, a number or {"),
    ("model", "0.5]]\n[[", '"0,5"]]\n[[', ": dependence.spearman[1][3]: not a number (got '0,5'); a number between -1"),
    ("model", "0.5]]\n[[", "1]]\n[[", ": dependence.spearman[1][3]: not a number in range (got 1); a number between"),
    ("model", '"t[two]", 0.5', '"t[two]"', ": dependence.spearman[1]: not 3 values (got ['p', 't[two]'])"),
    (
        "model",
        'kind = "observed"',
        'kind = "projection"',
        ": observation[1].kind: nothing is calibrated on",
    ),
    (
        "model",
        'output = "y"\nkind = "obs',
        'output = "z"\nkind = "obs',
        ": observation[1].output: study: z: no such",
    ),
    (
        "model",
        'output = "y"\nkind = "obs',
        'output = "y@2"\nkind = "obs',
        ": observation[1].output: y@2: no dim",
    ),
    (
        "model",
        "low = 2",
        "low = 5",
        ": observation[1].low: the range is reversed or empty (got 5 to 4); low below high",
    ),
    ("model", "low = 2", "low = 3.5", ": observation[1].value: outside its own range (got 3); between 3.5 and 4"),
    ("model", "low = 2", "low = -2", ": observation[1].low: no logarithm (got -2); above 0, or a normal error"),
    ("model", "low = 2\n", "", ": observation[1]: how far off it may be is not said; low and high, or sd"),
    ("model", "interval = 0.9", "interval = 1", ": observation[1].interval: not a number in range (got 1); a share"),
    ("model", '"lognormal"', '"lognormul"', ": observation[1].distribution: unknown (got 'lognormul'); one of normal"),
    ("model", 'unit = "km"\nsource', 'unit = "kg"\nsource', ": observation[1].unit: does not convert (got 'kg'); 'km'"),
    ("model", "groups = { g", "groups = { h", ": calibration.groups.h: no observation of this group; one of g"),
    ("model", '"random"', '"rand"', ": calibration.groups.g.pooling: unknown (got 'rand'); one of random, none"),
    ("model", "options = { word", "options = { wort", ": calibration.options.wort: no such option; one of word, steps"),
    ("function", "per_draw = false", 'per_draw = "false"', ": study.per_draw: neither true nor false (got 'false')"),
    ("function", "keep = true", 'keep = "no"', ": outputs.r.keep: neither true nor false (got 'no'); true or false"),
    ("function", 'unit = "km", meaning = "r"', 'unt = "km"', ": outputs.r.unt: unknown key; one of unit, meaning"),
    ("function", "[2030, 2040]", "2030", ": outputs.r.dims.year: not a list (got 2030); a list of labels, each once"),
    ("function", "[2030, 2040]", "[]", ": outputs.r.dims.year: too short (got []); a list of labels, each once"),
    ("function", "[2030, 2040]", '[2030, "2030"]', ": outputs.r.dims.year: twice there (got '2030'); a list of"),
    (
        "function",
        "q = 3",
        "q = 2030-01-01",
        ": inputs.q: takes no date or time (got datetime.date(2030, 1, 1)); a number",
    ),
    (
        "function",
        "q = 3",
        "q = [0, 1]",
        ": inputs.q: takes no list (got [0, 1]); a number, the text of a distribution, or {",
    ),
    (
        "function",
        "q = 3",
        "q = true",
        ": inputs.q: takes no flag (got True); a number, the text of a distribution, or {",
    ),
    ("program", "timeout = 5.5", "timeout = 0", ": program.timeout: not a number in range (got 0); seconds above 0"),
    ("program", "parallel = 2", "parallel = 2.5", ": program.parallel: not a whole number (got 2.5); 1 or more"),
    ("program", "command = [", "commands = [", ": program.commands: unknown key; one of command, template"),
    ("program", "command =", "name2 =", ": program.name2: unknown key; one of command, template"),
    ("program", 'command = ["python3", "model.py", "{input}"]\n', "", ": program.command: missing; such as"),
    ("program", '["python3", "model.py", "{input}"]', "'python3 \"'", ": program.command: No closing quotation"),
]


@pytest.mark.parametrize(("kind", "old", "new", "message"), BAD, ids=[new for _, _, new, _ in BAD])
def test_a_key_or_value_that_no_schema_knows_is_refused_with_its_place(folder, kind, old, new, message):
    assert refused(folder, kind, old, new).startswith(message)


def test_an_error_in_an_extended_file_names_that_file(folder):
    (folder / "base.toml").write_text(STUDIES["model"].replace("title", "titel"))
    (folder / "study.toml").write_text(STUDIES["extends"])
    with pytest.raises(InputError, match=r"base\.toml: study\.titel: unknown key; .*did you mean 'title'"):
        load(folder / "study.toml")


def test_paths_and_files_of_python_are_beside_the_file_that_names_them(folder, monkeypatch):
    child = folder / "below"
    child.mkdir()
    (child / "study.toml").write_text('[study]\nextends = "../base.toml"\n')
    monkeypatch.chdir(child)
    study = load("study.toml")
    assert study.tables["t"].value.tolist() == [2.0, 2.0]  # [data] folder of base.toml, from its own folder


@pytest.mark.parametrize("code", ["retrn 1", "1 / 0", "import sys; sys.exit(1)", "plain = 3"])
def test_a_model_file_that_cannot_be_imported_is_the_users_to_mend(folder, code):
    (folder / "model.py").write_text(f"{code}\n")
    (folder / "study.toml").write_text(STUDIES["function"])
    with pytest.raises(InputError, match=r"study\.toml: study\.function: (cannot be imported|not a function) \(got"):
        load(folder / "study.toml")


def test_a_table_of_an_extending_study_is_converted_to_the_units_of_the_one_that_it_replaces(folder):
    (folder / "mine.csv").write_text("key,value,unit,source\none,3000,m,s\ntwo,4,km,s\n")
    (folder / "base.toml").write_text(STUDIES["model"].replace('[data]\nfolder = "own"\n', ""))
    (folder / "study.toml").write_text('[study]\nextends = "base.toml"\n[tables.t]\nfile = "mine.csv"\n')
    table = load(folder / "study.toml").tables["t"]
    assert (table.value.tolist(), table.units) == ([3.0, 4.0], ("km", "km"))


def test_a_byte_order_mark_is_read(folder):
    (folder / "study.toml").write_text("\ufeff" + STUDIES["function"].strip(), encoding="utf-8")
    assert outcome(folder / "study.toml") == "read"


def test_mutated_files_are_read_or_refused_in_one_line(tmp_path):
    wrong = [(what, text) for what, text in outcomes(300, 5, tmp_path) if what not in ("read", "refused")]
    assert wrong == []


@pytest.mark.parametrize(
    ("holds", "value"),
    [
        (Number("1 to 2", 1, 2), 3),
        (Number("above 0", 0, inside=True), 0),
        (Row((Number("a number"),), "[1]"), [1, 2]),
        (ListOf(Number("a number"), "numbers"), 1),
        (ByName(Number("a number"), "names"), [1]),
        (Section(()), {"x": 1}),
        (Either(number=Number("a number"), words="a number"), "x"),
    ],
)
def test_a_declaration_refuses_what_it_does_not_hold(holds, value):
    with pytest.raises(InputError, match=r"study.toml: key"):
        holds.read(value, PLACE)


def names_of(schema):
    """Return every key that an editor's schema knows, by place; a list's entries stand at its own."""
    schema = schema.get("items", schema) if schema.get("type") == "array" else schema
    inner = schema.get("properties", {}) | (
        {"*": schema["additionalProperties"]} if schema.get("additionalProperties") else {}
    )
    for other in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])):
        yield from names_of(other)
    for name, below in inner.items():
        yield name
        yield from (f"{name}.{key}" for key in names_of(below))


def test_the_editor_knows_every_key_that_a_shipped_study_uses():
    known = set(names_of(editor_schema()))
    for path in find_studies().values():
        for section, content in tomllib.loads(path.read_text()).items():
            own = section in ("study", "dependence", "data", "program", "report", "calibration", "labels")
            listed = content if isinstance(content, list) else [content] if own else []
            used = {f"{section}.{key}" for entry in listed for key in entry}
            if not listed:
                entries = [entry for entry in content.values() if isinstance(entry, dict)]
                used = {f"{section}.*.{key}" for entry in entries for key in entry}
            assert used - known == set(), path.name


def test_the_documents_and_the_editors_schema_are_those_of_the_loader():
    assert document() in (DOCS / "study-files.md").read_text()
    assert json.loads((DOCS / "study-file.schema.json").read_text()) == json.loads(json.dumps(editor_schema()))


def test_every_section_of_the_file_is_told():
    assert [key.name for key in FILE.keys] == list(editor_schema()["properties"])


def test_the_editor_knows_every_kind_of_figure_with_its_keys():
    figures = editor_schema()["properties"]["report"]["properties"]["figures"]["items"]["oneOf"]
    known = {figure["properties"]["kind"]["const"]: set(figure["properties"]) for figure in figures}
    assert known == {kind.name: {"kind", "output", *(key.name for key in kind.keys)} for kind in KINDS.values()}
