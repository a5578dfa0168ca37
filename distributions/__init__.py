"""What is uncertain: one file per family, all of the same shape, and the ways in which inputs depend on one another."""

from mcsim.distributions.base import Distribution
from mcsim.distributions.beta import Beta, beta
from mcsim.distributions.categorical import Categorical, categorical
from mcsim.distributions.constant import Constant, constant
from mcsim.distributions.dependence import (
    ConditionalNormal,
    Dirichlet,
    GaussianCopula,
    apply_common_factors,
    common_factor_copula,
    dirichlet,
    dirichlet_shares,
    gaussian_copula,
)
from mcsim.distributions.discrete import Discrete, discrete
from mcsim.distributions.elicited import Elicited, elicited
from mcsim.distributions.empirical import Empirical, empirical, empirical_table
from mcsim.distributions.gamma import Gamma, gamma
from mcsim.distributions.logistic import Logistic, logistic
from mcsim.distributions.lognormal import Lognormal, lognormal, lognormal_gsd, lognormal_gsd2, lognormal_mean_cv
from mcsim.distributions.loguniform import Loguniform, loguniform
from mcsim.distributions.metalog import Metalog, metalog
from mcsim.distributions.normal import Normal, TruncatedNormal, normal, truncated_normal
from mcsim.distributions.ordered import Ordered
from mcsim.distributions.pedigree import Pedigree, pedigree
from mcsim.distributions.pert import Pert, pert
from mcsim.distributions.registry import FAMILIES, SHARES, Family, discover
from mcsim.distributions.text import build, build_shares, parse, parse_shares
from mcsim.distributions.triangular import Triangular, triangular
from mcsim.distributions.uniform import Uniform, uniform
from mcsim.distributions.weibull import Weibull, weibull

__all__ = [
    "FAMILIES",
    "SHARES",
    "Beta",
    "Categorical",
    "ConditionalNormal",
    "Constant",
    "Dirichlet",
    "Discrete",
    "Distribution",
    "Elicited",
    "Empirical",
    "Family",
    "Gamma",
    "GaussianCopula",
    "Logistic",
    "Lognormal",
    "Loguniform",
    "Metalog",
    "Normal",
    "Ordered",
    "Pedigree",
    "Pert",
    "Triangular",
    "TruncatedNormal",
    "Uniform",
    "Weibull",
    "apply_common_factors",
    "beta",
    "build",
    "build_shares",
    "categorical",
    "common_factor_copula",
    "constant",
    "dirichlet",
    "dirichlet_shares",
    "discrete",
    "elicited",
    "empirical",
    "empirical_table",
    "gamma",
    "gaussian_copula",
    "logistic",
    "lognormal",
    "lognormal_gsd",
    "lognormal_gsd2",
    "lognormal_mean_cv",
    "loguniform",
    "metalog",
    "normal",
    "parse",
    "parse_shares",
    "pedigree",
    "pert",
    "triangular",
    "truncated_normal",
    "uniform",
    "weibull",
]

# A family in a file that nothing above names can still be written in a study file.
discover(__name__, list(__path__))
