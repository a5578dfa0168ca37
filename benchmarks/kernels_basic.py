"""Speed of the basic kernels, as ratios within one run: random numbers, exp and log, curves, and the Weibull fit.

Run: python benchmarks/kernels_basic.py
"""

import platform
import time
from collections.abc import Callable

import numba
import numpy as np
from scipy.optimize import curve_fit

from mcsim.kernels import maths, streams
from mcsim.kernels._jit import kernel
from mcsim.kernels.laws import health, survival, weibull_fit

BLOCK = 4096
REPEATS = 200


@kernel
def words(key, repeats, out):
    zero = np.uint64(0)
    for repeat in range(repeats):
        for i in range(out.shape[1]):
            w0, w1, w2, w3 = streams.vehicle_words(key, np.uint64(repeat), np.uint64(i), zero)
            out[0, i], out[1, i], out[2, i], out[3, i] = np.uint32(w0), np.uint32(w1), np.uint32(w2), np.uint32(w3)


@kernel
def uniforms_of_52_bits(key, repeats, out):
    zero = np.uint64(0)
    for repeat in range(repeats):
        for i in range(out.size // 2):
            pair = streams.vehicle_uniforms(key, np.uint64(repeat), np.uint64(i), zero)
            out[2 * i] = pair[0]
            out[2 * i + 1] = pair[1]


@numba.njit(nogil=True)
def generator_in_numba(generator, repeats, out):
    for _ in range(repeats):
        for i in range(out.size):
            out[i] = generator.random()


@numba.njit(nogil=True)
def global_state_in_numba(repeats, out):
    for _ in range(repeats):
        for i in range(out.size):
            out[i] = np.random.random()  # noqa: NPY002 - the baseline that we do not use


@kernel
def exponentials(x, repeats, out):
    for _ in range(repeats):
        for i in range(x.size):
            out[i] = maths.exp(x[i])


@kernel
def library_exponentials(x, repeats, out):
    for _ in range(repeats):
        for i in range(x.size):
            out[i] = np.exp(x[i])


@kernel
def logarithms(x, repeats, out):
    for _ in range(repeats):
        for i in range(x.size):
            out[i] = maths.log(x[i])


@kernel
def library_logarithms(x, repeats, out):
    for _ in range(repeats):
        for i in range(x.size):
            out[i] = np.log(x[i])


def nanoseconds(call: Callable[[], object], items: int) -> float:
    """Best time of seven per item, after one call that compiles."""
    call()
    best = float("inf")
    for _ in range(7):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best / items * 1e9


def show(name: str, time_per_item: float, baseline: float | None = None) -> None:
    ratio = "" if baseline is None else f"{baseline / time_per_item:8.1f} x faster"
    print(f"{name:<52}{time_per_item:12.2f} ns {ratio}")


def random_numbers() -> None:
    key, items = streams.stream_key(1, streams.stream_of("benchmark")), BLOCK * REPEATS
    out = np.empty(BLOCK)
    generator = nanoseconds(lambda: generator_in_numba(np.random.default_rng(1), REPEATS, out), items)
    philox = np.random.Generator(np.random.Philox(1))
    show("uniform, PCG64 Generator inside numba", generator)
    show(
        "uniform, NumPy's Philox Generator inside numba",
        nanoseconds(lambda: generator_in_numba(philox, REPEATS, out), items),
    )
    show("uniform, np.random inside numba", nanoseconds(lambda: global_state_in_numba(REPEATS, out), items), generator)
    table = np.empty((4, BLOCK // 4), dtype=np.uint32)
    show("word of 32 bits, ours", nanoseconds(lambda: words(key, REPEATS, table), items), generator)
    show("uniform of 52 bits, ours", nanoseconds(lambda: uniforms_of_52_bits(key, REPEATS, out), items), generator)
    n = 1_000_000
    show("column of uniforms, ours", nanoseconds(lambda: streams.uniforms(1, 2, 0, n), n), generator)


def functions() -> None:
    x, out, items = np.random.default_rng(2).uniform(0.1, 5.0, BLOCK), np.empty(BLOCK), BLOCK * REPEATS
    library = nanoseconds(lambda: library_exponentials(x, REPEATS, out), items)
    show("exp, C library", library)
    show("exp, ours", nanoseconds(lambda: exponentials(x, REPEATS, out), items), library)
    library = nanoseconds(lambda: library_logarithms(x, REPEATS, out), items)
    show("log, C library", library)
    show("log, ours", nanoseconds(lambda: logarithms(x, REPEATS, out), items), library)


def curves() -> None:
    n, generator = 10_000, np.random.default_rng(3)
    one, out, ages = np.ones(n), np.empty((n, 48)), np.arange(41.0)
    shape, scale = generator.uniform(2, 4, n), generator.uniform(24, 31, n)
    table = np.tile(survival_table(), (n, 1))
    cells = n * ages.size
    show(
        "Weibull survival, per age", nanoseconds(lambda: survival.fill_weibull_survival(ages, shape, scale, out), cells)
    )
    show(
        "table with stretch, per age",
        nanoseconds(lambda: survival.fill_tabulated_survival(ages, table, 1.25 * one, out), cells),
    )
    ageing = (generator.uniform(0.005, 0.06, n), one, generator.uniform(3, 18, n), one, generator.uniform(0.05, 2, n))
    end = np.empty(n)
    show("age at end of life, per draw", nanoseconds(lambda: health.fill_age_at_loss(0.25 * one, *ageing, 0, end), n))


def survival_table() -> np.ndarray:
    return np.exp(-((np.arange(41.0) / 17.0) ** 2.9))


def fits() -> None:
    n, generator = 10_000, np.random.default_rng(4)
    one, law = np.ones(n), np.empty((3, n))
    report = (generator.uniform(0.02, 0.03, n), one, generator.uniform(8, 10, n), one, one)
    wide = (generator.uniform(0.005, 0.06, n), one, generator.uniform(3, 18, n), one, generator.uniform(0.05, 2, n))
    ages, some = np.arange(1.0, 21.0), 50

    def scipy_fits() -> None:
        for i in range(some):
            loss = np.clip(report[0][i] * ages * np.exp(np.maximum(0, ages - report[2][i])), 0, 1)
            curve_fit(lambda a, shape, scale: -np.expm1(-((a / scale) ** shape)), ages, loss, p0=(9.0, 10.0))

    baseline = nanoseconds(scipy_fits, some)
    show("Weibull fit, scipy curve_fit", baseline)
    show(
        "Weibull fit, priors of the report",
        nanoseconds(lambda: weibull_fit.fill_capacity_cdf(*report, 0, *law), n),
        baseline,
    )
    show("Weibull fit, wide priors", nanoseconds(lambda: weibull_fit.fill_capacity_cdf(*wide, 0, *law), n), baseline)


def main() -> None:
    print(f"{platform.machine()} {platform.platform()}, NumPy {np.__version__}, numba {numba.__version__}, one thread")
    random_numbers()
    functions()
    curves()
    fits()


if __name__ == "__main__":
    main()
