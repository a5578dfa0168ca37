"""ranking.npz: a ranking whole, with the dims and layouts of its outputs, so that no study is needed to read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from mcsim.store.described import output_facts, output_of
from mcsim.store.directory import RANKING
from mcsim.store.whole import as_bytes, read_arrays, reading, save_arrays

_PLAIN = ("study", "method", "factors", "n", "order_by", "pairs", "warnings", "settings")
_WITHIN = "within|"  # before the names of a ranking within


def save(ranking: Any, path: str | Path, identity: Mapping[str, Any] | None = None) -> None:
    """Write a ranking to a file (.npz).

    Parameters
    ----------
    ranking : Ranking
        What to write.
    path : path
        The file.
    identity : mapping, optional
        What was asked, by which a run that goes on recognises its own ranking.
    """
    arrays = _arrays(ranking, identity or {})
    if ranking.within is not None:
        arrays |= {f"{_WITHIN}{key}": values for key, values in _arrays(ranking.within, {}).items()}
    save_arrays(Path(path), arrays, packed=True)


def _arrays(ranking: Any, identity: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Return all that a ranking holds, but for the one within it."""
    facts = {name: getattr(ranking, name) for name in _PLAIN}
    facts |= {"outputs": [output_facts(output) for output in ranking.outputs], "identity": dict(identity)}
    arrays: dict[str, NDArray[Any]] = {"facts": as_bytes(json.dumps(facts))}
    arrays |= {"dropped": ranking.dropped}
    arrays |= {f"layout|{item.name}": item.layout.index for item in ranking.outputs if item.layout is not None}
    arrays |= {f"variances|{output}": values for output, values in ranking.variances.items()}
    parts = [("scores", ranking.scores), ("second", ranking.second)]
    parts += [(f"convergence|{n}", scores) for n, scores in ranking.convergence.items()]
    for part, scores in parts:
        for output, measures in scores.items():
            arrays |= {f"{part}|{output}|{measure}": values for measure, values in measures.items()}
    return arrays


def fields_in(path: str | Path) -> dict[str, Any]:
    """Return the fields of the ranking in a file, every bit as they were saved.

    Raises
    ------
    InputError
        Where the file is not a ranking.
    """
    facts, arrays = _content(Path(path))
    inner = {key.removeprefix(_WITHIN): arrays.pop(key) for key in list(arrays) if key.startswith(_WITHIN)}
    return _fields(facts, arrays) | ({"within": _fields(_facts(inner), inner)} if inner else {})


def _fields(facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    outputs = tuple(output_of(fact, arrays.get(f"layout|{fact['name']}")) for fact in facts["outputs"])
    scores: dict[str, dict[str, NDArray[Any]]] = {}
    second: dict[str, dict[str, NDArray[Any]]] = {}
    convergence: dict[int, dict[str, dict[str, NDArray[Any]]]] = {}
    variances: dict[str, NDArray[Any]] = {}
    for key, values in arrays.items():
        part, *names = key.split("|")
        if part in ("scores", "second"):
            output, measure = names
            (scores if part == "scores" else second).setdefault(output, {})[measure] = values
        elif part == "variances":
            variances[names[0]] = values
        elif part == "convergence":
            n, output, measure = names
            convergence.setdefault(int(n), {}).setdefault(output, {})[measure] = values
    return {
        **{name: facts[name] for name in ("study", "method", "n", "order_by", "settings")},
        "factors": tuple(facts["factors"]),
        "outputs": outputs,
        "scores": scores,
        "pairs": tuple((first, other) for first, other in facts["pairs"]),
        "second": second,
        "convergence": convergence,
        "variances": variances,
        "dropped": arrays["dropped"],
        "warnings": tuple(facts["warnings"]),
    }


def identity_of(path: str | Path) -> dict[str, Any]:
    """Return what was asked when the ranking in a file was made.

    Raises
    ------
    InputError
        Where the file is not a ranking.
    """
    return dict(_content(Path(path))[0]["identity"])


def _content(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    remedy = f"a {RANKING} as mcsim wrote it; the ranking once more makes one"
    arrays = read_arrays(path, remedy, renamed=True)
    with reading(path, remedy):
        return _facts(arrays), arrays


def _facts(arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    return dict(json.loads(bytes(arrays.pop("facts"))))
