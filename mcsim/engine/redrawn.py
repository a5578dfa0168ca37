"""Inputs of a run drawn once more: a function of study, design, seed and the numbers of the draws."""

from __future__ import annotations

from collections.abc import Sequence

from mcsim.engine.design import Design
from mcsim.engine.points import design_columns, values_of
from mcsim.study import FloatArray, IntArray, Study


def drawn_again(
    study: Study, kind: str, seed: int, asked: int, rows: IntArray, names: Sequence[str]
) -> dict[str, FloatArray]:
    """Return some inputs in some draws of a run, the bits that its model was given.

    Parameters
    ----------
    study : Study
        Declares the distributions.
    kind : str
        The run's design, samples of the user's own apart.
    seed, asked : int
        Of the run: a Latin hypercube's points depend on how many draws were asked for.
    rows : ndarray of int64, shape (n,)
        Global numbers of the draws, rising.
    names : sequence of str
        The inputs.

    Returns
    -------
    dict of str to ndarray (n,)

    Examples
    --------
    >>> import numpy as np
    >>> import mcsim
    >>> study = mcsim.load("ishigami")
    >>> result = mcsim.run(study, draws=20, design="lhs", seed=3)
    >>> again = drawn_again(study, "lhs", 3, 20, np.arange(5, 9), ["x2"])["x2"]
    >>> bool((again == result.inputs["x2"][5:9]).all())
    True
    """
    design = Design(kind, seed, asked, _columns(study, kind, names))
    low, high = int(rows[0]), int(rows[-1]) + 1
    values = values_of(study, design, low, high)
    whole = len(rows) == high - low
    return {name: values[name] if whole else values[name][rows - low] for name in names}


def _columns(study: Study, kind: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of a design that some inputs follow from: their own, and of those that they depend on.

    Random and Latin columns are keyed by name; those of a Sobol' sequence by their place among all.
    """
    columns = design_columns(study)
    if kind.startswith("sobol"):
        return columns
    wanted = set(names)
    together = [{name for pair in study.dependence for name in pair[:2]}]  # one matrix correlates them all
    together += [set(order.names) for order in study.ordered]
    for members in (*together, *together):  # an order may join what a correlation names
        if not wanted.isdisjoint(members):
            wanted |= members
    return tuple(name for name in columns if name in wanted)
