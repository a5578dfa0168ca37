"""The fleet of every draw: the one loop over draws."""

import numpy as np

from mcsim.kernels._jit import kernel
from mcsim.kernels.cohorts_fleet import (
    import_history,
    import_scenario,
    prepare_mx,
    prepare_us,
    push_first_stock,
    push_new_sales,
)
from mcsim.kernels.cohorts_materials import settle_packs
from mcsim.kernels.cohorts_records import HALVES, Packs, make_space


@kernel
def clear_flows(i, flows):
    """Set to zero what draw i adds to."""
    flows.registrations[i] = 0.0
    flows.gone[i] = 0.0
    flows.stock[i] = 0.0
    flows.age_sum[i] = 0.0
    flows.age_group[i] = 0.0
    flows.exported_ev[i] = 0.0
    flows.unfilled[i] = 0.0
    flows.outside[i] = 0.0
    flows.refused[i] = 0.0


@kernel
def fill_fleet(vehicles, laws, trade, contents, rules, flows, retired):
    """Fill the fleets of n draws; see the records in `mcsim.kernels.cohorts_records` for shapes and units.

    Parameters
    ----------
    vehicles, laws, trade, contents, rules
        What goes in.
    flows, retired
        Filled. Each draw writes its own cells.
    """
    years, model_years = vehicles.mx_sales.shape[1], vehicles.us_sales.shape[1]
    cover = max(np.max(laws.us_cover), np.max(laws.mx_cover))
    repairs = np.max(laws.us_repair) > 0.0 or np.max(laws.mx_repair) > 0.0
    classes = HALVES if repairs else cover + 1
    shifts = 2 * years if repairs else cover // 2 + 2
    space = make_space(years, model_years, classes, shifts)
    packs = Packs(
        np.zeros((years, years)), np.zeros((years, years)), np.zeros((years, years)), np.zeros((years, years))
    )
    series = np.zeros((2, 6, years))
    queue = np.zeros((2, years, years))
    for i in range(vehicles.us_stretch.size):
        clear_flows(i, flows)
        packs.covered[:, :] = 0.0
        packs.later[:, :] = 0.0
        packs.second[:, :] = 0.0
        packs.replaced[:, :] = 0.0
        prepare_us(i, vehicles, laws, rules, space, flows)
        prepare_mx(i, vehicles, laws, rules, space)
        push_first_stock(i, vehicles, rules, space, flows)
        push_new_sales(i, vehicles, rules, space, flows, packs)
        import_history(i, vehicles, laws, trade, rules, space, flows, packs)
        import_scenario(i, vehicles, laws, trade, rules, space, flows, packs)
        settle_packs(i, packs, contents, retired, series, queue)
