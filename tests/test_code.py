"""The code of a model is part of a run: read as it stands, hashed, and refused where it changed."""

import json

import numpy as np
import pytest

from mcsim.engine.folder import merge
from mcsim.engine.run import run
from mcsim.ranking.sensitivity import sensitivity
from mcsim.study import InputError
from mcsim.study.load import load

HEAD = '[inputs]\na = { uniform = [0, 1], source = "s" }\nb = { uniform = [0, 1], source = "s" }\n'
TAIL = '[outputs]\ny = { unit = "km" }\n'


def written(folder, model, helper=None, name="law"):
    """Write a study with a function in a file, and perhaps a module that it imports, and return the study file."""
    (folder / f"{name}.py").write_text(model)
    if helper is not None:
        (folder / "partner.py").write_text(helper)
    path = folder / f"{name}.toml"
    path.write_text(f'[study]\nfunction = "{name}.py:f"\n{HEAD}{TAIL}')
    return path


PLAIN = "def f(a, b):\n    return {'y': a + 2 * b}\n"
EDITED = "def f(a, b):\n    return {'y': a + 3 * b}\n"  # as long, within the second: bytecode of Python would be taken
WITH_PARTNER = "import partner\ndef f(a, b):\n    return {'y': partner.law(a, b)}\n"


def mean(study):
    return float(run(study, 64).bands["y"].mean[0])


def test_an_edit_between_two_loads_is_read_and_the_first_study_keeps_its_code(tmp_path):
    path = written(tmp_path, "def f(a, b):\n    return {'y': 0 * a + 2}\n")
    first = load(path)
    written(tmp_path, "def f(a, b):\n    return {'y': 0 * a + 3}\n")
    assert (mean(first), mean(load(path))) == (2.0, 3.0)


def test_an_edit_of_a_helper_module_is_read(tmp_path):
    path = written(tmp_path, WITH_PARTNER, "def law(a, b):\n    return 0 * a + 2\n")
    first = load(path)
    written(tmp_path, WITH_PARTNER, "def law(a, b):\n    return 0 * a + 3\n")
    assert (mean(first), mean(load(path))) == (2.0, 3.0)


def test_two_folders_have_helper_modules_of_one_name(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = load(written(tmp_path / "one", WITH_PARTNER, "def law(a, b):\n    return 0 * a + 2\n"))
    two = load(written(tmp_path / "two", WITH_PARTNER, "def law(a, b):\n    return 0 * a + 3\n"))
    assert (mean(one), mean(two)) == (2.0, 3.0)


def test_other_processes_get_the_helper_module_too(tmp_path):
    study = load(written(tmp_path, WITH_PARTNER, "def law(a, b):\n    return a + 2 * b\n"))
    here, there = run(study, 200), run(study, 200, backend="processes", jobs=2, chunk=100)
    assert np.array_equal(here.kept["y"], there.kept["y"])


def test_a_file_that_was_broken_is_read_again_when_it_is_mended(tmp_path):
    path = written(tmp_path, "X = 1 / 0\n" + PLAIN)
    for _ in range(2):
        with pytest.raises(InputError, match="division by zero"):
            load(path)
    written(tmp_path, PLAIN)
    assert load(path).outputs[0].name == "y"


@pytest.mark.parametrize("changed", ["law.py", "partner.py"])
def test_what_goes_on_is_refused_after_an_edit_and_the_file_is_named(tmp_path, changed):
    helper = "def law(a, b):\n    return a + 2 * b\n"
    path = written(tmp_path, WITH_PARTNER, helper)
    run(load(path), 64, out=tmp_path / "run")
    run(load(path), 64, out=tmp_path / "s1", shard=(1, 2))
    sensitivity(load(path), 16, out=tmp_path / "ranking")
    (tmp_path / changed).write_text((tmp_path / changed).read_text() + "# another\n")
    run(load(path), 64, out=tmp_path / "s2", shard=(2, 2))
    with pytest.raises(InputError, match=f"code of the model changed \\({changed}\\)"):
        run(load(path), 128, out=tmp_path / "run", resume=True)
    with pytest.raises(InputError, match=f"code of the model changed \\({changed}\\)"):
        merge([tmp_path / "s1", tmp_path / "s2"], tmp_path / "whole")
    with pytest.raises(InputError, match=f"code of the model changed \\({changed}\\)"):
        sensitivity(load(path), 16, out=tmp_path / "ranking", resume=True)


def test_the_record_of_a_run_names_the_files_of_its_code(tmp_path):
    run(load(written(tmp_path, WITH_PARTNER, "def law(a, b):\n    return a\n")), 16, out=tmp_path / "run")
    files = json.loads((tmp_path / "run" / "run.json").read_text())["study"]["files"]
    assert {str(tmp_path / name) for name in ("law.py", "partner.py", "law.toml")} <= set(files)


@pytest.mark.parametrize("changed", ["twice.py", "given.txt"])
def test_a_program_and_its_template_are_code(tmp_path, changed):
    (tmp_path / "twice.py").write_text("import sys\nprint('{\"y\": %r}' % (2 * float(open(sys.argv[1]).read())))\n")
    (tmp_path / "given.txt").write_text("{{a}}\n")
    path = tmp_path / "p.toml"
    path.write_text(f'[program]\ncommand = ["python3", "twice.py", "{{input}}"]\ntemplate = "given.txt"\n{HEAD}{TAIL}')
    run(load(path), 4, out=tmp_path / "run")
    with (tmp_path / changed).open("a") as stream:
        stream.write("\n")
    with pytest.raises(InputError, match=f"code of the model changed \\({changed}\\)"):
        run(load(path), 8, out=tmp_path / "run", resume=True)
