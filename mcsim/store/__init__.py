"""What is on disk: the run directory, chunks of an unfinished run, netCDF, and what run.json says."""
