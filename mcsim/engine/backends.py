"""Where chunks run: threads, worker processes or a Dask cluster, all through joblib; results come as they are ready."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from mcsim.study import InputError, Study

BACKENDS = ("threads", "processes", "dask")
SECONDS_TO_ANSWER = 10  # for a scheduler


class RunFailed(RuntimeError):  # noqa: N818 - it says what happened
    """A run stopped part-way (exit code 3); what is complete is kept, and the message says how to go on."""

    exit_code = 3


class Interrupted(RuntimeError):  # noqa: N818
    """The user stopped a run (exit code 130); what is complete is kept, and the message says how to go on."""

    exit_code = 130


def pack_study(study: Study) -> bytes:
    """Return a study as bytes for another process, its functions included.

    Raises
    ------
    InputError
        When its model holds something that cannot travel, such as an open file.
    """
    from dataclasses import fields

    import cloudpickle  # type: ignore[import-untyped]

    content = {field.name: getattr(study, field.name) for field in fields(study)}
    # The options are a read-only view, which does not pickle; `Study` makes a new one.
    content["options"] = dict(study.options)
    with _by_value(study):
        try:
            return bytes(cloudpickle.dumps(content))
        except Exception as error:
            raise InputError(
                f"{study.name}: model cannot be sent to other processes (got {error}); use the backend threads"
            ) from None


@contextmanager
def _by_value(study: Study) -> Iterator[None]:
    """Send the user's own file with its content: a worker elsewhere cannot import it by the name it has here."""
    import sys

    import cloudpickle

    modules = [sys.modules[name] for name in list(sys.modules) if name.startswith("mcsim_study_")]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


@lru_cache(maxsize=4)
def unpack_study(content: bytes) -> Study:
    """Return the study of `pack_study`, once per process."""
    import pickle

    return Study(**pickle.loads(content))


def each(
    task: Callable[..., Any],
    arguments: Sequence[tuple[Any, ...]],
    *,
    jobs: int,
    backend: str = "threads",
    scheduler: str | None = None,
    timeout: float | None = None,
    stop: threading.Event | None = None,
) -> Generator[Any, None, None]:
    """Yield the result of a task for every tuple of arguments, in the order in which they end.

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
    from joblib import Parallel, delayed

    if backend == "threads" and (jobs == 1 or len(arguments) <= 1) and timeout is None:
        for argument in arguments:
            yield task(*argument)
        return
    with _cluster(backend, scheduler, jobs) as chosen:
        parallel = Parallel(
            n_jobs=jobs, timeout=timeout, return_as="generator_unordered", batch_size=1, pre_dispatch=2 * jobs, **chosen
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
    if backend != "dask":
        yield {"backend": "threading" if backend == "threads" else "loky"}
        return
    from joblib import parallel_config

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
