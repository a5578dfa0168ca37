"""Estimators: Sobol' sums, moments and counts that merge."""
