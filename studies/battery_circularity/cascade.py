"""The cascade of retired packs: reuse -> repurpose -> recycle -> dispose, with delays and an exact mass balance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcsim.study import FloatArray


def delayed(inflow: FloatArray, duration: FloatArray) -> FloatArray:
    """Return what leaves a stock in which everything stays for a duration.

    A duration between whole years is met by parting each inflow between the two years about it, so that the mean stay
    is the duration and nothing is lost.

    Parameters
    ----------
    inflow : ndarray, shape (n, years, k)
        What enters in each year.
    duration : ndarray, shape (n,)
        Stay [yr], at least 0.

    Returns
    -------
    ndarray, shape (n, years, k)

    Examples
    --------
    >>> flow = np.array([1.0, 0.0, 0.0, 0.0]).reshape(1, 4, 1)
    >>> delayed(flow, np.array([1.25])).ravel().tolist()
    [0.0, 0.75, 0.25, 0.0]
    """
    n, years, _ = inflow.shape
    whole = np.floor(duration).astype(np.int64)
    part = (duration - whole)[:, None, None]
    outflow = np.zeros_like(inflow)
    rows = np.arange(n)[:, None]
    for extra, weight in ((0, 1.0 - part), (1, part)):
        source = np.arange(years) - (whole[:, None] + extra)
        taken = inflow[rows, np.maximum(source, 0)]
        outflow += np.where((source >= 0)[:, :, None], weight * taken, 0.0)
    return outflow


def remaining_capacity(inflow: FloatArray, duration: FloatArray, health: FloatArray, fade: FloatArray) -> FloatArray:
    """Return the capacity in service at the end of each year.

    Parameters
    ----------
    inflow : ndarray, shape (n, years)
        Nominal energy that enters service [GWh/yr].
    duration : ndarray, shape (n,)
        Years in service.
    health : ndarray, shape (n,)
        State of health at entry.
    fade : ndarray, shape (n,)
        Loss of state of health in service [1/yr].

    Returns
    -------
    ndarray, shape (n, years)
        [GWh].

    Examples
    --------
    >>> flow = np.array([[10.0, 0.0, 0.0, 0.0]])
    >>> remaining_capacity(flow, np.array([1.5]), np.array([0.8]), np.array([0.1])).round(6).tolist()
    [[8.0, 3.5, 0.0, 0.0]]
    """
    years = inflow.shape[1]
    service = np.zeros_like(inflow)
    for stay in range(min(years, int(np.ceil(duration.max(initial=0.0))) + 1)):
        present = np.clip(duration - stay, 0.0, 1.0)
        capacity = present * np.maximum(health - fade * stay, 0.0)
        service[:, stay:] += capacity[:, None] * inflow[:, : years - stay]
    return service


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """How packs part at each step, (n,) each.

    Parameters
    ----------
    collection : ndarray
        Retired packs that are collected; the rest is disposed of.
    reuse : ndarray
        Of the collected, those that go back into a vehicle.
    repurpose : ndarray
        Of the collected that are not reused, those that go to stationary storage.
    repurpose_after_reuse : ndarray
        Of the collected after reuse, those that go to stationary storage.
    second_collection : ndarray
        Packs collected after stationary use.
    reuse_years, second_life_years : ndarray
        Stay in reuse and in stationary storage [yr].
    """

    collection: FloatArray
    reuse: FloatArray
    repurpose: FloatArray
    repurpose_after_reuse: FloatArray
    second_collection: FloatArray
    reuse_years: FloatArray
    second_life_years: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """Yearly flows, (n, years, k) each: into and out of reuse and storage, to recycling and to disposal."""

    retired: FloatArray
    reused: FloatArray
    after_reuse: FloatArray
    repurposed: FloatArray
    after_second_life: FloatArray
    recycled: FloatArray
    disposed: FloatArray

    @property
    def in_use(self) -> FloatArray:
        """Stock in reuse and in storage at the end of each year."""
        enters = self.reused + self.repurposed
        return np.cumsum(enters - self.after_reuse - self.after_second_life, axis=1)

    @property
    def imbalance(self) -> float:
        """Largest difference between what has retired and where it is, relative to all that has retired."""
        where = np.cumsum(self.recycled + self.disposed, axis=1) + self.in_use
        total = np.cumsum(self.retired, axis=1)
        scale = np.maximum(total[:, -1:], np.finfo(float).tiny)
        return float(np.max(np.abs(total - where) / scale, initial=0.0))


def cascade(retired: FloatArray, shares: Shares) -> Flows:
    """Return the flows of retired packs down the cascade.

    Parameters
    ----------
    retired : ndarray, shape (n, years, k)
        What retires each year: energy, mass and materials go through the same shares.
    shares : Shares
        How they part.

    Returns
    -------
    Flows
    """

    def column(values: FloatArray) -> FloatArray:
        return values[:, None, None]

    collected = column(shares.collection) * retired
    reused = column(shares.reuse) * collected
    after_reuse = delayed(reused, shares.reuse_years)
    back = column(shares.collection) * after_reuse
    first, again = collected - reused, back
    repurposed_first = column(shares.repurpose) * first
    repurposed_again = column(shares.repurpose_after_reuse) * again
    repurposed = repurposed_first + repurposed_again
    after_second_life = delayed(repurposed, shares.second_life_years)
    returned = column(shares.second_collection) * after_second_life
    recycled = (first - repurposed_first) + (again - repurposed_again) + returned
    disposed = (retired - collected) + (after_reuse - back) + (after_second_life - returned)
    return Flows(retired, reused, after_reuse, repurposed, after_second_life, recycled, disposed)
