"""The fleet's vehicles drawn one by one agree with the expectation within standard errors, and with themselves."""

import numpy as np
import pytest
from test_fleet import draw

import mcsim
from mcsim.study import Context, InputError
from mcsim.study.load import load

# Repeats of one draw, and lives of a series in each; rare events of the first years have no standard error to speak of.
REPEATS, LIVES, FIRST = 40, 1500, 2032 - 2005
SUMS = (
    "stock", "cumulative_deregistrations", "retired_packs", "retired_battery_mass", "retired_battery_energy",
    "cumulative_retired_packs", "warranty_packs", "warranty_battery_mass", "cumulative_material_contained_total",
    "fleet_age_distribution", "mean_fleet_age",
)  # fmt: skip
READINGS = (
    ({}, {"mx_repair_probability": 0.5}),
    ({"timing": "start", "import_clock": "conditional", "tradable": "all"}, {"mx_warranty_years": 3.0}),
    (
        {"timing": "end", "battery_law": "capacity_cdf", "unregistered": "on"},
        {"soh_export_strength": 1.0, "soh_export_minimum": 0.85, "soh_export_evaded": 0.5},
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def study():
    return load("fleet")


def evaluate(study, inputs, draws, lives=LIVES, **options):
    return study.model.evaluate(inputs, Context({**study.options, **options}, 1, draws, lives))


def repeated(inputs, count):
    return {name: np.repeat(values, count, axis=0) for name, values in inputs.items()}


@pytest.mark.parametrize(("options", "fixed"), READINGS)
def test_lives_agree_with_the_expectation_within_their_standard_errors(study, options, fixed):
    one = draw(study, n=0, **fixed)
    exact = evaluate(study, one, np.arange(1), **options)
    drawn = evaluate(study, repeated(one, REPEATS), np.arange(REPEATS), evaluation="lives", **options)
    seen = 0
    for name in SUMS:
        mean, error = drawn[name].mean(axis=0), drawn[name].std(axis=0, ddof=1) / np.sqrt(REPEATS)
        apart, error = (mean - exact[name][0])[FIRST:], error[FIRST:]
        told = error > 1e-9 * np.abs(exact[name][0][FIRST:]) + 1e-9
        assert told.mean() > 0.5, name
        z = apart[told] / error[told]
        assert np.abs(z).max() < 5.0, name
        assert np.sqrt((z**2).mean()) < 2.0, name
        assert np.abs(apart[~told]).max(initial=0.0) <= 1e-6 * np.abs(exact[name]).max(), name
        seen += told.sum()
    assert seen > 500


def test_what_enters_is_exact_and_every_life_is_booked_once(study):
    inputs = draw(study, n=6)
    exact, drawn = (evaluate(study, inputs, np.arange(6), 50, evaluation=how) for how in ("expectation", "lives"))
    np.testing.assert_array_equal(drawn["registrations"], exact["registrations"])
    change = np.diff(drawn["stock"], axis=1)
    np.testing.assert_allclose(
        change, (drawn["registrations"] - drawn["deregistrations"])[:, 1:], rtol=1e-9, atol=1e-6 * drawn["stock"].max()
    )
    assert (drawn["stock"] >= 0.0).all()
    # What is in no stock was drawn, not the expectation again.
    assert (drawn["deregistrations"] != exact["deregistrations"]).any()
    ended = drawn["material_recovered"] + drawn["material_lost"]
    np.testing.assert_allclose(ended.sum(axis=1) + drawn["material_in_second_use"][:, -1],
                               drawn["material_contained"].sum(axis=1), rtol=1e-9)  # fmt: skip


def test_a_life_is_its_draws_whatever_is_computed_beside_it(study):
    inputs, draws = draw(study, n=40), np.arange(40)
    whole = evaluate(study, inputs, draws, 60, evaluation="lives")
    for part in (slice(3, 5), slice(17, 40)):
        some = {name: values[part] for name, values in inputs.items()}
        found = evaluate(study, some, draws[part], 60, evaluation="lives")
        for name, values in found.items():
            np.testing.assert_array_equal(values, whole[name][part], err_msg=name)
    other = study.model.evaluate(inputs, Context({**study.options, "evaluation": "lives"}, 2, draws, 60))
    assert (other["stock"] != whole["stock"]).any()


def test_more_lives_scatter_less_as_their_square_root(study):
    one = repeated(draw(study, n=0), 60)
    few, many = (
        evaluate(study, one, np.arange(60), lives, evaluation="lives")["cumulative_retired_packs"][:, -1]
        for lives in (200, 3200)
    )
    ratio = few.std(axis=0) / many.std(axis=0)
    assert ((ratio > 2.4) & (ratio < 6.5)).all()


def test_a_run_takes_lives_and_workers_change_no_bit(study):
    sampled = study.set(evaluation="lives")
    kept = ("stock", "retired_packs")
    one = mcsim.run(sampled, draws=24, lives=40, seed=3, keep=kept, quiet=True)
    two = mcsim.run(sampled, draws=24, lives=40, seed=3, keep=kept, jobs=2, quiet=True)
    for name in kept:
        np.testing.assert_array_equal(one.values(name), two.values(name))
    with pytest.raises(InputError, match="lives: fleet samples no lives"):
        mcsim.run(study, draws=4, lives=10, quiet=True)
