"""Monte Carlo uncertainty and sensitivity toolkit.

Public names are loaded when they are first used, so that ``import mcsim`` and ``mcsim --help`` are quick.
"""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

# In a source tree kernels/, distributions/ and studies/ lie beside this folder; an installed wheel has them inside it.
_root = Path(__file__).resolve().parent.parent
if (_root / "pyproject.toml").is_file():
    __path__.append(str(_root))

__version__ = "0.1.0"

if TYPE_CHECKING:
    from mcsim.build import study_of as study_of
    from mcsim.distributions import *  # noqa: F403
    from mcsim.load import find_studies as find_studies
    from mcsim.load import load as load
    from mcsim.model import Dim as Dim
    from mcsim.model import InputError as InputError
    from mcsim.model import Layout as Layout
    from mcsim.model import Model as Model
    from mcsim.model import Option as Option
    from mcsim.model import Output as Output
    from mcsim.model import Parameter as Parameter
    from mcsim.ranks.ranking import Ranking as Ranking
    from mcsim.result import Result as Result
    from mcsim.result import compare as compare
    from mcsim.run import run as run
    from mcsim.sensitivity import sensitivity as sensitivity
    from mcsim.study import Input as Input
    from mcsim.study import Study as Study

_PUBLIC = {
    "load": "mcsim.load",
    "find_studies": "mcsim.load",
    "run": "mcsim.run",
    "compare": "mcsim.result",
    "sensitivity": "mcsim.sensitivity",
    "Result": "mcsim.result",
    "Ranking": "mcsim.ranks.ranking",
    "Study": "mcsim.study",
    "study_of": "mcsim.build",
    "Input": "mcsim.study",
    **dict.fromkeys(("Model", "Parameter", "Option", "Output", "Dim", "Layout", "InputError"), "mcsim.model"),
}


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    if not name.startswith("_"):
        distributions = importlib.import_module("mcsim.distributions")
        if hasattr(distributions, name):
            return getattr(distributions, name)
    raise AttributeError(f"module 'mcsim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*_PUBLIC, *importlib.import_module("mcsim.distributions").__all__, "__version__"])


class _Package(ModuleType):
    """The package as a module whose public functions keep their names.

    ``mcsim.run`` is a function for users and a file for us; importing the file would otherwise put the module in the
    function's place.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _PUBLIC and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
