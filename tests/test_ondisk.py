"""Whether an output or an input is there is known without a look at its draws."""

import pytest

import mcsim
from mcsim.engine.collect import Draws, Inputs
from mcsim.store.inputs import StoredInputs
from mcsim.store.netcdf import StoredDraws
from mcsim.store.ondisk import OnDisk


@pytest.mark.parametrize("kind", [Draws, Inputs, StoredDraws, StoredInputs])
def test_names_are_looked_up_without_the_values(kind, monkeypatch):
    def read(self, name):
        raise AssertionError(f"{name} was read")

    assert issubclass(kind, OnDisk)
    monkeypatch.setattr(kind, "__getitem__", read)
    monkeypatch.setattr(kind, "__iter__", lambda self: iter(("a", "b")))
    empty = kind.__new__(kind)
    assert "a" in empty
    assert "c" not in empty
    assert 1 not in empty


def test_a_run_directory_is_written_with_one_look_at_each_output(tmp_path, monkeypatch):
    monkeypatch.setattr(Draws, "__getitem__", lambda self, name: pytest.fail(f"{name} was read whole"))
    mcsim.run(mcsim.load("ishigami"), draws=64, jobs=1, out=tmp_path / "run")
    assert list(mcsim.open(tmp_path / "run").kept) == ["y"]
