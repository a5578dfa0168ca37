"""Priors conditioned on observations: the same draws weighed, or sampled anew where weights collapse."""
