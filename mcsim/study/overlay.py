"""Overlays: study files with inputs and options alone, such as a policy lever, laid over a study that has these inputs.

Loaded by itself an overlay lies over the study that it extends. In a comparison it lies over the first study, whichever
that is, so that one file of a lever serves every study that knows the lever's inputs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mcsim.distributions import Constant
from mcsim.study.answers import Brief
from mcsim.study.entries import cell_input, option_value, scalar_input, vector_inputs
from mcsim.study.errors import InputError, nearest, one_of
from mcsim.study.inputs import Input, Inputs
from mcsim.study.load import find_studies, own_texts, resolve
from mcsim.study.read import own_content, says_centre
from mcsim.study.study import Study

Entry = tuple[Any, Path]  # what a file says of an input or option, and which file


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """What an overlay's file says.

    Parameters
    ----------
    name, title, question, version : str
        As of a study.
    path : Path
        The file.
    headline : tuple of str
        Outputs that it leads with; those of the study below where it names none.
    members : tuple of str
        Names of the overlays that it is made of, in order; empty for one that is its own.
    inputs, options : mapping
        Name -> what is said of it and where; what a member says yields to what comes after it.
    strengths : tuple of str
        Inputs that say how far it goes: at 0 the study below is as it was.
    files : tuple of Path
        Every file read.
    texts : mapping
        What it is called in other languages: ``title_es``, ``question_es``.
    under : str
        The study that it extends, which has its inputs.
    """

    name: str
    title: str
    question: str
    version: str
    path: Path
    headline: tuple[str, ...]
    members: tuple[str, ...]
    inputs: Mapping[str, Entry]
    options: Mapping[str, Entry]
    strengths: tuple[str, ...]
    files: tuple[Path, ...]
    texts: Mapping[str, str]
    under: str = ""


def read_overlay(study: str | Path) -> Overlay | None:
    """Return the overlay of a name or file; None where that is no overlay.

    Raises
    ------
    InputError
        For a file that cannot be read, or one that says that it is an overlay and is none.

    Examples
    --------
    >>> overlay = read_overlay("lever-take-back")
    >>> overlay.strengths, sorted(overlay.inputs)[0]
    (('take_back_strength',), 'take_back_new_reached')
    >>> read_overlay("fleet") is None
    True
    """
    path = resolve(study)
    content = own_content(path)
    head = content.get("study", {})
    if not head.get("overlay", False):
        return None
    inputs: dict[str, Entry] = {}
    options: dict[str, Entry] = {}
    strengths: list[str] = []
    files: list[Path] = []
    members = tuple(head.get("overlays", ()))
    for number, name in enumerate(members):
        if name in members[:number]:
            raise InputError(f"{path}: study.overlays: stands twice (got {name!r}); each once")
        member = _member(name, path)
        inputs |= member.inputs
        options |= member.options
        strengths += member.strengths
        files += member.files
    inputs |= {name: (entry, path) for name, entry in content.get("inputs", {}).items()}
    options |= {name: (entry, path) for name, entry in content.get("options", {}).items()}
    if "strength" in head:
        if head["strength"] not in inputs:
            known = one_of(inputs, head["strength"])
            raise InputError(f"{path}: study.strength: no input of this file (got {head['strength']!r}); {known}")
        strengths.append(head["strength"])
    name = str(head.get("name", path.stem))
    return Overlay(
        name,
        str(head.get("title", name)),
        str(head.get("question", "")),
        str(head.get("version", "0")),
        path,
        tuple(head.get("headline", ())),
        members,
        inputs,
        options,
        tuple(dict.fromkeys(strengths)),
        tuple(dict.fromkeys([*files, path])),
        own_texts(head),
        str(head.get("extends", "")),
    )


def _member(name: str, path: Path) -> Overlay:
    local = path.parent / name
    try:
        found = read_overlay(local if local.suffix == ".toml" else name)
    except InputError as error:
        raise InputError(f"{path}: study.overlays: {error}") from None
    if found is None or found.members:
        what = "a study of its own" if found is None else "overlays of its own"
        raise InputError(f"{path}: study.overlays: {name}: no overlay (got {what}); one with inputs and options alone")
    return found


def each_once(overlays: Sequence[Overlay], command: str) -> None:
    """Refuse an overlay that a command was given more than once, by name or by file."""
    names = [overlay.name for overlay in overlays]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{command}: {twice}: stands twice (got {names.count(twice)} times); each lever once")


def overlays_for(study: Study) -> list[Overlay]:
    """Return the overlays, shipped or installed, whose inputs a study has; single ones before those made of several."""
    names = {item.name for item in study.inputs} | set(study.vectors)
    options = set(study.options)
    found = []
    for path in find_studies().values():
        if not tomllib.loads(path.read_text(encoding="utf-8-sig")).get("study", {}).get("overlay", False):
            continue
        overlay = read_overlay(path)
        if overlay is not None and set(overlay.inputs) <= names and set(overlay.options) <= options:
            found.append(overlay)
    return sorted(found, key=lambda overlay: (len(overlay.members), overlay.name))


def laid_over(study: Study, overlay: Overlay) -> Study:
    """Return a study with an overlay's inputs and options in the place of its own, under the overlay's name.

    Raises
    ------
    InputError
        Where the study lacks an input or option, naming the overlay's file and the closest that the study has.
    """
    changed = _inputs_laid(study, overlay)
    options = {option.name: option for option in study.model.options}
    for name, (value, path) in overlay.options.items():
        if name not in options:
            raise InputError(f"{path}: options.{name}: no option of {study.name}; {one_of(options, name)}")
        try:
            changed = changed.set_option(options[name], option_value(value))
        except InputError as error:
            raise InputError(f"{path}: options.{error}") from None
    known = {output.name for output in study.outputs}
    headline = overlay.headline or study.headline
    for name in headline:
        if name not in known:
            raise InputError(
                f"{overlay.path}: study.headline: {name}: no output of {study.name}; {one_of(known, name)}"
            )
    return replace(
        changed,
        name=overlay.name,
        title=overlay.title,
        question=overlay.question,
        version=overlay.version,
        headline=headline,
        origin=str(overlay.path),
        under=study.origin,
        files=tuple(dict.fromkeys([*study.files, *map(str, overlay.files)])),
        # What the study below leads with answers another question, and what is printed is of the world as it is.
        figures=tuple(figure for figure in study.figures if figure.get("output") in headline),
        brief=Brief({key: value for key, value in study.brief.entry.items() if key == "licence"}),
        published=(),
        labels=replace(study.labels, texts=overlay.texts),
    )


def _inputs_laid(study: Study, overlay: Overlay) -> Study:
    parameters = {parameter.name: parameter for parameter in study.model.parameters}
    cells = {item.name: item for table in study.tables.values() for item in table.inputs()}
    vectors = dict(study.vectors)
    laid: dict[str, Sequence[Input]] = {}
    by_name = {item.name: item for item in study.inputs}
    for name, (entry, path) in overlay.inputs.items():
        if name in vectors:
            laid[name] = vector_inputs(parameters[name], entry, path, vectors)
        elif name not in by_name or (name not in parameters and name not in cells):
            known = [*by_name, *vectors]
            such = f", as {overlay.under} has" if overlay.under and overlay.under != study.name else ""
            raise InputError(
                f"{path}: inputs.{name}: {study.name} has no such input; laid over a study that has it{such}"
                f"{nearest(name, known)}"
            )
        elif says_centre(entry):
            item = by_name[name]
            source = f"centre of {study.name}; {item.source}".removesuffix("; ")
            laid[name] = [replace(item, distribution=Constant(item.distribution.median()), source=source)]
        elif name in cells:
            laid[name] = [cell_input(study.model, cells[name], entry, path)]
        else:
            laid[name] = [scalar_input(study.model, parameters[name], entry, path)]
    items: list[Input] = []
    for item in study.inputs:
        owner = item.vector[0] if item.vector is not None else item.name
        if owner not in laid:
            items.append(item)
        elif item.vector is None or item.vector[1] == 0:
            items.extend(laid[owner])
    return replace(study, inputs=Inputs(items), vectors=vectors)
