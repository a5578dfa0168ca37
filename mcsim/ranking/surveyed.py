"""A plan of surveys told: in words, as a table, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.ranking.question import percent, unit_told
from mcsim.study.labels import ENGLISH, LANGUAGES

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.ranking.worth import SurveyPlan, Worth
    from mcsim.study.survey import Survey

COLUMNS = (
    *("survey", "label", "n", "error", "cost_usd", "narrows", "sd_left", "narrows_per_1000_usd"),
    *("evsi", "evsi_error", "evsi_per_1000_usd", "draws", "unit", "source"),
)


def lines(plan: SurveyPlan) -> list[str]:
    """Return a plan in words."""
    unit = unit_told(plan.unit)
    told = [
        f"{plan.study.title}: what surveys would tell of {plan.cell}",
        f"  now {plan.mean:.4g}{unit} on average, standard deviation {plan.spread:.4g}{unit} ({plan.draws:,} draws)",
    ]
    if plan.threshold is not None:
        told.append(
            f"  one acts where less than {plan.threshold:.4g}{unit} is expected: knowing everything would gain "
            f"{plan.perfect:.4g}{unit}"
        )
    for number, one in enumerate(plan.worths, start=1):
        told += _of_one(number, one, plan)
    return told + [f"  warning: {note}" for note in plan.notes]


def _of_one(number: int, one: Worth, plan: SurveyPlan) -> list[str]:
    survey, unit = one.survey, unit_told(plan.unit)
    price = f"; {survey.cost:,.0f} USD" if np.isfinite(survey.cost) else ""
    told = [
        f"{number}. {survey.label} ({survey.name}; {survey.source}{price})",
        f"   takes {percent(one.narrows)} off the standard deviation, {one.left:.4g}{unit} stay"
        + (f"; {_per_price(one.narrows, survey.cost):.2g} % per 1,000 USD" if price else ""),
    ]
    if np.isfinite(one.evsi):
        told.append(f"   gains the decision {one.evsi:.3g} ± {one.evsi_error:.1g}{unit}, of {plan.perfect:.3g}")
    return told


def _per_price(value: float, cost: float) -> float:
    """Return a share in per cent for each 1,000 USD."""
    return 100.0 * value / (cost / 1000.0)


def table(plan: SurveyPlan) -> pd.DataFrame:
    """Return every number as a tidy table, a row per survey."""
    import pandas as pd

    return pd.DataFrame(_rows(plan), columns=list(COLUMNS))


def _rows(plan: SurveyPlan) -> list[dict[str, Any]]:
    return [
        {
            "survey": one.survey.name,
            "label": one.survey.label,
            "n": one.survey.count,
            "error": one.survey.error,
            "cost_usd": one.survey.cost,
            "narrows": one.narrows,
            "sd_left": one.left,
            "narrows_per_1000_usd": one.narrows / (one.survey.cost / 1000.0),
            "evsi": one.evsi,
            "evsi_error": one.evsi_error,
            "evsi_per_1000_usd": one.evsi / (one.survey.cost / 1000.0),
            "draws": one.draws,
            "unit": plan.unit,
            "source": one.survey.source,
        }
        for one in plan.worths
    ]


def _labels(survey: Survey) -> dict[str, str]:
    """Return what a survey is called, by language."""
    others = {code: str(survey.entry.get(f"label_{code}", "")) for code in LANGUAGES if code != ENGLISH}
    return {ENGLISH: survey.label} | {code: label for code, label in others.items() if label}


def record(plan: SurveyPlan) -> dict[str, Any]:
    """Return every number as JSON holds it."""
    return {
        "study": plan.study.name,
        "outcome": str(plan.cell),
        "unit": plan.unit,
        "mean": plan.mean,
        "sd": plan.spread,
        "threshold": plan.threshold,
        "perfect": plan.perfect,
        "draws": plan.draws,
        "surveys": _rows(plan),
        "labels": {one.survey.name: _labels(one.survey) for one in plan.worths},
        "notes": list(plan.notes),
    }
