"""What decides a difference between two studies: the Sobol' indices of every outcome of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcsim.engine.asked import Asked
from mcsim.engine.ladder import outcomes_alone
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.repeat import Request
from mcsim.ranking.sensitivity import rank_request
from mcsim.study import Study
from mcsim.study.outcomes import Outcome

if TYPE_CHECKING:
    import pandas as pd

BASE = 256  # base rows where nobody says: the fewest whose intervals come from independent scrambles


def rank_delta(first: Study, other: Study, outcomes: Sequence[Outcome], asked: Asked) -> Ranking:
    """Return what decides each outcome's difference, on the same points of both studies.

    Parameters
    ----------
    first, other : Study
        The baseline, and what is compared with it.
    outcomes : sequence of Outcome
        Of the baseline's outputs.
    asked : Asked
        Base rows, seed and workers.

    Raises
    ------
    InputError
        As `mcsim.sensitivity`: fewer than two uncertain inputs, inputs that depend on one another and the like.
    """
    request = Request("sobol", versus=outcomes_alone(first, outcomes))
    ranking = rank_request(outcomes_alone(other, outcomes), asked, request)
    assert ranking is not None  # only a shard has no ranking, and none is asked for
    return ranking


def delta_rows(study: str, ranking: Ranking) -> pd.DataFrame:
    """Return the rows of sensitivity.csv: of a study's name, the indices of every outcome's difference."""
    import pandas as pd

    tables = [ranking.table(output.name) for output in ranking.outputs]
    table = pd.concat(tables, ignore_index=True)
    table.insert(0, "study", study)
    return table
