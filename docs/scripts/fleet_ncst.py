"""What has to be assumed so that the fleet gives the printed figures of NCST-UCD-RR-24-39: the search, in the open.

Usage: python docs/scripts/fleet_ncst.py [--draws N] [--seed S]

The report states its battery law, its thresholds and its scenario; it does not say which EVs cross the border, how the
EVs among them follow the pool, how imports survive, how large their flow is, nor how fast sales turn electric. Every
combination of these is evaluated at the centre of all other inputs and ranked by how many printed figures it meets,
then by its misfit: the root mean square of (ours - printed) over the half-range of the printed figure. Then: what each
assumption of `fleet-ncst` moves when it alone goes back to what `fleet` ships, and the bands of the preset beside the
printed figures, misses told. Nothing here enters `fleet`.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from blocks import print_lines
from numpy.typing import NDArray

import mcsim
from mcsim.engine.evaluation import centre_values, evaluate_centre, evaluate_values
from mcsim.report.printed import lines as words_of
from mcsim.study import Study

Values = NDArray[np.float64]
Setting = Mapping[str, float | str]


class Printed(NamedTuple):
    """A printed figure: output, year (0 for none), value, what the words may mean, and its short name here."""

    output: str
    year: int
    value: float
    low: float
    high: float
    short: str


# The figures of [[published]] of the fleet that the search goes by, with their short names here.
SHORT = {
    "crossover_year": "crossover",
    "second_hand_share@2014": "share 2014",
    "second_hand_share@2050": "share 2050",
    "second_hand_share_of_cumulative_deregistrations@2035": "retired 2035",
    "second_hand_share_of_cumulative_retired_mass@2030": "mass 2030",
    "ev_share@2050": "EVs 2050",
    "ev_share_of_imports@2050": "EV imports",
    "mean_fleet_age@2050": "age 2050",
}


def printed_figures() -> tuple[Printed, ...]:
    """Return these figures as the fleet's study file tells them."""
    found = []
    for figure in mcsim.load("fleet").published:
        cell, short = figure.target, SHORT.get(str(figure.target))
        if short is not None:
            year = int(cell.labels.get("year", 0))
            found.append(Printed(cell.output.name, year, figure.value, figure.low, figure.high, short))
    return tuple(found)


PRINTED = printed_figures()
# What the report leaves open: options, then inputs.
OPTIONS = {"tradable": ("working", "all"), "import_clock": ("renewed", "conditional")}
INPUTS = {
    "us_retirement_share_to_mx": (0.009, 0.018, 0.05, 0.15),
    "ev_selection_ratio": (0.8, 1.0),
    "us_ev_ceiling": (0.7, 1.0),
    "us_ev_midpoint": (2030.0, 2032.0, 2036.0),
    "mx_ev_ceiling": (0.8, 1.0),
    "mx_ev_midpoint": (2034.0, 2036.0, 2038.0),
}


class Found(NamedTuple):
    """One combination, what it gives, how many printed figures it meets, and its misfit."""

    setting: Setting
    values: Values
    met: int
    misfit: float


def printed_of(study: Study, outputs: Mapping[str, Values]) -> Values:
    """Return the model's side of `PRINTED`, (n, figures), from packed outputs."""
    axes = {output.name: output.dims for output in study.outputs}
    packed = {output.name: output for output in study.outputs}
    columns = []
    for figure in PRINTED:
        values = outputs[figure.output]
        if figure.year:
            place = [str(label) for label in axes[figure.output][0].coords].index(str(figure.year))
            values = packed[figure.output].expand(values)[:, place]
        columns.append(values.reshape(len(values)))
    return np.stack(columns, axis=1)


def judged(values: Values) -> tuple[Values, Values]:
    """Return how many printed figures each row meets, and its misfit."""
    value, low, high = (np.array([getattr(figure, key) for figure in PRINTED]) for key in ("value", "low", "high"))
    met = ((values >= low) & (values <= high)).sum(axis=1)
    misses = np.where(np.isnan(values), 10.0, np.abs(values - value) / (0.5 * (high - low)))
    return met, np.sqrt(np.mean(np.square(misses), axis=1))


def search() -> list[Found]:
    """Return every combination, best first."""
    preset, fleet = mcsim.load("fleet-ncst"), mcsim.load("fleet")
    pinned = {
        item.name: item.distribution.median()
        for item in preset.inputs
        if item.name not in INPUTS and "stated" in item.source
    }
    fleet = fleet.set(battery_law=preset.options["battery_law"], trade=preset.options["trade"], **pinned)
    rows = list(itertools.product(*INPUTS.values()))
    found = []
    for words in itertools.product(*OPTIONS.values()):
        study = fleet.set(**dict(zip(OPTIONS, words, strict=True)))
        drawn = {name: np.repeat(value, len(rows)) for name, value in centre_values(study).items()}
        drawn |= {name: np.array([row[place] for row in rows]) for place, name in enumerate(INPUTS)}
        outputs = evaluate_values(study, drawn, np.zeros(len(rows), np.int64), 1, 1).outputs
        values = printed_of(study, outputs)
        for row, given, met, misfit in zip(rows, values, *judged(values), strict=True):
            setting = dict(zip((*OPTIONS, *INPUTS), (*words, *row), strict=True))
            found.append(Found(setting, given, int(met), float(misfit)))
    return sorted(found, key=lambda one: (-one.met, one.misfit))


def undone() -> Iterator[tuple[str, Values]]:
    """Yield what the preset gives at its centre, and with each of its assumptions put back to what `fleet` ships."""
    preset, fleet = mcsim.load("fleet-ncst"), mcsim.load("fleet")
    shipped = {item.name: item for item in fleet.inputs}

    def centre(study: Study) -> Values:
        return printed_of(study, evaluate_centre(study))[0]

    yield "fleet-ncst", centre(preset)
    for name, word in fleet.options.items():
        if preset.options[name] != word:
            yield f"{name} = {word}", centre(preset.set(**{name: word}))
    changed = [item for item in preset.inputs if str(item.distribution) != str(shipped[item.name].distribution)]
    masses = {item.name: shipped[item.name].distribution for item in changed if item.table is not None}
    yield "pack_mass_factor by model year", centre(preset.set(**masses))
    for item in changed:
        if item.table is None:
            distribution = shipped[item.name].distribution
            yield f"{item.name} = {distribution.median():.4g}", centre(preset.set(**{item.name: distribution}))
    yield "fleet", centre(fleet)


def lines(draws: int, seed: int) -> Iterator[str]:
    """Yield the search, what each assumption moves, and the preset's bands beside the printed figures."""
    heads = " ".join(f"{figure.short:>12}" for figure in PRINTED)
    found = search()
    yield f"{len(found)} combinations of what the report leaves open; figures met of {len(PRINTED)}, misfit"
    for one in found[:8]:
        told = ", ".join(f"{value:g}" if isinstance(value, float) else value for value in one.setting.values())
        yield f"  {told:<60} {one.met} {one.misfit:5.2f}"
    yield f"  ({', '.join(found[0].setting)})"
    yield ""
    yield f"{'each assumption put back alone':<44} {heads}"
    printed = np.array([figure.value for figure in PRINTED])
    for name, values in (("printed", printed), *undone()):
        yield f"{name:<44} " + " ".join(f"{value:>12.4g}" for value in values)
    yield ""
    result = mcsim.run(mcsim.load("fleet-ncst"), draws=draws, seed=seed)
    yield f"fleet-ncst, {draws} draws: {'printed':>45} {'median and 95 % band':>35}"
    for line in words_of(mcsim.printed(result)):
        yield f"{line['figure']:<64} {line['printed']:>24} {line['ours']:>35} {line['verdict']}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the search, what each assumption moves, and the misses."""
    print_lines(__doc__, lines, 1000, arguments)


if __name__ == "__main__":
    main()
