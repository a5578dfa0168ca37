"""What a calibration gives: draws before and after, what they say of the observations, and how far to trust them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.calibration.diagnostics import Told, inputs_table, left_out, words_table
from mcsim.calibration.likelihood import Likelihood
from mcsim.calibration.sample import Sample
from mcsim.study import FloatArray, Study, Suggests
from mcsim.study.above import above
from mcsim.study.rows import Rows

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

MIXED = 1.05  # r-hat above which draws are not yet those of the posterior; Vehtari et al. (2021) ask for 1.01
PRIOR_DRAWS = 2000  # as many as are kept beside the posterior


@dataclass(frozen=True, slots=True, eq=False)
class Posterior(Suggests):
    """A study's inputs as the observations leave them.

    Parameters
    ----------
    study : Study
        With the options that are weighed as uncertain inputs.
    likelihood : Likelihood
        The observations and how their sources go together.
    seed : int
        Of the run.
    prior : mapping of str to ndarray (n,)
        Prior draws of the inputs that the observations speak of; codes for words.
    prior_cells : ndarray, shape (n, k)
        Their modelled cells.
    sample : Sample
        The posterior.
    before, after : Told
        What prior and posterior say of the observations.
    rows : Rows
        The table of draws and weights from which a run takes its rows.

    Examples
    --------
    >>> import mcsim
    >>> posterior = mcsim.calibrate(mcsim.load("fleet"), draws=2000)
    >>> posterior.inputs["input"].tolist()[:1]
    ['us_survival_stretch']
    """

    study: Study
    likelihood: Likelihood
    seed: int
    prior: Mapping[str, FloatArray]
    prior_cells: FloatArray
    sample: Sample
    before: Told
    after: Told
    rows: Rows

    @property
    def inputs(self) -> pd.DataFrame:
        """A row per input that the observations speak of: prior, posterior, what is left of the width, r-hat, ESS."""
        return inputs_table(self.study, self.sample, self.prior)

    @property
    def words(self) -> pd.DataFrame:
        """A row per word of an option that was weighed: its probability before and after."""
        return words_table(self.study, self.sample)

    @property
    def loo(self) -> pd.DataFrame:
        """A row per source: its log predictive density where it is left out, and the k-hat of leaving it out."""
        return left_out(self.likelihood, self.after.log)

    @property
    def observations(self) -> pd.DataFrame:
        """A row per observation: what was observed, modelled before and modelled after, median and 95 %."""
        import pandas as pd

        before = np.nanquantile(self.prior_cells, (0.025, 0.5, 0.975), axis=0)
        after = np.nanquantile(self.sample.cells.reshape(-1, before.shape[1]), (0.025, 0.5, 0.975), axis=0)
        rows = []
        for place, item in enumerate(self.likelihood.observations):
            low, high = item.range()
            rows.append(
                {
                    "output": str(item.cell),
                    "source": item.source,
                    "group": item.group,
                    "scope": item.scope,
                    "unit": item.cell.output.unit,
                    "observed": item.value,
                    "low": low,
                    "high": high,
                    **dict(zip(("prior_p2.5", "prior_p50", "prior_p97.5"), before[:, place].tolist(), strict=True)),
                    **dict(zip(("p2.5", "p50", "p97.5"), after[:, place].tolist(), strict=True)),
                }
            )
        return pd.DataFrame(rows)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Lines that the reader has to know."""
        lines = []
        worst = self.inputs["r_hat"].max()
        if worst > MIXED:
            lines.append(f"r-hat {worst:.3f} above {MIXED}: chains do not agree yet; more draws")
        if self.sample.ess < 400:
            lines.append(f"{self.sample.ess:,.0f} effective draws: the ends of bands are rough; more draws")
        alone = [group.name for group in self.likelihood.groups if len(group.sources) == 1]
        if alone:
            lines.append(f"one source each, taken at its word: {', '.join(alone)}")
        return tuple(lines)

    def tree(self) -> xr.DataTree:
        """Return the draws as ArviZ lays them out.

        Groups ``prior``, ``prior_predictive``, ``posterior``, ``posterior_predictive``, ``observed_data`` and
        ``log_likelihood``, which holds a value per source: its observations share an offset.
        """
        return above("Posterior.tree")(self)  # type: ignore[no-any-return]

    def write(self, folder: str | Path) -> Path:
        """Write ``posterior.nc``, ``rows.csv``, tables and ``calibration.json`` into a folder, and return it."""
        return above("Posterior.write")(self, Path(folder))  # type: ignore[no-any-return]

    def report(self, folder: str | Path) -> Path:
        """Write ``report.html`` and its figures into a folder, and return the report's path."""
        return above("Posterior.report")(self, Path(folder))  # type: ignore[no-any-return]

    @property
    def record(self) -> dict[str, Any]:
        """What run.json is to a run."""
        return {
            **self.rows.record,
            "r_hat": float(self.inputs["r_hat"].max()),
            "evaluations": self.sample.evaluations,
            "warnings": list(self.warnings),
        }
