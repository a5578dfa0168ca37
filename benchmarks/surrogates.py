"""Indices of surrogates fitted to few draws against the exact ones, with the error that they tell and their seconds.

`python benchmarks/surrogates.py` prints the table of docs/sensitivity.md; `--draws 128 200` other numbers of draws.
"""

import argparse
import time

import numpy as np
from saltelli_functions import NUMERIC, TRUTH, Function, known

from mcsim.ranking.gaussian import process_indices
from mcsim.ranking.surrogate import chaos_indices
from mcsim.studies.examples import functions

MEASURES = ("S1", "ST")
SEEDS = 5


def cases() -> list[Function]:
    """Return the functions."""
    numeric = [
        Function(name, NUMERIC[name][0], NUMERIC[name][1], *(np.array(values) for values in TRUTH[name]))
        for name in ("flood", "wing weight", "OTL circuit", "piston")
    ]
    wave = functions.known_ishigami()
    waves = Function("Ishigami", 3, lambda unit: wave.evaluate(np.pi * (2.0 * unit - 1.0)), wave.first, wave.total)
    return [waves, known("Sobol' G", functions.known_sobol_g()), *numeric]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, nargs="+", default=[200])
    head = "function | inputs | draws | method | largest error of S1, ST | error told | seconds"
    print(f"| {head} |\n|---|---|---|---|---|---|---|")
    law = (np.arange(16384.0)[:, None] + 0.5) / 16384
    for case in cases():
        for draws in parser.parse_args().draws:
            laws = np.repeat(law, case.dims, axis=1)
            for name, fit in (("surrogate", chaos_indices), ("gaussian_process", process_indices)):
                wrong, told, begun = [], [], time.process_time()
                for seed in range(SEEDS):
                    x = np.random.default_rng(seed).random((draws, case.dims))
                    found = fit(x, case.evaluate(x)[:, None], laws)
                    exact = (case.first, case.total)
                    wrong.append([np.abs(found[key][:, 0] - of).max() for key, of in zip(MEASURES, exact, strict=True)])
                    told.append(found["error"][0, 0])
                spent = (time.process_time() - begun) / SEEDS
                worst = np.max(wrong, axis=0)
                print(
                    f"| {case.name} | {case.dims} | {draws} | `{name}` | {worst[0]:.4f}, {worst[1]:.4f} | "
                    f"{np.median(told):.1e} | {spent:.2f} |"
                )


if __name__ == "__main__":
    main()
