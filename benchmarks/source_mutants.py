"""What no test sees: one token of the source is changed at a time, and the tests that reach its line are run.

    python benchmarks/source_mutants.py --measure map.json   # once: which test file reaches which line
    python benchmarks/source_mutants.py --map map.json --mutants 300 --seed 1 --out mutants.csv

A mutant is killed when a test fails, alive when all tests that reach it pass within the budget, and unfinished when the
budget ends first. Those alive are printed with their line: some change nothing that a user could see, and a reader has
to say which. Kernels are compiled, so that no tracer sees their lines; they are tried with the tests that name their
module or their room, then with those of the studies that stand on them.
"""

from __future__ import annotations

import argparse
import ast
import csv
import io
import itertools
import json
import os
import queue
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tokenize
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("mcsim", "kernels", "distributions", "studies")
SLOW = ("test_kill.py", "test_ci.py", "test_docs.py", "test_fuzz.py", "test_layers.py")  # not of one line, or minutes
LONGEST = 150.0  # seconds of a test file that is used
SWAPS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+", "*": "/", "/": "*",
    "and": "or", "or": "and", "True": "False", "False": "True", "min": "max", "max": "min", "any": "all", "all": "any",
    "minimum": "maximum", "maximum": "minimum", "+=": "-=", "-=": "+=", "*=": "/=",
}  # fmt: skip
# Keywords whose value says how, not what: no number depends on them.
HOW = (
    "slots",
    "frozen",
    "eq",
    "repr",
    "strict",
    "cache",
    "nogil",
    "quiet",
    "autoescape",
    "exist_ok",
    "parents",
    "stacklevel",
)


@dataclass(frozen=True)
class Mutant:
    """One token of one file, and what stands in its place."""

    file: str
    line: int
    column: int
    old: str
    new: str


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant."""

    file: str
    line: int
    old: str
    new: str
    outcome: str
    seconds: float
    by: str
    text: str


def sources() -> list[str]:
    """Return the Python files of the project, as paths below its root."""
    return sorted(str(path.relative_to(ROOT)) for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def changed(token: tokenize.TokenInfo, before: str) -> str | None:
    """Return what to put in the place of a token, None where it stays."""
    word = token.string
    if token.type == tokenize.NUMBER:
        if word[:2] in ("0x", "0o", "0b") or "j" in word:
            return None
        return str(int(word.replace("_", "")) + 1) if word.replace("_", "").isdigit() else repr(float(word) * 1.1)
    if token.type == tokenize.OP and word in "*/" and before in ("(", ",", "=", "[", "{", ":", "->"):
        return None  # a star before arguments is no product
    if token.type in (tokenize.OP, tokenize.NAME):
        return SWAPS.get(word)
    return None


def mutants_in(file: str) -> Iterator[Mutant]:
    """Yield every token of a file that could be another, whether or not the file then compiles."""
    text = (ROOT / file).read_text(encoding="utf-8")
    annotations = _annotation_lines(text)
    before, keyword = "", ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        new = changed(token, before)
        if token.string == "=" and before.isidentifier():
            keyword = before
        elif before != "=":
            keyword = ""
        if new is not None and keyword not in HOW and token.start[0] not in annotations:
            yield Mutant(file, *token.start, token.string, new)
        if token.type not in (tokenize.NL, tokenize.COMMENT, tokenize.NEWLINE):
            before = token.string


def _annotation_lines(text: str) -> set[int]:
    """Return the lines that only say types: imports, and what stands behind TYPE_CHECKING."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        checking = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        if isinstance(node, ast.Import | ast.ImportFrom) or checking:
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def is_another_program(mutant: Mutant) -> bool:
    """Tell whether the file still compiles, and to another program than before."""
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    try:
        return ast.dump(ast.parse(mutated(text, mutant))) != ast.dump(ast.parse(text))
    except SyntaxError:
        return False


def mutated(text: str, mutant: Mutant) -> str:
    """Return the source with one token changed."""
    lines = text.splitlines(keepends=True)
    line = lines[mutant.line - 1]
    lines[mutant.line - 1] = line[: mutant.column] + mutant.new + line[mutant.column + len(mutant.old) :]
    return "".join(lines)


def chosen(count: int, seed: int) -> list[Mutant]:
    """Return mutants spread over lines evenly: each line that has any is as likely as any other."""
    by_line: dict[tuple[str, int], list[Mutant]] = {}
    for file in sources():
        for mutant in mutants_in(file):
            by_line.setdefault((mutant.file, mutant.line), []).append(mutant)
    draw = random.Random(seed)
    lines = sorted(by_line)
    draw.shuffle(lines)
    each = (draw.choice(by_line[line]) for line in lines)
    return list(itertools.islice(filter(is_another_program, each), count))


# Which tests reach a line


def environment(tree: Path) -> dict[str, str]:
    """Return the environment of a test run in a copy of the project: one thread, the shared compile cache."""
    cache = os.environ.get("NUMBA_CACHE_DIR", str(Path(tempfile.gettempdir()) / "mutants-cache"))
    threads = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    path = os.pathsep.join([str(tree), *filter(None, [os.environ.get("PYTHONPATH", "")])])
    return os.environ | threads | {"PYTHONPATH": path, "NUMBA_CACHE_DIR": cache, "PYTHONDONTWRITEBYTECODE": "1"}


def copies(count: int, folder: Path) -> queue.Queue[Path]:
    """Return copies of the project, times of files kept, since compile caches know a file by its time."""
    trees: queue.Queue[Path] = queue.Queue()
    for number in range(count):
        tree = folder / f"tree-{number}"
        skip = shutil.ignore_patterns(".git", ".venv", "__pycache__", "runs", ".*cache")
        shutil.copytree(ROOT, tree, ignore=skip, symlinks=True)
        trees.put(tree)
    return trees


def measure(target: Path, jobs: int) -> None:
    """Write which test files reach which lines, and how long each takes."""
    files = sorted(path.name for path in (ROOT / "tests").glob("test_*.py") if path.name not in SLOW)
    with tempfile.TemporaryDirectory() as scratch:
        trees = copies(jobs, Path(scratch))
        with ThreadPoolExecutor(jobs) as pool:
            found = list(pool.map(lambda name: _measured(name, trees, Path(scratch)), files))
    for name, (seconds, passed, lines) in zip(files, found, strict=True):
        print(f"{name:40s} {seconds:6.1f} s {'passed' if passed else 'FAILED'} {sum(map(len, lines.values()))} lines")
    content = {
        name: {"seconds": seconds, "lines": lines}
        for name, (seconds, passed, lines) in zip(files, found, strict=True)
        if passed
    }
    target.write_text(json.dumps(content), encoding="utf-8")


def _measured(name: str, trees: queue.Queue[Path], scratch: Path) -> tuple[float, bool, dict[str, list[int]]]:
    tree = trees.get()
    data, report = scratch / f"{name}.coverage", scratch / f"{name}.json"
    source = ",".join(str(tree / room) for room in ROOMS)
    words = ["-m", "coverage", "run", f"--data-file={data}", f"--source={source}", "-m", "pytest", "-q", "-x"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tree, "env": environment(tree)}
    # Without coverage first: that fills the compile cache.
    plain = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/{name}"]
    code, start = -1, time.perf_counter()
    try:
        subprocess.run(plain, **quiet, check=False, timeout=LONGEST)
        start = time.perf_counter()
        traced = [sys.executable, *words, "-p", "no:cacheprovider", f"tests/{name}"]
        code = subprocess.run(traced, **quiet, check=False, timeout=LONGEST).returncode
    except subprocess.TimeoutExpired:
        pass  # too long for a mutant
    seconds = time.perf_counter() - start
    made = [sys.executable, "-m", "coverage", "json", "-q", f"--data-file={data}", "-o", str(report)]
    subprocess.run(made, **quiet, check=False)
    lines: dict[str, list[int]] = {}
    if report.is_file():
        for file, facts in json.loads(report.read_text())["files"].items():
            place = tree / file
            if facts["executed_lines"] and place.is_relative_to(tree):
                lines[str(place.relative_to(tree))] = facts["executed_lines"]
    trees.put(tree)
    return seconds, code == 0, lines


def tests_of(mutant: Mutant, known: dict[str, dict[str, object]]) -> list[str]:
    """Return the test files that reach a mutant's line, the quickest first."""
    if mutant.file.startswith("kernels/"):
        return _tests_of_kernel(mutant.file, known)
    found = [
        name
        for name, facts in known.items()
        if mutant.line in facts["lines"].get(mutant.file, ())  # type: ignore[attr-defined]
    ]
    return sorted(found, key=lambda name: known[name]["seconds"])  # type: ignore[arg-type, return-value]


def _tests_of_kernel(file: str, known: dict[str, dict[str, object]]) -> list[str]:
    module = "mcsim." + file.removesuffix(".py").replace("/", ".")
    room = module.rpartition(".")[0]
    near, far = [], []
    for name in known:
        text = (ROOT / "tests" / name).read_text(encoding="utf-8")
        (near if module in text or room in text else far).append(name)
    users = [study for study in ("second_hand_ev", "fleet") if room in _text_below(ROOT / "studies" / study)]
    far = [name for name in far if any(study in (ROOT / "tests" / name).read_text() for study in users)]
    order = [sorted(part, key=lambda name: known[name]["seconds"]) for part in (near, far)]  # type: ignore[arg-type, return-value]
    return order[0] + order[1]


def _text_below(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))


# One mutant


def tried(mutant: Mutant, tests: list[str], trees: queue.Queue[Path], budget: float) -> Outcome:
    """Return what becomes of a mutant in a copy of the project of its own."""
    tree = trees.get()
    path = tree / mutant.file
    text = path.read_text(encoding="utf-8")
    times = path.stat()
    start, outcome, by = time.perf_counter(), "alive" if tests else "untested", ""
    try:
        path.write_text(mutated(text, mutant), encoding="utf-8")
        for name in tests:
            left = budget - (time.perf_counter() - start)
            if left <= 0:
                outcome = "unfinished"
                break
            if not _passes(tree, name, left):
                outcome, by = "killed", name
                break
    finally:
        path.write_text(text, encoding="utf-8")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        trees.put(tree)
    line = text.splitlines()[mutant.line - 1].strip()
    seconds = time.perf_counter() - start
    if by == "" and outcome == "alive" and seconds > budget:
        outcome = "unfinished"
    return Outcome(mutant.file, mutant.line, mutant.old, mutant.new, outcome, round(seconds, 1), by, line)


def _passes(tree: Path, name: str, seconds: float) -> bool:
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/{name}"]
    try:
        done = subprocess.run(
            words,
            cwd=tree,
            env=environment(tree),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=max(seconds, 1.0),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True  # the budget ends; an endless loop counts as unfinished, not as killed
    return done.returncode == 0


def search(args: argparse.Namespace) -> None:
    """Try mutants side by side until all are tried or the minutes are over, and print what lives."""
    known = json.loads(args.map.read_text(encoding="utf-8"))
    mutants = chosen(args.mutants, args.seed)[args.skip :]
    end = time.monotonic() + 60 * args.minutes
    found: list[Outcome] = []
    with tempfile.TemporaryDirectory() as scratch:
        trees = copies(args.jobs, Path(scratch))

        def one(mutant: Mutant) -> None:
            if time.monotonic() < end:
                found.append(tried(mutant, tests_of(mutant, known), trees, args.budget))

        with ThreadPoolExecutor(args.jobs) as pool:
            list(pool.map(one, mutants))
    with args.out.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(Outcome.__dataclass_fields__))
        writer.writeheader()
        writer.writerows(asdict(outcome) for outcome in found)
    tell(found, len(mutants))


def tell(found: list[Outcome], asked: int) -> None:
    """Print a table by room, and the mutants that live."""
    words = ("killed", "alive", "untested", "unfinished")
    print(f"{len(found)} of {asked} mutants tried")
    print(f"{'room':24s}" + "".join(f"{word:>12s}" for word in words))
    rooms = sorted({room_of(outcome.file) for outcome in found})
    for room in [*rooms, "all"]:
        part = [outcome for outcome in found if room in ("all", room_of(outcome.file))]
        print(f"{room:24s}" + "".join(f"{sum(item.outcome == word for item in part):12d}" for word in words))
    for outcome in sorted(found, key=lambda item: (item.file, item.line)):
        if outcome.outcome != "killed":
            print(f"{outcome.outcome}: {outcome.file}:{outcome.line}: {outcome.old} -> {outcome.new}: {outcome.text}")


def room_of(file: str) -> str:
    """Return the room that a file lies in."""
    return "/".join(file.split("/")[:2]) if file.count("/") > 1 else file.split("/")[0]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", type=Path, metavar="MAP", help="write which tests reach which lines, and stop")
    parser.add_argument("--map", type=Path, help="what --measure wrote")
    parser.add_argument("--mutants", type=int, default=300)
    parser.add_argument("--skip", type=int, default=0, help="leave out the first mutants, tried before")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--minutes", type=float, default=1e6, help="begin no mutant after this")
    parser.add_argument("--budget", type=float, default=120.0, help="seconds for one mutant")
    parser.add_argument("--out", type=Path, default=Path("mutants.csv"))
    args = parser.parse_args()
    if args.measure is not None:
        measure(args.measure, args.jobs)
    else:
        search(args)


if __name__ == "__main__":
    main()
