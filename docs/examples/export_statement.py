"""Print the observed count of used EVs that left the US in 2024 against the fleet's flow to Mexico.

Usage: python docs/examples/export_statement.py [DRAWS]
"""

import sys

import mcsim
from mcsim.studies.export_check.model import statement


def main(draws: int = 2000) -> str:
    """Return the sentence over so many draws."""
    study = mcsim.load("export-check")
    observed = next(item.distribution.median() for item in study.inputs if item.name == "observed_exports")
    result = mcsim.run(study, draws=draws, seed=1)
    exports = result.dataset["used_ev_exports_to_mexico"].sel(year=2024).to_numpy()
    return statement(exports, observed, "Mexico")


if __name__ == "__main__":
    print(main(*(int(word) for word in sys.argv[1:])))
