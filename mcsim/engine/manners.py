"""What a model does to its process while it is called, undone when the call ends."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_lock = threading.Lock()
_calls: set[object] = set()  # of models that have not ended, those that nobody waits for apart
_home: str | None = None  # the current directory when the first of them began


@contextmanager
def in_place() -> Iterator[None]:
    """Give the process its current directory back when a call ends that has changed it.

    The directory is the process's, not the thread's: what counts is where the first of several calls at a time began.
    """
    global _home
    call = object()
    with _lock:
        if not _calls:
            _home = _current()
        _calls.add(call)
    try:
        yield
    finally:
        with _lock:
            if call in _calls:
                _calls.remove(call)
                if _home is not None and _current() != _home:
                    with suppress(OSError):  # it may be gone
                        os.chdir(_home)


def abandon() -> None:
    """Wait for no call any more: those that run on, too late, change the directory of nobody when they end."""
    with _lock:
        _calls.clear()


def _current() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return None
