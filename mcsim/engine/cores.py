"""Cores for workers side by side: a matrix product of one worker does not take those of the others.

NumPy and SciPy bring a BLAS each, whose threads wait for work by spinning. Beside workers that fill the cores already a
product on all cores waits for itself: in Python, where nobody has set ``OPENBLAS_NUM_THREADS`` before the import, a run
took several times its processor time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_lock = threading.Lock()
_held: list[Any] = []  # the limits, of which there is one for the process however many runs ask for it
_asking = 0


@contextmanager
def one_core_each() -> Iterator[None]:
    """Let a matrix product take one core, in all threads of this process, until the last that asked is done."""
    from threadpoolctl import threadpool_limits

    global _asking
    with _lock:
        _asking += 1
        if _asking == 1:
            _held.append(threadpool_limits(1, user_api="blas"))
    try:
        yield
    finally:
        with _lock:
            _asking -= 1
            if _asking == 0:
                _held.pop().restore_original_limits()


def side_by_side(calls: Iterable[Any], jobs: int) -> list[Any]:
    """Return what delayed calls give, in their order, each on a thread with a core of its own.

    Parameters
    ----------
    calls : iterable of joblib.delayed
        What is called.
    jobs : int
        Threads.

    Examples
    --------
    >>> from joblib import delayed
    >>> side_by_side((delayed(abs)(number) for number in (-1, 2)), jobs=2)
    [1, 2]
    """
    from joblib import Parallel

    with one_core_each():
        return list(Parallel(n_jobs=jobs, backend="threading")(calls))
