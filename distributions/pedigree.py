"""Data quality scored on the pedigree matrix of life-cycle assessment, as a lognormal distribution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, log, sqrt
from types import MappingProxyType

from numpy.typing import ArrayLike

from mcsim.distributions.atoms import as_numbers
from mcsim.distributions.base import Array, number, refusal, require_positive, shown, text
from mcsim.distributions.lognormal import Lognormal
from mcsim.distributions.registry import family

INDICATORS = ("reliability", "completeness", "temporal", "geographical", "technological")

# Uncertainty factors (contributions to GSD^2) for the scores 1 to 5 of each indicator, in the order of `INDICATORS`.
FACTORS: Mapping[str, tuple[tuple[float, ...], ...]] = MappingProxyType(
    {
        # Expert judgement. Frischknecht R. et al. 2007, ecoinvent report No. 1, Overview and Methodology, table of
        # uncertainty factors; kept by Weidema B. P. et al. 2013, Data quality guideline for the ecoinvent database
        # version 3, as variances of the underlying normal (ln(factor)^2 / 4, rounded), with which they
        # were compared. Two cells that version 2 leaves open come from there: geographical 4, technological 2.
        "ecoinvent": (
            (1.0, 1.05, 1.10, 1.20, 1.50),
            (1.0, 1.02, 1.05, 1.10, 1.20),
            (1.0, 1.03, 1.10, 1.20, 1.50),
            (1.0, 1.01, 1.02, 1.05, 1.10),
            (1.0, 1.05, 1.20, 1.50, 2.00),
        ),
        # Measured. Ciroth A., Muller S., Weidema B., Lesage P. 2016, Empirically based uncertainty factors for the
        # pedigree matrix in ecoinvent, Int. J. LCA 21, 1338-1348, doi:10.1007/s11367-013-0670-5.
        "empirical": (
            (1.0, 1.54, 1.61, 1.69, 1.69),
            (1.0, 1.03, 1.04, 1.08, 1.08),
            (1.0, 1.03, 1.10, 1.19, 1.29),
            (1.0, 1.04, 1.08, 1.11, 1.11),
            (1.0, 1.18, 1.65, 2.08, 2.80),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Pedigree:
    """Lognormal distribution whose spread follows from a basic uncertainty and five scores.

    sigma = sqrt(ln(basic)^2 + sum of ln(factor)^2) / 2, Frischknecht et al. 2007 (see `FACTORS`).

    Parameters
    ----------
    centre : float
        Median, above 0, in the unit of the input.
    basic : float
        Basic uncertainty of the kind of flow, as GSD^2, at least 1.
    scores : tuple of int
        Scores 1 (best) to 5 for reliability, completeness, temporal, geographical and technological correlation.
    matrix : {"ecoinvent", "empirical"}
        Which published factors the scores stand for.
    """

    centre: float
    basic: float
    scores: tuple[int, ...]
    matrix: str = "ecoinvent"

    def __post_init__(self) -> None:
        object.__setattr__(self, "centre", number("pedigree", "median", self.centre))
        object.__setattr__(self, "basic", number("pedigree", "basic", self.basic))
        require_positive("pedigree", "median", self.centre)
        if self.basic < 1.0:
            raise refusal("pedigree", "basic must be at least 1", shown(self.basic), "it is a factor, GSD^2: 1.05")
        object.__setattr__(self, "scores", as_scores(self.scores))
        if self.matrix not in FACTORS:
            remedy = f"choose one of {', '.join(FACTORS)}"
            raise refusal("pedigree", "matrix must be a known one", shown(self.matrix), remedy)
        if self.sigma() == 0.0:
            remedy = "give a basic uncertainty above 1, or use constant(...)"
            raise refusal("pedigree", "something must be uncertain", "basic=1 and scores of 1", remedy)

    def sigma(self) -> float:
        """Return the standard deviation of the natural logarithm."""
        factors = [row[score - 1] for row, score in zip(FACTORS[self.matrix], self.scores, strict=True)]
        return 0.5 * sqrt(sum(log(factor) ** 2 for factor in (self.basic, *factors)))

    def lognormal(self) -> Lognormal:
        """Return the same distribution by its median and sigma."""
        return Lognormal(self.centre, self.sigma())

    def ppf(self, u: ArrayLike) -> Array:
        """Return the values at the probabilities `u`."""
        return self.lognormal().ppf(u)

    def cdf(self, x: ArrayLike) -> Array:
        """Return the probabilities of values not above `x`."""
        return self.lognormal().cdf(x)

    def mean(self) -> float:
        """Return median * exp(sigma^2 / 2)."""
        return self.lognormal().mean()

    def median(self) -> float:
        """Return the median."""
        return self.centre

    def support(self) -> tuple[float, float]:
        """Return zero and infinity."""
        return 0.0, inf

    def __str__(self) -> str:
        named = () if self.matrix == "ecoinvent" else (self.matrix,)
        return text("pedigree", self.centre, self.basic, self.scores, *named)


def as_scores(value: object) -> tuple[int, ...]:
    """Return five scores as a tuple of whole numbers, refusing any other number of them and other values."""
    scores = as_numbers("pedigree", "scores", value)
    if len(scores) != len(INDICATORS) or not all(score in (1.0, 2.0, 3.0, 4.0, 5.0) for score in scores):
        remedy = f"score {', '.join(INDICATORS)}, in this order"
        raise refusal("pedigree", "scores must be five whole numbers from 1 to 5", shown(scores), remedy)
    return tuple(int(score) for score in scores)


@family("pedigree(3, 1.05, [2, 1, 3, 2, 4])", unit_arguments=("median",))
def pedigree(median: float, basic: float, scores: Sequence[int], matrix: str = "ecoinvent") -> Pedigree:
    """Return the lognormal distribution of a median, a basic uncertainty (GSD^2) and five pedigree scores.

    Examples
    --------
    >>> print(pedigree(70, 1.05, [2, 1, 3, 2, 4]))
    pedigree(70, 1.05, [2, 1, 3, 2, 4])
    >>> round(pedigree(70, 1.05, [2, 1, 3, 2, 4]).sigma(), 4)
    0.2112
    """
    return Pedigree(median, basic, as_scores(scores), matrix)
