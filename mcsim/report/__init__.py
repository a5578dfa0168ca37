"""The report: figures and the brief."""
