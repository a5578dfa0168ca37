"""Every promise runs: the examples in docstrings, the commands of the README and the docs."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {
    "mcsim": "mcsim",
    "kernels": "mcsim.kernels",
    "distributions": "mcsim.distributions",
    "studies": "mcsim.studies",
}


def module_names() -> list[str]:
    names = []
    for folder, package in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            names.append(".".join([package, *(part for part in parts if part != "__init__")]))
    return names


@pytest.mark.parametrize("name", module_names())
def test_the_examples_of_a_module_run(name):
    failures, _ = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert failures == 0


def python_blocks(path: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", path.read_text(), flags=re.DOTALL)


DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("path", [p for p in DOCUMENTS if python_blocks(p)], ids=lambda p: p.name)
def test_the_python_of_a_document_runs(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in python_blocks(path):
        exec(compile(block, f"{path.name}", "exec"), names)
    assert names


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_every_link_inside_the_house_leads_somewhere(path):
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", path.read_text())
    missing = [target for target in targets if not (path.parent / target).exists()]
    assert missing == []


def test_the_first_readme_command_installs_and_runs_the_main_job():
    readme = (ROOT / "README.md").read_text()
    assert "    python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/mcsim run second-hand-ev\n" in readme


def test_the_second_readme_command_is_what_ci_runs():
    readme = (ROOT / "README.md").read_text()
    found = re.findall(r"^    (python3 -m venv .*pytest.*)$", readme, flags=re.MULTILINE)
    assert found == ["python3 -m venv .venv && .venv/bin/pip install '.[test]' && .venv/bin/python -m pytest"]


def mcsim_commands() -> list[str]:
    """Return every `mcsim ...` that the documents show as a command, in a line of its own or within one."""
    found = []
    for path in DOCUMENTS:
        found += re.findall(
            r"^(?:    |\$ )(?:\.venv/bin/)?mcsim (.+?)(?:\s+#.*)?$", path.read_text(), flags=re.MULTILINE
        )
        found += re.findall(r"`mcsim ([a-z][^`\n]*)`", path.read_text())
    return sorted(set(found))


def test_every_command_in_the_documents_exists():
    from mcsim.command.main import mcsim

    for command in mcsim_commands():
        words = command.split()
        assert words[0] in mcsim.commands or words[0].startswith("-"), command
        if words[0] in mcsim.commands:
            known = {flag for parameter in mcsim.commands[words[0]].params for flag in parameter.opts}
            flags = [word.split("=")[0] for word in words[1:] if word.startswith("--")]
            assert [flag for flag in flags if flag not in known and flag != "--help"] == [], command


def test_every_public_name_has_an_example_that_runs():
    import inspect

    import mcsim
    from mcsim.distributions import FAMILIES, SHARES

    names = sorted({*mcsim._PUBLIC, *FAMILIES, *SHARES})
    assert [name for name in names if ">>> " not in (inspect.getdoc(getattr(mcsim, name)) or "")] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_what_is_no_python_is_at_least_what_it_says_it_is(path):
    import json
    import subprocess
    import tomllib

    text = path.read_text()
    for language, block in re.findall(r"```(toml|json|bash)\n(.*?)```", text, flags=re.DOTALL):
        if language == "toml":
            tomllib.loads(block)
        elif language == "json":
            json.loads(block)
        else:
            assert subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True).stderr == ""
    known = {"", "toml", "json", "bash", "python", "py", "text", "csv", "console", "{toctree}"}
    assert {word.split()[0] for word in re.findall(r"^```([^\n`]+)$", text, flags=re.MULTILINE)} <= known
