"""What the trade does to two countries: the fleets times the life cycle, with and without it."""
