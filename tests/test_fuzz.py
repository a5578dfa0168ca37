"""Wrong input of every sort ends in exit code 2 and one line: the short form of `fuzz`."""

import tomllib

from fuzz import fuzz, unknown_keys
from mutants import STUDIES

from mcsim.distributions import categorical
from mcsim.report.words import curve
from mcsim.study import Input


def test_wrong_input_ends_in_one_line(tmp_path):
    counted, faults = fuzz((200, 150, 150, 40), 3, tmp_path)
    assert faults == []
    assert all(counter["exit 2"] > 10 for counter in counted.values())
    assert all(counted[sort]["exit 0"] > 5 for sort in ("study files", "set texts", "tables"))


def test_an_unknown_key_is_seen_without_the_schema():
    assert [unknown_keys(tomllib.loads(text)) for text in STUDIES.values()] == [[]] * len(STUDIES)
    found = unknown_keys({"study": {"nam": 1}, "inputs": {"p": {"unt": 1}}, "x": 1, "report": {"figures": [{"y": 1}]}})
    assert found == ["study.nam", "inputs.p.unt", "x", "y"]


def test_the_picture_of_two_words_is_drawn_and_has_numbers_only():
    drawn = curve(Input("word", "", "a word", categorical(["left", "right"]), "word"))
    assert drawn.startswith("<svg")
    assert "nan" not in drawn
    assert "inf" not in drawn
