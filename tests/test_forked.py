"""A call that a second process makes: the answer, and the errors, of a call made here; nothing is left of it."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from mcsim.engine import forked
from mcsim.engine.backends import Interrupted
from mcsim.engine.forked import beside
from mcsim.store.claim import claimed
from mcsim.store.files import atomically

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no second process elsewhere")


@pytest.fixture
def forks(monkeypatch):
    """Let a process of tests fork that has threads of its own: what is called here needs none of their locks.

    Gives the processes that were forked; a process of tests has others, which other tests began.
    """
    numbers, fork = [], os.fork

    def counted():
        numbers.append(fork())
        return numbers[-1]

    monkeypatch.setattr(forked, "_can_fork", lambda: True)
    monkeypatch.setattr(os, "fork", counted)
    return numbers


def gone(numbers):
    """Return whether processes were forked, and none of them is left."""
    for number in numbers:
        with pytest.raises(ChildProcessError):
            os.waitpid(number, os.WNOHANG)
    return bool(numbers)


def test_answer_comes_from_another_process(forks):
    with beside(os.getpid, 2) as answer:
        there = answer()
        assert answer() == there != os.getpid()
    assert gone(forks)


@pytest.mark.parametrize("why", ["one worker", "a thread that may hold a lock"])
def test_without_a_second_process_the_call_is_made_at_once(why):
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    if why != "one worker":
        thread.start()
    made = []
    with beside(lambda: made.append(1) or os.getpid(), 1 if why == "one worker" else 2) as answer:
        assert made == [1]
        assert answer() == os.getpid()
    done.set()


def dies():
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_went_wrong_there_is_done_again_here(forks):
    here = os.getpid()
    for failing in (dies, lambda: 1 / 0, lambda: sys.exit(5)):
        with beside(lambda failing=failing: failing() if os.getpid() != here else "done", 2) as answer:
            assert answer() == "done"
    with beside(lambda: os.getpid() if os.getpid() == here else lambda: "no pickle", 2) as answer:
        assert answer() == here


@pytest.mark.parametrize("asks", [True, False])
def test_errors_are_told_as_of_a_call_made_here(asks, forks):
    count = []

    def fails():
        count.append(1)
        raise OSError(28, "No space left on device", "draws.nc")

    with pytest.raises(OSError, match="No space left") as found, beside(fails, 2) as answer:
        asks and answer()
    assert found.value.filename == "draws.nc"
    assert count == [1]


def test_an_error_of_the_call_comes_before_one_of_what_went_on_meanwhile(forks):
    with pytest.raises(ZeroDivisionError), beside(lambda: 1 / 0, 2):
        raise ValueError("later")
    with pytest.raises(ValueError, match="later"), beside(lambda: 1, 2):
        raise ValueError("later")


def interrupted_after(seen, error):
    while not seen():
        time.sleep(0.01)
    raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt, Interrupted])
def test_an_interruption_ends_the_second_process_and_what_it_half_wrote_goes_with_the_claim(error, forks, tmp_path):
    def slow(half):
        half.touch()
        time.sleep(60)

    with claimed(tmp_path) as claim:
        (tmp_path / "other").touch()
        with pytest.raises(error), beside(lambda: atomically(claim.folder / "whole", slow), 2):
            interrupted_after(lambda: list(tmp_path.glob(".whole*")), error)
        assert gone(forks)
        assert list(tmp_path.glob(".whole*"))
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


@pytest.mark.parametrize("ends", forked.ENDS)
def test_signals_to_both_are_answered_by_the_first_alone(ends, forks, tmp_path):
    def signalled():
        os.kill(os.getpid(), ends)
        return "here still"

    with beside(signalled, 2) as answer:
        assert answer() == "here still"


KILLED = """
import sys, time
from pathlib import Path
from mcsim.engine.forked import beside

def slow():
    Path("began").write_text(str(__import__("os").getpid()))
    time.sleep(60)

with beside(slow, 2):
    time.sleep(60)
"""


def test_nothing_goes_on_of_a_process_that_was_killed(tmp_path):
    with subprocess.Popen([sys.executable, "-c", KILLED], cwd=tmp_path) as process:
        while not (tmp_path / "began").exists() or not (tmp_path / "began").read_text():
            time.sleep(0.01)
        number = int((tmp_path / "began").read_text())
        process.kill()
    until = time.monotonic() + 20.0
    while time.monotonic() < until:
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError("the second process goes on")
