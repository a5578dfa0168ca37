"""Monte Carlo uncertainty and sensitivity toolkit.

Public names are loaded when they are first used, so that ``import mcsim`` and ``mcsim --help`` are quick.
"""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

# In a source tree kernels/, distributions/ and studies/ lie beside this folder; an installed wheel has them inside it.
_root = Path(__file__).resolve().parent.parent
if (_root / "pyproject.toml").is_file():
    __path__.append(str(_root))

__version__ = "0.1.0"

if TYPE_CHECKING:
    from mcsim.calibration.calibrate import calibrate as calibrate
    from mcsim.calibration.posterior import Posterior as Posterior
    from mcsim.distributions import *  # noqa: F403
    from mcsim.engine.compare import compare as compare
    from mcsim.engine.design import saltelli_points as saltelli_points
    from mcsim.engine.pairing import check_saltelli as check_saltelli
    from mcsim.engine.run import run as run
    from mcsim.engine.samples import user_design as user_design
    from mcsim.ranking.explain import explain as explain
    from mcsim.ranking.opened import open as open
    from mcsim.ranking.ranking import Ranking as Ranking
    from mcsim.ranking.sensitivity import sensitivity as sensitivity
    from mcsim.result.printed import printed as printed
    from mcsim.result.result import Result as Result
    from mcsim.study import Dim as Dim
    from mcsim.study import Input as Input
    from mcsim.study import InputError as InputError
    from mcsim.study import Layout as Layout
    from mcsim.study import Model as Model
    from mcsim.study import Option as Option
    from mcsim.study import Output as Output
    from mcsim.study import Parameter as Parameter
    from mcsim.study import Stage as Stage
    from mcsim.study import Stages as Stages
    from mcsim.study import Study as Study
    from mcsim.study import TableSpec as TableSpec
    from mcsim.study.build import study_of as study_of
    from mcsim.study.load import find_studies as find_studies
    from mcsim.study.load import load as load
    from mcsim.study.salib import from_salib as from_salib

_CONTRACT = (
    "Model",
    "Parameter",
    "Option",
    "Output",
    "Dim",
    "Layout",
    "TableSpec",
    "InputError",
    "Input",
    "Study",
    "Stage",
    "Stages",
)
_PUBLIC = {
    "load": "mcsim.study.load",
    "find_studies": "mcsim.study.load",
    "study_of": "mcsim.study.build",
    "from_salib": "mcsim.study.salib",
    "run": "mcsim.engine.run",
    "calibrate": "mcsim.calibration.calibrate",
    "Posterior": "mcsim.calibration.posterior",
    "user_design": "mcsim.engine.samples",
    "saltelli_points": "mcsim.engine.design",
    "check_saltelli": "mcsim.engine.pairing",
    "compare": "mcsim.engine.compare",
    "open": "mcsim.ranking.opened",
    "explain": "mcsim.ranking.explain",
    "Explanation": "mcsim.ranking.explain",
    "SurveyPlan": "mcsim.ranking.worth",
    "plan_surveys": "mcsim.ranking.worth",
    "printed": "mcsim.result.printed",
    "Result": "mcsim.result.result",
    "sensitivity": "mcsim.ranking.sensitivity",
    "Ranking": "mcsim.ranking.ranking",
    **dict.fromkeys(_CONTRACT, "mcsim.study"),
}

# Methods whose work is done on a higher floor: class and method -> module and function.
_ABOVE = {
    "Study.__repr__": ("mcsim.report.objects", "study_text"),
    "Study._repr_html_": ("mcsim.report.objects", "study_html"),
    "Study.to_salib": ("mcsim.study.salib", "to_salib"),
    "Result.__repr__": ("mcsim.report.objects", "result_text"),
    "Result._repr_html_": ("mcsim.report.objects", "result_html"),
    "Result.plot": ("mcsim.report.plots", "plot_result"),
    "StoredInputs.drawn_again": ("mcsim.engine.redrawn", "drawn_again"),
    "Result.report": ("mcsim.report.objects", "report_of"),
    "SurveyPlan.__repr__": ("mcsim.ranking.surveyed", "lines"),
    "SurveyPlan.table": ("mcsim.ranking.surveyed", "table"),
    "Explanation.__repr__": ("mcsim.ranking.explained", "lines"),
    "Explanation.table": ("mcsim.ranking.explained", "table"),
    "Explanation.record": ("mcsim.ranking.explained", "record"),
    "Ranking.__repr__": ("mcsim.report.objects", "ranking_text"),
    "Ranking._repr_html_": ("mcsim.report.objects", "ranking_html"),
    "Ranking.plot": ("mcsim.report.plots", "plot_ranking"),
    "Posterior.tree": ("mcsim.calibration.tree", "tree_of"),
    "Posterior.write": ("mcsim.calibration.folder", "write_posterior"),
    "Posterior.report": ("mcsim.report.calibrated", "write_calibration"),
}


def _above(name: str) -> Any:
    module, function = _ABOVE[name]
    return getattr(importlib.import_module(module), function)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    hint = ""
    if not name.startswith("_"):
        distributions = importlib.import_module("mcsim.distributions")
        if hasattr(distributions, name):
            return getattr(distributions, name)
        hint = importlib.import_module("mcsim.study").nearest(name, __dir__())
    raise AttributeError(f"module 'mcsim' has no attribute {name!r}{hint}")


def __dir__() -> list[str]:
    return sorted([*_PUBLIC, *importlib.import_module("mcsim.distributions").__all__, "__version__"])
