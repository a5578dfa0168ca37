"""Calibration: coverage on simulated truth, and seconds for the shipped calibrations.

python benchmarks/calibration.py [--repetitions 200] [--draws 4000]
"""

from __future__ import annotations

import argparse
import time

import mcsim
from mcsim.calibration.coverage import coverage


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--draws", type=int, default=4000)
    given = parser.parse_args()
    for name, told in (("battery-law", "annual_degradation"), ("fleet", "mx_survival_shape")):
        study = mcsim.load(name)
        mcsim.calibrate(study, draws=1000)  # kernels are compiled once
        began = time.perf_counter()
        posterior = mcsim.calibrate(study)
        seconds = time.perf_counter() - began
        print(
            f"{name}: {seconds:.1f} s, {posterior.sample.evaluations:,} evaluations, {posterior.sample.method}, "
            f"k-hat {posterior.sample.khat:.2f}, ESS {posterior.sample.ess:,.0f}"
        )
        inside = coverage(study, told, given.repetitions, given.draws)
        print(f"{name}: truth of {told} inside the 90 % band in {inside:.1%} of {given.repetitions} repetitions")


if __name__ == "__main__":
    main()
