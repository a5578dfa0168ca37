"""From what is done in every case to what the study tells."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from mcsim.studies.fleet.results import Outputs
from mcsim.studies.fleet.series import YEARS
from mcsim.studies.second_hand_ev.lca import CATEGORIES
from mcsim.studies.trade.declared import SCALES
from mcsim.studies.trade.ledger import AS_IS, CASES, NO_EVS, Case, Run, masses, stacked
from mcsim.studies.trade.units import Factors
from mcsim.study import FloatArray

# kg (or what a category counts) to what a year of two countries is told in.
SCALE = np.array([SCALES[name][1] for name in CATEGORIES])
_TO_GKM, _TO_TWH = 1e-9, 1e-9
OTHERS = tuple(case for case in range(len(CASES)) if case != AS_IS)


def impacts_of(done: FloatArray, power: FloatArray, factors: Factors) -> FloatArray:
    """Return impacts (n, years, 3, K) of what is done (n, years, J) and of kWh at the plug (n, 2, years).

    Examples
    --------
    >>> factors = Factors(np.full((1, 2, 3, 1), 0.5), np.full((1, 2, 1, 3, 1), 2.0), np.ones((1, 1)))
    >>> impacts_of(np.full((1, 1, 2), 4.0), np.full((1, 2, 1), 3.0), factors).ravel().tolist()
    [16.0, 16.0, 16.0]
    """
    n, width = done.shape[0], factors.unit.shape[1]
    flat = done @ factors.unit.reshape(n, width, -1)
    flat = flat.reshape(*done.shape[:2], *factors.unit.shape[2:])
    flat += power[:, 0, :, None, None] * factors.power[:, 0]
    flat += power[:, 1, :, None, None] * factors.power[:, 1]
    return np.asarray(flat)


def over_years(values: FloatArray) -> FloatArray:
    """Return the sum over the second axis, by a product with ones: far faster than a sum over a middle axis.

    Examples
    --------
    >>> over_years(np.arange(6.0).reshape(1, 3, 2)).tolist()
    [[6.0, 9.0]]
    """
    flat = np.ones(values.shape[1]) @ values.reshape(*values.shape[:2], -1)
    return np.asarray(flat.reshape(len(values), *values.shape[2:]))


def last_turn(change: FloatArray) -> FloatArray:
    """Return the last year in which a running sum turns its sign, NaN where it never does.

    Parameters
    ----------
    change : ndarray, shape (n, years, ...)
        By year.

    Examples
    --------
    >>> change = np.zeros((1, 46)); change[0, 10:12] = [-1.0, 3.0]
    >>> last_turn(change).tolist()
    [2016.0]
    """
    total = np.cumsum(change, axis=1)
    turns = (total[:, 1:] > 0.0) & (total[:, :-1] < 0.0) | (total[:, 1:] < 0.0) & (total[:, :-1] > 0.0)
    last = turns.shape[1] - 1 - np.argmax(turns[:, ::-1], axis=1)
    return np.asarray(np.where(turns.any(axis=1), YEARS[1] + last, np.nan), np.float64)


def told_outputs(
    run: Run, cases: tuple[Case, ...], factors: Factors, loss: FloatArray, inputs: Mapping[str, FloatArray]
) -> Outputs:
    """Return the study's own outputs, computed when asked for.

    Parameters
    ----------
    run, cases, factors
        What the fleets do, in every case, and what a unit causes.
    loss : ndarray, shape (n, 2, years)
        Share of generation lost before the plug, by country.
    inputs : mapping
        With ``metal_price`` by material, (n, materials).

    Returns
    -------
    mapping
        Output name -> what gives (n, *packed_shape).
    """

    @cache
    def base() -> FloatArray:
        return stacked(cases[AS_IS])

    @cache
    def as_is() -> FloatArray:
        return impacts_of(base(), cases[AS_IS].power, factors)

    @cache
    def changed(case: int) -> FloatArray:
        # What is the same in both cases leaves before it is multiplied: a change is no difference of large sums.
        more = stacked(cases[case])
        more -= base()
        return impacts_of(more, cases[case].power - cases[AS_IS].power, factors)

    @cache
    def scaled() -> FloatArray:
        first = changed(OTHERS[0])
        found = np.empty((*first.shape, len(OTHERS)))
        for place, case in enumerate(OTHERS):
            np.multiply(changed(case), SCALE, out=found[..., place])
        return found

    @cache
    def impact() -> FloatArray:
        now = as_is() * SCALE
        found = np.empty((*now.shape, len(CASES)))
        found[..., AS_IS] = now
        for place, case in enumerate(OTHERS):
            np.add(now, scaled()[..., place], out=found[..., case])
        return found

    @cache
    def summed_change() -> FloatArray:
        return over_years(scaled())

    @cache
    def per_ev() -> FloatArray:
        crossed = run.flows.host.registrations[:, 1, 2].sum(axis=1)[:, None, None]
        total = -over_years(changed(NO_EVS))
        return np.asarray(np.divide(total, crossed, out=np.full_like(total, np.nan), where=crossed > 0.0))

    @cache
    def kept() -> FloatArray:
        return masses(run, NO_EVS)[0] - masses(run, AS_IS)[0]

    def retired(country: int) -> FloatArray:
        return np.stack([masses(run, case)[country] for case in range(len(CASES))], axis=2)

    def driven() -> FloatArray:
        each = [np.stack([c.distance[:, 0], c.distance[:, 1] + c.distance[:, 2]], axis=1) for c in cases]
        return np.asarray(np.stack(each, axis=-1).transpose(0, 3, 1, 2, 4) * _TO_GKM)

    def generated() -> FloatArray:
        each = np.stack([case.power / (1.0 - loss) for case in cases], axis=-1)
        return np.asarray(each.transpose(0, 2, 1, 3) * _TO_TWH)

    @cache
    def contained() -> FloatArray:
        materials = inputs["metal_price"].shape[1]
        return np.asarray(run.retired[AS_IS].contained[..., :materials].sum(axis=1) / 1e3)

    @cache
    def value() -> FloatArray:
        return contained() * inputs["metal_price"][:, None]  # kt x USD/kg is million USD

    def recovered_value() -> FloatArray:
        prices = inputs["metal_price"]
        tonnes = run.retired[AS_IS].recovered[..., : prices.shape[1]].sum(axis=(1, 2))
        return np.asarray(tonnes / 1e3 * prices)

    def flat(values: FloatArray) -> FloatArray:
        return values.reshape(len(values), -1)

    return {
        "impact": impact,
        "impact_change": lambda: flat(scaled()),
        "cumulative_impact": lambda: over_years(impact()),
        "cumulative_impact_change": lambda: flat(summed_change()),
        "impact_total": lambda: impact()[:, :, 0] + impact()[:, :, 1] + impact()[:, :, 2],
        "cumulative_impact_change_total": lambda: flat(summed_change().sum(axis=1)),
        "impact_per_second_hand_ev": per_ev,
        "impact_per_second_hand_ev_total": lambda: per_ev().sum(axis=1),
        "break_even_year": lambda: last_turn(-changed(NO_EVS)),
        "home_battery_mass_kept": kept,
        "home_battery_mass_kept_total": lambda: kept().sum(axis=1),
        "home_retired_battery_mass": lambda: retired(0),
        "host_retired_battery_mass": lambda: retired(1),
        "vehicle_distance": lambda: flat(driven()),
        "ev_electricity": lambda: flat(generated()),
        "material_contained_total": contained,
        "material_value_total": value,
        "battery_value_total": lambda: value().sum(axis=2),
        "recovered_value_total": recovered_value,
    }
