"""The JSON schema by which an editor completes and checks study files, figures of the report included.

python -m mcsim.command.editor > study-file.schema.json
"""

from __future__ import annotations

import json

from mcsim.report.check import FIRST
from mcsim.report.kind import Kind
from mcsim.report.kinds import KINDS
from mcsim.study.schema import Json
from mcsim.study.sections import FILE


def editor_schema() -> Json:
    """Return the JSON schema of a study file.

    Examples
    --------
    >>> editor_schema()["properties"]["study"]["properties"]["per_draw"]["type"]
    'boolean'
    """
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "mcsim study file", **FILE.json()}
    report = found["properties"]["report"]["properties"]
    report["figures"]["items"] = {"type": "object", "oneOf": [_figure(kind) for kind in KINDS.values()]}
    drawn = [_figure(kind) for kind in KINDS.values() if kind.draw is not None]
    report["picture"] |= {"type": "object", "oneOf": drawn}
    return found


def _figure(kind: Kind) -> Json:
    known: Json = {
        "kind": {"const": kind.name},
        "output": {"type": "string", "description": "the output that it shows"},
    }
    known |= {key.name: {"description": f"{key.meaning}: {key.holds.words}"} for key in kind.keys}
    return {
        "description": kind.shows,
        "properties": known,
        "required": [*FIRST, *(key.name for key in kind.keys if key.required)],
        "additionalProperties": False,
    }


if __name__ == "__main__":
    print(json.dumps(editor_schema(), indent=1, ensure_ascii=False))
