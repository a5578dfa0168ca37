"""What has to be assumed so that the vehicle study gives what NCST-UCD-RR-24-39 prints: the search, in the open.

Usage: python docs/scripts/vehicle_ncst.py [--draws N] [--seed S]

The report states its battery law and its thresholds; it does not say what its boundary leaves out, what brakes wear,
whether a pack is made by its energy alone, nor the average export age that its figures are of. Every combination of
these is evaluated at the centre of all other inputs and ranked by how many of the three printed changes it meets, then
by its misfit: the root mean square of (ours - printed) over the half-range of the printed figure. Then: what each
assumption of `second-hand-ev-ncst` moves when it alone goes back to what `second-hand-ev` ships, and the bands of the
preset beside the printed figures, misses told. Nothing here enters `second-hand-ev`.
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
from mcsim.studies.second_hand_ev.lca import CATEGORIES
from mcsim.study import Study

Values = NDArray[np.float64]
PRESET, SHIPPED, OUTPUT = "second-hand-ev-ncst", "second-hand-ev", "impact_change_at_trade"
# What the report leaves open: options, then inputs.
OPTIONS = {
    "condition": ("exported", "cohort"),
    "boundary": ("full", "without_vehicle", "battery_and_use"),
    "wear_mass": ("scaled", "off"),
}
# What a pack weighs beyond the one that scores per kWh are of: made per kg, or by nobody.
HOUSING = {"made": {}, "not made": {f"vehicle_factors[pack_housing,{category}]": 0.0 for category in CATEGORIES}}
INPUTS = {
    "trade_age": tuple(np.arange(5.0, 12.5, 0.5).tolist()),
    "brake_wear": (5e-6, 1e-5, 2e-5),
    "ev_brake_wear_ratio": (0.2, 0.4, 0.7),
}


class Printed(NamedTuple):
    """A printed change of the electric SUV against staying: category, value, and what the words may mean."""

    category: str
    value: float
    low: float
    high: float


class Found(NamedTuple):
    """One combination, what it gives, how many printed figures it meets, and its misfit."""

    setting: Mapping[str, float | str]
    values: Values
    met: int
    misfit: float


def printed_figures() -> tuple[Printed, ...]:
    """Return the printed changes as the study file tells them."""
    found = []
    for figure in mcsim.load(SHIPPED).published:
        labels = {} if figure.target is None else figure.target.labels
        if figure.kind == "result" and "category" in labels:
            found.append(Printed(str(labels["category"]), figure.value, figure.low, figure.high))
    return tuple(found)


def changes_of(study: Study, outputs: Mapping[str, Values], vehicle: str, reference: str) -> Values:
    """Return the changes at the trade from packed outputs, (n, categories)."""
    output = study.output(OUTPUT)
    labels = [[str(label) for label in dim.coords] for dim in output.dims]
    return output.expand(outputs[OUTPUT])[:, labels[0].index(vehicle), labels[1].index(reference)]


def printed_of(study: Study, outputs: Mapping[str, Values], printed: Sequence[Printed]) -> Values:
    """Return the model's side of the printed changes, (n, figures)."""
    places = [tuple(CATEGORIES).index(figure.category) for figure in printed]
    return changes_of(study, outputs, "ev-suv", "stay-us")[:, places]


def judged(values: Values, printed: Sequence[Printed]) -> tuple[Values, Values]:
    """Return how many printed figures each row meets, and its misfit."""
    value, low, high = (np.array([getattr(figure, key) for figure in printed]) for key in ("value", "low", "high"))
    met = ((values >= low) & (values <= high)).sum(axis=1)
    misses = np.where(np.isnan(values), 10.0, np.abs(values - value) / (0.5 * (high - low)))
    return met, np.sqrt(np.mean(np.square(misses), axis=1))


def search(printed: Sequence[Printed]) -> list[Found]:
    """Return every combination, best first."""
    rows = list(itertools.product(*INPUTS.values()))
    found = []
    for *words, housing in itertools.product(*OPTIONS.values(), HOUSING):
        study = mcsim.load(SHIPPED).set(**dict(zip(OPTIONS, words, strict=True)), **HOUSING[housing])
        drawn = {name: np.repeat(value, len(rows)) for name, value in centre_values(study).items()}
        drawn |= {name: np.array([row[place] for row in rows]) for place, name in enumerate(INPUTS)}
        wanted = frozenset([OUTPUT])
        outputs = evaluate_values(study, drawn, np.arange(len(rows)), 1, 1, wanted).outputs
        values = printed_of(study, outputs, printed)
        for row, given, met, misfit in zip(rows, values, *judged(values, printed), strict=True):
            setting = dict(zip((*OPTIONS, "housing", *INPUTS), (*words, housing, *row), strict=True))
            found.append(Found(setting, given, int(met), float(misfit)))
    return sorted(found, key=lambda one: (-one.met, one.misfit))


def undone(printed: Sequence[Printed]) -> Iterator[tuple[str, Values, list[int]]]:
    """Yield what the preset gives at its centre, and with each of its assumptions put back to what ships.

    Beside the printed changes: of ten categories, how many lie below the gasoline car, for the three vehicles.
    """
    preset, shipped = mcsim.load(PRESET), mcsim.load(SHIPPED)
    known = {item.name: item for item in shipped.inputs}

    def centre(study: Study) -> tuple[Values, list[int]]:
        outputs = evaluate_centre(study)
        below = [
            int((changes_of(study, outputs, vehicle, "mx-icev") < 0.0).sum())
            for vehicle in ("ev-suv", "ev-compact", "hev-compact")
        ]
        return printed_of(study, outputs, printed)[0], below

    yield PRESET, *centre(preset)
    for name, word in shipped.options.items():
        if preset.options[name] != word:
            yield f"{name} = {word}", *centre(preset.set(**{name: word}))
    yield (
        "housing of the pack made",
        *centre(preset.set(**{name: known[name].distribution for name in HOUSING["not made"]})),
    )
    for item in preset.inputs:
        distribution = known[item.name].distribution
        if str(item.distribution) != str(distribution) and item.table is None:
            yield f"{item.name} = {distribution.median():.4g}", *centre(preset.set(**{item.name: distribution}))
    yield SHIPPED, *centre(shipped)


def lines(draws: int, seed: int) -> Iterator[str]:
    """Yield the search, what each assumption moves, and the preset's bands beside the printed figures."""
    printed = printed_figures()
    heads = " ".join(f"{figure.category:>8}" for figure in printed)
    found = search(printed)
    yield f"{len(found)} combinations of what the report leaves open; met of {len(printed)}, misfit, changes [%]"
    for one in found[:8]:
        told = ", ".join(f"{value:g}" if isinstance(value, float) else value for value in one.setting.values())
        yield f"  {told:<66} {one.met} {one.misfit:5.2f} " + " ".join(f"{100 * value:>+8.1f}" for value in one.values)
    yield f"  ({', '.join(found[0].setting)})"
    yield ""
    yield f"{'each assumption put back alone':<44} {heads}   below the gasoline car: SUV, compact, hybrid"
    yield f"{'printed':<44} " + " ".join(f"{100 * figure.value:>+8.1f}" for figure in printed)
    for name, values, below in undone(printed):
        told = " ".join(f"{100 * value:>+8.1f}" for value in values)
        yield f"{name:<44} {told}   {', '.join(map(str, below))} of {len(CATEGORIES)}"
    yield ""
    result = mcsim.run(mcsim.load(PRESET), draws=draws, seed=seed)
    yield f"{PRESET}, {draws} draws: printed, median and 95 % band"
    for line in words_of(mcsim.printed(result)):
        yield f"{line['figure']:<80} {line['printed']:>24} {line['ours']:>40} {line['verdict']}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the search, what each assumption moves, and the misses."""
    print_lines(__doc__, lines, 1000, arguments)


if __name__ == "__main__":
    main()
