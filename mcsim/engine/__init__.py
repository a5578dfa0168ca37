"""How a run is made: evaluation of rows, chunks, workers, what lands on disk and how it is read back."""
