"""Random numbers: the published vectors, the twin, and what keying promises."""

import naive_kernels as naive
import numpy as np
import pytest
from scipy import stats

from mcsim.kernels.streams import (
    MAXIMUM_DRAW,
    philox4x32,
    stream_key,
    stream_of,
    uniforms,
    uniforms_at,
    unit32,
    unit52,
    vehicle_uniforms,
    vehicle_words,
)

ONES = 0xFFFFFFFF
# Random123, kat_vectors, philox4x32 10: counter, key, result.
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def as_words(numbers):
    return tuple(np.uint64(number) for number in numbers)


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN_ANSWERS)
def test_philox_gives_the_published_words(counter, key, words):
    assert words == philox4x32(*as_words(counter), *as_words(key))
    assert words == naive.philox4x32(counter, key)


def test_vehicle_words_equal_the_twin_over_all_64_bits():
    generator = np.random.default_rng(1)
    for _ in range(200):
        seed, stream, vehicle = (int(x) for x in generator.integers(0, 2**64, 3, dtype=np.uint64))
        draw, block = int(generator.integers(0, 2**56)), int(generator.integers(0, 256))
        key = stream_key(seed, stream)
        expected = naive.vehicle_words(seed, stream, draw, vehicle, block)
        assert expected == vehicle_words(key, *as_words((draw, vehicle, block)))


@pytest.mark.parametrize("start", [0, 2**31 - 3, 2**32 - 3, 2**53 - 3, MAXIMUM_DRAW - 8])
def test_uniforms_equal_the_twin_at_any_draw(start):
    seed, stream = 2**64 - 1, stream_of("knee_age")
    expected = [naive.unit52(*naive.vehicle_words(seed, stream, draw, 0, 0)[:2]) for draw in range(start, start + 8)]
    assert uniforms(seed, stream, start, start + 8).tolist() == expected


def test_pieces_of_a_column_are_the_column():
    whole = uniforms(3, 5, 0, 1000)
    pieces = [uniforms(3, 5, start, min(start + 77, 1000)) for start in range(0, 1000, 77)]
    assert np.array_equal(whole, np.concatenate(pieces))


def test_numbers_at_scattered_draws_are_those_of_the_column():
    draws = np.array([900, 3, 3, 512], dtype=np.int64)
    assert np.array_equal(uniforms_at(3, 5, draws), uniforms(3, 5, 0, 1000)[draws])


def test_the_ends_of_both_conversions_lie_inside_the_unit_interval():
    zero, ones = np.uint64(0), np.uint64(ONES)
    assert [unit32(zero), unit52(zero, zero)] == [2.0**-33, 2.0**-53]
    assert [unit32(ones), unit52(ones, ones)] == [1 - 2.0**-33, 1 - 2.0**-53]


def test_streams_draws_vehicles_blocks_and_seeds_do_not_share_numbers():
    seen = set()
    for seed in (0, 1, 2**63):
        for stream in (0, 1):
            key = stream_key(seed, stream)
            for draw in (0, 1, 2**32):
                for vehicle in (0, 1, 2**32):
                    for block in (0, 1):
                        seen.update(vehicle_uniforms(key, *as_words((draw, vehicle, block))))
    assert len(seen) == 3 * 2 * 3 * 3 * 2 * 2


def test_numbers_are_uniform_and_columns_uncorrelated():
    n = 200_000
    columns = np.array([uniforms(2024, stream_of(name), 0, n) for name in ("a", "b", "c")])
    for column in columns:
        assert stats.kstest(column, "uniform").pvalue > 1e-4
    standard_error = 1.0 / np.sqrt(n)
    off_diagonal = np.corrcoef(columns)[np.triu_indices(3, 1)]
    assert np.all(np.abs(off_diagonal) < 4.5 * standard_error)
    lagged = np.corrcoef(columns[0][:-1], columns[0][1:])[0, 1]
    assert abs(lagged) < 4.5 * standard_error


def test_the_stream_of_a_name_never_changes():
    # The start of SHA-256 of the empty text, published in FIPS 180-4's examples: e3b0c442 98fc1c14.
    assert stream_of("") == int.from_bytes(bytes.fromhex("e3b0c44298fc1c14"), "little")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 0, 0, 1), r"seed: outside the range of the random numbers \(got -1\)"),
        ((2**64, 0, 0, 1), r"seed: outside .* give one in \[0, 18446744073709551615\]"),
        ((0, 0, -1, 1), r"draw: outside .*\(got -1\)"),
        ((0, 0, 0, 2**56), r"draw: outside"),
    ],
)
def test_numbers_out_of_range_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        uniforms(*arguments)


def test_a_negative_draw_among_many_is_refused():
    with pytest.raises(ValueError, match=r"draw: outside .*\(got -4\)"):
        uniforms_at(0, 0, np.array([1, -4], dtype=np.int64))
