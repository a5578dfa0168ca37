"""Effect on the whole distribution of an output: how far its mass has to move once an input is known."""

from __future__ import annotations

import numpy as np

from mcsim.ranking.method import Analysis, GivenData, Mark, Measures, Telling
from mcsim.study import FloatArray, IntArray, remarks

_CLASSES, _IN_A_CLASS = 25, 40  # of an input at most; draws in each at least, where there are as many
_SHUFFLES = 20
_VALUES = 256  # outputs at a time


def transport_indices(x: FloatArray, y: FloatArray, seed: int = 1) -> Measures:
    """Return how far the distribution of an output moves when an input becomes known, squared, in shares of the most.

    The squared Wasserstein distance of the output given the input to the output, on average over the input, over twice
    the variance: 0 where the input does nothing, and 1 only where it decides all. It sees what a variance does not, and
    is never below half of the first-order index, from which it comes where the mean alone moves. Classes lose a little:
    of 25, up to 4 % where an input decides all.

    Source: Borgonovo, Figalli, Plischke and Savare (2024), "Global sensitivity analysis via optimal transport",
    Management Science 71(5); given-data estimate over classes of the input of equal probability. In one dimension the
    best plan keeps the order (Monge), so that distances are those of quantiles.

    Parameters
    ----------
    x : ndarray, shape (n, n_inputs)
        Inputs.
    y : ndarray, shape (n, n_values)
        Outputs.
    seed : int
        Of the shuffled draws.

    Returns
    -------
    dict
        ``transport`` and ``transport_noise``, each (n_inputs, n_values): the second is what an input without effect
        stays below in 95 % of cases (the distance of shuffled draws, whose classes are as large).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).random((4000, 2))
    >>> found = transport_indices(x, x[:, :1])
    >>> found["transport"][0].round(2), bool(found["transport"][1] < found["transport_noise"][1])
    (array([0.96]), True)
    """
    shape = (x.shape[1], y.shape[1])
    found = {name: np.empty(shape) for name in ("transport", "transport_noise")}
    classes = [classes_of(column) for column in x.T]
    for start in range(0, shape[1], _VALUES):
        part = slice(start, start + _VALUES)
        scaled = y[:, part] / np.std(y[:, part], axis=0)
        ordered = np.sort(scaled, axis=0)
        noise: dict[bytes, FloatArray] = {}
        for place, own in enumerate(classes):
            found["transport"][place, part] = _moved(scaled, ordered, own)
            key = np.sort(np.bincount(own)).tobytes()
            if key not in noise:
                noise[key] = _shuffled(scaled, ordered, own, seed)
            found["transport_noise"][place, part] = noise[key]
    return found


def classes_of(column: FloatArray) -> IntArray:
    """Return the class of each draw: the values themselves where there are few, else classes of equal size.

    Examples
    --------
    >>> classes_of(np.array([3.0, 1.0, 3.0]))
    array([1, 0, 1])
    >>> np.bincount(classes_of(np.arange(1000.0) / 7.0))[:2]
    array([40, 40])
    """
    distinct, where = np.unique(column, return_inverse=True)
    count = int(max(2, min(_CLASSES, len(column) // _IN_A_CLASS)))
    if len(distinct) <= count:
        return np.asarray(where.ravel(), np.int64)
    # Equal values stay together: their middle place decides.
    mass = np.bincount(where.ravel())
    middle = np.cumsum(mass) - 0.5 * mass
    return np.asarray(np.unique((middle * count / len(column)).astype(np.int64)[where.ravel()], return_inverse=True)[1])


def _moved(y: FloatArray, ordered: FloatArray, classes: IntArray) -> FloatArray:
    """Return half the mean squared distance of classes to all draws, of outputs of variance 1."""
    total, n = np.zeros(y.shape[1]), len(y)
    for rows in np.split(np.argsort(classes, kind="stable"), np.cumsum(np.bincount(classes))[:-1]):
        inside, size = np.sort(y[rows], axis=0), len(rows)
        # All draws in order, each beside the draw of the class that stands at the same share.
        beside = inside[(np.arange(n) * size) // n]
        total += size / n * np.mean((ordered - beside) ** 2, axis=0)
    return 0.5 * total


def _shuffled(y: FloatArray, ordered: FloatArray, classes: IntArray, seed: int) -> FloatArray:
    """Return the distance that shuffled draws stay below in 95 % of cases, near enough by their mean and spread."""
    from mcsim.kernels.streams import stream_of, uniforms_at

    rows = np.arange(len(y))
    by_chance = [
        classes[np.argsort(uniforms_at(seed, stream_of(f"transport/{number}"), rows), kind="stable")]
        for number in range(_SHUFFLES)
    ]
    moved = np.stack([_moved(y, ordered, own) for own in by_chance])
    return np.asarray(moved.mean(axis=0) + 1.645 * moved.std(axis=0, ddof=1))


def _analysis(x: FloatArray, y: FloatArray, about: Analysis) -> Measures:
    return transport_indices(x, y, about.seed)


def _remarks(name: str, measures: Measures) -> list[str]:
    below = (measures["transport"] <= measures["transport_noise"]).sum(axis=0)
    known = below[np.isfinite(measures["transport"][0])]
    if len(known) == 0 or not known.any():
        return []
    return [remarks.BY_CHANCE(output=name, count=int(known.max()))]


_TELLING = Telling(
    (Mark("transport", "distance", "distance"), Mark("transport_noise", "by chance", "by chance")),
    "How far the whole distribution of an output has to move once an input becomes known (optimal transport): 0 where "
    "the input does nothing, 1 where it decides all; beside it what an input without effect would read by chance.",
    "Distance that the output's distribution moves, and what chance alone reads",
    "distance, of the largest",
    of_variance=False,
)
TRANSPORT = GivenData(
    "transport",
    "effect on the whole distribution, by optimal transport, with what chance alone would read",
    "transport",
    _analysis,
    fewest=128,
    remarks=_remarks,
    telling=_TELLING,
)
