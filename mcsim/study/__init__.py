"""What is asked: the contract of a model, and a study of what is uncertain about it; files, tables and units."""

from mcsim.study.declared import Context, Dim, Evaluate, Layout, Option, Output, Parameter, TableSpec
from mcsim.study.errors import InputError, Suggests, nearest, suggests
from mcsim.study.inputs import Input
from mcsim.study.model import Model
from mcsim.study.stages import Stage, Stages
from mcsim.study.study import Study
from mcsim.study.types import BoolArray, FloatArray, IntArray, OptionValue

__all__ = [
    "BoolArray",
    "Context",
    "Dim",
    "Evaluate",
    "FloatArray",
    "Input",
    "InputError",
    "IntArray",
    "Layout",
    "Model",
    "Option",
    "OptionValue",
    "Output",
    "Parameter",
    "Stage",
    "Stages",
    "Study",
    "Suggests",
    "TableSpec",
    "nearest",
    "suggests",
]
