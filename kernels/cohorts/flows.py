"""Records of what the fleet's stages fill: flows and stocks of vehicles, and the packs that retire.

The first axis of every array is the draw.
"""

from typing import NamedTuple

from mcsim.kernels.cohorts.records import Array


class HomeFlows(NamedTuple):
    """The home fleet.

    Parameters
    ----------
    stock : ndarray, shape (n, years, powertrains)
        In use at the ends of years.
    gone : ndarray, shape (n, years, powertrains + 1)
        Deregistrations: EVs with a working pack stand at EV, those whose pack failed at DEAD.
    replaced : ndarray, shape (n, years)
        Packs replaced in EVs that stay in use, under warranty or by repair.
    """

    stock: Array
    gone: Array
    replaced: Array


class HostFlows(NamedTuple):
    """The host's fleet; starts at 0.

    Parameters
    ----------
    registrations, gone, stock : ndarray, shape (n, origins, powertrains, years)
        What enters, what leaves, and what is in use at the ends of years.
    age_total : ndarray, shape (n, years)
        Vehicles in use times their age [yr]; of no year where ages are not asked for.
    age_groups : ndarray, shape (n, groups, years)
        Vehicles by age 0-4, 5-9, ...; the last group is open. Of as many years.
    """

    registrations: Array
    gone: Array
    stock: Array
    age_total: Array
    age_groups: Array


class Counts(NamedTuple):
    """What is told of the trade by year, each of shape (n, years); starts at 0.

    Parameters
    ----------
    unfilled, outside : ndarray
        Imports wanted, and observed ones, that the pool did not hold.
    refused : ndarray
        EVs that the rule on state of health kept out.
    """

    unfilled: Array
    outside: Array
    refused: Array


class Flows(NamedTuple):
    """Vehicles."""

    home: HomeFlows
    host: HostFlows
    counts: Counts


class Amounts(NamedTuple):
    """How much retires by year and origin, (n, years, origins, 3) each: number, energy [GWh], mass [t].

    Parameters
    ----------
    amount, replaced : ndarray
        Of all packs, and of those replaced under warranty.
    """

    amount: Array
    replaced: Array


class Retired(NamedTuple):
    """Retired packs by year and origin.

    Parameters
    ----------
    amount, replaced : ndarray, shape (n, years, origins, 3)
        Number, energy [GWh], mass [t]: of all, and of those replaced under warranty.
    destination : ndarray, shape (n, years, origins, destinations)
        Mass by where it goes [t].
    returned : ndarray, shape (n, years, origins)
        Mass that comes back from another use [t].
    contained, recovered, lost, held : ndarray, shape (n, years, origins, materials)
        In the packs that retire; recovered, lost, and still in another use at the end of the year [t].
    """

    amount: Array
    replaced: Array
    destination: Array
    returned: Array
    contained: Array
    recovered: Array
    lost: Array
    held: Array
