"""The arrows of the house point one way."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Lower number = lower layer; a module imports from its own layer or from below.
LAYERS = {
    "mcsim.kernels": 0,
    "mcsim.distributions": 1,
    "mcsim.model": 2,
    "mcsim.functions": 3,
    "mcsim.study": 3,
    "mcsim.units": 3,
    "mcsim.tables": 4,
    "mcsim.setting": 4,
    "mcsim.external": 4,
    "mcsim.studies": 5,
    "mcsim.entries": 5,
    "mcsim.load": 6,
    "mcsim.design": 7,
    "mcsim.store": 7,
    "mcsim.result": 7,
    "mcsim.run": 8,
    "mcsim.engine": 7,
    "mcsim.engine.failure": 3,
    "mcsim.engine.session": 8,
    "mcsim.engine.folder": 8,
    "mcsim.ranks": 9,
    "mcsim.sensitivity": 9,
    "mcsim.build": 5,
    "mcsim.report": 10,
    "mcsim.show": 10,
    "mcsim.bench": 10,
    "mcsim.jobs": 10,
    "mcsim.progress": 7,
    "mcsim.cli": 11,
}
ENGINE = 7  # studies never reach the engine
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
        "hashlib",
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


def layer(name: str) -> int | None:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        if ".".join(parts[:length]) in LAYERS:
            return LAYERS[".".join(parts[:length])]
    return None


@pytest.mark.parametrize("name", sorted(n for n in modules() if n != "mcsim"))
def test_no_arrow_points_up(name: str) -> None:
    mine = layer(name)
    assert mine is not None, f"{name}: give it a layer"
    lazy = {
        ("mcsim.model", "mcsim.functions"),
        ("mcsim.study", "mcsim.setting"),
        ("mcsim.model", "mcsim.distributions"),
    }
    for module, _ in imported(modules()[name]):
        theirs = layer(module)
        if theirs is not None and (name, module) not in lazy:
            own_types = name == "mcsim.study" and module == "mcsim.tables"  # a type hint of Study.tables
            assert theirs <= mine or own_types, f"{name} imports {module}"


@pytest.mark.parametrize("name", sorted(n for n in modules() if n.startswith("mcsim.studies")))
def test_studies_never_reach_the_engine(name: str) -> None:
    for module, _ in imported(modules()[name]):
        theirs = layer(module)
        assert theirs is None or theirs < ENGINE, f"{name} imports {module}"
