"""What a model does to its process while it is called, undone when the call ends."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_lock = threading.Lock()
_calls = 0  # of models that have not ended
_home: str | None = None  # the current directory when the first of them began


@contextmanager
def in_place() -> Iterator[None]:
    """Give the process its current directory back when a call ends that has changed it.

    The directory is the process's, not the thread's: what counts is where the first of several calls at a time began.
    """
    global _calls, _home
    with _lock:
        if _calls == 0:
            _home = _current()
        _calls += 1
    try:
        yield
    finally:
        with _lock:
            _calls -= 1
            if _home is not None and _current() != _home:
                with suppress(OSError):  # it may be gone
                    os.chdir(_home)


def _current() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return None
