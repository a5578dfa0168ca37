"""A study in another language: its texts, and the long names of all that it has, in the place of the English ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mcsim.study.answers import brief_of
from mcsim.study.errors import InputError, one_of
from mcsim.study.inputs import Inputs
from mcsim.study.labels import ENGLISH, LANGUAGES
from mcsim.study.study import Study

TOLD = ("title", "question", "licence", "text", "undefined", "label", "caption")  # keys that a reader reads


def in_language(study: Study, language: str) -> Study:
    """Return a study whose texts and long names are in a language; what has none in it stays English.

    Raises
    ------
    InputError
        For a language that is not known, or in which the study says nothing.
    """
    if language not in LANGUAGES:
        raise InputError(f"--lang: no such language (got {language!r}); {one_of(LANGUAGES, language)}")
    if language == study.labels.language:
        return study
    place = study.origin or study.name
    if language != ENGLISH and not _any(study, language):
        raise InputError(
            f"{place}: --lang: no labels in this language (got {language!r}); label_{language} in [labels], "
            f"text_{language} in [[report.answers]]"
        )
    labels = replace(study.labels, language=language)
    outputs = tuple(replace(item, meaning=labels.name(item.name, item.meaning)) for item in study.model.outputs)
    options = tuple(replace(item, meaning=labels.name(item.name, item.meaning)) for item in study.model.options)
    model = replace(study.model, outputs=outputs, options=options)
    return replace(
        study,
        title=labels.texts.get(f"title_{language}", study.title),
        question=labels.texts.get(f"question_{language}", study.question),
        model=model,
        inputs=Inputs(
            item if item.table is not None else replace(item, meaning=labels.name(item.name, item.meaning))
            for item in study.inputs
        ),
        figures=tuple(told_in(figure, language) for figure in study.figures),
        brief=brief_of(told_in(study.brief.entry, language), model, f"{place}: report"),
        surveys=tuple(
            replace(one, label=str(told_in(one.entry, language).get("label", one.label))) for one in study.surveys
        ),
        outcomes=tuple(replace(item, label=told_in(item.entry, language).get("label", "")) for item in study.outcomes),
        labels=labels,
    )


def told_in(entry: Any, language: str) -> Any:
    """Return an entry of a study file with what it says in a language in the place of what it says in English.

    Examples
    --------
    >>> told_in({"title": "Mass", "title_es": "Masa", "rows": [{"label": "all"}]}, "es")
    {'title': 'Masa', 'rows': [{'label': 'all'}]}
    """
    if isinstance(entry, list | tuple):
        return [told_in(part, language) for part in entry]
    if not isinstance(entry, Mapping):
        return entry
    others = {f"{key}_{code}" for key in TOLD for code in LANGUAGES}
    kept = {key: told_in(value, language) for key, value in entry.items() if key not in others}
    return {key: entry.get(f"{key}_{language}", value) for key, value in kept.items()}


def _any(study: Study, language: str) -> bool:
    named = any(study.labels.has(language, code) for code in study.labels.names)
    outcomes = [item.entry for item in study.outcomes]
    texts = (*_texts(study.brief.entry, "report", language), *_texts(outcomes, "compare.outcomes", language))
    return named or any(there for _, there in texts)


def untold(study: Study, language: str) -> tuple[list[str], int]:
    """Return the keys of what a reader would read in English for want of words in a language, and how many there are.

    Parameters
    ----------
    study : Study
        As loaded.
    language : str
        A code of `LANGUAGES`.

    Returns
    -------
    tuple of (list of str, int)
        Keys of the study file without words in the language; all keys that can have some.
    """
    pairs = list(_wanted(study, language))
    return [key for key, there in pairs if not there], len(pairs)


def _wanted(study: Study, language: str) -> Iterator[tuple[str, bool]]:
    """Yield every key that a reader reads, and whether it has words in a language."""
    for text in ("title", "question"):
        if getattr(study, text):
            yield f"study.{text}_{language}", f"{text}_{language}" in study.labels.texts
    yield from _texts({key: part for key, part in study.brief.entry.items() if key != "figures"}, "report", language)
    for number, figure in enumerate(study.figures, start=1):
        yield from _texts(figure, f"report.figures[{number}]", language)
    yield from _texts([item.entry for item in study.outcomes], "compare.outcomes", language)
    yield from _texts([one.entry for one in study.surveys], "survey", language)
    names = [output.name for output in study.outputs]
    names += [item.name for item in study.inputs if item.table is None and item.vector is None]
    names += [*study.vectors, *study.tables, *study.groups, *(option.name for option in study.model.options)]
    dims = {dim.name: dim.coords for output in study.outputs for dim in output.dims}
    for name in dict.fromkeys([*names, *dims]):
        yield f"labels.names.{name}", study.labels.has(language, name)
    for dim, coords in dims.items():
        for code in (code for code in coords if isinstance(code, str)):
            yield f"labels.dims.{dim}.{code}", study.labels.has(language, code, dim)


def _texts(entry: Any, place: str, language: str) -> Iterator[tuple[str, bool]]:
    if isinstance(entry, list | tuple):
        for number, part in enumerate(entry, start=1):
            yield from _texts(part, f"{place}[{number}]", language)
    elif isinstance(entry, Mapping):
        for key, part in entry.items():
            if key in TOLD and isinstance(part, str):
                yield f"{place}.{key}_{language}", f"{key}_{language}" in entry
            elif key not in ("where",):
                yield from _texts(part, f"{place}.{key}", language)
