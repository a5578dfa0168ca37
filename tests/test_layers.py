"""The arrows of the house point one way."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Lower number = lower floor; a room imports from its own floor or from below. Rooms of one floor make no circle.
FLOORS = {
    "mcsim.kernels": 0,
    "mcsim.distributions": 1,
    "mcsim.study": 2,
    "mcsim.result": 3,
    "mcsim.store": 4,
    "mcsim.engine": 5,
    "mcsim.ranking": 6,
    "mcsim.calibration": 6,
    "mcsim.report": 7,
    "mcsim.command": 8,
    "mcsim.__main__": 9,
}
PACKAGES = {"mcsim": ROOT / "mcsim", "mcsim.kernels": ROOT / "kernels", "mcsim.distributions": ROOT / "distributions"}
PACKAGES["mcsim.studies"] = ROOT / "studies"


@cache
def modules() -> dict[str, Path]:
    found = {}
    for package, folder in PACKAGES.items():
        for path in folder.rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            name = ".".join([package, *(part for part in parts if part != "__init__")])
            found[name] = path
    return found


@cache
def imported(path: Path) -> list[tuple[str, int]]:
    """Return (module, level) of every import, those inside functions and behind TYPE_CHECKING included."""
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [(alias.name, 0) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            known = modules()
            names += [
                (f"{base}.{alias.name}" if f"{base}.{alias.name}" in known else base, node.level)
                for alias in node.names
            ]
    return names


@pytest.mark.parametrize("name", sorted(name for name in modules() if name.startswith("mcsim.kernels")))
def test_kernels_import_numpy_and_numba_only(name: str) -> None:
    allowed = ("numpy", "numba", "mcsim.kernels")
    standard = (
        "__future__",
        "gc",
        "hashlib",
        "importlib",
        "math",
        "os",
        "pathlib",
        "typing",
        "collections",
        "functools",
        "inspect",
        "sys",
        "tempfile",
    )
    for module, _ in imported(modules()[name]):
        assert module.startswith(allowed) or module.split(".")[0] in standard, f"{name} imports {module}"


@pytest.mark.parametrize("name", sorted(modules()))
def test_imports_are_written_in_full(name: str) -> None:
    for module, level in imported(modules()[name]):
        assert level == 0, f"{name} imports relatively"
        assert module.split(".")[0] not in ("kernels", "distributions", "studies"), f"{name} imports {module}"


@pytest.mark.parametrize(
    "name", sorted(n for n in modules() if n.startswith("mcsim") and not n.startswith("mcsim.studies"))
)
def test_the_toolkit_knows_no_study_by_name(name: str) -> None:
    for module, _ in imported(modules()[name]):
        assert not module.startswith("mcsim.studies"), f"{name} imports {module}"


def room(name: str) -> str:
    return ".".join(name.split(".")[:2])


@pytest.mark.parametrize("name", sorted(n for n in modules() if n.count(".") and not n.startswith("mcsim.studies")))
def test_no_arrow_points_up(name: str) -> None:
    mine = FLOORS.get(room(name))
    assert mine is not None, f"{name}: give its room a floor"
    for module, _ in imported(modules()[name]):
        theirs = FLOORS.get(room(module))
        if theirs is not None:
            assert theirs <= mine, f"{name} imports {module}"


@pytest.mark.parametrize("name", sorted(n for n in modules() if n.startswith("mcsim.studies")))
def test_studies_stand_on_the_ground_floors(name: str) -> None:
    allowed = ("mcsim.study", "mcsim.distributions", "mcsim.kernels", "mcsim.result", "mcsim.studies")
    for module, _ in imported(modules()[name]):
        if module.startswith("mcsim."):
            assert room(module) in allowed, f"{name} imports {module}"


def circles() -> list[list[str]]:
    """Return the modules that import one another in a circle (Tarjan 1972), those of the package's own names apart."""
    known = modules()
    arrows = {
        name: sorted({m for m, _ in imported(path)} & set(known) - {name, "mcsim"}) for name, path in known.items()
    }
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_: list[str] = []
    found = []

    def visit(name: str) -> None:
        number[name] = lowest[name] = len(number)
        open_.append(name)
        for other in arrows[name]:
            if other not in number:
                visit(other)
            if other in open_:
                lowest[name] = min(lowest[name], lowest[other])
        if lowest[name] == number[name]:
            place = open_.index(name)
            found.append(sorted(open_[place:]))
            del open_[place:]

    for name in sorted(known):
        if name not in number:
            visit(name)
    return [names for names in found if len(names) > 1]


def test_modules_import_each_other_in_no_circle() -> None:
    """Imports inside functions and behind TYPE_CHECKING count too: they hide a circle, they do not end it."""
    assert circles() == []
