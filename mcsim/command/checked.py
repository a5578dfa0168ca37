"""`mcsim check`: what is evaluated once, and what is told of a study in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mcsim.command.told import Told
from mcsim.study import Study


def check(study: Study, warn: Callable[[Study], None]) -> Told:
    """Evaluate a loaded study once at its centre, and its stages one by one; return what is in order.

    Parameters
    ----------
    study : Study
        As it was loaded, which has checked its file, its tables, its figures, answers and sources.
    warn : callable
        Says what the model warns of.

    Raises
    ------
    InputError
        For a model that cannot be evaluated, or whose stages read what they do not say.
    """
    from mcsim.command.show import labels_line
    from mcsim.engine.progress import tell_compiling
    from mcsim.engine.run import evaluate_centre
    from mcsim.engine.staged import check_stages
    from mcsim.report.language import unspoken
    from mcsim.study.labels import ENGLISH, LANGUAGES
    from mcsim.study.language import untold

    warn(study)
    tell_compiling()
    evaluate_centre(study)
    check_stages(study)
    record: dict[str, Any] = {
        "study": study.name,
        "title": study.title,
        "ok": True,
        "errors": [],
        "inputs": len(study.inputs),
        "uncertain": len(study.uncertain),
        "outputs": len(study.outputs),
        "options": len(study.options),
        "languages": {},
    }
    told = Told(f"{study.name}: {len(study.inputs)} inputs, {len(study.outputs)} outputs, no error", record)
    for language in (code for code in LANGUAGES if code != ENGLISH):
        missing, count = untold(study, language)
        words = {"texts": count, "without_words": list(missing), "remarks_without_words": unspoken(language)}
        languages = {**told.record["languages"], language: words}
        told = told.more(labels_line(study, language, list(missing), count), languages=languages)
    return told
