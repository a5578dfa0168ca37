"""Fleets: cohorts of vehicles and their packs in two countries, and the trade between them."""
