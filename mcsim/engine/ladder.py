"""How far a lever goes and what comes of it: the outcomes of a comparison at steps of the lever's strength."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mcsim.engine.asked import Asked, Stored
from mcsim.engine.remembered import Memory
from mcsim.engine.run import run_asked
from mcsim.result.result import Result
from mcsim.study import FloatArray, InputError, Study
from mcsim.study.answers import Brief
from mcsim.study.outcomes import Outcome, narrowed
from mcsim.study.stages import Stages

STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)


def outcomes_alone(study: Study, outcomes: Sequence[Outcome]) -> Study:
    """Return a study whose outputs are the outcomes of a comparison, computed from what they need alone."""
    return replace(
        study,
        model=narrowed(study.model, outcomes),
        headline=(),
        figures=(),
        brief=Brief(),
        published=(),
        outcomes=(),
        left_out=frozenset(),
    )


def weakened(study: Study, strengths: Sequence[str], step: float) -> Study:
    """Return a study whose strengths are a share of what they are.

    Raises
    ------
    InputError
        For a strength that is uncertain: a share of it is no number.
    """
    by_name = {item.name: item for item in study.inputs}
    for name in strengths:
        if by_name[name].uncertain:
            raise InputError(
                f"{study.name}: {name}: uncertain (got {by_name[name].distribution}); a number, for steps on its way"
            )
    return study.set_items([(name, step * by_name[name].distribution.median()) for name in strengths])


def memory_of(study: Study, outcomes: Sequence[Outcome], asked: Asked) -> Memory:
    """Return what the ladders over a study have in common: the stages of its own outcomes, none outside threads."""
    alone = outcomes_alone(study, outcomes)
    memory = Memory(alone)
    if isinstance(alone.model.evaluate, Stages) and asked.computed.backend == "threads":
        run_asked(memory.lent(alone), replace(asked, stored=Stored(None, False, ())))
    memory.keep_no_more()
    return memory


def ladder(
    study: Study,
    strengths: Sequence[str],
    outcomes: Sequence[Outcome],
    asked: Asked,
    ends: FloatArray,
    memory: Memory | None = None,
) -> FloatArray:
    """Return the outcomes at each of `STEPS`, draw by draw.

    Parameters
    ----------
    study : Study
        With its strengths at their full value.
    strengths : sequence of str
        Inputs that say how far it goes.
    outcomes : sequence of Outcome
        Of a comparison.
    asked : Asked
        The draws, as those of the comparison.
    ends : ndarray, shape (2, n_outcomes, n_draws)
        The outcomes of the baseline and of the study, which are there already; at strength 0 a study is the baseline.
    memory : Memory, optional
        From `memory_of` the baseline.

    Returns
    -------
    ndarray, shape (n_steps, n_outcomes, n_draws)
    """
    alone, found = outcomes_alone(study, outcomes), np.full((len(STEPS), *ends.shape[1:]), np.nan)
    found[0], found[-1] = ends
    for place, step in enumerate(STEPS[1:-1], start=1):
        weak = weakened(alone, strengths, step)
        weak = weak if memory is None else memory.lent(weak)
        result = run_asked(weak, replace(asked, stored=Stored(None, False, ())))
        found[place] = _values(result, outcomes, ends.shape[-1])
    return found


def _values(result: Result, outcomes: Sequence[Outcome], draws: int) -> FloatArray:
    values = np.stack([np.asarray(result.kept[outcome.name], np.float64).reshape(-1) for outcome in outcomes])
    if values.shape[1] != draws:
        raise InputError(
            f"{result.study.name}: other draws fail on the way than at its ends (got {values.shape[1]} of {draws}); "
            "a comparison without --ladder"
        )
    return values
