"""Hashes of everything that the shipped studies print, so that a move of the code can show that no number moved.

    python benchmarks/hashes.py --write before.json             # hashes of this state
    python benchmarks/hashes.py --against before.json           # what differs now, by name; exit 1 where anything does
    python benchmarks/hashes.py --write before.json --values before/   # values too, so that a difference has a size

What is hashed: one evaluation at the centre, the draws and bands of 256 draws under two seeds, the ranking of base 64
under two seeds, and for every word of every option that is not its default the evaluation and 32 draws. Hashes are of
values only (float64, every element shown), and hold on one machine: transcendental functions differ between processors
in the last bits, hence ``--values`` and a comparison to 1e-12 elsewhere.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import mcsim

DRAWS, BASE, SEEDS, OPTION_DRAWS = 256, 64, (1, 2), 32
NUMBERS = ("mean", "sd", "p2.5", "p5", "p25", "p50", "p75", "p95", "p97.5", "mcse_mean", "n")
INDICES = ("S1", "S1_low", "S1_high", "ST", "ST_low", "ST_high", "n")


def evaluated(name: str, *settings: str) -> dict[str, Any]:
    """Return the outputs of ``mcsim evaluate NAME --json``."""
    from mcsim.command.main import main

    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        code = main(["evaluate", name, "--json", *[word for setting in settings for word in ("--set", setting)]])
    if code:
        raise RuntimeError(f"mcsim evaluate {name} {settings}: exit code {code}")
    return dict(json.loads(text.getvalue())["outputs"])


def centre(name: str, *settings: str) -> Iterator[tuple[str, Any]]:
    """Yield every output at the centre."""
    for output, found in evaluated(name, *settings).items():
        yield f"evaluate/{output}", np.array(found["values"], dtype=float)


def run(study: Any, draws: int, seed: int) -> Iterator[tuple[str, Any]]:
    """Yield draws and bands of every output."""
    result = mcsim.run(study, draws=draws, seed=seed, keep=["all"])
    for name, values in result.inputs.items():
        yield f"draws/{seed}/inputs/{name}", np.asarray(values, dtype=float)
    for output in result.study.outputs:
        yield f"draws/{seed}/{output.name}", np.asarray(result.values(output.name), dtype=float)
        table = result.summary(output.name)
        yield f"bands/{seed}/{output.name}", table[list(NUMBERS)].to_numpy(dtype=float)


def ranking(study: Any, seed: int) -> Iterator[tuple[str, Any]]:
    """Yield the indices of every ranked output, rows in the order of the table."""
    from mcsim.ranking.factors import dependent_groups

    groups: Any = dependent_groups(study) if getattr(study, "tied", study.dependence) else False
    # Among many inputs a row may hold what is undefined once in a thousand draws: such rows are left out.
    found = mcsim.sensitivity(study, base=BASE, seed=seed, groups=groups, max_failed=1.0)
    for output in found.outputs:
        table = found.table(output.name)
        yield f"ranking/{seed}/{output.name}", table[list(INDICES)].to_numpy(dtype=float)
        order = [str(name) for name in table["input"]]
        yield f"ranking/{seed}/{output.name}/order", order


def everything(names: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield (name, values) of all that is hashed of these studies."""
    seen: set[tuple[str, str]] = set()
    for name in names:
        print(name, file=sys.stderr, flush=True)
        study = mcsim.load(name)
        for key, values in centre(name):
            yield f"{name}/{key}", values
        for seed in SEEDS:
            for key, values in run(study, DRAWS, seed):
                yield f"{name}/{key}", values
            if len(study.groups) >= 2:
                for key, values in ranking(study, seed):
                    yield f"{name}/{key}", values
        for option in study.model.options:
            # A scenario shares its model, and with it the options, with the study that it extends.
            words = [word for word in option.choices or () if word != study.options[option.name]]
            for word in words:
                if (study.model.name, f"{option.name}={word}") in seen:
                    continue
                seen.add((study.model.name, f"{option.name}={word}"))
                try:
                    changed = study.set(**{option.name: word})
                    pairs = [*centre(name, f"{option.name}={word}"), *run(changed, OPTION_DRAWS, 1)]
                except mcsim.InputError as error:
                    yield f"{name}/{option.name}={word}/refused", [str(error)]
                    continue
                for key, values in pairs:
                    yield f"{name}/{option.name}={word}/{key}", values


def digest(values: Any) -> str:
    """Return the hash of an array's values (every NaN alike), or of a list of words."""
    if isinstance(values, list):
        return hashlib.sha256("\n".join(values).encode()).hexdigest()[:24]
    canonical = np.where(np.isnan(values), np.nan, values) + 0.0
    return hashlib.sha256(repr(canonical.shape).encode() + canonical.tobytes()).hexdigest()[:24]


def main() -> int:
    """Write or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--values", type=Path, help="folder with the values themselves")
    parser.add_argument("--study", default="", help="only studies whose name begins so")
    arguments = parser.parse_args()
    known: dict[str, str] = {} if arguments.against is None else json.loads(arguments.against.read_text())
    names = [name for name in mcsim.find_studies() if name.startswith(arguments.study)]
    known = {key: value for key, value in known.items() if key.split("/")[0] in names}
    if known:
        recorded = {key.split("/")[0] for key in known}
        names = [name for name in names if name in recorded]
    found: dict[str, str] = {}
    differing = 0
    for key, values in everything(names):
        found[key] = digest(values)
        name = hashlib.sha256(key.encode()).hexdigest()[:16]
        there = None if arguments.values is None else arguments.values / f"{name}.npy"
        if arguments.write is not None and there is not None and not isinstance(values, list):
            arguments.values.mkdir(parents=True, exist_ok=True)
            np.save(there, values)
        if known and known.get(key) != found[key]:
            differing += 1
            print(f"{key}: {'new' if key not in known else told(values, there)}", flush=True)
    for key in known.keys() - found.keys():
        differing += 1
        print(f"{key}: gone", flush=True)
    if arguments.write is not None:
        arguments.write.write_text(json.dumps(found, indent=0, sort_keys=True) + "\n")
    print(f"{len(found)} hashed" + (f", {differing} differ" if known else ""))
    return int(differing > 0)


def told(values: Any, there: Path | None) -> str:
    """Return how two versions differ: cells that became undefined, and the largest relative difference elsewhere."""
    if isinstance(values, list) or there is None or not there.is_file():
        return "differs"
    before = np.load(there)
    if before.shape != values.shape:
        return f"shape {before.shape} is now {values.shape}"
    undefined = int((np.isnan(values) & ~np.isnan(before)).sum())
    both = ~np.isnan(values) & ~np.isnan(before)
    size = np.maximum(np.abs(before[both]), np.abs(values[both]))
    gap = np.abs(values[both] - before[both])
    worst = float(np.max(gap / np.where(size > 0, size, 1.0), initial=0.0))
    return (
        f"{undefined} cells became undefined, {int((gap > 0).sum())} of {both.sum()} others differ by up to {worst:.2g}"
    )


if __name__ == "__main__":
    sys.exit(main())
