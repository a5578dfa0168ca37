"""The report: figures and the brief. It formats what a run holds and never computes."""
