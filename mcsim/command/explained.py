"""`mcsim explain`: an inverse question of a run directory, or of a run made for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsim.command.told import Told
from mcsim.store.claim import claimed
from mcsim.study import InputError, Study
from mcsim.study.labels import ENGLISH
from mcsim.study.language import in_language

if TYPE_CHECKING:
    from mcsim.ranking.explain import Explanation


def is_directory(target: str) -> bool:
    """Return whether a word is a run directory rather than a study."""
    from mcsim.store.directory import MANIFEST
    from mcsim.study.load import find_studies

    return (Path(target) / MANIFEST).is_file() or (Path(target).is_dir() and target not in find_studies())


def explain_directory(folder: Path, question: str, said: Mapping[str, Any]) -> Told:
    """Answer a question from the draws of a run directory, leave the answer there, and return it."""
    from mcsim.ranking.explain import explain
    from mcsim.store.directory import read
    from mcsim.store.joining import refuse_unfinished

    for name, value in said.items():
        if name not in ("quiet", "language"):
            word = {"settings": "set"}.get(name, name)
            raise InputError(f"{folder}: --{word}: a run directory has its draws (got {value}); a study, or without")
    refuse_unfinished(folder)
    found = explain(read(folder), question)
    with claimed(folder):
        return _left(found, folder, said.get("language", ENGLISH))


def explain_study(study: Study, question: str, said: Mapping[str, Any]) -> Told:
    """Run a study, answer a question from its draws, leave both in a run directory, and return the answer."""
    from mcsim.command.jobs import asked_of, new_folder
    from mcsim.engine.run import run_asked
    from mcsim.ranking.explain import explained, with_rare
    from mcsim.ranking.question import parse_question
    from mcsim.ranking.rare import rare_chance

    parsed = parse_question(question, study.output)  # before anything is run
    said = dict(said)
    rare, language = bool(said.pop("rare", False)), said.pop("language", ENGLISH)
    in_language(study, language)  # refused before anything is run
    asked = asked_of({**said, "keep": (parsed.cell.output.name,)}, [study])[0]
    with new_folder(asked, f"{study.name}-explain") as folder:
        result = run_asked(study, replace(asked, stored=replace(asked.stored, out=folder, exact=True)))
        found = explained(result, parsed)
        if rare:
            found = with_rare(found, rare_chance(study, parsed, result.seed, lives=asked.drawn.lives_of(study)))
        return _left(found, folder, language)


def _left(found: Explanation, folder: Path, language: str) -> Told:
    from mcsim.ranking.explained import SECTION, lines, record, write
    from mcsim.report.chapters import leave
    from mcsim.store.directory import add_files

    write(found, folder)
    told = record(found)
    left = leave("explain", told, found.study, folder, language)
    add_files(folder, left.files)
    text = "\n".join(lines(found)) if language == ENGLISH else left.text
    return Told(f"{text}\nexplanation: {folder / SECTION}", told)
