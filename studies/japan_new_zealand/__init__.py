"""A second corridor as data: a study file and its tables; the model is `mcsim.studies.fleet.model`."""
