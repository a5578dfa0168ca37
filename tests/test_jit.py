"""The compile cache: keyed by all sources of kernels/, outside the source tree, and nobody else's business."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from mcsim.kernels import _cache, _compiler, _folder, _jit

HELPER = "from mcsim.kernels._jit import kernel\n\n@kernel\ndef grown(x):\n    return x + {added}\n"
CALLER = """
from mcsim.kernels._jit import kernel
from mcsim.kernels.helper import grown

@kernel
def doubled(x):
    return 2.0 * grown(x)
"""
OWN = """
import numba
from mcsim.kernels.caller import doubled

@numba.njit(cache=True)
def own(x):
    return x

print(doubled(3.0), sum(doubled.stats.cache_hits.values()), doubled.stats.cache_path, own.stats.cache_path, sep="|")
"""


@pytest.fixture
def tree(tmp_path):
    """A copied tree with one kernel that calls a helper in another file."""
    kernels = tmp_path / "tree" / "mcsim" / "kernels"
    kernels.mkdir(parents=True)
    (kernels.parent / "__init__.py").touch()
    (kernels / "__init__.py").touch()
    for module in (_cache, _compiler, _folder, _jit):
        shutil.copy(module.__file__, kernels)
    (kernels / "helper.py").write_text(HELPER.format(added="1.0"))
    (kernels / "caller.py").write_text(CALLER)
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "cache").mkdir()
    return tmp_path


def run(tree, **settings):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    environment |= {"PYTHONPATH": str(tree / "tree"), "XDG_CACHE_HOME": str(tree / "cache")} | settings
    done = subprocess.run(
        [sys.executable, str(tree / "own.py")], env=environment, cwd=tree, capture_output=True, text=True, check=True
    )
    value, hits, place, own = done.stdout.strip().split("|")
    return float(value), int(hits), Path(place), Path(own)


def test_an_edited_helper_is_noticed_in_the_next_process(tree):
    first = run(tree)
    again = run(tree)
    (tree / "tree" / "mcsim" / "kernels" / "helper.py").write_text(HELPER.format(added="5.0"))
    edited = run(tree)
    assert (first[0], again[0], edited[0]) == (8.0, 8.0, 16.0)
    assert (first[1], again[1], edited[1]) == (0, 1, 0)
    assert first[2].is_relative_to(tree / "cache" / "mcsim")
    assert not list((tree / "tree").rglob("*.nb[ic]"))


def test_functions_of_the_user_keep_their_own_caching(tree):
    _, _, _, own = run(tree)
    assert own == tree / "__pycache__"


def test_a_home_that_cannot_be_written_falls_back_to_a_private_temporary_folder(tree):
    (tree / "temporary").mkdir()
    value, _, place, _ = run(tree, XDG_CACHE_HOME=os.devnull, TMPDIR=str(tree / "temporary"))
    assert value == 8.0
    assert place.is_relative_to(tree / "temporary")
    assert not next((tree / "temporary").iterdir()).stat().st_mode & 0o077


def test_the_cache_directory_that_numba_is_told_holds_the_kernels_too(tree):
    _, _, place, _ = run(tree, NUMBA_CACHE_DIR=str(tree / "told"))
    assert place.is_relative_to(tree / "told" / "mcsim")


def test_the_folder_of_the_user_is_where_his_system_has_it(monkeypatch, tmp_path):
    from numba.misc.appdirs import AppDirs

    own = AppDirs(appname="mcsim", appauthor=False)
    for home in (None, str(tmp_path)):
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        if home:
            monkeypatch.setenv("XDG_CACHE_HOME", home)
        assert _folder.user_folder() == Path(own.user_cache_dir)


def test_renaming_a_source_changes_the_key(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    before = _folder.source_key(tmp_path)
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert _folder.source_key(tmp_path) != before


def test_caches_unused_for_a_month_are_removed_and_others_stay(tmp_path):
    for name, age in (("kernels-old", 40), ("kernels-young", 1), ("kernels-now", 0), ("other", 40)):
        folder = tmp_path / name
        (folder / "below").mkdir(parents=True)
        (folder / "below" / "kernel.nbi").touch()
        stamp = folder.stat().st_mtime - age * 86_400
        os.utime(folder, (stamp, stamp))
    _folder._remove_unused(tmp_path, tmp_path / "kernels-now")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kernels-now", "kernels-young", "other"]


@pytest.mark.parametrize("damage", ["cut", "flip", "empty"])
@pytest.mark.parametrize("suffix", ["*.nbc", "*.nbi"])
def test_a_damaged_cache_is_compiled_anew(tree, damage, suffix):
    value, _, place, _ = run(tree)
    for path in place.glob(suffix):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 255
        path.write_bytes({"cut": content[:100], "flip": content, "empty": b""}[damage])
    again, hits, _, _ = run(tree)
    assert (again, hits) == (value, 0)
    assert run(tree)[1] == 1  # and kept again


ALLOCATING = """
import numpy as np
from mcsim.kernels._jit import kernel

@kernel
def filled(n):
    values = np.empty(n)
    for k in range(n):
        values[k] = k
    return values
"""
CALLED = """
import sys
import numpy as np
from mcsim.kernels.allocating import filled
from mcsim.kernels.caller import doubled

said = [filled(3).tolist()]
try:
    filled(-1)
except ValueError as error:
    said.append(str(error))
said += [sum(filled.stats.cache_hits.values()), "numba.np.arrayobj" in sys.modules]
print(*said, doubled(3.0), filled(np.int32(2)).tolist(), sep="|")
"""


def test_a_kept_kernel_is_called_without_what_numba_compiles_with(tree):
    """Errors of numba's own functions inside it, kernels compiled after it, and those kept of them, are as ever."""
    (tree / "tree" / "mcsim" / "kernels" / "allocating.py").write_text(ALLOCATING)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    environment |= {"PYTHONPATH": str(tree / "tree"), "NUMBA_CACHE_DIR": str(tree / "cache")}

    def said() -> str:
        command = [sys.executable, "-c", CALLED]
        return subprocess.run(
            command, env=environment, cwd=tree, capture_output=True, text=True, check=True
        ).stdout.strip()

    expected = "[0.0, 1.0, 2.0]|negative dimensions not allowed|{}|8.0|[0.0, 1.0]"
    assert said() == expected.format("0|True")
    for path in (tree / "cache").rglob("*doubled*"):
        path.unlink()  # compiled anew, beside a kernel that is kept
    assert said() == expected.format("1|False")
    assert said() == expected.format("1|False")


TAKING = """
import numba
import numpy as np
from mcsim.kernels.caller import doubled
from mcsim.kernels.helper import grown
from mcsim.kernels.allocating import filled

@numba.njit
def own(x, n):
    return doubled(x) + filled(n).sum()

def raised(n):
    try:
        return own(1.0, n)
    except ValueError as error:
        return str(error)

forms = [len(grown.signatures), len(grown.taken_in.signatures)]
print(own(3.0, 3), raised(-1), doubled(3.0), forms, sep="|")
print(grown(1.0), [len(grown.signatures), len(grown.taken_in.signatures)], sep="|")
"""


def test_a_kernel_that_others_take_in_is_compiled_for_python_where_python_calls_it(tree):
    (tree / "tree" / "mcsim" / "kernels" / "allocating.py").write_text(ALLOCATING)
    environment = {**os.environ, "PYTHONPATH": str(tree / "tree"), "NUMBA_CACHE_DIR": str(tree / "cache")}
    command = [sys.executable, "-c", TAKING.replace("forms = ", "own(3.0, 3); forms = ")]
    told = subprocess.run(command, env=environment, cwd=tree, capture_output=True, text=True, check=True).stdout
    assert told.split("\n")[:2] == ["11.0|negative dimensions not allowed|8.0|[0, 1]", "2.0|[1, 1]"]


def test_loops_are_put_in_registers_where_a_kernel_asks_and_nowhere_else(monkeypatch):
    asked = []
    monkeypatch.setattr(_jit.CPUDispatcher, "compile", lambda self, sig: asked.append(_jit.config.SLP_VECTORIZE))
    for make in (_jit.unrolling_kernel, _jit.borrowing_kernel):
        make(lambda x: x).compile("nothing")
    assert asked == [1, 0]
    assert _jit.config.SLP_VECTORIZE == 0


class Heap(NamedTuple):
    grains: np.ndarray
    scale: float


class Heaps(NamedTuple):
    left: Heap
    right: Heap


def poured(heaps, n):
    """Move grains between two heaps that change names in every round, some of which end in the middle of a loop."""
    here, there = heaps.left, heaps.right
    for k in range(n):
        if k % 3 == 1:
            moved = here
            here, there = there, moved
        for place in range(here.grains.size):
            part = Heap(here.grains[place:], there.scale) if place % 2 else there
            part.grains[0] = 0.5 * part.grains[0] + here.scale * here.grains[place]
    return here.scale + there.grains[0]


@pytest.mark.parametrize("compiled", [_jit.kernel, _jit.borrowing_kernel])
def test_records_that_change_names_in_loops_are_what_python_makes_of_them(compiled):
    def heaps():
        return Heaps(Heap(np.arange(1.0, 5.0), 0.25), Heap(np.arange(7.0, 2.0, -1.0), 0.75))

    ours, pythons = heaps(), heaps()
    assert compiled(poured)(ours, 7) == poured(pythons, 7)
    for kept, wanted in zip(ours, pythons, strict=True):
        assert kept.grains.tolist() == wanted.grains.tolist()


def test_the_first_kernel_that_is_not_kept_is_left_to_another_process_and_no_other(monkeypatch, tmp_path):
    monkeypatch.setattr(_cache, "cache_folder", lambda: tmp_path)

    def ones(out):
        out[:] = 1.0

    def twos(out):
        out[:] = 2.0

    first, second, out = _jit.kernel(ones), _jit.kernel(twos), np.zeros(1)
    with _jit.LEAVING:
        found = []
        for compiled in (first, second, first):
            out[:] = 0.0
            found.append((compiled(out), out[0], len(compiled.signatures)))
    first(out)
    assert found == [(None, 0.0, 0), (None, 2.0, 1), (None, 0.0, 0)]
    assert out[0] == 1.0
