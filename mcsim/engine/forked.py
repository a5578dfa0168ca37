"""One call in a second process beside this one: a copy of it, which shares its memory as long as neither changes it.

Threads take turns in Python. What writes files and what ranks are both Python for the most part: side by side on
threads they take as long as one after the other.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, BinaryIO, TypeVar

from mcsim.engine.backends import Interrupted, while_parent_lives

Answer = TypeVar("Answer")

ENDS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def beside(call: Callable[[], Answer], workers: int) -> Iterator[Callable[[], Answer]]:
    """Have a call made while this process goes on, by a second one where there is a core and a system for it.

    Whatever goes wrong there, the call is made again here, when its answer is asked for or this context ends: its
    errors are told as without a second process, and before those of what went on meanwhile. An interruption ends it. So
    it may be made twice, and leaves nothing but files, each of them whole or not there, in a folder that is claimed:
    what is half-written goes with the claim. Where there is no second process, it is made at once.

    Parameters
    ----------
    call : callable
        Called without arguments; its answer is pickled.
    workers : int
        How many may work.

    Yields
    ------
    callable
        Waits for the answer and gives it.

    Examples
    --------
    >>> with beside(lambda: 6 * 7, workers=2) as answer:
    ...     answer()
    42
    """
    process = _started(call) if workers > 1 and _can_fork() else None
    if process is None:
        found = call()
        yield lambda: found
        return

    asked = False

    @cache
    def answer() -> Answer:
        nonlocal asked
        asked = True
        came: list[Answer] = process.answers()
        return came[0] if came else call()

    try:
        yield answer
    except (KeyboardInterrupt, Interrupted):
        raise
    except Exception:
        if not asked:
            answer()
        raise
    else:
        answer()
    finally:
        process.end()


def _can_fork() -> bool:
    """Return whether a copy of this process can work: a lock that another thread holds would stay locked in it.

    Libraries of other systems than Linux hold such locks in threads that nobody sees.
    """
    return sys.platform.startswith("linux") and threading.active_count() == 1


class _Second:
    """A second process, and the pipe through which its answer comes."""

    def __init__(self, number: int, pipe: BinaryIO) -> None:
        self._number, self._pipe = number, pipe

    def answers(self) -> list[Any]:
        """Wait, and return the answer, or nothing where none came whole."""
        with suppress(EOFError, pickle.UnpicklingError):
            return [pickle.load(self._pipe)]
        return []

    def end(self) -> None:
        """End it, whatever it is doing, and wait until it is gone."""
        self._pipe.close()
        with suppress(ProcessLookupError, ChildProcessError):  # somebody else may have waited for it
            os.kill(self._number, signal.SIGKILL)
            os.waitpid(self._number, 0)


def _started(call: Callable[[], object]) -> _Second | None:
    """Return the process that makes a call, None where the system has no room for one."""
    parent = os.getpid()
    source, sink = os.pipe()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)  # until the copy knows that it is one
    try:
        number = os.fork()
        if number == 0:
            _answer(call, parent, source, sink)
    except OSError:
        os.close(source)
        return None
    finally:
        os.close(sink)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    return _Second(number, os.fdopen(source, "rb"))


def _answer(call: Callable[[], object], parent: int, source: int, sink: int) -> None:
    """Make the call in the second process, send what it gives, and end: nothing else of the first goes on here."""
    try:
        for number in ENDS:  # the first process gets them too, and ends this one
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
        os.close(source)
        found = pickle.dumps(while_parent_lives(parent, call))
        with os.fdopen(sink, "wb") as pipe:
            pipe.write(found)
    finally:
        os._exit(0)  # told by no word and no code: what did not come is done again
