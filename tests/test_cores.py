"""A matrix product of a worker takes one core while others work beside it, and all of them again afterwards."""

import threading
from functools import partial

import pytest
import scipy.linalg  # noqa: F401  (brings a BLAS of its own)
from threadpoolctl import threadpool_info, threadpool_limits

import mcsim
from mcsim.engine.cores import one_core_each, side_by_side


def cores():
    return {pool["filepath"]: pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture
def three():
    with threadpool_limits(3, user_api="blas"):
        assert set(cores().values()) == {3}
        yield
        assert set(cores().values()) == {3}


def test_limits_end_with_the_last_that_asked(three):
    first, second = one_core_each(), one_core_each()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert set(cores().values()) == {1}
    second.__exit__(None, None, None)
    assert set(cores().values()) == {3}


def test_an_error_frees_the_cores(three):
    with pytest.raises(ZeroDivisionError):
        side_by_side([lambda: 1 / 0], 2)
    assert set(cores().values()) == {3}


@pytest.mark.parametrize("jobs", [2, 1])
def test_workers_of_a_run_have_a_core_each_and_so_the_same_bits(three, jobs):
    seen = set()

    def looks(x):
        seen.update(cores().values())
        return 2.0 * x

    model = mcsim.Model.from_function(looks, {"x": mcsim.uniform(0, 1)}, {"y": "1"})
    mcsim.run(mcsim.study_of(model), draws=256, jobs=jobs, chunk=64)
    assert min(seen) == 1  # a look at the model before the workers begin is no worker


def test_runs_on_several_threads_leave_the_cores_as_they_were(three):
    def many():
        for _ in range(20):
            side_by_side([partial(abs, -1)], 2)

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(cores().values()) == {3}
