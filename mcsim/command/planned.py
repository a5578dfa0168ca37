"""`mcsim plan`: what the surveys of a study would be worth for one outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcsim.command.told import Told
from mcsim.study import Study


def plan_study(study: Study, outcome: str, said: Mapping[str, Any]) -> Told:
    """Run a study in memory and return what its surveys are worth."""
    from mcsim.command.jobs import asked_of
    from mcsim.engine.run import run_asked
    from mcsim.ranking.surveyed import lines, record
    from mcsim.ranking.worth import plan_surveys
    from mcsim.study.select import parse_cell

    words = dict(said)
    threshold = words.pop("threshold", None)
    cell = parse_cell(outcome, study.output, "plan")  # before anything is run
    needed = dict.fromkeys([cell.output.name, *(name for one in study.surveys for name in one.outputs)])
    asked = asked_of({**words, "keep": tuple(needed)}, [study])[0]
    plan = plan_surveys(run_asked(study, asked), outcome, threshold=threshold)
    return Told("\n".join(lines(plan)), record(plan))
