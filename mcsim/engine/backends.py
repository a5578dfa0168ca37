"""Where chunks run: threads, worker processes or a Dask cluster, all through joblib; results come as they are ready."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache, partial
from itertools import starmap
from typing import Any

from mcsim.study import InputError
from mcsim.study.program import stop_programs

BACKENDS = ("threads", "processes", "dask")
SECONDS_TO_ANSWER = 10  # for a scheduler
SECONDS_BETWEEN_LOOKS = 0.5  # of a worker after its parent


class RunFailed(RuntimeError):  # noqa: N818 - it says what happened
    """A run stopped part-way (exit code 3); what is complete is kept, and the message says how to go on."""

    exit_code = 3


class Interrupted(RuntimeError):  # noqa: N818
    """The user stopped a run (exit code 130); what is complete is kept, and the message says how to go on."""

    exit_code = 130


@lru_cache(maxsize=4)
def unpacked(content: bytes) -> Any:
    """Return what `packed` was given, once per process."""
    import pickle

    return pickle.loads(content)


def compute_elsewhere(content: bytes, start: int, stop: int) -> Any:
    """Return a piece in another process, where the work arrives as bytes."""
    return unpacked(content).compute(start, stop)


def while_parent_lives(parent: int, task: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a task gives, in a worker process that ends when the process that started it is gone."""
    if os.getppid() == parent:
        _watch(parent)
    return task(*arguments)


@lru_cache(maxsize=1)
def _watch(parent: int) -> None:
    """End this process, and the programs that it runs, when it has another parent: of a killed run nothing goes on."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        stop_programs()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def each(
    task: Callable[..., Any],
    arguments: Sequence[tuple[Any, ...]],
    *,
    jobs: int,
    backend: str = "threads",
    scheduler: str | None = None,
    timeout: float | None = None,
    stop: threading.Event | None = None,
) -> Iterator[Any]:
    """Return the result of a task for every tuple of arguments, in the order in which they end.

    Parameters
    ----------
    task : callable
        For other processes: a function of a module, with arguments that pickle.
    arguments : sequence of tuples
        One tuple per call.
    jobs : int
        Workers; of Dask with a scheduler, the cluster decides.
    backend : str
        ``threads``, ``processes`` or ``dask``.
    scheduler : str, optional
        Address of a running Dask scheduler; without one a local cluster is started.
    timeout : float, optional
        Seconds that one call may take.
    stop : Event, optional
        Set when the caller gives up, so that threads start nothing more.

    Raises
    ------
    TimeoutError
        When a call took too long.
    """
    if backend == "threads" and (jobs == 1 or len(arguments) <= 1) and timeout is None:
        return starmap(task, arguments)
    if backend == "processes":
        task = partial(while_parent_lives, os.getpid(), task)
    return _spread(task, arguments, jobs, timeout, stop, _cluster(backend, scheduler, jobs))


def _spread(
    task: Callable[..., Any],
    arguments: Sequence[tuple[Any, ...]],
    jobs: int,
    timeout: float | None,
    stop: threading.Event | None,
    cluster: AbstractContextManager[dict[str, Any]],
) -> Generator[Any, None, None]:
    from joblib import Parallel, delayed

    with cluster as chosen:
        # One worker would run here and now, where no call can be given up: two, of which one has work at a time.
        alone = jobs == 1 and timeout is not None
        parallel = Parallel(
            n_jobs=2 if alone else jobs,
            timeout=timeout,
            return_as="generator_unordered",
            batch_size=1,
            pre_dispatch=1 if alone else 2 * jobs,
            **chosen,
        )
        results = parallel(delayed(task)(*argument) for argument in arguments)
        try:
            yield from results
        except multiprocessing.TimeoutError:
            raise TimeoutError from None
        except BaseException:
            if stop is not None:
                stop.set()
            raise
        finally:
            results.close()


@contextmanager
def _cluster(backend: str, scheduler: str | None, jobs: int) -> Iterator[dict[str, Any]]:
    if backend == "threads":
        yield {"backend": "threading"}
        return
    from joblib import parallel_config

    if backend == "processes":
        with parallel_config(backend="loky", inner_max_num_threads=1):
            yield {}
        return
    with dask_client(scheduler, jobs) as client, parallel_config(backend="dask", client=client):
        yield {}


@contextmanager
def dask_client(scheduler: str | None, jobs: int) -> Iterator[Any]:
    """Give a client of a running scheduler, or of a local cluster of `jobs` worker processes.

    Raises
    ------
    InputError
        When Dask is not installed or nothing answers at the address.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise InputError("backend: dask is not installed; pip install 'mcsim[dask]'") from None
    if scheduler is None:
        with (
            LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address=None) as cluster,  # type: ignore[no-untyped-call]
            Client(cluster) as client,  # type: ignore[no-untyped-call]
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=SECONDS_TO_ANSWER)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise InputError(
            f"scheduler: nothing answers (got {scheduler}: {error}); start one with `dask scheduler`"
        ) from None
    with client:
        yield client
