"""The doors of a command to the outside: what it prints, and the signals that end it.

A model is somebody else's code: what it prints, in whatever thread or process, must not land among what a command
prints for a program to read (``--json``). While a command runs, the standard output of the process is its standard
error; the command alone writes to the real one.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from types import FrameType
from typing import TextIO

import click

OBJECTS = 20_000  # more than before, when Python looks for garbage
OUTPUT, ERRORS = 1, 2  # descriptors of the standard streams
_real: list[TextIO] = []  # the standard output of the command that runs


def show(text: str, err: bool = False) -> None:
    """Print a text, the one door to the terminal."""
    from mcsim.study.errors import printable

    click.echo(printable(text), file=None if err or not _real else _real[-1], err=err)


def one_core_for_a_product() -> None:
    """Let a matrix product take one core, where the environment says nothing and NumPy is not there yet.

    Workers run side by side already: a product that takes all cores beside them only waits for itself.
    """
    for library in ("OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def seldom_collected() -> None:
    """Let Python look for garbage in circles less often: a command ends before there is much, and makes many objects.

    Of a report a tenth of the time was spent in looking through what stays.
    """
    gc.set_threshold(OBJECTS)


@contextmanager
def own_output() -> Iterator[None]:
    """Keep the standard output for `show`; what else is written there goes to the standard error.

    Worker processes and programs that are started meanwhile inherit that, and so does code that is no Python.
    """
    kept = sys.stdout
    kept.flush()
    copy = os.dup(OUTPUT) if _is_the_output(kept) else None
    if copy is None:  # a stream of the caller's own, such as that of a test
        real = kept
    else:
        os.dup2(ERRORS, OUTPUT)
        real = open(copy, "w", encoding=kept.encoding, errors=kept.errors, closefd=True)  # noqa: SIM115
    _real.append(real)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _real.pop()
        if copy is not None:
            try:
                real.flush()
            finally:
                os.dup2(copy, OUTPUT)
                real.close()


def _is_the_output(stream: TextIO) -> bool:
    """Return whether a stream is the process's own standard output, with an open standard error beside it."""
    try:
        os.fstat(ERRORS)
        return stream.fileno() == OUTPUT
    except (OSError, ValueError):  # no descriptor, or a closed one
        return False


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Let SIGTERM, by which a cluster or a person ends a process, do what Ctrl-C does: keep what is complete."""
    here = threading.current_thread() is threading.main_thread()
    if not here or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
