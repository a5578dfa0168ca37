"""Fleets of two countries: stock turnover, trade in second-hand vehicles, battery mass that retires.

`mcsim.studies.fleet.model.model(tables)` is the model; `mcsim.studies.fleet.model.extend` builds one's own study on it;
`mcsim.studies.fleet.priors.read_priors()` gives the shipped model with its inputs for use without the engine. Commands:
``python -m mcsim.studies.fleet.hindcast``, ``... .figures``, ``... .states``.
"""
