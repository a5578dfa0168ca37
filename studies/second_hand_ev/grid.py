"""Electricity: what one kWh at the plug causes, by region, calendar year and impact category.

The mix of sources is history up to the last year observed and then lies between three projections; shares and losses
are linear between the years tabulated, and years beyond the last hold its value. A source's factor is that of one
technology, or of two by a share. Impact per kWh generated is divided by (1 - loss of transmission and distribution).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mcsim.kernels._jit import kernel
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.common.years import neighbours
from mcsim.study import FloatArray, InputError, IntArray
from mcsim.study.tables import Table

COUNTRIES = ("home", "host")  # in this order wherever an axis has both
BASE = "base"  # origin of the emissions that the factors hold
HISTORY = "history"
FIRST_YEAR, LAST_YEAR = 2010, 2050
MIX_PATHS = ("low_clean", "central", "high_clean")
LOSS_PATHS = ("low", "central", "high")
NO_TECHNOLOGY = "none"
FUEL_OIL = "oil"  # the technology of which only a share burns heavy fuel oil
KG_TO_G = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """Where the figures of each year stand in a table that holds a history and three projections.

    Parameters
    ----------
    left, right : ndarray of int64, shape (2, 3, n_years, n_labels)
        Rows of the tabulated years at or before, and at or after, each calendar year from 2010, by region and
        projection.
    weight : ndarray, shape (2, 3, n_years)
        Weight of `right`.
    """

    left: IntArray
    right: IntArray
    weight: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Positions of everything that electricity needs in its tables.

    Parameters
    ----------
    mix, loss : Timeline
        Shares of generation by source; losses.
    share : ndarray of int64, shape (2, n_sources)
        Rows of the share of each source's first technology.
    first, second : ndarray of int64, shape (2, n_sources, n_categories)
        Rows of the factors of both technologies; -1 where there is none.
    corrected : ndarray of int64, shape (n_corrected,)
        Sources whose plants in the host country emit otherwise than the factor says.
    scaled : ndarray of bool, shape (n_corrected,)
        Whether the correction holds for the share of plants on fuel oil only.
    plants, base : ndarray of int64, shape (n_corrected, n_flows)
        Rows of the emissions of the plants there and of those behind the factor.
    characterisation : ndarray of int64, shape (n_flows, n_categories)
        Rows of the characterisation factors; -1 where a flow does not count.
    """

    mix: Timeline
    loss: Timeline
    share: IntArray
    first: IntArray
    second: IntArray
    corrected: IntArray
    scaled: IntArray
    plants: IntArray
    base: IntArray
    characterisation: IntArray


def prepare_timeline(
    table: Table, regions: Sequence[str], paths: Sequence[str], labels: Sequence[str] | None
) -> Timeline:
    """Return where each year's figures stand.

    Parameters
    ----------
    table : Table
        Keys: region, scenario, year, and a label (such as the source) when `labels` is given.
    regions : sequence of str
        Labels of the two countries.
    paths : sequence of str
        The three projections, from the lowest to the highest.
    labels : sequence of str, optional
        Labels wanted for each year.

    Raises
    ------
    InputError
        Naming a missing cell.
    """
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    width = 1 if labels is None else len(labels)
    left = np.empty((len(regions), len(paths), len(years), width), np.int64)
    right = np.empty_like(left)
    weight = np.zeros(left.shape[:3])
    for region_number, region in enumerate(regions):
        observed = _years(table, region, HISTORY)
        for path_number, path in enumerate(paths):
            ahead = [year for year in _years(table, region, path) if year > observed[-1]]
            knots = [(HISTORY, year) for year in observed] + [(path, year) for year in ahead]
            rows = np.array([_rows(table, region, scenario, year, labels) for scenario, year in knots])
            knot_years = np.array([year for _, year in knots], float)
            for place, year in enumerate(years):
                before, after, share = neighbours(knot_years, year)
                cell = (region_number, path_number, place)
                left[cell], right[cell], weight[cell] = rows[before], rows[after], share
    return Timeline(left, right, weight)


def _years(table: Table, region: str, scenario: str) -> list[int]:
    years = sorted({int(key[2]) for key in table.index if key[:2] == (region, scenario)})
    needed = FIRST_YEAR if scenario == HISTORY else LAST_YEAR
    if not years or (scenario == HISTORY and years[0] > needed) or (scenario != HISTORY and years[-1] < needed):
        table.position(region, scenario, needed, *(table.index[0][3:]))
    return years


def _rows(table: Table, region: str, scenario: str, year: int, labels: Sequence[str] | None) -> list[int]:
    if labels is None:
        return [table.position(region, scenario, year)]
    return [table.position(region, scenario, year, label) for label in labels]


def prepare_grid(tables: Mapping[str, Table], categories: Sequence[str], corridor: Corridor) -> Grid:
    """Return the positions of everything that electricity needs, every cell checked to be there.

    Parameters
    ----------
    tables : mapping
        ``grid_mix``, ``grid_losses``, ``grid_sources``, ``grid_factors``, ``grid_host_emissions`` and
        ``characterisation``.
    categories : sequence of str
        Impact categories.
    corridor : Corridor
        The two countries.

    Raises
    ------
    InputError
        Naming a missing cell, or a year whose shares do not sum to 1.
    """
    mix, factors, emissions = tables["grid_mix"], tables["grid_factors"], tables["grid_host_emissions"]
    sources, regions = mix.labels("energy_source"), tuple(corridor.label(country) for country in COUNTRIES)
    timeline = prepare_timeline(mix, regions, MIX_PATHS, sources)
    mix.check_sums("energy_source", tolerance=0.005)  # a year of the projections is printed in whole percents
    chosen = [[_technology(tables["grid_sources"], region, source) for source in sources] for region in regions]
    first = [[_factor_rows(factors, row[1], categories) for row in region] for region in chosen]
    second = [[_factor_rows(factors, row[2], categories) for row in region] for region in chosen]
    technologies = emissions.labels("technology")
    flows = emissions.labels("flow")
    host_technology = [row[1] for row in chosen[1]]
    for technology in technologies:
        if technology not in host_technology:
            raise InputError(
                f"{emissions.origin}: {technology}: no source of {corridor.host} uses it (got {technology!r}); "
                f"one of {', '.join(host_technology)}"
            )
    return Grid(
        timeline,
        prepare_timeline(tables["grid_losses"], regions, LOSS_PATHS, None),
        np.array([[row[0] for row in region] for region in chosen]),
        np.array(first),
        np.array(second),
        np.array([host_technology.index(technology) for technology in technologies]),
        np.array([int(technology == FUEL_OIL) for technology in technologies]),
        emissions.positions(_plants(emissions), technologies, flows),
        emissions.positions(BASE, technologies, flows),
        sparse_positions(tables["characterisation"], flows, categories),
    )


def _plants(emissions: Table) -> str:
    """Return the origin beside the base: the plants of the host country, whatever they are called."""
    others = [origin for origin in emissions.labels("origin") if origin != BASE]
    if len(others) != 1:
        raise InputError(f"{emissions.origin}: origin: not two (got {BASE}, {', '.join(others)}); {BASE} and one other")
    return others[0]


def _technology(table: Table, region: str, source: str) -> tuple[int, str, str]:
    for row, key in enumerate(table.index):
        if key[:2] == (region, source):
            return row, key[2], key[3]
    raise InputError(
        f"{table.origin}: {table.name}[{region},{source}]: no such row; "
        f"a row with region = {region}, energy_source = {source}"
    )


def _factor_rows(table: Table, technology: str, categories: Sequence[str]) -> IntArray:
    if technology == NO_TECHNOLOGY:
        return np.full(len(categories), -1, np.int64)
    return table.positions(technology, categories)


def sparse_positions(table: Table, rows: Sequence[str], columns: Sequence[str]) -> IntArray:
    """Return the rows of a table with two keys, -1 where a pair has no row.

    Returns
    -------
    ndarray of int64, shape (len(rows), len(columns))
    """
    known = {key: row for row, key in enumerate(table.index)}
    return np.array([[known.get((row, column), -1) for column in columns] for row in rows])


@kernel
def follow_path(
    figures: FloatArray,
    low_to_high: FloatArray,
    left: IntArray,
    right: IntArray,
    weight: FloatArray,
    normalise: bool,
    path: FloatArray,
) -> None:
    """Fill the figures of every year between three projections.

    Parameters
    ----------
    figures : ndarray, shape (n, n_rows)
        Cells of the table.
    low_to_high : ndarray, shape (n, 2)
        Position of each region between the projections: 0 the first, 0.5 the second, 1 the third.
    left, right : ndarray of int64, shape (2, 3, n_years, n_labels)
        Rows to interpolate between.
    weight : ndarray, shape (2, 3, n_years)
        Weight of `right`.
    normalise : bool
        Whether a year's labels sum to 1.
    path : ndarray, shape (n, 2, n_years, n_labels)
        Filled with the figures.
    """
    n_years, n_labels = path.shape[2], path.shape[3]
    for draw in range(figures.shape[0]):
        for region in range(2):
            position = low_to_high[draw, region]
            lower = 0 if position <= 0.5 else 1
            toward = 2.0 * position - lower
            for year in range(n_years):
                before = weight[region, lower, year]
                after = weight[region, lower + 1, year]
                total = 0.0
                for label in range(n_labels):
                    near = (1.0 - before) * figures[draw, left[region, lower, year, label]]
                    near += before * figures[draw, right[region, lower, year, label]]
                    far = (1.0 - after) * figures[draw, left[region, lower + 1, year, label]]
                    far += after * figures[draw, right[region, lower + 1, year, label]]
                    figure = (1.0 - toward) * near + toward * far
                    path[draw, region, year, label] = figure
                    total += figure
                if normalise:
                    for label in range(n_labels):
                        path[draw, region, year, label] /= total


@kernel
def factor_of_sources(
    factors: FloatArray, shares: FloatArray, share: IntArray, first: IntArray, second: IntArray, impact: FloatArray
) -> None:
    """Fill the impact per kWh generated of every source, by region.

    Parameters
    ----------
    factors, shares : ndarray, shape (n, n_rows)
        Cells of the factors and of the technologies' shares.
    share : ndarray of int64, shape (2, n_sources)
        Rows of the share of the first technology.
    first, second : ndarray of int64, shape (2, n_sources, n_categories)
        Rows of the factors of both technologies; -1 where there is none.
    impact : ndarray, shape (n, 2, n_sources, n_categories)
        Filled with the impact per kWh.
    """
    for draw in range(factors.shape[0]):
        for region in range(2):
            for source in range(impact.shape[2]):
                part = shares[draw, share[region, source]]
                for category in range(impact.shape[3]):
                    one = first[region, source, category]
                    two = second[region, source, category]
                    figure = part * factors[draw, one] if one >= 0 else 0.0
                    if two >= 0:
                        figure += (1.0 - part) * factors[draw, two]
                    impact[draw, region, source, category] = figure


@kernel
def generation_at_plug(mix: FloatArray, impact: FloatArray, loss: FloatArray, at_plug: FloatArray) -> None:
    """Fill the impact of one kWh at the plug: mix times impact per source, over (1 - loss).

    Parameters
    ----------
    mix : ndarray, shape (n, 2, n_years, n_sources)
        Shares of generation.
    impact : ndarray, shape (n, 2, n_sources, n_categories)
        Impact per kWh generated.
    loss : ndarray, shape (n, 2, n_years, 1)
        Share lost in transmission and distribution.
    at_plug : ndarray, shape (n, 2, n_years, n_categories)
        Filled with the impact per kWh at the plug.
    """
    for draw in range(mix.shape[0]):
        for region in range(2):
            for year in range(mix.shape[2]):
                delivered = 1.0 / (1.0 - loss[draw, region, year, 0])
                for category in range(impact.shape[3]):
                    at_plug[draw, region, year, category] = 0.0
                for source in range(mix.shape[3]):
                    part = mix[draw, region, year, source] * delivered
                    for category in range(impact.shape[3]):
                        at_plug[draw, region, year, category] += part * impact[draw, region, source, category]


def plain(array: FloatArray) -> FloatArray:
    """Return the array as kernels are compiled for: contiguous and writeable, copied only where it is not."""
    return np.require(array, np.float64, ["C", "W"])


def host_correction(grid: Grid, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return what the host country's plants of some technologies cause beyond their factors.

    It is (g/kWh there - g/kWh of the factor) times the characterisation factor.

    Returns
    -------
    ndarray, shape (n, n_corrected, n_categories)
        Impact per kWh generated.
    """
    emissions = inputs["grid_host_emissions"]
    excess = emissions[:, grid.plants] - emissions[:, grid.base]
    on_fuel_oil = inputs["host_fuel_oil_share"][:, np.newaxis]
    excess = excess * np.where(grid.scaled == 1, on_fuel_oil, 1.0)[:, :, np.newaxis]
    factors = sparse_values(inputs["characterisation"], grid.characterisation)
    return np.asarray(np.einsum("ntf,nfk->ntk", excess, factors))


def sparse_values(cells: FloatArray, positions: IntArray) -> FloatArray:
    """Return the cells at the positions, 0 where there is none; shape (n, *positions.shape).

    Examples
    --------
    >>> sparse_values(np.array([[5.0, 7.0]]), np.array([1, -1]))
    array([[7., 0.]])
    """
    return np.where(positions >= 0, cells[:, np.maximum(positions, 0)], 0.0)


def impact_at_plug(grid: Grid, inputs: Mapping[str, FloatArray], year: int) -> FloatArray:
    """Return the impact of one kWh at the plug by region and calendar year.

    Parameters
    ----------
    grid : Grid
        Positions in the tables.
    inputs : mapping
        Cells of the tables (n, n_rows), and ``home_grid_position``, ``host_grid_position``, ``home_loss_position``,
        ``host_loss_position``, ``host_fuel_oil_share`` (n,).
    year : int
        First calendar year wanted.

    Returns
    -------
    ndarray, shape (n, 2, n_years, n_categories)
        By country, home and host; years from the purchase to 2050, whose value holds ever after; impact per kWh.
    """
    return at_plug_and_lost(grid, inputs, year)[0]


def at_plug_and_lost(grid: Grid, inputs: Mapping[str, FloatArray], year: int) -> tuple[FloatArray, FloatArray]:
    """Return what `impact_at_plug` does, and the share of generation lost before the plug, (n, 2, n_years)."""
    return _at_plug(grid, inputs, year, impact_of_sources(grid, inputs))


def parts_at_plug(grid: Grid, inputs: Mapping[str, FloatArray], year: int, parts: Sequence[FloatArray]) -> FloatArray:
    """Return parts of the impact of one kWh at the plug, one behind the other; as `impact_at_plug` otherwise.

    Parameters
    ----------
    grid, inputs, year
        As in `impact_at_plug`.
    parts : sequence of ndarray, shape (n, 2, n_sources, n_categories)
        Share of each source's impact that is wanted.

    Returns
    -------
    ndarray, shape (n, 2, n_years, n_parts * n_categories)
    """
    impact = impact_of_sources(grid, inputs)
    return _at_plug(grid, inputs, year, np.concatenate([impact * part for part in parts], axis=3))[0]


def impact_of_sources(grid: Grid, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return the impact per kWh generated of every source, (n, 2, n_sources, n_categories)."""
    factors = plain(inputs["grid_factors"])
    impact = np.empty((len(factors), *grid.first.shape))
    factor_of_sources(factors, plain(inputs["grid_sources"]), grid.share, grid.first, grid.second, impact)
    impact[:, 1, grid.corrected] += host_correction(grid, inputs)
    return impact


def _at_plug(
    grid: Grid, inputs: Mapping[str, FloatArray], year: int, impact: FloatArray
) -> tuple[FloatArray, FloatArray]:
    skip = year - FIRST_YEAR
    mix = _follow(grid.mix, inputs["grid_mix"], _positions(inputs, "grid"), skip, True)
    loss = _follow(grid.loss, inputs["grid_losses"], _positions(inputs, "loss"), skip, False)
    at_plug = np.empty((*mix.shape[:3], impact.shape[3]))
    generation_at_plug(mix, impact, loss, at_plug)
    return at_plug, loss[..., 0]


def _positions(inputs: Mapping[str, FloatArray], what: str) -> FloatArray:
    return np.stack([inputs[f"{region}_{what}_position"] for region in COUNTRIES], axis=1)


def _follow(path: Timeline, figures: FloatArray, low_to_high: FloatArray, skip: int, normalise: bool) -> FloatArray:
    left, right = np.ascontiguousarray(path.left[:, :, skip:]), np.ascontiguousarray(path.right[:, :, skip:])
    weight = np.ascontiguousarray(path.weight[:, :, skip:])
    filled = np.empty((len(figures), 2, *left.shape[2:]))
    follow_path(plain(figures), plain(low_to_high), left, right, weight, normalise, filled)
    return filled


def losses_of_years(grid: Grid, inputs: Mapping[str, FloatArray], years: Sequence[int]) -> FloatArray:
    """Return the share of generation lost before the plug, (n, 2, years); before the first year known as in it."""
    loss = _follow(grid.loss, inputs["grid_losses"], _positions(inputs, "loss"), 0, False)[..., 0]
    return np.ascontiguousarray(loss[:, :, np.maximum(np.asarray(years) - FIRST_YEAR, 0)])
