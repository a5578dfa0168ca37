"""The content of a study file: TOML, checked key by key, merged over the study that it extends."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mcsim.study.errors import InputError
from mcsim.study.labels import LANGUAGES
from mcsim.study.schema import Place
from mcsim.study.sections import FILE

OVERLAID = ("inputs", "options")  # what an overlay lays over a study
CENTRE = "centre"  # an input of an extending study: held at the centre of the extended one's
OF_ANSWERS = ("title", "answers", "rows", "picture")  # and of its report
Content = dict[str, Any]  # section -> its keys, or a list of entries
Resolve = Callable[[str], Path]
OF_OUTPUTS = (
    "observation",
    "calibration",
    "survey",
    "published",
    "labels",
    "compare",
)  # what an extending study with a model of its own leaves behind


def read_study_file(path: Path, resolve: Resolve, seen: tuple[Path, ...] = ()) -> tuple[Content, tuple[str, ...]]:
    """Return the checked content of a study file merged over that of the study that it extends, and the files read.

    Parameters
    ----------
    path : Path
        The file.
    resolve : callable
        The file of a study given by name.
    seen : tuple of Path
        Files that extend this one.

    Raises
    ------
    InputError
        Naming the file, the key, what is wrong, the value and what would be right.
    """
    if path in seen:
        raise InputError(f"{path}: study.extends: a circle (got {' -> '.join(p.stem for p in (*seen, path))}); end it")
    content = own_content(path)
    head = content.setdefault("study", {})
    head.setdefault("name", path.stem)
    for number, figure in enumerate(content.get("published", ()), start=1):
        figure["place"] = str((Place(path) / "published").number(number))
    extended = head.pop("extends", None)
    if extended is None:
        if head.pop("overlays", None) is not None:
            raise InputError(f"{path}: study.overlays: lie over nothing (got no study.extends); the study below them")
        _refuse_centres(content, path)
        return content, (str(path),)
    local = path.parent / extended
    base_path = local.resolve() if local.suffix == ".toml" else resolve(extended)
    base, files = read_study_file(base_path, resolve, (*seen, path))
    for key in ("model", "function"):
        if base_path.parent != path.parent and str(base["study"].get(key, "")).partition(":")[0].endswith(".py"):
            base["study"][key] = str(base_path.parent / base["study"][key])
    own_model = bool({"model", "function"} & set(head) or "program" in content)
    if own_model:
        for section in OF_OUTPUTS:
            base.pop(section, None)
    if own_model or head.get("overlay", False):  # an overlay's question is another than that of the study below
        for key in OF_ANSWERS:
            base.get("report", {}).pop(key, None)
    if head.get("overlay", False):
        base.pop("published", None)
    if not own_model:
        # A table in the place of the extended study's is in that one's units: the model is the same.
        for name, entry in content.get("tables", {}).items():
            replaced = base.get("tables", {}).get(name)
            if replaced is not None:
                entry["replaces"] = replaced.get("replaces", replaced["file"])
    laid, found = _overlaid(base, head.pop("overlays", []), path, resolve)
    base, files = laid, (*files, *found)
    _hold(content.get("inputs", {}), base, path)
    return {section: _over(base, content, section) for section in (*base, *content)}, (*files, str(path))


def _overlaid(base: Content, names: list[str], path: Path, resolve: Resolve) -> tuple[Content, tuple[str, ...]]:
    """Return a study with the inputs and options of other studies' own files over it, in order, and their files."""
    files: list[str] = []
    for number, name in enumerate(names):
        if name in names[:number]:
            raise InputError(f"{path}: study.overlays: stands twice (got {name!r}); each once")
        local = path.parent / name
        try:
            file = local.resolve() if local.suffix == ".toml" else resolve(name)
        except InputError as error:
            raise InputError(f"{path}: study.overlays: {error}") from None
        content = own_content(file)
        more = sorted(set(content) - {"study", *OVERLAID})
        if more or {"model", "function", "overlays"} & set(content.get("study", {})):
            said = ", ".join(more) or "a study of its own"
            raise InputError(
                f"{path}: study.overlays: {name}: no overlay (got {said}); one with inputs and options alone"
            )
        _hold(content.get("inputs", {}), base, file)
        base = {**base, **{section: _over(base, content, section) for section in OVERLAID if section in content}}
        files.append(str(file))
    return base, tuple(files)


def own_content(path: Path) -> Content:
    """Return what a file itself holds, checked key by key."""
    content: Content = FILE.read(_toml(path), Place(path))
    return content


def says_centre(entry: Any) -> bool:
    """Return whether an entry holds an input at the centre of the study below."""
    return entry == CENTRE or (isinstance(entry, dict) and entry.get("value") == CENTRE)


def _refuse_centres(content: Content, path: Path) -> None:
    for name, entry in content.get("inputs", {}).items():
        if says_centre(entry):
            raise InputError(
                f"{path}: inputs.{name}: no study is extended (got {CENTRE!r}); a number, or study.extends with the "
                "study whose centre it is"
            )


def _hold(inputs: Content, base: Content, path: Path) -> None:
    """Turn every entry that says ``centre`` into the extended study's own, marked to be held where its centre is.

    The centre is taken where the distribution is built (`mcsim.study.entries`): the extended study may leave an input
    to its model or to a table.
    """
    for name, entry in inputs.items():
        if says_centre(entry):
            own = {key: value for key, value in entry.items() if key != "value"} if isinstance(entry, dict) else {}
            if "unit" in own:
                raise InputError(
                    f"{path}: inputs.{name}.unit: a centre has its own (got {own['unit']!r}); leave the unit out"
                )
            theirs = base.get("inputs", {}).get(name, {})
            theirs = theirs if isinstance(theirs, dict) else {"value": theirs}
            inputs[name] = {**theirs, **own, CENTRE: base["study"]["name"]}


def _over(base: Content, content: Content, section: str) -> Any:
    """Return a section of a study over that of the study that it extends: key by key, named entries by their names.

    A list whose entries have no names is taken as a whole.
    """
    theirs, own = base.get(section, {}), content.get(section, {})
    if section == "labels":
        files = {key: [*theirs.pop(key, ()), *own.pop(key, ())] for key in ("shared", "files")}
        both = {key: {**theirs.get(key, {}), **own.get(key, {})} for key in (*theirs, *own)}
        return both | {key: listed for key, listed in files.items() if listed}
    if not isinstance(theirs or own, list):
        # What is said anew is not told in another language as it was said before.
        stale = {f"{key}_{code}" for key in own for code in LANGUAGES}
        return {**{key: value for key, value in theirs.items() if key not in stale}, **own}
    if not own or not theirs or "name" not in own[0]:
        return own or theirs
    kept = [found for entry in theirs for found in (_named(own, entry["name"]) or [entry])]
    return kept + [entry for entry in own if not _named(theirs, entry["name"])]


def _named(entries: list[Content], name: str) -> list[Content]:
    return [entry for entry in entries if entry["name"] == name]


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{path}: not TOML ({error}); see docs/study-files.md") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); a study file in UTF-8") from None
