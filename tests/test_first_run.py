"""A first run: compiled by two processes that share the cache, told on a line, with the same numbers as any other."""

import gc
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from mcsim.command.beside import is_first
from mcsim.engine.asked import Asked
from mcsim.engine.progress import _told_compiling, tell_compiling
from mcsim.kernels import _cache
from mcsim.ranking.plain import asked_of_run, plain
from mcsim.ranking.rehearsal import StandIn, part_of, rehearse
from mcsim.ranking.repeat import Request
from mcsim.study import Context
from mcsim.study.load import load

# A command, then what it compiled.
COUNTED = """
import sys
import numba.core.event as event

class Listener(event.Listener):
    names = []
    def on_start(self, e):
        self.names.append(e.data["dispatcher"].py_func.__module__)
    def on_end(self, e):
        pass

event.register("numba:compile", Listener())
from mcsim.command.main import main
code = main(sys.argv[1:])
print("compiled", sorted(name for name in Listener.names if name.startswith("mcsim.")))
sys.exit(code)
"""
# A rehearsal, the signatures of all kernels that it leaves, and those that the run itself adds.
REHEARSED = """
import sys
from mcsim.engine.asked import Asked
from mcsim.engine.run import run_asked
from mcsim.ranking.plain import asked_of_run, plain, rank_run
from mcsim.ranking.rehearsal import part_of, rehearse
from mcsim.ranking.repeat import Request
from mcsim.study.load import load

def signatures():
    return {
        (name, key, str(signature))
        for name, module in list(sys.modules.items()) if name.startswith("mcsim.kernels.statistics.")
        for key, value in vars(module).items()
        for signature in getattr(value, "signatures", ())
    }

study, asked = load(sys.argv[1]), Asked.of(draws=400, base=256, jobs=1, quiet=True)
how = plain(study, "random", 400)
request, drawn = Request(how.method, how.groups), asked_of_run(study, asked, asked, how)
rehearse(part_of(study, drawn, asked, request))
before = signatures()
rank_run(run_asked(study, drawn), asked, request)
print("added", sorted(signatures() - before), bool(before))
"""


def called(program, *arguments, **settings):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")} | settings
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    return done


def test_two_processes_fill_an_empty_cache_and_the_next_run_compiles_nothing(tmp_path):
    arguments = ["run", "ishigami", "--draws", "200", "--base", "64", "--jobs", "2"]
    cache = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    first = called(COUNTED, *arguments, "--out", str(tmp_path / "first"), **cache)
    assert first.stderr.count("compiling kernels") == 1
    again = called(COUNTED, *arguments, "--out", str(tmp_path / "again"), **cache)
    assert "compiled []" in again.stdout
    assert "compiling" not in again.stderr
    for name in ("summary.csv", "sensitivity.csv"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert not list((tmp_path / "cache").rglob("*.tmp.*"))


@pytest.mark.parametrize("name", ["second-hand-ev", "ishigami"])
def test_a_rehearsal_calls_the_kernels_of_statistics_as_the_run_does(name):
    assert (
        "added [] True" in called(REHEARSED, name, **{"NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR", "")}).stdout
    )


def test_a_rehearsal_calls_no_model_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = load("ishigami")
    asked = Asked.of(draws=100_000, base=4096, out="here", quiet=True)
    how = plain(study, "random", 100_000)

    def refuse(*_):
        raise AssertionError("the model was called")

    object.__setattr__(study.model, "evaluate", refuse)
    try:
        rehearse(part_of(study, asked_of_run(study, asked, asked, how), asked, Request(how.method)))
    finally:
        object.__setattr__(study.model, "evaluate", load("ishigami").model.evaluate)
    assert list(Path().iterdir()) == []


def test_the_stand_in_gives_what_the_model_declares():
    study = load("second-hand-ev")
    inputs = {item.name: np.linspace(1.0, 2.0, 8) for item in study.uncertain if item.table is None}
    found = StandIn(study.declared)(inputs, Context({}, 1, np.arange(8), 1000))
    for output in study.declared:
        assert found[output.name].shape == (8, *output.packed_shape)
        assert np.isnan(found[output.name]).any() == bool(output.may_be_undefined)


@pytest.mark.parametrize("words", [{"jobs": 1}, {"jobs": 2, "shard": "1/2"}, {"jobs": 2, "backend": "processes"}])
def test_one_worker_a_shard_or_other_processes_start_no_second_process(words, monkeypatch):
    monkeypatch.setattr(_cache, "is_missing", lambda _: True)
    monkeypatch.setattr("mcsim.command.beside.cores", lambda: 2)
    assert is_first(Asked.of(jobs=2))
    assert not is_first(Asked.of(**words))


def test_compiling_is_told_once_and_collects_no_garbage(capsys):
    _told_compiling.cache_clear()  # another test of this process may have been told
    tell_compiling()
    collects = []

    @numba.extending.register_jitable
    def inner(x):
        return x

    @numba.njit
    def outer(x):
        return inner(x) + 1

    class Listener(numba.core.event.Listener):
        def on_start(self, event):
            collects.append(gc.isenabled())

        def on_end(self, event):
            collects.append(gc.isenabled())

    with numba.core.event.install_listener("numba:compile", Listener()):
        assert outer(1) == 2
        assert outer(1.5) == 2.5
    # The listener that was registered first is told first: at the last end of each compilation collecting goes on.
    assert collects[0] is False
    assert collects[-1] is True
    assert gc.isenabled()
    assert capsys.readouterr().err.count("compiling kernels") == 1


def test_a_kernel_that_does_not_compile_leaves_the_collector_on():
    @numba.njit
    def wrong(x):
        return x.no_such_thing

    with pytest.raises(numba.core.errors.TypingError):
        wrong(1.0)
    assert gc.isenabled()


def test_two_processes_that_keep_two_signatures_at_once_never_exchange_them(tmp_path, monkeypatch):
    one, other = (_cache.CheckedFile(str(tmp_path), "kernel", "stamp") for _ in range(2))
    monkeypatch.setattr(other, "_load_index", dict)  # it looked before the first had written
    one.save("first", "code of the first")
    other.save("second", "code of the second")
    assert one.load("second") == "code of the second"
    assert one.load("first") in (None, "code of the first")
    one.save("first", "code of the first")
    assert (one.load("first"), one.load("second")) == ("code of the first", "code of the second")
    for path in tmp_path.glob("*.nbc"):
        content = path.read_bytes()
        assert hashlib.sha256(content[:-32]).digest() == content[-32:]
