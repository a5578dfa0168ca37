import re

import numpy as np
import pandas as pd
import pytest
from small_studies import study_of

from mcsim.ranking.sensitivity import sensitivity
from mcsim.ranking.verdicts import sentence
from mcsim.study import Dim, InputError, Layout, Output
from mcsim.study.load import load

UNIFORM = "uniform(0, 1)"


AGES = Output(
    "change",
    "1",
    "change",
    (Dim("vehicle", ("ev", "icev")), Dim("age", (1, 5))),
    Layout(np.array([[0, 1], [-1, 2]])),
    rank=True,
)


def aged_study():
    def evaluate(inputs, context):
        a, b = inputs["a"], inputs["b"]
        return {"change": np.stack([a, a + 2.0 * b, b], axis=1)}

    return study_of(evaluate, {"a": UNIFORM, "b": UNIFORM}, [AGES])


def test_table_has_the_columns_of_the_interface():
    columns = list(sensitivity(aged_study(), base=64, jobs=1).table("change").columns)
    assert columns[:12] == [
        "output", "vehicle", "age", "input", "S1", "S1_low", "S1_high", "ST", "ST_low", "ST_high", "n", "method",
    ]  # fmt: skip


def test_masked_elements_have_no_row():
    table = sensitivity(aged_study(), base=64, jobs=1).table("change")
    assert sorted({(vehicle, age) for vehicle, age in zip(table["vehicle"], table["age"], strict=True)}) == [
        ("ev", 1),
        ("ev", 5),
        ("icev", 5),
    ]


def test_packed_cells_land_at_their_labels():
    table = sensitivity(aged_study(), base=256, jobs=1).table("change", vehicle="icev", age=5)
    assert table["input"].tolist() == ["b", "a"]
    assert table["ST"].iloc[1] == 0.0


def test_strongest_input_of_each_element_comes_first():
    table = sensitivity(aged_study(), base=256, jobs=1).table("change", vehicle="ev")
    assert table["input"].tolist() == ["a", "b", "b", "a"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [({"vehcle": "ev"}, "no such dim; one of vehicle, age; did you mean 'vehicle'"), ({"age": 3}, "no such label")],
)
def test_unknown_label_is_refused(labels, message):
    ranking = sensitivity(aged_study(), base=64, jobs=1)
    with pytest.raises(InputError, match=message):
        ranking.table("change", **labels)


def test_csv_keeps_full_precision(tmp_path):
    ranking = sensitivity(aged_study(), base=64, jobs=1)
    ranking.to_csv(tmp_path / "sensitivity.csv")
    read = pd.read_csv(tmp_path / "sensitivity.csv", dtype=str)
    assert float(read.loc[2, "ST"]) == ranking.scores["change"]["ST"][0, 1]


def test_dataset_is_labelled():
    dataset = sensitivity(aged_study(), base=256, jobs=1).dataset
    assert float(dataset["change"].sel(measure="ST", input="b", vehicle="ev", age=1)) == 0.0


def test_lines_are_words():
    line = sensitivity(load("ishigami"), base=1024, jobs=1).lines("y")[0]
    assert line.startswith("x1: ST 0.5")
    assert "influential; S1 0.3" in line
    assert re.search(r"rank 1 in \d+ % of resamples$", line)


def test_convergence_is_a_table():
    table = sensitivity(aged_study(), base=64, jobs=1).convergence_table("change", vehicle="ev", age=5)
    assert table["n"].unique().tolist() == [4, 8, 16, 32, 64]
    assert table["input"].tolist()[:2] == ["a", "b"]


def test_method_without_convergence_says_so():
    ranking = sensitivity(load("ishigami"), base=64, method="tornado", jobs=1)
    with pytest.raises(InputError, match="tornado: no convergence; only Sobol' indices have it"):
        ranking.convergence_table("y")


def test_first_order_within_noise_is_said():
    # The interval leaves the truth out for one seed in twenty.
    lines = [sensitivity(load("ishigami"), base=1024, seed=seed, jobs=1).lines("y")[2] for seed in range(10)]
    assert all("x3: ST 0.2" in line for line in lines)
    assert sum("S1 not distinguishable from 0" in line for line in lines) >= 7


def test_input_that_does_nothing_is_said_to_have_no_effect():
    line = sensitivity(aged_study(), base=64, jobs=1).lines("change", vehicle="icev", age=5)[1]
    assert line == "vehicle=icev age=5: a: no effect"


def test_total_order_within_noise_is_said():
    row = {"input": "x", "ST": 0.1, "ST_low": -0.1, "ST_high": 0.3, "verdict": "unresolved"}
    assert sentence(row, [], "ST") == "x: ST 0.10 (-0.10 to 0.30), not distinguishable from 0, unresolved"
