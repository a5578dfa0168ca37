"""What a run directory holds, for machines: RO-Crate 1.1, with the inputs, their sources and what made it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mcsim.report import words
from mcsim.report.draw import write
from mcsim.study import Study

if TYPE_CHECKING:
    from mcsim.result.result import Result

SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CRATE = "ro-crate-metadata.json"
CONTEXT, PROFILE = "https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/crate/1.1"
# What a reader finds in each file of a run directory, and its kind; what is not named is not of the crate.
FILES = {
    "run.json": ("how the run was made: seed, options, versions, hashes", "application/json"),
    "study.json": ("the study as it was run", "application/json"),
    "draws.nc": ("inputs and outputs of every draw", "application/x-netcdf"),
    "summary.csv": ("bands of every element of every output", "text/csv"),
    "errors.csv": ("how far off means and quantiles are by chance", "text/csv"),
    "sensitivity.csv": ("what decides each element, by input", "text/csv"),
    "second_order.csv": ("what pairs of inputs decide together", "text/csv"),
    "ranking.npz": ("the ranking as it is read back", "application/octet-stream"),
    "printed.csv": ("figures that sources print, against ours", "text/csv"),
    "explain.html": ("when something is so, as a page", "text/html"),
    "plan.html": ("what to measure next, as a page", "text/html"),
    "failed.csv": ("draws that failed, with their inputs", "text/csv"),
    "labels.csv": ("long names of all codes", "text/csv"),
    "standings.csv": ("who stands where, by output", "text/csv"),
    "report.html": ("the brief", "text/html"),
    "report.md": ("the brief as text", "text/markdown"),
    "report.pdf": ("the brief on paper", "application/pdf"),
    "report.xlsx": ("summary, sensitivity and inputs", SHEETS),
    "explorer.html": ("the numbers to pick from", "text/html"),
}  # fmt: skip


def write_crate(result: Result, foot: dict[str, str], folder: Path) -> Path:
    """Write ``ro-crate-metadata.json`` beside run.json and return it.

    Parameters
    ----------
    result : Result
        The run.
    foot : dict
        What stands at the foot of the report, of `mcsim.report.first.footer`.
    folder : Path
        The run directory, with its files written.
    """
    path = folder / CRATE
    graph = {"@context": CONTEXT, "@graph": _graph(result, foot, folder)}
    write(path, (json.dumps(graph, ensure_ascii=False, indent=1) + "\n").encode("utf-8"))
    return path


def _graph(result: Result, foot: dict[str, str], folder: Path) -> list[dict[str, Any]]:
    study = result.study
    files = _files(result, folder)
    inputs = _inputs(study)
    date = str(result.record.get("date", "")) or "unknown"
    licence = foot["licence"] or "none is told; every input names its source"
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": study.title,
        "description": study.question or study.title,
        "datePublished": date,
        "license": {"@id": "#licence"},
        "creditText": foot["cite"],
        "hasPart": _ids(files),
        "mentions": {"@id": "#run"},
    }
    run = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": foot["repeat"],
        "endTime": date,
        "instrument": {"@id": "#mcsim"},
        "object": [{"@id": "#study"}, *_ids(inputs)],
        "result": _ids(files),
    }
    version = str(result.record.get("versions", {}).get("mcsim", ""))
    return [
        {"@id": CRATE, "@type": "CreativeWork", "conformsTo": {"@id": PROFILE}, "about": {"@id": "./"}},
        root,
        {"@id": "#licence", "@type": "CreativeWork", "name": licence},
        run,
        {"@id": "#mcsim", "@type": "SoftwareApplication", "name": "mcsim", "softwareVersion": version},
        {"@id": "#study", "@type": "CreativeWork", "name": study.name, "version": study.version},
        *files,
        *inputs,
    ]  # fmt: skip


def _ids(entities: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"@id": entity["@id"]} for entity in entities]


def _files(result: Result, folder: Path) -> list[dict[str, Any]]:
    hashes = result.record.get("files", {})
    found = []
    for name, (told, kind) in FILES.items():
        if not (folder / name).is_file():
            continue
        entity = {
            "@id": name,
            "@type": "File",
            "name": name,
            "description": told,
            "encodingFormat": kind,
            "contentSize": str((folder / name).stat().st_size),
        }
        found.append(entity | ({"sha256": hashes[name]} if name in hashes else {}))
    return found


def _inputs(study: Study) -> list[dict[str, Any]]:
    """Return an entity per input, vector of shares and table: its value or distribution, unit, meaning and source."""
    found = []
    for line in (line for _, lines in words.inputs(study) for line in lines):
        entity = {
            "@id": f"#input-{quote(line['name'])}",
            "@type": "PropertyValue",
            "name": line["name"],
            "description": line["meaning"],
            "value": line["distribution"],
            "unitText": line["unit"],
            "citation": line["source"],
        }
        found.append({key: value for key, value in entity.items() if value})
    return found
