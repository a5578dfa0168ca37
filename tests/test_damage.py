"""A damaged run directory ends in one line or in the same numbers: the short form of `damage`."""

from damage import CALLS, damaged

from mcsim.engine import collect


def test_damage_ends_in_one_line_or_in_the_same_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(collect, "PENDING_BYTES", 2_000)
    counted, faults = damaged(90, 5, tmp_path)
    assert faults == []
    assert sum(counter["exit 2"] for counter in counted.values()) > 30
    assert sum(counter["exit 0"] for counter in counted.values()) > 5
    assert set(counted) == set(CALLS)
