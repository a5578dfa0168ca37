"""Draws of what a study shows a ranking of, the other elements masked: the rest of a large output nobody reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mcsim.study import BoolArray, Layout, Output, Study
from mcsim.study.select import packed_cells, selection

if TYPE_CHECKING:
    from mcsim.result.result import Result

_KIND = "ranking"  # of figures, as [[report.figures]] names it


def shown(study: Study, output: Output) -> BoolArray:
    """Return which elements of an output the ranking figures of a study show; all where it has none of this output.

    Parameters
    ----------
    study : Study
        Whose ``[[report.figures]]`` are read.
    output : Output
        One of its outputs.

    Returns
    -------
    ndarray of bool, shape of the output's dims

    Examples
    --------
    >>> import mcsim
    >>> from mcsim.study import Dim
    >>> study = mcsim.load("ishigami")
    >>> yearly = Output("y", "1", "", (Dim("year", (2030, 2040)),))
    >>> shown(replace(study, figures=({"kind": "ranking", "output": "y", "where": {"year": "2040"}},)), yearly)
    array([False,  True])
    """
    chosen = np.zeros(output.shape, bool)
    for figure in study.figures:
        if figure.get("kind") == _KIND and figure.get("output") == output.name:
            chosen |= selection(output, figure.get("where", {}))
    chosen &= output.mask
    return chosen if chosen.any() else output.mask


def draws_shown(draws: Result, names: Sequence[str]) -> Result:
    """Return draws of the elements of some outputs that ranking figures show, as a run whose outputs have these alone.

    Parameters
    ----------
    draws : Result
        Of a run that kept the outputs, as they were computed.
    names : sequence of str
        The outputs.
    """
    outputs, kept = [], {}
    for name in names:
        output = draws.study.output(name)
        chosen = shown(draws.study, output)
        index = packed_cells(output)
        cells, place = np.unique(index[chosen], return_inverse=True)
        fewer = np.full(index.shape, -1, np.int64)
        fewer[chosen] = place.ravel()
        outputs.append(replace(output, layout=Layout(fewer)) if output.dims else output)
        values = np.asarray(draws.kept[name])
        kept[name] = values.reshape(len(values), -1)[:, cells] if output.dims else values
    model = draws.study.model.telling(tuple(outputs))
    study = replace(draws.study, model=model, headline=(), figures=(), published=())
    return replace(draws, study=study, kept=kept, bands={})
