"""What is uncertain: one file per family, all of the same shape, and the ways in which inputs depend on one another."""

from mcsim.distributions.base import Distribution
from mcsim.distributions.beta import Beta, beta
from mcsim.distributions.categorical import Categorical, categorical
from mcsim.distributions.constant import Constant, constant
from mcsim.distributions.discrete import Discrete, discrete
from mcsim.distributions.elicited import Elicited, elicited
from mcsim.distributions.empirical import Empirical, empirical, empirical_table
from mcsim.distributions.gamma import Gamma, gamma
from mcsim.distributions.logistic import Logistic, logistic
from mcsim.distributions.lognormal import Lognormal, lognormal, lognormal_gsd, lognormal_gsd2, lognormal_mean_cv
from mcsim.distributions.loguniform import Loguniform, loguniform
from mcsim.distributions.metalog import Metalog, metalog
from mcsim.distributions.normal import Normal, TruncatedNormal, normal, truncated_normal
from mcsim.distributions.pedigree import Pedigree, pedigree
from mcsim.distributions.pert import Pert, pert
from mcsim.distributions.text import FAMILIES, AnyDistribution, build, parse
from mcsim.distributions.triangular import Triangular, triangular
from mcsim.distributions.uniform import Uniform, uniform
from mcsim.distributions.weibull import Weibull, weibull

__all__ = [
    "FAMILIES",
    "AnyDistribution",
    "Beta",
    "Categorical",
    "Constant",
    "Discrete",
    "Distribution",
    "Elicited",
    "Empirical",
    "Gamma",
    "Logistic",
    "Lognormal",
    "Loguniform",
    "Metalog",
    "Normal",
    "Pedigree",
    "Pert",
    "Triangular",
    "TruncatedNormal",
    "Uniform",
    "Weibull",
    "beta",
    "build",
    "categorical",
    "constant",
    "discrete",
    "elicited",
    "empirical",
    "empirical_table",
    "gamma",
    "logistic",
    "lognormal",
    "lognormal_gsd",
    "lognormal_gsd2",
    "lognormal_mean_cv",
    "loguniform",
    "metalog",
    "normal",
    "parse",
    "pedigree",
    "pert",
    "triangular",
    "truncated_normal",
    "uniform",
    "weibull",
]
