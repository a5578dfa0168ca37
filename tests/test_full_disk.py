"""A full disk ends a run in order, whichever file meets it; the run goes on to the same bits."""

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest
from engine_studies import unlike
from full_disk import CHUNK, DRAWS, study

from mcsim.engine.run import run
from mcsim.store.calm import calm
from mcsim.store.directory import read


def test_a_disk_that_is_full_while_draws_are_written_ends_no_process(tmp_path):
    script = Path(__file__).with_name("full_disk.py")
    done = subprocess.run([sys.executable, script, tmp_path / "run"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert len(said) == 3
    assert all("File too large; free space; what is complete is kept" in line for line in said)
    assert unlike(run(study(), DRAWS, chunk=CHUNK), read(tmp_path / "run", study())) == []
    assert not list(tmp_path.rglob("*.part"))


def test_the_first_error_is_raised_when_the_library_has_let_go(tmp_path):
    def library():
        with calm(tmp_path / "a", "w+b") as file:
            file.error = OSError(errno.ENOSPC, "No space left on device")
            assert file.write(b"abc") == 3
            raise RuntimeError("what the library makes of it")

    with pytest.raises(OSError, match="No space left"):
        library()
    assert (tmp_path / "a").read_bytes() == b""


def test_what_was_not_written_reads_as_zeros(tmp_path):
    with calm(tmp_path / "a", "w+b") as file:
        file.write(b"abc")
        file.seek(0)
        buffer = bytearray(b"xxxxx")
        assert file.readinto(buffer) == 5
        assert bytes(buffer) == b"abc\0\0"
