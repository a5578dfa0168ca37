"""A choice among words, such as one form of a model or another. See also `scipy.stats.rv_discrete`."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.atoms import as_list, as_probabilities, cumulate, step_down, step_up
from mcsim.distributions.base import Array, refusal, shown, text
from mcsim.distributions.registry import family


@dataclass(frozen=True, slots=True)
class Categorical:
    """One of a few words, carried as its code: 0 for the first label, 1 for the second, and so on.

    The codes have no size, so `mean` and `median` tell about codes only; rank such an input, do not average it.

    Parameters
    ----------
    labels : tuple of str
        The words, all different, in the order that gives their codes.
    probabilities : tuple of float
        Their probabilities, above 0, with sum 1 to within 1e-6 (then scaled to it).
    """

    labels: tuple[str, ...]
    probabilities: tuple[float, ...]
    _codes: Array = field(init=False, repr=False, compare=False)
    _cumulated: Array = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        labels = as_words(self.labels)
        if len(set(labels)) < len(labels):
            remedy = "add the probabilities of equal words"
            raise refusal("categorical", "labels must differ", shown(labels), remedy)
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "probabilities", as_probabilities("categorical", self.probabilities, len(labels)))
        object.__setattr__(self, "_codes", np.arange(len(labels), dtype=np.float64))
        object.__setattr__(self, "_cumulated", cumulate(self.probabilities))

    def words(self, codes: ArrayLike) -> list[str]:
        """Return the words that stand behind codes (n,)."""
        return [self.labels[int(code)] for code in np.atleast_1d(np.asarray(codes))]

    def ppf(self, u: ArrayLike) -> Array:
        """Return the codes of the words at the probabilities `u`, as floats."""
        return step_up(self._cumulated, self._codes, u)

    def cdf(self, x: ArrayLike) -> Array:
        """Return the probabilities of codes not above `x`."""
        return step_down(self._cumulated, self._codes, x)

    def mean(self) -> float:
        """Return the mean code, which has no meaning beyond the probabilities of two labels."""
        return float(np.average(self._codes, weights=self.probabilities))

    def median(self) -> float:
        """Return the code at probability one half."""
        return float(self.ppf(0.5))

    def support(self) -> tuple[float, float]:
        """Return the first and the last code."""
        return 0.0, float(len(self.labels) - 1)

    def __str__(self) -> str:
        return text("categorical", self.labels, self.probabilities)


def as_words(value: object) -> tuple[str, ...]:
    """Return a list of words as a tuple, refusing what is no word."""
    words = as_list("categorical", "labels", value)
    for word in words:
        if not isinstance(word, str):
            raise refusal("categorical", "each label must be a word", shown(word), "use discrete(...) for numbers")
    return tuple(str(word) for word in words)


@family('categorical(["linear", "knee"], [0.7, 0.3])', list_first=True, keyed=True)
def categorical(labels: Sequence[str], probabilities: Sequence[float] | None = None) -> Categorical:
    """Return the choice among words, equally likely when no probabilities are given.

    Examples
    --------
    >>> choice = categorical(["linear", "knee"], [0.7, 0.3])
    >>> choice.words(choice.ppf([0.1, 0.9]))
    ['linear', 'knee']
    """
    words = as_words(labels)
    return Categorical(words, as_probabilities("categorical", probabilities, len(words)))
