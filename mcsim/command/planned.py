"""`mcsim plan`: what the surveys of a study would be worth for one outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mcsim.command.told import Told
from mcsim.study import Study
from mcsim.study.labels import ENGLISH
from mcsim.study.language import in_language

TABLE = "plan.csv"


def plan_study(study: Study, outcome: str, said: Mapping[str, Any]) -> Told:
    """Run a study, leave the run and what its surveys are worth in a run directory, and return the latter."""
    from mcsim.command.jobs import asked_of, new_folder
    from mcsim.engine.run import run_asked
    from mcsim.ranking.surveyed import lines, record, table
    from mcsim.ranking.worth import plan_surveys, planned_of
    from mcsim.report.chapters import leave
    from mcsim.store.directory import add_files
    from mcsim.store.files import write_table

    words = dict(said)
    threshold, language = words.pop("threshold", None), words.pop("language", ENGLISH)
    in_language(study, language)  # what is wrong is refused before anything is run
    cell, threshold = planned_of(study, outcome, threshold)
    needed = dict.fromkeys([cell.output.name, *(name for one in study.surveys for name in one.outputs)])
    asked = asked_of({**words, "keep": tuple(needed)}, [study])[0]
    with new_folder(asked, f"{study.name}-plan") as folder:
        result = run_asked(study, replace(asked, stored=replace(asked.stored, out=folder, exact=True)))
        plan = plan_surveys(result, outcome, threshold=threshold)
        write_table(folder / TABLE, table(plan))
        told = record(plan)
        left = leave("plan", told, study, folder, language)
        add_files(folder, [TABLE, *left.files], plan={"outcome": outcome, "threshold": threshold})
        text = "\n".join(lines(plan)) if language == ENGLISH else left.text
        return Told(f"{text}\nplan: {folder / left.files[-1]}", told)
