"""A first run on two cores: a second process compiles what follows the model, while this one compiles the model."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mcsim.engine.asked import Asked, cores
from mcsim.ranking.repeat import Request
from mcsim.study import InputError, Study

_SECONDS_WAITED = 120.0  # at most, before this process compiles by itself what the other has not
# What comes is read before anything is imported: whoever sends it waits.
# It ends soon: the garbage that compiling leaves, a tenth of its time to look through, goes with it.
_PROGRAM = (
    "import gc, sys; gc.disable(); content = sys.stdin.buffer.read(); "
    "from mcsim.ranking.rehearsal import main; main(content)"
)


def is_first(asked: Asked) -> bool:
    """Return whether a run finds no compiled kernels, may take a second core, and leaves what it compiles to others."""
    from mcsim.kernels._cache import is_missing
    from mcsim.kernels.statistics.quantiles import fill_frame

    how = asked.computed
    # Of many parts side by side each would start one more.
    alone = how.shard is None and how.backend == "threads"
    # Every run has bands, and bands come of this kernel.
    return alone and min(how.workers, cores()) > 1 and is_missing(fill_frame)


@contextmanager
def compiled_beside(study: Study, drawn: Asked, ranked: Asked | None, request: Request) -> Iterator[Callable[[], None]]:
    """Have the kernels of a first run compiled by a second process too, which ends with this context at the latest.

    Parameters
    ----------
    study : Study
        What is run.
    drawn, ranked : Asked
        What is asked of the run and of its ranking.
    request : Request
        Which ranking.

    Yields
    ------
    callable
        Waits until the second process is done, for as long as that can be quicker than to compile here. What it could
        not compile is compiled where it is needed, as in any run.
    """
    process = _started(study, drawn, ranked, request) if is_first(drawn) else None

    def wait() -> None:
        if process is not None:
            try:
                process.wait(_SECONDS_WAITED)
            except subprocess.TimeoutExpired:
                process.kill()

    try:
        yield wait
    finally:
        if process is not None:
            process.kill()
            process.wait()


def _started(study: Study, drawn: Asked, ranked: Asked | None, request: Request) -> subprocess.Popen[bytes] | None:
    from mcsim.ranking.rehearsal import part_of

    try:
        content = part_of(study, drawn, ranked, request)
        process = subprocess.Popen(
            # As Python was started here: a folder that holds a file called numpy.py is no reason to run it.
            [sys.executable, "-P", "-W", "ignore", "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (InputError, OSError):  # a study that cannot travel; no second process here
        return None
    assert process.stdin is not None
    try:
        with process.stdin as stream:
            stream.write(content)
    except BrokenPipeError:  # it did not come far
        pass
    return process
