"""Cores for workers side by side: a matrix product of one worker does not take those of the others.

NumPy and SciPy bring a BLAS each, whose threads wait for work by spinning. Beside workers that fill the cores already a
product on all cores waits for itself: in Python, where nobody has set ``OPENBLAS_NUM_THREADS`` before the import, a run
took several times its processor time. One worker alone has one core too: the last bits of a product depend on how many
threads make it, and those of a run on nothing.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_lock = threading.Lock()
_held: list[Any] = []  # the limits, of which there is one for the process however many runs ask for it
_asking = 0
_found: dict[str, Any] = {}  # the libraries: to go through all that the process has loaded takes a millisecond


def _libraries() -> Any:
    """Return the libraries with threads of their own, looked for again where a module was imported since."""
    from threadpoolctl import ThreadpoolController

    count = len(sys.modules)
    if _found.get("modules") != count:
        _found.update(modules=count, libraries=ThreadpoolController())
    return _found["libraries"]


@contextmanager
def one_core_each() -> Iterator[None]:
    """Let a matrix product take one core, in all threads of this process, until the last that asked is done."""
    global _asking
    with _lock:
        _asking += 1
        if _asking == 1:
            _held.append(_libraries().limit(limits=1, user_api="blas"))
    try:
        yield
    finally:
        with _lock:
            _asking -= 1
            if _asking == 0:
                _held.pop().restore_original_limits()


def side_by_side(calls: Sequence[Callable[[], Any]], jobs: int) -> list[Any]:
    """Return what calls give, in their order, each on a thread with a core of its own.

    Parameters
    ----------
    calls : sequence of callables
        Called without arguments.
    jobs : int
        Threads.

    Examples
    --------
    >>> from functools import partial
    >>> side_by_side([partial(abs, number) for number in (-1, 2)], jobs=2)
    [1, 2]
    """
    with one_core_each():
        if jobs == 1 or len(calls) < 2:
            return [call() for call in calls]
        from joblib import Parallel, delayed

        return list(Parallel(n_jobs=jobs, backend="threading")(delayed(call)() for call in calls))
