"""Sampled lives: cells of the same law, drawn, counted and told apart."""
