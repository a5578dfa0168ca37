"""What is run elsewhere asks what is asked here: the same Pythons, the same style."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text()


def test_the_workflow_runs_every_python_that_the_package_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [word.rpartition(" ")[2] for word in project["classifiers"] if re.search(r":: 3\.\d+$", word)]
    matrix = re.search(r"python: \[(.*)\]", WORKFLOW)
    assert matrix is not None
    assert re.findall(r"[\d.]+", matrix.group(1)) == named


def test_the_workflow_calls_the_script_that_contributors_call():
    commands = re.findall(r"- run: (\S+)", WORKFLOW)
    assert commands == [".ci/run"]
    assert "`.ci/run`" in (ROOT / "CONTRIBUTING.md").read_text()


def test_the_hooks_before_a_commit_are_those_of_the_script():
    hooks = re.findall(r"- id: (ruff-\w+)", (ROOT / ".pre-commit-config.yaml").read_text())
    script = (ROOT / ".ci" / "run").read_text()
    assert [f"bin/{hook.replace('ruff-', 'ruff ')}" for hook in hooks] == re.findall(r"bin/ruff \w+", script)


def test_every_folder_of_code_and_its_data_are_packaged():
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {ROOT / folder: package for package, folder in setuptools["package-dir"].items()}
    found, data = set(), set()
    for folder, package in folders.items():
        for file in folder.rglob("*"):
            parts = file.relative_to(folder).parent.parts
            if file.suffix == ".py":
                found.add(".".join([package, *parts]))
            elif file.suffix in (".csv", ".toml", ".json", ".html", ".css"):
                data.add((package, file.relative_to(folder)))
    assert found == set(setuptools["packages"])
    taken = {
        (package, Path(*name.split(".")[package.count(".") + 1 :]) / pattern)
        for name, patterns in setuptools["package-data"].items()
        for package in setuptools["package-dir"]
        if name == package or name.startswith(f"{package}.")
        for pattern in patterns
    }
    lost = [file for package, file in data if not any(package == p and file.match(str(t)) for p, t in taken)]
    assert lost == []
