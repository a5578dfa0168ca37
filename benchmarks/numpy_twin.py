"""Plain-NumPy twin of the exact expectation of one vehicle: vectorised over draws and packs, no compiled loops.

Default options only: whole years, lives end by age 90, one cover for all packs, failures after it end the vehicle; the
pack's law is the same before and after the end of its cover, and another one abroad. Written from the rules of
docs/vehicle-life, independently of the kernels, as their baseline in speed and their oracle in the tests.
"""

import numpy as np

YEARS = 90
TINY = 1e-300


def hazard(age, shape, scale, defect):
    """Return the cumulative hazard of packs, draws along the first axis."""
    return (age / scale[:, None]) ** shape[:, None] + defect[:, None] * age


def hazard_between(survival):
    """Return the cumulative hazard of each year from the survival at whole ages, finite where nothing survives."""
    kept = np.log(np.maximum(survival, TINY))
    return kept[:, :-1] - kept[:, 1:]


def pack_survival(law, installed):
    """Return the survival at whole ages of a vehicle of a pack installed mid-year (or at age 0), shape (n, 91).

    No failure in what is left of the year of installation: one event per step.
    """
    shape, scale, defect = law
    start = installed - 0.5 if installed > 0 else 0.0
    ages = np.maximum(np.arange(YEARS + 1) - start, 0.0)
    total = hazard(ages, shape, scale, defect)
    if installed > 0:
        total[:, : installed + 1] = 0.0
    return np.exp(-total)


def fade_of(fade, installed):
    """Return the energy of each year relative to a new pack; element `installed - 1` is the rest of that year."""
    age = np.arange(YEARS) + 0.5 if installed == 0 else np.maximum(np.arange(YEARS) - (installed - 1.0), 0.25)
    return 1.0 / (1.0 - fade[:, None] * age)


def arm(vehicle, law, warranty, fade):
    """Return what a vehicle of whole-year survival (n, 91) does in the country where it is new.

    Returns
    -------
    dict of ndarray
        ``years``, ``worn`` (n, 90): years in service by year of age, plain and weighted by fade; ``flow`` (n, 91):
        packs that replace another by end of the year; ``packs``: list of (place, weight, survival).
    """
    n = len(vehicle)
    years, worn = np.zeros((2, n, YEARS))
    flow = np.zeros((n, YEARS + 1))
    packs = []
    risk_of_vehicle = hazard_between(vehicle)
    for place in range(int(warranty) + 1):
        started = flow[:, place] if place else np.ones(n)
        start = place - 1 if place else 0
        weight = started * 2.0 / (vehicle[:, start] + vehicle[:, start + 1]) if place else started
        curve = pack_survival(law, place)
        worn_by = fade_of(fade, place)
        if place:
            half = 0.25 * (started + weight * vehicle[:, place])
            years[:, start] += half
            worn[:, start] += half * worn_by[:, start]
        alive = weight[:, None] * vehicle * curve
        mean = 0.5 * (alive[:, :-1] + alive[:, 1:])[:, place:]
        years[:, place:] += mean
        worn[:, place:] += mean * worn_by[:, place:]
        risk = hazard_between(curve)
        share = risk / np.maximum(risk + risk_of_vehicle, TINY)
        failed = (alive[:, :-1] - alive[:, 1:]) * share
        covered = np.arange(YEARS) + 1 <= warranty
        flow[:, 1:] += np.where(covered & (np.arange(YEARS) >= place), failed, 0.0)
        packs.append((place, weight, curve))
    return {"years": years, "worn": worn, "flow": flow, "packs": packs}


def exported(vehicle, after, home_law, abroad_law, home, fade, age):
    """Return what the vehicles do abroad that cross at a whole age: share, years and worn years by year of age."""
    n = len(vehicle)
    years, worn = np.zeros((2, n, YEARS))
    share = np.zeros(n)
    for place, weight, curve in home["packs"]:
        if place > age:
            continue
        crossing = weight * vehicle[:, age] * curve[:, age]
        share += crossing
        there = pack_survival(abroad_law, place)
        left = there / np.maximum(there[:, age, None], TINY)
        alive = crossing[:, None] * after[:, age:] * left[:, age:]
        mean = 0.5 * (alive[:, :-1] + alive[:, 1:])
        years[:, age:] += mean
        worn[:, age:] += mean * fade_of(fade, place)[:, age:]
    return share, years, worn


def after_export(abroad, multiplier, ages):
    """Return the survival after an export at each age, given alive there: the option ``conditional``.

    Parameters
    ----------
    abroad : ndarray, shape (n, 91)
        The destination's survival at whole ages.
    multiplier : ndarray, shape (n,)
        Remaining life of imports relative to it.
    ages : sequence of int
        Ages at export.
    """
    found, nodes = [], np.arange(YEARS + 1)
    for age in ages:
        years = age + (nodes - age) / multiplier[:, None]
        below = np.clip(years.astype(np.int64), 0, YEARS - 1)
        part = years - below
        share = np.take_along_axis(abroad, below, 1) * (1.0 - part) + np.take_along_axis(abroad, below + 1, 1) * part
        share[(years >= YEARS) | (nodes >= YEARS)] = 0.0
        found.append(share / abroad[:, age, None])
    return found


def routes(vehicle, after, laws, warranty, rates, fade, ages):
    """Return distance, energy and packs produced at home (column 0) and exported at each age, shape (n, 1 + n_ages).

    Parameters
    ----------
    vehicle : ndarray, shape (n, 91)
        Survival at home at whole ages.
    after : sequence of ndarray, shape (n, 91)
        Survival after the export at each of `ages`, 1 there.
    laws : (law, law)
        Shape, scale and defects (n,) at home and abroad.
    warranty : float
        Whole years.
    rates : (ndarray, ndarray), shape (n, 90)
        Distance per year in service at home and abroad.
    fade : ndarray, shape (n,)
        Loss of efficiency per year.
    ages : sequence of int
        Ages at export.
    """
    home = arm(vehicle, laws[0], warranty, fade)
    km, energy = home["years"] * rates[0], home["worn"] * rates[0]
    columns = [(km.sum(axis=1), energy.sum(axis=1), 1.0 + home["flow"].sum(axis=1))]
    for age, survival in zip(ages, after, strict=True):
        _, years, worn = exported(vehicle, survival, *laws, home, fade, age)
        columns.append(
            (
                km[:, :age].sum(axis=1) + (years * rates[1]).sum(axis=1),
                energy[:, :age].sum(axis=1) + (worn * rates[1]).sum(axis=1),
                1.0 + home["flow"][:, : age + 1].sum(axis=1),
            )
        )
    return tuple(np.stack(part, axis=1) for part in zip(*columns, strict=True))
