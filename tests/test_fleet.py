"""The fleet study: accounts, twins, options, policy, refusals."""

from dataclasses import replace
from pathlib import Path

import naive_fleet as naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsim.kernels.cohorts.imports import MOST_UNREGISTERED
from mcsim.kernels.cohorts.records import ENERGY, EV, MASS, NEW, NUMBER, SECOND_HAND
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.fleet import levers, model, stages
from mcsim.studies.fleet.levers import LEVERS, moved
from mcsim.studies.fleet.policy import BorderRule, Lever, no_rule
from mcsim.studies.fleet.results import crossover
from mcsim.study import Context, InputError
from mcsim.study.load import load

N = 24
DOCS = Path(__file__).parents[1] / "docs"
SCENARIOS = (
    "soh-minimum", "recycling-mexico", "producer-responsibility", "right-to-repair", "icev-import-ban", "second-life",
    "clean-grid",
)  # fmt: skip


def draw(study, n=N, seed=5, **fixed):
    """Inputs of n draws, by name; n = 0 gives the medians once."""
    rng = np.random.default_rng(seed)
    inputs, cells = {}, {}
    for item in study.inputs:
        units = np.full(1, 0.5) if n == 0 else rng.random(n)
        values = np.asarray(item.distribution.ppf(units), float)
        if item.table is None:
            inputs[item.name] = values
        else:
            cells.setdefault(item.table[0], []).append(values)
    inputs |= {name: np.stack(columns, axis=1) for name, columns in cells.items()}
    for name, value in fixed.items():
        inputs[name] = np.full_like(inputs[name], value)
    return inputs


def evaluate(study, inputs, **options):
    context = Context({**study.options, **options}, 1, np.arange(inputs["initial_stock"].size))
    return study.model.evaluate(inputs, context)


@pytest.fixture(scope="module")
def study():
    return load("fleet")


@pytest.fixture(scope="module")
def outputs(study):
    return evaluate(study, draw(study))


@pytest.fixture(scope="module")
def centre(study):
    return draw(study, 0)


def records(study, inputs, target=None, **options):
    """Fleet, Shared and Rules as the model hands them to the kernels, and the inputs under their neutral names."""
    chosen = {**study.options, **options}
    corridor = Corridor("us", "mx")
    parts, drawn = (
        model.read(corridor.neutral(study.tables, model.NAMES), corridor),
        corridor.neutral(inputs, model.NAMES),
    )
    fleet, shared = model.records(parts, drawn, chosen, target)
    return fleet, shared, model.rules(chosen, None if target is None else "target")


def test_totals_and_shares_are_those_of_the_origins(outputs):
    mass, gone = outputs["retired_battery_mass"], outputs["deregistrations"].sum(axis=3)
    np.testing.assert_allclose(outputs["retired_battery_mass_total"], mass.sum(axis=2))
    first = 2013 - 2005
    for name, parts in (
        ("second_hand_share_of_retired_mass", mass[:, first:]),
        ("second_hand_share_of_cumulative_retired_mass", np.cumsum(mass, axis=1)[:, first:]),
        ("second_hand_share_of_cumulative_deregistrations", np.cumsum(gone, axis=1)),
    ):
        whole = parts.sum(axis=2)
        np.testing.assert_allclose(outputs[name] * whole, parts[:, :, 1], rtol=1e-12, atol=1e-9)
        assert np.all((outputs[name] >= 0) & (outputs[name] <= 1))
    np.testing.assert_allclose(
        np.diff(outputs["cumulative_used_ev_exports"], axis=1), outputs["used_ev_exports"][:, 1:]
    )


def test_cumulative_totals_are_sums_over_origins_and_years_in_any_words(study):
    inputs = draw(study, collection_rate=0.7, second_life_share=0.4, take_back_share=0.3)
    found = evaluate(study, inputs)
    for fate in ("contained", "recoverable", "recovered"):
        told, yearly = found[f"cumulative_material_{fate}_total"], found[f"material_{fate}"]
        for year in (0, 20, 45):
            by_hand = sum(yearly[:, y, origin] for y in range(year + 1) for origin in range(2))
            np.testing.assert_allclose(told[:, year], by_hand, rtol=1e-12, atol=1e-9)
    assert (found["cumulative_material_recovered_total"] <= found["cumulative_material_contained_total"] + 1e-9).all()
    both = found["cumulative_retired_battery_mass"].sum(axis=2)
    np.testing.assert_allclose(found["cumulative_retired_battery_mass_total"], both, rtol=1e-12)


def test_packs_are_recycled_landfilled_or_used_again(study):
    inputs = draw(study, collection_rate=0.7, second_life_share=0.4, reuse_share=0.2, take_back_share=0.3)
    found, first = evaluate(study, inputs), 2013 - 2005
    went = found["battery_destination"].sum(axis=2)[:, first:]
    again = went[..., [0, 1]].sum(axis=2) / went.sum(axis=2)
    np.testing.assert_allclose(found["recycled_share"] + found["landfilled_share"] + again, 1.0, rtol=1e-9)
    # Today's default: what is collected within the warranty alone, and a cap on what recyclers take.
    nobody = evaluate(
        study,
        {
            **inputs,
            "collection_rate": 0.0 * inputs["collection_rate"],
            "covered_collection": 0.0 * inputs["covered_collection"],
            "take_back_share": 0.0 * inputs["take_back_share"],
            "second_use_collection": 0.0 * inputs["second_use_collection"],
        },
    )
    assert nobody["recycled_share"].max() == 0.0


def test_every_output_has_its_declared_shape(study, outputs):
    assert {name: array.shape[1:] for name, array in outputs.items()} == {
        output.name: output.packed_shape for output in study.outputs
    }


def numbers_of(found):
    """Return the outputs with the year of the crossover where there is one."""
    year = found["crossover_year"]
    assert np.array_equal(np.isnan(year), found["crossover_never"] == 1.0)
    return {**found, "crossover_year": year[~np.isnan(year)]}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"trade": "demand"},
        {"import_clock": "conditional", "timing": "start"},
        {"tradable": "all", "battery_law": "capacity_cdf"},
        {"unregistered": "on", "timing": "end"},
        {"battery_law": "weibull", "pool_mix": "whole", "chemistry_path": "lfp_heavy"},
    ],
)
def test_stock_is_conserved_in_every_series_year_and_draw(study, options):
    found = evaluate(study, draw(study), **options)
    change = np.diff(found["stock"], axis=1)
    flow = (found["registrations"] - found["deregistrations"])[:, 1:]
    np.testing.assert_allclose(change, flow, rtol=0, atol=1e-6)
    assert all(np.isfinite(array).all() and (array >= -1e-9).all() for array in numbers_of(found).values())


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        ({}, {}),
        ({"timing": "end"}, {}),
        ({"import_clock": "conditional", "timing": "start"}, {}),
        # Two designs of packs, and EVs that outlive other imports.
        ({}, {"mx_design_multiplier": 0.6, "second_hand_ev_life_multiplier": 1.4}),
        ({"import_clock": "conditional"}, {"mx_design_multiplier": 1.5, "second_hand_ev_life_multiplier": 0.7}),
    ],
)
def test_the_whole_recursion_equals_its_plain_twin(study, options, changed):
    # The twin's traded EVs know no repair.
    inputs = draw(study, 2, us_repair_probability=0.0, mx_repair_probability=0.0, **changed)
    fleet, shared, rules = records(study, inputs, **options)
    flows, retired = stages.run_fleet(fleet, shared, rules)
    capacity = fleet.contents.capacity[1, SECOND_HAND]
    stock, packs, energy = naive.supply(fleet.vehicles, fleet.laws, fleet.trade, shared, rules, capacity, 1)
    np.testing.assert_allclose(flows.host.stock[1].reshape(stock.shape), stock, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(retired.amount[1, :, SECOND_HAND, NUMBER], packs, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(retired.amount[1, :, SECOND_HAND, ENERGY], energy / 1e6, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("law", ["first_passage", "weibull"])
def test_the_design_of_packs_sold_new_in_the_host_country_is_theirs_alone(study, law):
    today, other = (
        # At the centre: of packs that fade fast a warranty replaces more, and then some vehicles stay longer.
        evaluate(study, draw(study, 0, mx_design_multiplier=factor), battery_law=law)
        for factor in (1.0, 0.5)
    )
    second, new = SECOND_HAND, NEW
    for name in ("stock", "retired_packs"):
        np.testing.assert_array_equal(today[name][:, :, second], other[name][:, :, second])
    assert (other["stock"][:, 30:, new, EV] > today["stock"][:, 30:, new, EV]).all()


def test_evs_that_outlive_other_imports_leave_these_as_they_are(study):
    today, longer = (evaluate(study, draw(study, 3, second_hand_ev_life_multiplier=k)) for k in (1.0, 2.0))
    np.testing.assert_array_equal(today["stock"][..., :EV], longer["stock"][..., :EV])
    np.testing.assert_array_equal(today["stock"][:, :, NEW], longer["stock"][:, :, NEW])
    assert (longer["stock"][:, 20:, SECOND_HAND, EV] > today["stock"][:, 20:, SECOND_HAND, EV]).all()


def test_unregistered_imports_are_bounded_where_no_number_of_them_raises_the_stock(study):
    lost = draw(study, 2, mx_survival_scale=2.0, second_hand_life_multiplier=0.1, unregistered_import_age=20.0)
    on, off = (evaluate(study, lost, unregistered=word)["registrations"] for word in ("on", "off"))
    seen, all_of_them = (came[:, :19, SECOND_HAND].sum(axis=2) for came in (off, on))
    np.testing.assert_allclose(all_of_them, (1 + MOST_UNREGISTERED) * seen, rtol=1e-12)


def test_blocks_of_draws_do_not_change_a_draw(study):
    inputs = draw(study, 11)
    part = {name: values[7:9] for name, values in inputs.items()}
    together, alone = evaluate(study, inputs), evaluate(study, part)
    for name, values in alone.items():
        np.testing.assert_array_equal(together[name][7:9], values)


@pytest.mark.parametrize("clock", ["renewed", "conditional"])
def test_demand_for_the_stock_of_supply_imports_what_supply_does(study, clock):
    inputs = draw(study, us_retirement_share_to_mx=0.02)
    supply = evaluate(study, inputs, import_clock=clock)
    target = supply["stock"].sum(axis=(2, 3))
    fleet, shared, rules = records(study, inputs, target, import_clock=clock)
    flows, retired = stages.run_fleet(fleet, shared, rules)
    registrations = flows.host.registrations.transpose(0, 3, 1, 2)
    np.testing.assert_allclose(registrations, supply["registrations"], rtol=1e-7, atol=1e-3)
    np.testing.assert_allclose(retired.amount[..., MASS], supply["retired_battery_mass"], rtol=1e-7, atol=1e-6)


def test_demand_joins_history_without_a_jump(study):
    found = evaluate(study, draw(study), trade="demand")
    imports = found["registrations"][:, :, 1].sum(axis=2)
    imports[:, 19:] += found["used_ev_exports_refused"][:, 19:]
    np.testing.assert_allclose(imports[:, 2024 - 2005], imports[:, 2023 - 2005], rtol=1e-9)


def test_observed_imports_enter_whole(study):
    inputs = draw(study)
    found = evaluate(study, inputs)
    observed = records(study, inputs)[0].trade.history.observed
    np.testing.assert_allclose(found["registrations"][:, :19, 1].sum(axis=2), observed, rtol=1e-12)


def test_unregistered_imports_raise_the_stock_of_2022_by_a_quarter(study):
    inputs = draw(study)
    without, with_them = evaluate(study, inputs), evaluate(study, inputs, unregistered="on")
    ratio = with_them["stock"][:, 17].sum(axis=(1, 2)) / without["stock"][:, 17].sum(axis=(1, 2))
    np.testing.assert_allclose(ratio, 1.25, atol=2e-3)


def test_exports_beyond_the_pool_are_capped_and_counted(study):
    inputs = draw(study, us_retirement_share_to_mx=0.9)
    found = evaluate(study, inputs)
    later = slice(2024 - 2005, None)
    imports = found["registrations"][:, later, 1].sum(axis=2)
    last = found["registrations"][:, 2023 - 2005, 1].sum(axis=1) / found["us_pool"][:, 2023 - 2005]
    way = np.minimum(np.arange(1, imports.shape[1] + 1) / (2030 - 2023), 1.0)
    wanted = (last[:, None] + (0.9 - last[:, None]) * way) * found["us_pool"][:, later]
    assert (found["imports_unfilled"][:, 2030 - 2005 :] > 0).all()
    whole = imports + found["imports_unfilled"][:, later] + found["used_ev_exports_refused"][:, later]
    np.testing.assert_allclose(whole, wanted, rtol=1e-9)


def test_materials_are_recovered_lost_or_in_a_second_use(study):
    inputs = draw(study, collection_rate=0.7, second_life_share=0.4, reuse_share=0.2, take_back_share=0.3)
    found = evaluate(study, inputs)
    left = (found["material_recovered"] + found["material_lost"]).sum(axis=1) + found["material_in_second_use"][:, -1]
    np.testing.assert_allclose(found["material_contained"].sum(axis=1), left, rtol=1e-9)


def test_packs_keep_the_chemistry_of_their_own_model_year(study):
    # With cobalt in the packs of 2015 alone, none is found in those of later model years.
    inputs = draw(study, 0)
    fleet, shared, rules = records(study, inputs)
    only = np.zeros_like(fleet.contents.composition)
    only[:, 2015 - 2005, 2] = 1.0
    changed = fleet._replace(contents=fleet.contents._replace(composition=only))
    _, retired = stages.run_fleet(changed, shared, rules)
    assert retired.contained[0, : 2015 - 2005, :, 2].sum() == 0.0
    sold = fleet.vehicles.host.sales[0, 10, EV] * fleet.contents.capacity[0, NEW, 10] / 1000.0
    # Most retire by 2050; a few more were fitted in 2015 as replacements.
    assert retired.contained[0, :, 0, 2].sum() == pytest.approx(sold, rel=0.05)


def test_dead_packs_multiply_second_hand_battery_mass_under_the_reports_law(study):
    inputs = draw(study, 0)
    mass = {
        tradable: evaluate(study, inputs, battery_law="capacity_cdf", tradable=tradable)[
            "cumulative_retired_battery_mass"
        ][0, -1, 1]
        for tradable in ("working", "all")
    }
    assert mass["all"] > 3.0 * mass["working"]


def test_conditional_clock_leaves_fewer_second_hand_vehicles(study):
    inputs = draw(study)
    renewed, conditional = evaluate(study, inputs), evaluate(study, inputs, import_clock="conditional")
    assert (conditional["second_hand_share"][:, 17] < renewed["second_hand_share"][:, 17]).all()


def test_hybrid_packs_stay_out_of_retired_battery_mass(study):
    inputs = draw(study)
    more = {**inputs, "mx_hev_share_2035": inputs["mx_hev_share_2035"] + 0.1}
    first, second = evaluate(study, inputs), evaluate(study, more)
    np.testing.assert_array_equal(first["retired_battery_mass"][:, :, 0], second["retired_battery_mass"][:, :, 0])
    assert (second["retired_nimh_mass"][:, -1, 0] > first["retired_nimh_mass"][:, -1, 0]).all()


def test_crossover_is_the_last_year_of_more_second_hand_mass():
    mass = np.zeros((3, 46, 2))
    mass[0, [3, 20], 1] = 1000.0
    mass[0, 30, 1] = 999.0
    mass[1, :, 1] = 1000.0
    np.testing.assert_array_equal(crossover(mass), [2025.0, 2050.0, np.nan])


def test_the_crossover_shares_report_what_is_censored(outputs):
    year = outputs["crossover_year"]
    np.testing.assert_array_equal(outputs["crossover_censored"], year == 2050)
    np.testing.assert_array_equal(outputs["crossover_never"], np.isnan(year))


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_moves_what_it_is_about(study, name):
    scenario = load(name)
    inputs = draw(study, 4)
    changed = dict(inputs)
    for before, after in zip(study.inputs, scenario.inputs, strict=True):
        if before.distribution != after.distribution:
            changed[after.name] = np.full(4, after.distribution.median())
    base, found = evaluate(study, inputs), evaluate(scenario, changed)

    def total(outputs, output, *place):
        return outputs[output].sum(axis=1)[(slice(None), *place)]

    checks = {
        "soh-minimum": lambda: (total(found, "used_ev_exports") < total(base, "used_ev_exports")).all(),
        "recycling-mexico": lambda: (
            found["landfilled_battery_mass"][:, -1] < base["landfilled_battery_mass"][:, -1]
        ).all(),
        "producer-responsibility": lambda: (total(found, "material_recovered", 1, 2) > 0).all(),
        "right-to-repair": lambda: (found["stock"][:, -1, 0, 2] > base["stock"][:, -1, 0, 2]).all(),
        "icev-import-ban": lambda: (
            found["registrations"][:, 2030 - 2005 :, 1, :2] < 0.3 * base["registrations"][:, 2030 - 2005 :, 1, :2]
        ).all(),
        "second-life": lambda: (found["material_in_second_use"][:, -1, 0, 0] > 0).all(),
        "clean-grid": lambda: (found["ev_charging_emissions"][:, -1] < base["ev_charging_emissions"][:, -1]).all(),
    }
    assert checks[name]()


def test_a_minimum_state_of_health_refuses_some_and_lets_the_others_live_longer(study):
    base, found = evaluate(study, draw(study)), evaluate(study, draw(study, minimum_soh_export=0.85))
    assert (found["used_ev_exports_refused"][:, -1] > base["used_ev_exports_refused"][:, -1]).all()
    assert (found["used_ev_exports"][:, -1] < base["used_ev_exports"][:, -1]).all()
    kept, before = (outputs["stock"][:, -1, 1, 2] / outputs["used_ev_exports"].sum(axis=1) for outputs in (found, base))
    assert (kept > before).all()


def test_extend_adds_outputs_to_the_fleets(study):
    from mcsim.study import Output

    doubled = Output("doubled", "t", "twice the mass", study.output("retired_battery_mass").dims)
    wider = model.extend(
        study.model, "wider", (doubled,), lambda fleet, inputs, context: {"doubled": 2 * fleet["retired_battery_mass"]},
        keep=("ev_share",),
    )  # fmt: skip
    inputs = draw(study, 2)
    found = wider.evaluate(inputs, Context(study.options, 1, np.arange(2)))
    assert set(found) == {"doubled", "ev_share"}


EXTREME = {
    "us_ev_midpoint": (2026, 2100),
    "us_ev_ceiling": (0.2, 1),
    "mx_ev_midpoint": (2026, 2100),
    "mx_ev_ceiling": (0.13, 1),
    "us_survival_stretch": (0.2, 5),
    "mx_survival_shape": (0.5, 10),
    "mx_survival_scale": (2, 60),
    "second_hand_life_multiplier": (0.1, 3),
    "second_hand_ev_life_multiplier": (0.1, 10),
    "mx_design_multiplier": (0.1, 10),
    "us_retirement_share_to_mx": (0, 1),
    "ev_selection_ratio": (0, 5),
    "ev_export_age": (0, 30),
    "motorisation_saturation": (1, 2000),
    "annual_degradation": (0, 10),
    "knee_age": (0.5, 100),
    "knee_sharpness": (0, 5),
    "end_of_life_loss": (0.01, 0.99),
    "mx_end_of_life_loss": (0.01, 0.99),
    "warranty_loss": (0.01, 0.99),
    "pack_life_shape": (0.5, 20),
    "defect_hazard": (0, 20),
    "warranty_years": (0, 30),
    "mx_warranty_years": (0, 30),
    "minimum_soh_export": (0, 1),
    "import_age_minimum": (0, 30),
    "import_age_maximum": (0, 30),
    "collection_rate": (0, 1),
    "second_life_share": (0, 1),
    "reuse_share": (0, 1),
    "mx_repair_probability": (0, 1),
    "us_repair_probability": (0, 1),
    "second_use_years": (1, 40),
    "recycling_capacity": (0, 1e6),
    "combustion_import_cut": (0, 1),
    "combustion_substitution": (0, 1),
    "mx_sales_growth": (-0.2, 0.2),
    "mx_hev_share_2035": (0, 1),
    "nmc_shift": (-1, 1),
    "lfp_share_2050": (0, 0.99),
}


@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_extremes_give_numbers_and_no_negative_stock(study, centre, data):
    inputs = dict(centre)
    for name in data.draw(st.lists(st.sampled_from(sorted(EXTREME)), max_size=12, unique=True)):
        low, high = EXTREME[name]
        inputs[name] = np.full(1, data.draw(st.sampled_from([low, high]) | st.floats(low, high)))
    options = {
        option.name: data.draw(st.sampled_from(option.choices)) for option in study.model.options if option.choices
    }
    found = evaluate(study, inputs, **options)
    for name, array in numbers_of(found).items():
        assert np.isfinite(array).all(), name
        assert (array >= -1e-6 * max(1.0, np.abs(array).max(initial=0.0))).all(), name
    change = np.diff(found["stock"], axis=1)
    flow = (found["registrations"] - found["deregistrations"])[:, 1:]
    np.testing.assert_allclose(change, flow, rtol=0, atol=1e-5)


def without(table, *key):
    keep = [row for row, found in enumerate(table.index) if found != key]
    columns = {
        name: tuple(getattr(table, name)[row] for row in keep)
        for name in ("index", "distributions", "units", "sources", "groups", "notes")
    }
    return replace(table, value=table.value[keep], **columns)


def with_value(table, value, *key):
    values = table.value.copy()
    values[table.position(*key)] = value
    return replace(table, value=values)


@pytest.mark.parametrize(
    ("table", "change", "message"),
    [
        ("mx_sales", lambda t: without(t, "2010"), r"mx_sales\[2010\]: missing year \(got 20 of 21\)"),
        ("us_sales", lambda t: without(t, "1999"), r"us_sales\[1999\]: missing year"),
        ("mx_imports", lambda t: with_value(t, -5.0, "2012"), r"mx_imports\[2012\]: negative \(got -5\); 0 or more"),
        ("us_ev_sales", lambda t: with_value(t, -1.0, "bev", "2014"), r"us_ev_sales\[bev,2014\]: negative \(got -1\)"),
        (
            "chemistry_share",
            lambda t: with_value(t, 0.7, "report", "2023", "nca"),
            r"chemistry_share\[report,2023\]: shares do not sum to 1 over chemistry \(got 1.2\)",
        ),
        (
            "import_ages",
            lambda t: with_value(t, 0.9, "2012", "8"),
            r"import_ages\[2012\]: shares do not sum to 1 over age",
        ),
        (
            "import_ages",
            lambda t: replace(t, index=tuple(("2008", "45") if key[0] == "2008" else key for key in t.index)),
            r"import age outside the survival table \(got 45\); an age from 0 to 30",
        ),
        ("us_survival", lambda t: with_value(t, 0.5, "car", "3"), r"survival rises with age"),
    ],
)
def test_bad_tables_are_refused_by_name(study, table, change, message):
    tables = dict(study.tables)
    tables[table] = change(tables[table])
    with pytest.raises(InputError, match=message):
        model.model(tables, home="us", host="mx")


# Every lever: its inputs beside the world without it, its line in the docs, and a scenario that it alone carries.


# Of all other inputs of policy the study takes what the model takes where nobody says more.
TODAY_HAS_A_RANGE = ("covered_collection", "us_repair_probability", "mx_grid_decline")


@pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.name)
def test_a_lever_moves_its_record_is_told_and_has_its_scenario(study, lever):
    corridor = Corridor("us", "mx")
    names = [corridor.label(parameter.name) for parameter in lever.parameters]
    told = (DOCS / "fleet.md").read_text()
    assert f"| {lever.told} | {', '.join(f'`{name}`' for name in names)} |" in told
    for parameter, name in zip(lever.parameters, names, strict=True):
        today = next(item for item in study.inputs if item.name == name).distribution
        assert parameter.default is not None
        if name not in TODAY_HAS_A_RANGE:
            assert today.ppf(np.zeros(1)) == parameter.default.ppf(np.zeros(1))


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_moves_levers_only_and_is_told_beside_them(study, name):
    ours = {Corridor("us", "mx").label(parameter.name): lever for lever in LEVERS for parameter in lever.parameters}
    changed = {item.name: item.distribution for item in load(name).inputs}
    moved_inputs = {item.name for item in study.inputs if changed[item.name] != item.distribution}
    assert moved_inputs
    assert moved_inputs <= set(ours)
    rows = [line for line in (DOCS / "fleet.md").read_text().splitlines() if f"| `{name}` |" in line]
    assert (
        {ours[found].told for found in moved_inputs}
        >= {row.split(" | ")[0].removeprefix("| ") for row in rows}
        != set()
    )


def test_a_lever_of_ones_own_is_one_entry_of_the_registry(monkeypatch):
    one = Lever(
        "gift", "imports pay nothing", (), {BorderRule: lambda rule, inputs: rule._replace(youngest=rule.youngest + 1)}
    )
    monkeypatch.setattr(levers, "LEVERS", (one,))
    assert moved(no_rule(1), {}).youngest == 1.0
