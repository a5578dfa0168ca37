"""What a run gives: draws, bands, selections by label, pairs of results."""
