"""A study conditioned on what was observed: prior draws weighed first, a sampler where weights collapse."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mcsim.calibration.arviz import effective_draws
from mcsim.calibration.cells import CellRows, gather, moved_by
from mcsim.calibration.diagnostics import told
from mcsim.calibration.likelihood import Likelihood, likelihood_of
from mcsim.calibration.posterior import PRIOR_DRAWS, Posterior
from mcsim.calibration.sample import COLLAPSED, Sample, weighed
from mcsim.calibration.sampler import Cells, walked
from mcsim.engine.asked import DEFAULT_LIVES, Computed, Drawn
from mcsim.engine.backends import RunFailed
from mcsim.engine.conditioned import centre_cells
from mcsim.engine.design import make_design
from mcsim.engine.points import design_columns, values_of
from mcsim.store.record import fingerprint
from mcsim.study import FloatArray, InputError, Study, nearest, suggests
from mcsim.study.observation import Observation
from mcsim.study.rows import Rows
from mcsim.study.values import words

METHODS = ("importance", "sampler")
DRAWS = 20_000  # of the prior
WALKED = 10  # times as many evaluations of a sampler, most of whose draws resemble their neighbours
KEPT = 4000  # draws of the posterior
APART = 1.2  # r-hat above which a sampler's draws are not shown


@suggests
def calibrate(
    study: Study,
    *,
    method: str | None = None,
    group: Sequence[str] = (),
    draws: int | None = None,
    seed: int = 1,
    jobs: int | None = None,
    out: str | Path | None = None,
    quiet: bool = True,
) -> Posterior:
    """Return a study's inputs as its observations leave them.

    The prior draws are those of a run with the same seed, each weighed by how well it meets the observations (Pareto
    smoothed importance sampling). Where the weights collapse (k-hat above 0.7) a sampler goes on from the likeliest of
    them. Options that the study weighs, and those given a categorical distribution, get probabilities.

    Parameters
    ----------
    study : Study
        With observations.
    method : str, optional
        ``importance`` or ``sampler``; by default the first, and the second where weights collapse.
    group : sequence of str
        Only these groups of observations, or ``GROUP:SOURCE`` for one source of a group; all by default.
    draws : int, optional
        Prior draws; 20,000 by default. A sampler makes ten times as many evaluations.
    seed : int
        In [0, 2**64).
    jobs : int, optional
        Workers; the cores by default. No bit of the result depends on them.
    out : path, optional
        Folder for the result.
    quiet : bool
        No progress.

    Returns
    -------
    Posterior

    Raises
    ------
    InputError
        When the study has no observations, a group or method is unknown, or no input moves what was observed.
    RunFailed
        When the weights collapse and the method was to be importance.

    Examples
    --------
    >>> from mcsim.study.load import load
    >>> posterior = calibrate(load("fleet"), draws=2000)
    >>> posterior.words[["word", "prior"]].values.tolist()
    [['renewed', 0.5], ['conditional', 0.5]]
    """
    if method is not None and method not in METHODS:
        raise InputError(f"method: unknown (got {method!r}); one of {', '.join(METHODS)}{nearest(method, METHODS)}")
    drawn, how = Drawn(draws=DRAWS if draws is None else draws, seed=seed), Computed(jobs=jobs, quiet=quiet)
    observations = chosen(study, words("group", group))
    likelihood = likelihood_of(observations, dict(study.calibration.poolings))
    study = weighing(study)
    lives = drawn.lives or DEFAULT_LIVES
    names = moved_by(study, likelihood, drawn.seed, lives, how)
    design = make_design("random", design_columns(study), drawn.draws, drawn.seed)
    cells = gather(CellRows(study, design, observations, lives), how)
    values = values_of(study, design, 0, drawn.draws)
    prior = {name: values[name] for name in names}
    log = likelihood.log(cells)
    if not np.isfinite(log).any():
        raise InputError(f"{study.name}: observation: no draw of the prior gives what was observed any chance")
    sample, _ = weighed(prior, cells, log, KEPT, drawn.seed)
    if method == "sampler" or (method is None and sample.khat > COLLAPSED):
        unit = design.points(0, drawn.draws)[:, [design.columns.index(name) for name in names]]
        there = Cells(study, likelihood, names, drawn.seed, lives)
        sample = walked(there, names, (unit, cells, log), WALKED * drawn.draws, drawn.seed)
        sample = _thinned(sample)
    elif sample.khat > COLLAPSED:
        raise RunFailed(
            f"{study.name}: weights of {drawn.draws:,} draws collapse (k-hat {sample.khat:.2f}, above {COLLAPSED}); "
            "no bands from them: --method sampler, or more --draws"
        )
    some = cells[np.newaxis, :PRIOR_DRAWS]
    posterior = Posterior(
        study,
        likelihood,
        drawn.seed,
        prior,
        cells,
        sample,
        told(likelihood, some, drawn.seed, posterior=False),
        told(likelihood, sample.cells, drawn.seed),
        Rows(study.name, {}, np.ones(1), {}),
    )
    posterior = replace(posterior, rows=rows_of(posterior))
    apart = float(posterior.inputs["r_hat"].max())
    if sample.method == "sampler" and apart > APART:
        raise RunFailed(
            f"{study.name}: walkers do not agree after {sample.evaluations:,} evaluations (r-hat {apart:.2f}, above "
            f"{APART}); no bands from them: more --draws, or wider observations"
        )
    if out is not None:
        posterior.write(Path(out))
    return posterior


def chosen(study: Study, groups: Sequence[str]) -> tuple[Observation, ...]:
    """Return the observations of some groups, or of one source of a group, or all.

    Raises
    ------
    InputError
        When there are none, or a name is unknown.
    """
    observations = study.calibration.observations
    if not observations:
        raise InputError(
            f"{study.name}: no observations (got none); [[observation]] in its file, see docs/calibration.md"
        )
    known = {item.group for item in observations} | {f"{item.group}:{item.source}" for item in observations}
    for name in groups:
        if name not in known:
            listed = ", ".join(dict.fromkeys(item.group for item in observations))
            raise InputError(
                f"group: {name}: no observation of it; one of {listed}, or GROUP:SOURCE{nearest(name, known)}"
            )
    wanted = set(groups)
    return tuple(item for item in observations if not wanted or {item.group, f"{item.group}:{item.source}"} & wanted)


def weighing(study: Study) -> Study:
    """Return the study with the options that its calibration weighs as uncertain inputs; what was set stays set."""
    options = {option.name: option for option in study.model.options}
    said = {name for name, _ in study.overrides}
    for name, distribution in study.calibration.options.items():
        if name not in said and all(item.name != name for item in study.inputs):
            study = study.set_option(options[name], distribution)
    return study


def _thinned(sample: Sample) -> Sample:
    """Return a sampler's draws with its effective number told, thinned to about as many as are kept."""
    chains, draws = sample.cells.shape[:2]
    every = max(1, chains * draws // KEPT)
    values = {name: column[:, ::every] for name, column in sample.values.items()}
    found = [effective_draws(column) for column in sample.values.values()]
    return replace(sample, values=values, cells=sample.cells[:, ::every], ess=float(np.nanmin(found)))


def rows_of(posterior: Posterior, count: int | None = None) -> Rows:
    """Return the table of a posterior: its distinct draws and how often each stands.

    Parameters
    ----------
    posterior : Posterior
        With its draws.
    count : int, optional
        Take only so many draws, evenly over the chains; all by default.
    """
    study, sample = posterior.study, posterior.sample
    names = list(sample.values)
    table = np.column_stack([sample.values[name].ravel() for name in names])
    if count is not None:
        table = table[np.linspace(0, len(table) - 1, count).round().astype(np.int64)]
    _, first, counts = np.unique(table, axis=0, return_index=True, return_counts=True)
    order = np.argsort(first)
    kept = table[first[order]]
    declared = {item.name: item for item in study.inputs}
    columns: dict[str, Any] = {}
    for place, name in enumerate(names):
        labels = getattr(declared[name].distribution, "labels", None)
        codes: FloatArray = np.ascontiguousarray(kept[:, place])
        columns[name] = codes if labels is None else np.array([labels[int(code)] for code in codes])
    return Rows(study.name, columns, counts[order].astype(np.float64), _record(posterior))


def _record(posterior: Posterior) -> dict[str, Any]:
    """Return what a table of draws was made of."""
    study, sample, likelihood = posterior.study, posterior.sample, posterior.likelihood
    declared = {item.name: item for item in study.inputs}
    weighs = [item.name for item in study.inputs if item.name in study.options and item.name in sample.values]
    return {
        "name": study.name,
        "study": study.name,
        "version": study.version,
        "file": Path(study.origin).name,
        "fingerprint": fingerprint(study),
        "observations": _digest(likelihood),
        "sources": list(dict.fromkeys(item.source for item in likelihood.observations)),
        "method": sample.method,
        "khat": sample.khat,
        "ess": sample.ess,
        "seed": posterior.seed,
        "words": {name: study.options[name] for name in weighs},
        "priors": {name: str(declared[name].distribution) for name in sample.values},
        "dependence": study.tied_record(sample.values.keys()),
        "centre": centre_cells(study, likelihood.observations),
    }


def _digest(likelihood: Likelihood) -> str:
    """Return a hash of everything about the observations that can change a posterior."""
    content: list[Any] = [
        [item.name, item.value.hex(), item.spread.hex(), item.distribution, item.group]
        for item in likelihood.observations
    ]
    content += [[group.name, [tau.hex() for tau in group.taus.tolist()]] for group in likelihood.groups]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
