"""A run and its ranking with numbers in the place of the model: whatever they need of compiled kernels is then there.

A first run compiles for half a minute, on one core: numba holds a lock while it compiles. A second process can compile
what the run needs after its model, if it knows for which types of arguments. A rehearsal does: it goes through the same
run of the same study, of few draws, in memory. Then it goes through the model, but for the kernel that the run is at.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from mcsim.engine.asked import FEWEST_SCRAMBLE_ROWS, Asked
from mcsim.ranking.repeat import Request
from mcsim.study import Context, FloatArray, InputError, Output, Study
from mcsim.study.travel import packed

_DRAWS = 512  # enough for every method to have something to say
_LIVELY = 3  # elements of an output that change; where nothing changes there is nothing to rank, and it costs nothing


@dataclass(frozen=True, slots=True)
class StandIn:
    """Numbers of the shapes that a model gives, some of them undefined where they may be.

    Parameters
    ----------
    outputs : tuple of Output
        What the model gives.
    """

    outputs: tuple[Output, ...]

    def __call__(self, inputs: Mapping[str, FloatArray], context: Context) -> dict[str, FloatArray]:
        """Return the outputs: sums of all inputs, each in its own proportion."""
        n = len(context.draws)
        total = np.zeros(n)
        for place, array in enumerate(inputs.values()):
            columns = np.asarray(array, dtype=float).reshape(n, -1)
            # Of the order of one, whatever the unit.
            total += (1.0 + 0.1 * place) * (columns / (1e-300 + np.abs(columns).max(axis=0))).mean(axis=1)
        found = {}
        for output in self.outputs:
            values = np.ones((n, max(int(np.prod(output.packed_shape)), 1)))
            values[:, :_LIVELY] = total[:, None] + np.arange(min(_LIVELY, values.shape[1]))
            if output.may_be_undefined:
                values[total > np.median(total), -1] = np.nan
            found[output.name] = values.reshape(n, *output.packed_shape)
        return found


def part_of(study: Study, drawn: Asked, ranked: Asked | None, request: Request) -> bytes:
    """Return a rehearsal as it travels to another process.

    Parameters
    ----------
    study : Study
        What is to be run.
    drawn, ranked : Asked
        What is asked of the run and of its ranking; without the latter there is none.
    request : Request
        Which ranking.
    """
    model = replace(study.model, evaluate=StandIn(study.declared), warn=None)
    alone = replace(request, versus=None)
    rehearsal = (replace(study, model=model), _small(drawn), ranked and _small(ranked), alone)
    try:
        return packed((*rehearsal, study.model), study.name)
    except InputError:  # a model that cannot travel stays here
        return packed((*rehearsal, None), study.name)


def _small(asked: Asked) -> Asked:
    drawn = replace(asked.drawn, until=None)
    if isinstance(drawn.design, str):
        drawn = replace(drawn, draws=min(drawn.draws, _DRAWS))
    return replace(
        asked,
        drawn=drawn,
        stored=replace(asked.stored, out=None, resume=False),
        computed=replace(asked.computed, jobs=1, backend="threads", scheduler=None, shard=None, quiet=True),
        # From here on a larger base changes nothing of what is looked at and how intervals are made.
        ranked=replace(asked.ranked, base=min(asked.ranked.base, FEWEST_SCRAMBLE_ROWS * asked.ranked.replicates)),
    )


def rehearse(content: bytes) -> None:
    """Go through a run and its ranking as `part_of` packed it; what they find is forgotten.

    Parameters
    ----------
    content : bytes
        Of `part_of`, from a process that is trusted as this one is.
    """
    from mcsim.engine.run import run_asked
    from mcsim.kernels._jit import LEAVING
    from mcsim.ranking.plain import rank_run

    study, drawn, ranked, request, model = pickle.loads(content)
    result = run_asked(study, drawn)
    if ranked is not None:
        rank_run(result, ranked, request)
    if model is not None:
        with LEAVING, suppress(Exception):  # of numbers that nobody filled; by then all kernels were called
            run_asked(replace(study, model=model), drawn)


def main(content: bytes) -> None:
    """Rehearse, and tell nobody what goes wrong: whatever this process lacks, the run itself compiles or refuses."""
    with suppress(InputError, KeyboardInterrupt):
        rehearse(content)
