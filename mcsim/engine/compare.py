"""Two studies, or two results, as a pair: the second less the first, draw by draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mcsim.engine.run import run
from mcsim.result.pairs import compare as paired
from mcsim.result.result import Result
from mcsim.study import InputError, Study
from mcsim.study.values import words


def compare(first: Study | Result, second: Study | Result, outputs: Sequence[str] | None = None, **how: Any) -> Result:
    """Return second minus first, draw by draw: paired deltas under common random numbers.

    Parameters
    ----------
    first, second : Study or Result
        Studies are run, both alike; results need the same seed, design and draws.
    outputs : sequence of str, optional
        Kept outputs to compare; by default all that both have with the same dims.
    **how
        Arguments of `mcsim.run` (draws, seed, jobs, ...) for studies.

    Returns
    -------
    Result
        Outputs are the differences, as `mcsim.result.pairs.compare` says.

    Raises
    ------
    InputError
        When the two do not pair: a study and a result, other draws, units that do not convert.

    Examples
    --------
    >>> import mcsim
    >>> study = mcsim.load("ishigami")
    >>> compare(study, study.set(x1=0.5), draws=100).summary("y")["n"].item()
    100
    """
    if isinstance(outputs, Study | Result):
        raise InputError(
            "compare: two at a time (got three); `mcsim compare` and its matrix take more than two studies"
        )
    if outputs is not None:
        outputs = words("outputs", outputs)
    sides = (first, second)
    for side in sides:
        if not isinstance(side, Study | Result):
            raise InputError(f"compare: neither a study nor a result (got {type(side).__name__}); two of one kind")
    if isinstance(first, Study) and isinstance(second, Study):
        return paired(run(first, **how), run(second, **how), outputs)
    if isinstance(first, Result) and isinstance(second, Result):
        if how:
            raise InputError(f"compare: {', '.join(how)}: acts on studies (got results); run them so before")
        return paired(first, second, outputs)
    raise InputError("compare: a study and a result do not pair; two studies, or two results")
