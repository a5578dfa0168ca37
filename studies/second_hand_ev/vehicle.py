"""The model of a second-hand electric vehicle: five vehicles, three routes, every export age, ten impact categories.

One evaluation takes named inputs to curves (`curves`), lives (`mcsim.kernels.life.expectation` or
`mcsim.kernels.lives.lives`), impacts (`lca`, `assembly`) and outputs (`outputs`), in the stages of `steps`. All arms of
a draw share its inputs, so a change holds only what differs between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from mcsim.studies.common.corridor import Corridor
from mcsim.studies.second_hand_ev import inputs as declared_inputs
from mcsim.studies.second_hand_ev import lca
from mcsim.studies.second_hand_ev.plan import TABLE_NAMES, TABLES, prepare
from mcsim.studies.second_hand_ev.steps import stages_of
from mcsim.study import InputError, Model, OptionValue, remarks
from mcsim.study.tables import Table

PARAMETERS = (*declared_inputs.PARAMETERS, *lca.PARAMETERS)
OPTIONS = (*declared_inputs.OPTIONS, *lca.OPTIONS)
# Names that hold a country: `home` and `host` in Python, the study's labels outside.
OPTION_NAMES = [option.name for option in OPTIONS]
INPUT_NAMES = [*(parameter.name for parameter in PARAMETERS), *TABLE_NAMES]


def model(tables: Mapping[str, Table], *, home: str, host: str) -> Model:
    """Return the model of the vehicles that the tables describe.

    Parameters
    ----------
    tables : mapping
        The tables of `TABLES`, by the study's names.
    home, host : str
        Labels of the country where vehicles are sold and from which they are exported, and of the one that takes them.
    """
    corridor = Corridor(home, host)
    plan = prepare(tables, corridor)
    output_names = [output.name for output in plan.declared.outputs]
    stages = corridor.staged(partial(stages_of, plan), OPTION_NAMES, output_names)
    return Model(
        "second_hand_ev",
        corridor.declared(PARAMETERS),
        corridor.declared(OPTIONS),
        corridor.declared(plan.declared.outputs),
        stages,
        corridor.declared(TABLES),
        warn,
        lives=("evaluation", "lives"),
    )


def warn(options: Mapping[str, OptionValue]) -> list[str]:
    """Return what the user should know of this combination of options.

    Raises
    ------
    InputError
        Where the grid's steps are not 1, 4 or 12 a year.
    """
    lines = []
    if options["steps_per_year"] not in (1, 4, 12):
        raise InputError(f"steps_per_year: not a grid of this model (got {options['steps_per_year']}); 1, 4 or 12")
    if options["knee"] == "printed":
        lines.append(remarks.JUMPS(option="knee", word="printed", input="knee_factor"))
    if options["battery_law"] != "first_passage":
        law = options["battery_law"]
        lines.append(remarks.INACTIVE(option="battery_law", word=law, input="end_of_life_loss", other="warranty_loss"))
    return lines
