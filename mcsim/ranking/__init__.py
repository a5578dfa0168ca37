"""How a ranking is made: factors, designs, estimators, verdicts, and the other methods."""
