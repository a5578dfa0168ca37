"""Worker processes and Dask give the bits that threads give, and say what is wrong when they cannot run."""

import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from engine_studies import fails_sometimes, product, small, unlike, wrong_shape

from mcsim.engine.asked import Computed
from mcsim.engine.backends import each, unpacked
from mcsim.engine.run import RunFailed, run
from mcsim.study import InputError
from mcsim.study.travel import packed

DRAWS = 2500


@pytest.fixture(scope="module")
def reference():
    return run(small(), DRAWS, jobs=1)


@pytest.fixture(scope="module")
def scheduler():
    """Start a scheduler and two worker processes as a user would, and give the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths}
    dask = [sys.executable, "-m", "dask"]
    port = address.rpartition(":")[2]
    commands = [
        [*dask, "scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"],
        [*dask, "worker", address, "--nworkers", "2", "--nthreads", "1", "--no-dashboard"],
    ]
    processes = [
        subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in commands
    ]
    yield address
    for process in reversed(processes):
        process.terminate()
    for process in processes:
        process.wait(timeout=30)


def test_processes_give_the_bits_of_threads(reference):
    assert unlike(reference, run(small(), DRAWS, jobs=2, backend="processes", chunk=400)) == []


def test_processes_report_failing_draws_alike():
    study = small(fails_sometimes)
    threads = run(study, 800, max_failed=0.2)
    processes = run(study, 800, max_failed=0.2, jobs=2, backend="processes", chunk=150)
    assert threads.failures == processes.failures


def test_processes_pass_on_what_is_wrong_with_a_model():
    with pytest.raises(InputError, match="output z: wrong shape"):
        run(small(wrong_shape), 100, jobs=2, backend="processes")


@pytest.mark.filterwarnings("ignore")
def test_a_running_scheduler_gives_the_bits_of_threads(reference, scheduler, tmp_path):
    result = run(small(), DRAWS, backend="dask", scheduler=scheduler, chunk=300, jobs=2, out=tmp_path / "run")
    assert unlike(reference, result) == []
    assert result.record["backend"] == "dask"


@pytest.mark.filterwarnings("ignore")
def test_a_local_cluster_of_two_processes_gives_the_bits_of_threads(reference):
    assert unlike(reference, run(small(), DRAWS, backend="dask", jobs=2, chunk=700)) == []


@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr("mcsim.engine.backends.SECONDS_TO_ANSWER", 1)
    with pytest.raises(InputError, match=r"scheduler: nothing answers \(got tcp://127\.0\.0\.1:9: .*dask scheduler"):
        run(small(), 10, backend="dask", scheduler="tcp://127.0.0.1:9")


def test_a_worker_that_dies_stops_the_run_with_the_remedy(tmp_path):
    here = os.getpid()

    def die(inputs, context):
        if os.getpid() != here:
            os._exit(7)
        return product(inputs, context)

    with pytest.raises(RunFailed, match=r"small: stopped by .*what is complete is kept.*--resume"):
        run(small(die), 100, jobs=2, backend="processes", out=tmp_path / "run", chunk=50)


def test_a_model_that_cannot_travel_is_refused():
    lock = threading.Lock()

    def evaluate(inputs, context):
        with lock:
            return {}

    with pytest.raises(InputError, match=r"model cannot be sent to other processes .*use the backend threads"):
        packed(small(evaluate), "small")


def test_a_study_survives_the_journey():
    study = small().set(y=1.5)
    again = unpacked(packed(study, study.name))
    assert dict(again.options) == dict(study.options)
    assert [str(item.distribution) for item in again.inputs] == [str(item.distribution) for item in study.inputs]


def test_results_come_as_they_are_ready():
    def wait(seconds):
        time.sleep(seconds)
        return seconds

    with closing(each(wait, [(0.5,), (0.0,)], jobs=2)) as results:
        assert list(results) == [0.0, 0.5]


def test_workers_default_to_the_cores():
    assert Computed().workers >= 1
    assert Computed(jobs=3).workers == 3
