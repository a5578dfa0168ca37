"""Print where cell-onshoring differs from what its source prints, and why.

Usage: python docs/examples/onshoring_differences.py [DRAWS]
"""

import sys

import mcsim
from mcsim.studies.cell_onshoring.printed import as_text, differences


def main(draws: int = 2000) -> str:
    """Return the table of differences over so many draws."""
    result = mcsim.run(mcsim.load("cell-onshoring"), draws=draws, seed=1)
    return as_text(differences({name: result.dataset[name].to_numpy() for name in result.dataset.data_vars}))


if __name__ == "__main__":
    print(main(*(int(word) for word in sys.argv[1:])))
