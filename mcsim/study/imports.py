"""Functions that a study file refers to: from a module that Python finds, or from a file beside the study file.

The user's own file, and modules beside it that it imports, are read as they stand at each load: Python's caches
(modules by name, bytecode by the second of the last edit) would give an earlier text. What was read is known by its
SHA-256.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from pathlib import Path
from typing import Any

from mcsim.study.errors import InputError, nearest

OWN = "mcsim_study_"  # begins the names of modules made of the users' own files
Code = dict[str, str]  # file -> SHA-256


def import_callable(reference: str, path: Path, key: str) -> Callable[..., Any]:
    """Return the object that ``package.module:name`` or ``file.py:name`` (beside the study file) refers to.

    Raises
    ------
    InputError
        When the module or the name is not there.
    """
    module_name, _, name = reference.partition(":")
    if not name:
        raise InputError(f'{path}: {key}: no name (got {reference!r}); "package.module:name" or "file.py:name"')
    beside = module_name.endswith(".py")
    try:
        module = _import_file(path.parent / module_name) if beside else importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # whatever the code of the user's file raises
        what = error if isinstance(error, ImportError | FileNotFoundError) else f"{type(error).__name__}: {error}"
        remedy = "a file of Python beside this one" if beside else "a module that Python finds"
        raise InputError(f"{path}: {key}: cannot be imported (got {reference!r}: {what}); {remedy}") from error
    if not hasattr(module, name):
        raise InputError(f"{path}: {key}: {module_name} has no {name!r}; a name in it{nearest(name, dir(module))}")
    found: Callable[..., Any] = getattr(module, name)
    if not callable(found):
        raise InputError(f"{path}: {key}: not a function (got {reference!r}, {type(found).__name__}); a function")
    return found


def code_of(reference: str, path: Path) -> Code:
    """Return the files whose code a reference of a study file brings in, and the SHA-256 of each.

    Of the user's own file: it and what it imports from beside itself; of a module that Python finds: all of the folder
    that it is in.
    """
    module_name = reference.partition(":")[0]
    if module_name.endswith(".py"):
        return hashes(with_imports((path.parent / module_name).resolve()))
    module = sys.modules.get(module_name)
    file = getattr(module, "__file__", None)
    if module is None or file is None:
        return {}
    package = getattr(module, "__package__", "")
    return hashes(sorted(Path(file).parent.rglob("*.py")) if package else with_imports(Path(file)))


def hashes(files: Iterable[Path]) -> Code:
    """Return the SHA-256 of each file that can be read."""
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()}


def with_imports(path: Path) -> list[Path]:
    """Return a file of Python and all files beside it that it imports, those that these import included.

    Imports are found in the text, so that one within a function counts too.
    """
    found, waiting = [path], [path]
    while waiting:
        for name in _imported(waiting.pop()):
            for file in _beside(path.parent, name):
                if file not in found:
                    found.append(file)
                    waiting.append(file)
    return found


def _imported(path: Path) -> list[str]:
    """Return the first parts of the names that a file of Python imports."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []  # importing it says what is wrong
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 0]
    return list(dict.fromkeys(name.partition(".")[0] for name in names))


def _beside(folder: Path, name: str) -> list[Path]:
    if not name or name in sys.stdlib_module_names:
        return []
    if (folder / name).is_dir():
        return sorted((folder / name).rglob("*.py"))
    return [folder / f"{name}.py"] if (folder / f"{name}.py").is_file() else []


class _AsItStands(SourceFileLoader):
    """Compile the text that is there: bytecode kept by Python is told from a newer text by the second and the size."""

    def get_code(self, fullname: str) -> types.CodeType:
        path = self.get_filename(fullname)
        code: types.CodeType = self.source_to_code(self.get_data(path), path)
        return code


class Beside(MetaPathFinder):
    """Finds the modules beside the users' own files, by the names that these import and no others."""

    def __init__(self) -> None:
        self.folders: dict[str, str] = {}  # first part of a module's name -> folder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module is, or None where it is not beside a user's file."""
        folder = self.folders.get(fullname.partition(".")[0])
        if folder is None:
            return None
        where = folder if path is None else next(iter(path), folder)
        return FileFinder(where, (_AsItStands, [".py"])).find_spec(fullname)

    def renew(self, folder: Path, files: Sequence[Path]) -> None:
        """Know these files from now on, and forget what was imported of others by the same names."""
        names = {file.relative_to(folder).parts[0].removesuffix(".py") for file in files[1:]}
        self.know({name: str(folder) for name in names})
        for name in list(sys.modules):
            if name.partition(".")[0] in names and _is_own(sys.modules[name], folder):
                del sys.modules[name]

    def know(self, folders: Mapping[str, str]) -> None:
        """Know these modules and the folders that they are in."""
        self.folders.update(folders)
        if self.folders and self not in sys.meta_path:
            sys.meta_path.insert(0, self)


BESIDE = Beside()


def _is_own(module: Any, folder: Path) -> bool:
    loader = getattr(getattr(module, "__spec__", None), "loader", None)
    file = getattr(module, "__file__", None)
    return isinstance(loader, _AsItStands) or (file is not None and Path(file).resolve().is_relative_to(folder))


def own_modules() -> list[types.ModuleType]:
    """Return the modules made of the users' own files, which another process cannot import by the names they have."""
    return [
        module
        for name, module in list(sys.modules.items())
        if isinstance(module, types.ModuleType)
        and (name.startswith(OWN) or name.partition(".")[0] in BESIDE.folders)
        and isinstance(getattr(module.__spec__, "loader", None), _AsItStands)
    ]


def _import_file(path: Path) -> Any:
    path = path.resolve()
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}")
    files = with_imports(path)
    digest = hashlib.sha256(repr(hashes(files)).encode()).hexdigest()
    # A study loaded before an edit keeps the module it had, by a name of its own.
    name = f"{OWN}{path.stem}_{digest[:20]}"
    if name in sys.modules:
        return sys.modules[name]
    BESIDE.renew(path.parent, files)
    spec = importlib.util.spec_from_file_location(name, path, loader=_AsItStands(name, str(path)))
    assert spec is not None  # a loader was given
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]  # a second try reads the mended file
        raise
    return module
