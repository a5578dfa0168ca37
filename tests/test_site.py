"""The site: generated pages tell what registries and files hold, every page has its place, what blocks print is so."""

import json
import re
from pathlib import Path

import click
import pytest
from test_docs_scripts import assert_same_digits

import mcsim
from mcsim.command.main import mcsim as command
from mcsim.distributions import FAMILIES, SHARES
from mcsim.ranking.methods import METHODS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PRINTING = [path.name for path in sorted(DOCS.glob("*.md")) if "\nprints\n\n```text" in path.read_text()]


@pytest.fixture(scope="module")
def pages():
    """Return the generated pages by path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS / "scripts"))
        from site_pages import pages

        return pages()


@pytest.fixture(autouse=True)
def scripts_first(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS / "scripts"))


def listed(text):
    """Return the pages that the contents of a page name."""
    blocks = re.findall(r"```\{toctree\}\n(.*?)```", text, flags=re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line and not line.startswith(":")]
    return [re.sub(r".*<(.+)>", r"\1", line) for line in lines]


def test_every_page_stands_once_in_the_contents_and_no_other_does(pages):
    written = [path.stem for path in DOCS.glob("*.md") if path.name != "index.md"]
    written += [f"notebooks/{path.stem}" for path in DOCS.glob("notebooks/*.ipynb")]
    top = [f"generated/{path.rpartition('.')[0]}" for path in pages if "/" not in path or path.endswith("/index.md")]
    contents = [name for path in DOCS.glob("*.md") for name in listed(path.read_text())]
    assert sorted(contents) == sorted([*written, *top])


def test_every_generated_page_stands_in_the_contents_of_its_folder(pages):
    for folder in ("studies", "data"):
        inside = {Path(path).stem for path in pages if path.startswith(f"{folder}/")} - {"index"}
        assert set(listed(pages[f"{folder}/index.md"])) == inside


def test_every_link_of_a_generated_page_leads_somewhere(pages):
    paths = {(DOCS / "generated" / path).resolve() for path in pages}
    for page, text in pages.items():
        for target in re.findall(r"(?<!\\)\]\((?!https?:)([^)#]+)\)", text):
            where = ((DOCS / "generated" / page).parent / target).resolve()
            drawn = target.endswith(".svg")  # beside the page, by what a test below calls
            assert drawn or where in paths or where.exists(), (page, target)


def test_every_shipped_study_has_a_page_with_its_inputs_options_and_outputs(pages):
    names = [name for name, path in mcsim.find_studies().items() if path.is_relative_to(ROOT)]
    assert {f"studies/{name}.md" for name in names} == {p for p in pages if re.match(r"studies/(?!index)", p)}
    study, page = mcsim.load("second-hand-ev"), pages["studies/second-hand-ev.md"]
    for row in [
        "| `annual_degradation` | `uniform(0.02, 0.03)` | 1/yr |",
        "| `functional_unit` | `km` | `km`, `life` |",
        "| `crossover_age` | yr | vehicle (4), reference (2), category (10) |",
    ]:
        assert row.partition(" (4)")[0] in page
    ageing = page.partition("### battery ageing")[2].partition("###")[0]
    assert "NCST-UCD-RR-24-39, section Battery Degradation*" in ageing
    assert "`annual_degradation`" in ageing
    assert pages["studies/fleet.md"].count("### ") < len(mcsim.load("fleet").inputs) / 10
    assert [o.name for o in study.outputs if f"| `{o.name}` |" not in page] == []
    assert [o.name for o in study.model.options if f"| `{o.name}` | `{study.options[o.name]}` |" not in page] == []
    assert [i.name for i in study.inputs if i.table is None and not i.vector and f"| `{i.name}` |" not in page] == []


def test_every_table_of_every_study_has_a_page_with_all_its_rows(pages):
    from site_studies import page_of

    for name in ("second-hand-ev", "fleet-states", "cell-onshoring", "battery-circularity-mexico"):
        for data in mcsim.load(name).tables.values():
            page = pages[f"data/{page_of(data)}.md"]
            rows = page.partition("## Rows")[2].strip().splitlines()
            assert len(rows) - 2 == len(data.index)
            assert f"studies/{name}.md" in page


def test_methods_distributions_and_commands_are_those_of_the_registries(pages):
    assert [name for name in METHODS if f"| `{name}` |" not in pages["methods.md"]] == []
    assert [name for name in {**FAMILIES, **SHARES} if f"\n## {name}\n" not in pages["distributions.md"]] == []
    assert [name for name in command.commands if f"\n## {name}\n" not in pages["commands.md"]] == []
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", pages["commands.md"], flags=re.DOTALL | re.MULTILINE))
    for name, one in command.commands.items():
        flags = [p.opts[0] for p in one.params if isinstance(p, click.Option) and not p.hidden]
        assert [flag for flag in flags if flag not in sections[name]] == [], name


def test_the_reference_holds_every_public_name_and_only_those(pages):
    told = set(re.findall(r"^   (\w+)$", pages["api.rst"], flags=re.MULTILINE))
    assert [name for name in told if not hasattr(mcsim, name)] == []
    assert told == {*mcsim._PUBLIC, *FAMILIES, *SHARES}


def test_the_page_on_citing_says_what_the_citation_file_says(pages):
    for key in ("title", "version", "license", "message"):
        (value,) = re.findall(rf"^{key}: (.+)$", (ROOT / "CITATION.cff").read_text(), flags=re.MULTILINE)
        assert value in pages["cite.md"]
    assert f"version: {mcsim.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_pages_are_written_once_and_those_that_are_none_any_more_go(tmp_path, monkeypatch):
    import site_pages
    from site_pages import write

    monkeypatch.setattr(site_pages, "WRITERS", site_pages.WRITERS[:2])  # the pages of studies are alike, and many
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "gone.md").write_text("# Gone\n")
    assert {path.name for path in write(tmp_path)} == {
        *("api.rst", "cite.md", "methods.md", "distributions.md", "commands.md")
    }
    assert not (tmp_path / "studies" / "gone.md").exists()
    assert write(tmp_path) == []


def test_a_built_page_that_needs_a_network_is_found(tmp_path):
    from site_pages import outside

    (tmp_path / "a.html").write_text(
        '<link rel="stylesheet" href="https://cdn.org/a.css"><script src="//cdn.org/b.js"></script>'
        '<a href="https://x.org">x</a><link rel="next" href="https://x.org/n"><img src="_static/c.png">'
    )
    assert outside(tmp_path) == ["a.html: https://cdn.org/a.css", "a.html: //cdn.org/b.js"]


@pytest.mark.parametrize("page", PRINTING)
def test_what_the_python_of_a_page_prints_stands_under_it(page, tmp_path, monkeypatch):
    from prints import printed

    monkeypatch.chdir(tmp_path)
    found = printed((DOCS / page).read_text())
    assert found
    for told, said in found:
        assert_same_digits(told, said)


def test_notebooks_hold_no_output_and_no_name_of_a_machine():
    notebooks = sorted((DOCS / "notebooks").glob("*.ipynb"))
    assert [path.stem for path in notebooks] == ["fleet", "own-model", "vehicle"]
    for path in notebooks:
        content = json.loads(path.read_text(encoding="utf-8"))
        code = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
        assert len(code) >= 4
        assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code), path.name
        assert set(content["metadata"]) == {"kernelspec", "language_info"}


def test_an_answer_is_page_one_of_the_report_that_its_command_writes(tmp_path, capsys):
    import site_answers

    site_answers.write(tmp_path, ["ishigami"], ["--draws", "64", "--base", "16"])
    told = (tmp_path / "ishigami.md").read_text()
    assert told.startswith("# ")
    assert "## What decides it" in told
    assert "All headline numbers" not in told
    assert told.rstrip().endswith("mcsim run ishigami --draws 64 --base 16")
    assert re.findall(r"\]\((.*?)\)", told) == ["ishigami.svg"]
    assert (tmp_path / "ishigami.svg").read_text().startswith("<?xml")
    capsys.readouterr()


def test_every_study_with_answers_of_its_own_has_its_page():
    import site_answers

    assert [name for name in site_answers.STUDIES if not mcsim.load(name).brief.answers] == []


def test_the_gallery_draws_the_example_of_every_kind_that_is_a_picture(pages, tmp_path):
    import site_gallery

    from mcsim.report.kinds import KINDS

    told = pages["gallery.md"]
    drawn = [name for name, kind in KINDS.items() if kind.draw is not None]
    assert re.findall(r"^## (\w+)$", told, flags=re.MULTILINE) == drawn
    assert re.findall(r"\]\(gallery/(\w+)\.svg\)", told) == drawn
    for name in drawn:
        assert KINDS[name].example in told
    found = site_gallery.write(tmp_path)
    assert [path.stem for path in found] == drawn
    assert all(path.read_text().startswith("<?xml") for path in found)


def test_the_picture_of_the_readme_is_small_and_of_its_script():
    from PIL import Image

    readme = (ROOT / "README.md").read_text()
    (target,) = re.findall(r'<img src="([^"]+)"', readme)
    assert target == "docs/img/page-one.png"
    assert (ROOT / target).stat().st_size < 150_000
    with Image.open(ROOT / target) as picture:
        assert picture.size == (1000, 1180)
    assert len(readme.splitlines()) < 80


def test_the_table_of_methods_in_the_page_on_sensitivity_is_that_of_the_registry():
    from blocks import find_blocks
    from site_words import listed

    assert find_blocks((DOCS / "sensitivity.md").read_text())["methods"] == listed()
