"""Combinations of levers: regret and the Pareto set against brute force, readings, words, refusals."""

import csv
import json
import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

import mcsim
from mcsim.command.combining import refuse_unshared
from mcsim.command.main import main
from mcsim.result.matrix import SEVERAL, TODAY, Matrix
from mcsim.result.robust import Packages, undominated
from mcsim.study import InputError
from mcsim.study.outcomes import Outcome
from mcsim.study.select import Cell

SIDES = (-1, 1)


def made(seed, readings=1):
    """Return random outcomes of eight packages and what brute force makes of them."""
    generator = np.random.default_rng(seed)
    members = ((), ("a",), ("b",), ("c",), ("a", "b"), ("a", "c"), ("b", "c"), ("a", "b", "c"))
    outcomes = tuple(
        Outcome(Cell(mcsim.Output(name, "t", name), {}), side, "t") for name, side in zip("xy", SIDES, strict=True)
    )
    kinds = (TODAY, *[SEVERAL] * 7)
    names = tuple(" + ".join(one) or "none" for one in members)
    matrices = tuple(
        Matrix(names, ("",) * 8, kinds, outcomes, generator.normal(size=(8, 2, 41))) for _ in range(readings)
    )
    return Packages(members, tuple(f"reading {number}" for number in range(readings)), matrices)


@pytest.mark.parametrize("seed", range(5))
def test_regret_is_that_of_brute_force(seed):
    packages = made(seed, readings=2)
    values = np.concatenate([one.values for one in packages.by_reading], axis=2)
    table = packages.table()
    for place, levers in enumerate(packages.members):
        for at, side in enumerate(SIDES):
            regret = [max(side * values[p, at, d] for p in range(8)) - side * values[place, at, d] for d in range(82)]
            row = table[(table["package"] == (" + ".join(levers) or "none")) & (table["outcome"] == "xy"[at])].iloc[0]
            assert row["regret_mean"] == pytest.approx(np.mean(regret))
            assert row["regret_worst"] == pytest.approx(max(regret))
            assert row["regret_p90"] == pytest.approx(np.quantile(regret, 0.9))
    best = table.groupby("outcome")["p_best"].sum()
    assert best.tolist() == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("seed", range(5))
def test_the_pareto_set_and_what_holds_up_are_those_of_brute_force(seed):
    packages = made(seed)
    gains = np.median(packages.by_reading[0].values - packages.by_reading[0].values[:1], axis=2) * SIDES
    beaten = [
        any((gains[other] >= gains[own]).all() and (gains[other] > gains[own]).any() for other in range(8))
        for own in range(8)
    ]
    assert packages.pareto.tolist() == [not one for one in beaten]
    missed = np.quantile(packages.by_reading[0].regret(), 0.9, axis=2) / np.ptp(gains, axis=0)
    assert packages.holding == int(np.argmin(missed.max(axis=1)))
    near = [place for place in range(8) if missed.max(axis=1)[place] <= missed.max(axis=1).min() + 0.3]
    assert len(packages.members[packages.fewest_within(0.3)]) == min(len(packages.members[place]) for place in near)


def test_equal_packages_do_not_beat_one_another():
    assert undominated(np.zeros((3, 2))).all()


def test_packages_that_differ_by_rounding_alone_are_equal():
    packages = made(1)
    values = packages.by_reading[0].values * 1e6 + 1e7
    values[6], values[7] = values[5], values[5]
    values[6] *= 1.0 + 2.0**-52  # by the order of a sum
    values[7] *= 1.0 - 2.0**-53
    one = Matrix(*(getattr(packages.by_reading[0], name) for name in ("names", "titles", "kinds", "outcomes")), values)
    np.testing.assert_array_equal(one.p_best[5], one.p_best[7])
    np.testing.assert_array_equal(one.p_best[5], one.p_best[6])
    assert one.p_best.sum(axis=0) == pytest.approx([1.0, 1.0])
    np.testing.assert_array_equal(one.regret()[5] == 0.0, one.regret()[6] == 0.0)
    apart = Matrix(one.names, one.titles, one.kinds, one.outcomes, values[[5, 6, 7, 5, 6, 7, 5, 6]])
    assert not apart.deltas.any()
    assert (apart.p_better[1:] == 0.0).all()


@pytest.mark.parametrize("own", [3, slice(None)])
def test_an_outcome_that_no_draw_has_under_every_package_is_refused(own):
    packages = made(1)
    matrix = packages.by_reading[0]
    values = matrix.values.copy()
    values[own, 0, 1:] = np.nan
    one = Packages(packages.members, ("as it is",), (replace(matrix, values=values),))
    refuse_unshared(one)  # one draw is enough to be told
    values[own, 0] = np.nan
    with pytest.raises(
        InputError, match=r"combine: x: undefined under some package .*\(got 0 of 41 draws, as it is\);"
    ):
        refuse_unshared(one)


LEVERS = ["lever-take-back", "lever-collection", "lever-combustion-ban"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("packages") / "out"
    assert main(["combine", "fleet", *LEVERS, "--draws", "60", "--out", str(out), "--quiet"]) == 0
    return out


def test_every_combination_stands_in_the_table_and_agrees_with_a_comparison(folder, tmp_path):
    rows = list(csv.DictReader((folder / "packages.csv").read_text().splitlines()))
    names = {row["package"] for row in rows}
    expected = {" + ".join(one) or "none" for size in range(4) for one in combinations(LEVERS, size)}
    assert names == expected
    assert (folder / "packages.svg").stat().st_size > 1000
    words = ["compare", "fleet", LEVERS[0], "--draws", "60", "--no-sensitivity", "--quiet"]
    assert main([*words, "--out", str(tmp_path / "compare")]) == 0
    single = next(
        row
        for row in csv.DictReader((tmp_path / "compare" / "matrix.csv").read_text().splitlines())
        if row["lever"] == LEVERS[0] and row["outcome"] == "landfilled_battery_mass"
    )
    mine = next(row for row in rows if row["package"] == LEVERS[0] and row["outcome"] == "landfilled_battery_mass")
    assert float(mine["change"]) == float(single["median"])


def test_levers_that_change_nothing_are_said_to(tmp_path, capsys):
    words = ["combine", "fleet", *LEVERS[:2], "--draws", "10", "--output", "stock@2050,ev"]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    assert "no lever changes any of these outcomes: all packages are equal" in capsys.readouterr().out
    assert "No lever changes any of these outcomes" in (tmp_path / "out" / "combine.html").read_text()


def test_readings_are_every_word_of_an_option(tmp_path, capsys):
    words = ["combine", "fleet", *LEVERS[:2], "--draws", "30", "--reading", "import_clock=renewed,conditional"]
    assert main([*words, "--out", str(tmp_path / "out"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["readings"] == ["import_clock=renewed", "import_clock=conditional"]
    alone = mcsim.run(mcsim.load("fleet").set(import_clock="conditional"), 30, keep=["landfilled_battery_mass"])
    both = [*alone.kept["landfilled_battery_mass"].sum(axis=1)]
    both += [
        *mcsim.run(mcsim.load("fleet"), 30, keep=["landfilled_battery_mass"])
        .kept["landfilled_battery_mass"]
        .sum(axis=1)
    ]
    row = next(row for row in found["packages"] if row["package"] == "none")
    assert row["median"] == pytest.approx(np.median(both), rel=1e-6)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lever-take-back"], "combine: levers to combine (got 1); from 2 to 10"),
        (
            ["lever-take-back", "lever-take-back"],
            "combine: lever-take-back: stands twice (got 2 times); each lever once",
        ),
        (["lever-take-back", "ishigami"], "combine: ishigami: no lever (got a study of its own); an overlay"),
        ([*LEVERS, "--output", "nothing"], "--output: no outcome of fleet (got 'nothing'); one of landfilled"),
        (
            [*LEVERS, "--reading", "import_clock=renewed"],
            "--reading: no two ways to read it (got 'import_clock=renewed')",
        ),
        ([*LEVERS, "--draws", "9"], "combine: draws (got 9); 10 or more, since the worst tenth of them decides"),
    ],
)
def test_what_cannot_be_combined_is_refused_in_a_line(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert main(["combine", "fleet", *words]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_study_without_a_better_side_or_these_levers_is_told_what_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["combine", "second-hand-ev", *LEVERS]) == 2
    told = capsys.readouterr().err
    assert re.search(r"lever-take-back.toml: inputs.\w+: second-hand-ev has no such input; .*, as trade has", told)
    for name, entry in (("near", "trade_age = 5"), ("slow", "mx_annual_distance = 9000")):
        head = f'[study]\nname = "{name}"\ntitle = "{name}"\nextends = "second-hand-ev"\noverlay = true\n'
        (tmp_path / f"{name}.toml").write_text(f"{head}[inputs]\n{entry}\n", encoding="utf-8")
    assert main(["combine", "second-hand-ev", "near.toml", "slow.toml"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("second-hand-ev: compare.outcomes: none says which way is better (got 0 outcomes); ")
    assert 'better = "less" or "more"' in told
    assert len(told.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["near.toml", "slow.toml"]
