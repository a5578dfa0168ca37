"""Each number of page one leads to its row, and a run directory tells machines what it holds."""

import json
import platform
import re
from urllib.parse import unquote

import pytest
from shipped import STUDIES, shipped

from mcsim.engine.run import run
from mcsim.ranking.sensitivity import sensitivity
from mcsim.report.page import write_report
from mcsim.study.load import load

LINK = re.compile(r'<a class="told" href="#(row-\d+)">(.*?)</a>', flags=re.DOTALL)
ROW = re.compile(r'<article id="(row-\d+)".*?</article>', flags=re.DOTALL)
NUMBER = re.compile("(?<![A-Za-z\\d.])[\N{MINUS SIGN}-]?\\d[\\d,]*(?:\\.\\d+)?")


@pytest.fixture(scope="module", params=STUDIES)
def study(request, tmp_path_factory):
    return shipped(request.param, tmp_path_factory)


def first_page(html):
    return html[html.index('<section class="first') : html.index("</section>")]


def test_each_number_of_page_one_is_a_link_to_a_row_of_the_summary(study):
    html = (study.folder / "report.html").read_text(encoding="utf-8")
    rows = {found[1]: found[0] for found in ROW.finditer(html)}
    links = LINK.findall(html)
    assert links
    assert {at for at, _ in links} == set(rows)
    result = study.result
    for text in rows.values():
        code = re.search(r"<code>(.*?)</code>", text)[1]
        name, _, labels = code.partition("@")
        output = result.study.output(name)
        where = dict(zip((dim.name for dim in output.dims), labels.split(","), strict=False)) if labels else {}
        (found,) = result.summary(name, **where).to_dict("records")
        for column, told in re.findall(r"(mean|p[\d.]+|undefined) <b>(\S+?)</b>", text):
            number = found[column]
            assert told == "undefined" if number != number else float(told) == float(f"{number:.6g}")
    # What stands in the table of page one outside a link is words.
    cells = re.findall(r'<td class="number[^"]*">(.*?)</td>', first_page(html), flags=re.DOTALL)
    bare = [LINK.sub("", cell) for cell in cells if "</a>" in cell or NUMBER.search(cell)]
    assert [cell for cell in bare if NUMBER.search(cell) and "(" not in cell] == []


def test_the_row_of_a_number_names_inputs_with_their_sources(study):
    html = (study.folder / "report.html").read_text(encoding="utf-8")
    ranked = [text for text in (found[0] for found in ROW.finditer(html)) if "<ul>" in text]
    assert bool(ranked) == (study.ranking is not None)
    for text in ranked:
        for line in re.findall(r"<li>([^<]+<code>.*?)</li>", text):
            assert line.rpartition("; ")[2].strip(), line


def check_crate(folder):
    """What RO-Crate 1.1 asks of the metadata file and the root, and that all it names is there."""
    text = (folder / "ro-crate-metadata.json").read_text(encoding="utf-8")
    crate = json.loads(text)
    assert crate["@context"] == "https://w3id.org/ro/crate/1.1/context"
    by_id = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(by_id) == len(crate["@graph"])
    assert all(entity.get("@type") for entity in by_id.values())
    about = by_id["ro-crate-metadata.json"]
    assert about["@type"] == "CreativeWork"
    assert about["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    root = by_id[about["about"]["@id"]]
    assert root["@type"] == "Dataset"
    assert all(root[key] for key in ("name", "description", "datePublished", "license"))
    for entity in by_id.values():
        for value in entity.values():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict):
                    assert one["@id"] in by_id or one["@id"].startswith("https://"), one
        if entity["@type"] == "File":
            assert (folder / unquote(entity["@id"])).stat().st_size == int(entity["contentSize"])
            assert entity in [by_id[part["@id"]] for part in root["hasPart"]]
    assert platform.node() not in re.findall(r"\w+", text)
    assert not re.search(r'"(?:/|[A-Z]:\\|file:)', text)
    return by_id


def test_a_run_directory_is_an_ro_crate(study):
    by_id = check_crate(study.folder)
    assert {"run.json", "summary.csv", "draws.nc", "report.html", "labels.csv"} <= set(by_id)
    scalars = [item for item in study.result.study.inputs if item.table is None and item.vector is None]
    for item in scalars:
        assert by_id[f"#input-{item.name}"].get("citation", "").startswith(item.source)


def test_a_crate_names_a_ranking_and_hashes_where_they_are(tmp_path):
    study = load("ishigami")
    result = run(study, 50, out=tmp_path / "run", jobs=1, quiet=True)
    write_report(result, sensitivity(study, base=16, jobs=1), tmp_path / "run")
    by_id = check_crate(tmp_path / "run")
    assert by_id["summary.csv"]["sha256"] == result.record["files"]["summary.csv"]
