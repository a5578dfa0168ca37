"""Calibration: seconds for the shipped ones, and coverage on simulated truth.

python benchmarks/calibration.py [--repetitions 200] [--draws 20000]
"""

from __future__ import annotations

import argparse
import time

import mcsim
from mcsim.calibration.coverage import coverage

LIMITS = {"battery-law": 30.0, "fleet": 180.0}  # seconds on two cores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--draws", type=int, default=20_000)
    given = parser.parse_args()
    for name, limit in LIMITS.items():
        study = mcsim.load(name)
        mcsim.calibrate(study, draws=1000)  # kernels are compiled once
        for method in ("importance", "sampler"):
            if name == "fleet" and method == "sampler":
                continue  # of 31 inputs: its weights do not collapse, and nothing asks for it
            began, used = time.perf_counter(), time.process_time()
            posterior = mcsim.calibrate(study, method=method)
            posterior.tree()
            seconds, processor = time.perf_counter() - began, time.process_time() - used
            sample = posterior.sample
            print(
                f"{name}, {method}: {seconds:.1f} s ({processor:.1f} s of processor, limit {limit:g} s), "
                f"{sample.evaluations:,} evaluations, k-hat {sample.khat:.2f}, {sample.ess:,.0f} effective draws, "
                f"r-hat {posterior.inputs['r_hat'].max():.3f}"
            )
        found = coverage(study, given.repetitions, given.draws)
        inside = {told: share for told, share in found.inside.items() if told not in study.options}
        worst, best = min(inside.values()), max(inside.values())
        print(
            f"{name}: truth inside the 90 % band in {worst:.1%} to {best:.1%} of {given.repetitions} repetitions over "
            f"{len(inside)} inputs; weights collapsed in {found.collapsed}"
        )
        for told, share in list(inside.items())[:6]:
            print(f"  {told}: {share:.1%}")


if __name__ == "__main__":
    main()
