"""What the sentence of a ranking says where an interval touches 0."""

import pytest

from mcsim.ranking.verdicts import sentence

ROW = {"output": "y", "input": "a", "ST": 0.2, "ST_low": 0.1, "ST_high": 0.3, "S1": 0.1, "S1_low": 0.05, "S1_high": 0.2}


@pytest.mark.parametrize(
    ("low", "high", "told"), [(0.1, 0.3, False), (0.0, 0.3, True), (-0.1, 0.3, True), (-0.2, 0.0, True)]
)
def test_a_total_effect_whose_interval_touches_0_is_told(low, high, told):
    text = sentence(ROW | {"ST_low": low, "ST_high": high}, [], "ST")
    assert ("not distinguishable from 0" in text.partition("; S1")[0]) is told


@pytest.mark.parametrize(("low", "high", "told"), [(0.05, 0.2, False), (0.0, 0.2, True), (-0.1, 0.0, True)])
def test_a_first_order_effect_whose_interval_touches_0_is_told(low, high, told):
    alone = sentence(ROW | {"S1_low": low, "S1_high": high}, [], "ST").partition("; S1 ")[2]
    assert alone == ("not distinguishable from 0" if told else "0.10")
