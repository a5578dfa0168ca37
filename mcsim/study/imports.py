"""Functions that a study file refers to: from a module that Python finds, or from a file beside the study file."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mcsim.study.errors import InputError, nearest


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


def _import_file(path: Path) -> Any:
    name = f"mcsim_study_{path.stem}_{abs(hash(str(path.resolve())))}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise FileNotFoundError(f"no file {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]  # a second try reads the mended file
        raise
    return module
