"""Fleets of two countries: stock turnover, trade in second-hand vehicles, battery mass that retires.

`mcsim.studies.fleet.model.model(tables, home=..., host=...)` is the model; `mcsim.studies.fleet.model.extend` builds
one's own study on it. ``docs/scripts/fleet_hindcast.py`` holds it against history, ``fleet_figures.py`` draws it.
"""
