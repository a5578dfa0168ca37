"""Pairs of a Saltelli design: how even, in which order, and the check of drawn and given matrices."""

from itertools import chain, combinations

import numpy as np
import pytest
from scipy.stats import qmc

from mcsim.engine.design import make_design, saltelli_points
from mcsim.engine.directions import MOST_DIMS, direction_numbers
from mcsim.engine.pairing import (
    KINDS,
    LIMITS,
    allocation,
    check_saltelli,
    compare_pairs,
    generator_rows,
    layout,
    pair_variances,
    partners,
)
from mcsim.study import InputError

COUNTS = (*range(1, 61), 100, 321, 700, 1000)
# Where spare dimensions are used up, the limits are exceeded a little.
LENIENT = 1.5


def next_dimensions(dims, n, seed):
    """The usual layout: A takes the first dimensions, B the next."""
    unit = make_design("sobol", tuple(f"u{k}" for k in range(2 * dims)), n, seed).points(0, n)
    return unit[:, :dims], unit[:, dims:]


def words_of(rows, digit):
    """What a scramble may make of a row: the row plus any of those above it."""
    above = range(digit)
    for chosen in chain.from_iterable(combinations(above, size) for size in range(digit + 1)):
        word = int(rows[digit])
        for k in chosen:
            word ^= int(rows[k])
        yield word


def naive_variance(first, second, m, start, decay):
    """The definition: the probability that two random words of digits k and l agree in the first m columns."""
    kept, total, inside = (1 << m) - 1, 0.0, 0.0
    share = [(1.0 - decay) * decay ** (k - start) if k >= start else 0.0 for k in range(1, m + 1)]
    for k in range(m):
        inside += share[k]
        left = [word & kept for word in words_of(first, k)]
        for row in range(m):
            right = [word & kept for word in words_of(second, row)]
            hits = sum(left.count(word) for word in right)
            total += share[k] * share[row] * hits / len(left) / len(right)
    return total * 2.0**m + 1.0 - inside**2


def test_generator_matrices_give_scipys_points():
    bits = 6
    rows = generator_rows(12, bits)
    numbers = np.arange(1 << bits)
    gray = numbers ^ (numbers >> 1)
    points = np.zeros((1 << bits, 12))
    for k in range(bits):
        ones = np.array([[bin(int(row) & int(g)).count("1") for row in rows[:, k]] for g in gray])
        points += (ones % 2) / 2.0 ** (k + 1)
    assert np.array_equal(points, qmc.Sobol(12, scramble=False).random(1 << bits))


@pytest.mark.parametrize(("dims", "columns"), [(MOST_DIMS, 7), (40, 15)])
def test_direction_numbers_are_those_of_scipys_engine(dims, columns):
    bits = 32
    numbers = direction_numbers(dims, columns, bits)
    engine = qmc.Sobol(dims, scramble=False, bits=bits)
    assert MOST_DIMS == qmc.Sobol.MAXDIM
    engine.fast_forward(1)
    for c in range(columns):
        engine.fast_forward((1 << c + 1) - 1 - engine.num_generated)
        assert np.array_equal(numbers[:, c], engine.random(1)[0] * 2.0**bits)


@pytest.mark.parametrize("pair", [(0, 1), (3, 8), (2, 30), (0, 48), (7, 41)])
@pytest.mark.parametrize("kind", KINDS)
def test_variance_of_a_pair_is_that_of_its_definition(pair, kind):
    bits = 6
    rows = generator_rows(1 + max(pair), bits)
    found = pair_variances([pair[0]], [pair[1]], bits)[kind][0]
    wanted = [naive_variance(rows[pair[0]], rows[pair[1]], m, *KINDS[kind]) for m in range(1, bits + 1)]
    assert found == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("pair", [(3, 8), (0, 48), (2, 30)])
def test_variance_of_a_pair_is_that_of_scrambles(pair):
    means = []
    for seed in range(300):
        unit = qmc.Sobol(1 + max(pair), scramble=True, bits=32, rng=np.random.default_rng(seed)).random(64)
        means.append(np.prod(unit[:, list(pair)] - 0.5, axis=1).mean())
    exact = pair_variances([pair[0]], [pair[1]], 6)["slope"][0, -1]
    assert 144.0 * 64.0 * np.var(means) == pytest.approx(exact, rel=0.3)


@pytest.mark.parametrize("dims", COUNTS)
def test_pairs_are_even_at_every_power_of_two(dims):
    opposite = partners(dims)
    assert len(set(opposite)) == dims
    assert min(opposite) >= dims
    found = pair_variances(range(dims), opposite, 14)
    for least, bounds in LIMITS.items():
        for kind in KINDS:
            assert found[kind][:, least - 1 :].max() <= LENIENT * bounds.get(kind, np.inf)


def test_each_scramble_gives_the_pairs_to_the_columns_anew():
    pairs = set(enumerate(partners(33)))
    turns = [allocation(33, seed, replicate) for seed, replicate in ((1, 0), (1, 1), (2, 0))]
    for first, second in turns:
        assert set(zip(first.tolist(), second.tolist(), strict=True)) == pairs
    assert len({tuple(first.tolist()) for first, _ in turns}) == 3
    assert all(map(np.array_equal, turns[1], allocation(33, 1, 1)))
    assert layout(33) == layout(33) != layout(32)


@pytest.mark.parametrize("n", [256, 512])
def test_two_strong_columns_do_not_meet_in_every_scramble(n):
    # These strong columns had generator matrices whose first rows agree: in a fixed order of the columns they put the
    # variance of the sum wrong by twice what random numbers do, in every scramble.
    dims, seeds = 60, 40
    weights = np.random.default_rng([5, dims]).permutation(1.0 / np.arange(1.0, dims + 1.0))
    squares = {"ours": 0.0, "random": 0.0}
    for seed in range(seeds):
        ours = saltelli_points(tuple(map(str, range(dims))), n, seed, 0, n)
        for name, unit in (("ours", ours), ("random", np.random.default_rng([seed, dims]).random((2, n, dims)))):
            variance = np.var(np.concatenate([part @ weights for part in unit]))
            squares[name] += (12.0 * variance / (weights**2).sum() - 1.0) ** 2
    assert squares["ours"] < squares["random"]


def test_usual_layout_pairs_near_copies():
    found = pair_variances(range(60), range(60, 120), 11)["slope"]
    assert (found[:, [5, 7, 9]].max(axis=0) > [30.0, 100.0, 4.0]).all()


def test_too_many_columns_are_refused():
    with pytest.raises(InputError, match=r"too many inputs for a Saltelli design \(got 10601\); at most 10600"):
        partners(10601)


def test_longer_design_begins_with_the_shorter_one():
    columns = tuple("abcdefgh")
    long, short = saltelli_points(columns, 512, 3, 0, 512), saltelli_points(columns, 64, 3, 0, 64)
    assert all(np.array_equal(more[:64], less) for more, less in zip(long, short, strict=True))


def test_pieces_of_a_design_are_those_of_the_whole():
    columns = tuple(f"x{k}" for k in range(33))
    whole = saltelli_points(columns, 256, 3, 0, 256)
    pieces = [saltelli_points(columns, 256, 3, start, start + 64) for start in range(0, 256, 64)]
    for which in (0, 1):
        assert np.array_equal(np.concatenate([piece[which] for piece in pieces]), whole[which])


@pytest.mark.parametrize("dims", [2, 5, 33, 100])
@pytest.mark.parametrize("n", [64, 256, 2048])
def test_no_column_is_further_off_than_with_random_numbers(dims, n):
    seeds = 20
    squares = np.zeros(dims)
    for seed in range(seeds):
        a, b = saltelli_points(tuple(f"x{k}" for k in range(dims)), n, seed, 0, n)
        squares += (6.0 * np.mean((a - b) ** 2, axis=0) - 1.0) ** 2
    assert (np.sqrt(squares / seeds) < np.sqrt(1.4 / n)).all()


@pytest.mark.parametrize(("dims", "n"), [(48, 64), (60, 128), (60, 256), (200, 256)])
def test_check_refuses_the_usual_layout_where_it_pairs_near_copies(dims, n):
    for seed in range(3):
        with pytest.raises(InputError, match="A and B are not independent there"):
            check_saltelli(*next_dimensions(dims, n, seed), uniform=True)


@pytest.mark.parametrize("dims", [2, 10, 48, 60, 200])
@pytest.mark.parametrize("n", [64, 256])
def test_check_passes_our_designs(dims, n):
    columns = tuple(f"x{k}" for k in range(dims))
    for seed in range(3):
        assert check_saltelli(*saltelli_points(columns, n, seed, 0, n), columns, uniform=True).excess.max() < 1.0


@pytest.mark.parametrize("n", [64, 256])
def test_check_passes_independent_rows(n):
    generator = np.random.default_rng(3)
    assert max(compare_pairs(*generator.random((2, n, 20))).excess.max() for _ in range(200)) < 1.0


def test_check_takes_values_of_any_distribution():
    generator = np.random.default_rng(4)
    columns = [
        generator.lognormal(0.0, 3.0, (2, 400)),
        generator.integers(0, 2, (2, 400)),
        np.ones((2, 400)),
        -1e9 + generator.normal(size=(2, 400)),
    ]
    a, b = np.stack(columns, axis=-1)
    assert check_saltelli(a, b).excess[2] == 0.0
    with pytest.raises(InputError, match=r"heavy: A and B are not independent there \(got a correlation of 0\.99"):
        check_saltelli(a, np.column_stack([2.0 * a[:, 0], b[:, 1:]]), ("heavy", "coin", "fixed", "far"))


def test_check_sees_a_dependence_without_correlation():
    generator = np.random.default_rng(5)
    a, b = generator.random((2, 256, 3))
    b[:, 2] = np.where(generator.random(256) < 0.5, a[:, 2], 1.0 - a[:, 2])
    with pytest.raises(InputError, match="column 3: A and B"):
        check_saltelli(a, b)


def test_check_sees_matrices_of_unlike_distributions():
    a, b = np.random.default_rng(6).random((2, 256, 2))
    with pytest.raises(InputError, match="column 2: A and B"):
        check_saltelli(a, b + np.array([0.0, 0.5]))


@pytest.mark.parametrize(
    ("a", "b", "options", "message"),
    [
        (np.zeros((4, 2)), np.zeros((4, 3)), {}, r"A and B do not match \(got \(4, 2\) and \(4, 3\)\)"),
        (np.zeros(4), np.zeros(4), {}, "A and B do not match"),
        (np.full((4, 2), np.nan), np.zeros((4, 2)), {}, r"no numbers \(got nan or inf\)"),
        (np.zeros((4, 2)), np.zeros((4, 2)), {"names": ["x"]}, r"names do not match the columns \(got 1 for 2\)"),
        (np.full((4, 2), 2.0), np.zeros((4, 2)), {"uniform": True}, "not points of the unit cube"),
    ],
)
def test_what_cannot_be_checked_is_refused(a, b, options, message):
    with pytest.raises(InputError, match=message):
        check_saltelli(a, b, **options)
