"""One door: every value is checked once, the same from the command line, from Python and from files."""

import math

import numpy as np
import pytest
from engine_studies import small

from mcsim.engine.asked import CHECKS, Asked, Computed, Drawn, Ranked, Stored, checked
from mcsim.engine.run import run
from mcsim.ranking.sensitivity import sensitivity
from mcsim.study import InputError
from mcsim.study.load import load
from mcsim.study.values import number_or_text

NUMBERS = {
    "draws": 20,
    "seed": 7,
    "lives": 30,
    "jobs": 2,
    "chunk": 5,
    "timeout": 60,
    "max_failed": 0.5,
    "base": 64,
    "resamples": 50,
    "replicates": 8,
    "level": 0.5,
    "threshold": 0.25,
    "budget": 128,
}
FLOATS = (np.float16, np.float32, np.float64, float)
KINDS = (np.int64, np.uint8, np.uint64, *FLOATS)


def test_every_field_has_a_check_and_every_check_a_field():
    fields = {name for record in (Drawn, Stored, Computed, Ranked) for name in record.__slots__}
    assert fields == set(CHECKS)


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name, value in NUMBERS.items() for kind in (KINDS if value == int(value) else FLOATS)],
)
def test_numbers_of_any_kind_are_numbers(name, kind):
    found = checked(name, kind(NUMBERS[name]))
    assert found == NUMBERS[name]
    assert type(found) in (int, float)


@pytest.mark.parametrize("value", [True, np.True_, math.nan, np.float32("nan"), math.inf, -math.inf, "five", None, [3]])
@pytest.mark.parametrize("name", NUMBERS)
def test_what_is_no_number_is_refused_by_name(name, value):
    with pytest.raises(InputError, match=rf"^{name}: not a .*\(got .*\); "):
        checked(name, value)


@pytest.mark.parametrize("text", ["1e4", "10000", "10000.0", " 10000 "])
def test_a_number_is_read_as_people_write_it(text):
    assert checked("draws", number_or_text(text)) == 10_000


def test_the_largest_seed_keeps_its_digits():
    assert checked("seed", number_or_text("18446744073709551615")) == 2**64 - 1


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("draws", 1.5, r"draws: not a whole number in range \(got 1.5\); from 1"),
        ("draws", 0, r"draws: .*\(got 0\)"),
        ("draws", 10**400, "draws: not a whole number"),
        ("seed", 2**64, "seed: .*from 0 to 18446744073709551615"),
        ("base", 1000, r"base: not a power of two \(got 1000\); 512 or 1024"),
        ("base", 2, "base: not a power of two"),
        ("level", 1.0, r"level: not a share \(got 1.0\); above 0 and below 1"),
        ("threshold", "much", "threshold: not a number"),
        ("timeout", 0, r"timeout: not a time \(got 0\); seconds above 0"),
        ("shard", (3, 2), r"shard: no such part \(got 3/2\)"),
        ("shard", (0, 2), "shard: no such part"),
        ("shard", "2", r"shard: no such part \(got 2\); I/N"),
        ("shard", (True, 2), "shard: no such part"),
        ("backend", "thread", "backend: unknown .*did you mean 'threads'"),
        ("design", "sobel", "design: unknown .*did you mean 'sobol'"),
        ("design", 3, "design: unknown"),
        ("confidence", "boot", "confidence: unknown"),
        ("resume", "false", r"resume: neither true nor false \(got 'false'\)"),
        ("keep", (3,), r"keep: not a word \(got 3\)"),
        ("until", 5, r"until: not a text \(got 5\)"),
        ("out", 5, r"out: not a path \(got 5\)"),
        ("scheduler", "", "scheduler: not a text"),
    ],
)
def test_wrong_values_are_refused_with_what_would_be_right(name, value, message):
    with pytest.raises(InputError, match=message):
        Asked.of(**{name: value})


def test_shards_are_pairs_or_texts():
    assert checked("shard", "2/8") == checked("shard", (np.int64(2), np.int8(8))) == (2, 8)


def test_one_word_to_keep_is_one_word():
    assert checked("keep", "all") == ("all",)


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"bse: no such argument; one of .*did you mean 'base'"):
        Asked.of(bse=64)


def test_records_cannot_be_made_wrong():
    with pytest.raises(InputError, match="seed: not a whole number in range"):
        Drawn(seed=None)


def test_a_scheduler_is_for_dask():
    with pytest.raises(InputError, match=r"scheduler: only for Dask \(got backend threads\)"):
        Computed(scheduler="tcp://x")


def test_a_run_takes_numpy_numbers():
    plain = run(small(), 20, seed=3, jobs=1)
    other = run(small(), np.float64(2e1), seed=np.uint64(3), jobs=np.int64(1), chunk=np.int32(7), keep="detail")
    assert np.array_equal(plain.values("z"), other.values("z"))
    assert "detail" in other.kept


def test_the_older_name_of_the_share_that_may_fail_still_works():
    with pytest.raises(InputError, match=r"max_failed: not a share \(got 2\)"):
        run(small(), 20, max_failed_share=2)


def test_a_ranking_takes_numpy_numbers():
    plain = sensitivity(load("ishigami"), 64, jobs=1)
    other = sensitivity(load("ishigami"), np.int64(64), np.float64(1), level=np.float32(0.5), outputs="y", jobs=1)
    assert np.array_equal(plain.values("y", "ST"), other.values("y", "ST"))
