"""A folder belongs to one process at a time, whatever that process does with it and however it ends."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from engine_studies import slow, small, unlike

from mcsim.command.main import main
from mcsim.engine import collect
from mcsim.engine.backends import RunFailed
from mcsim.engine.run import run
from mcsim.ranking.sensitivity import sensitivity
from mcsim.store import claim as claims
from mcsim.store.claim import LOCK, claimed, new_folder
from mcsim.store.directory import read
from mcsim.study import InputError

HOLDER = """
import sys, time
from pathlib import Path
from mcsim.store.claim import claimed
with claimed(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
OTHER = """
import sys
from engine_studies import small
from mcsim.engine.run import run
run(small(), 20, out=sys.argv[1], seed=2)
"""
STARTED = """
import os, sys, time
import mcsim
from mcsim.command.main import main
mcsim.run(mcsim.load("ishigami"), 20)
print("ready", flush=True)
sys.stdin.readline()
sys.exit(main(["run", "ishigami", "--draws", "40", "--no-sensitivity", "--seed", sys.argv[1]]))
"""


@pytest.fixture
def holder(tmp_path):
    """Return a process that holds a folder, and the folder."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process, tmp_path / "run"
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_folder_in_use_is_refused_with_its_holder(holder, capsys):
    process, folder = holder
    for words in (
        ["run", "ishigami", "--draws", "20", "--resume"],
        ["run", "ishigami", "--draws", "20"],
        ["sensitivity", "ishigami", "--base", "16"],
        ["sensitivity", "ishigami", "--base", "16", "--resume"],
        ["compare", "ishigami", "ishigami", "--draws", "20"],
    ):
        assert main([*words, "--out", str(folder)]) == 2
        err = capsys.readouterr().err
        assert err.startswith(f"{folder}: another process works in it (pid {process.pid} on ")
        assert err.count("\n") == 1
    assert os.listdir(folder) == [LOCK]


def test_a_report_and_a_merge_are_refused_in_a_folder_in_use(tmp_path, capsys):
    for number in (1, 2):
        words = ["run", "ishigami", "--draws", "64", "--no-sensitivity", "--quiet", "--shard", f"{number}/2"]
        assert main([*words, "--out", str(tmp_path / f"{number}")]) == 0
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "1")], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        capsys.readouterr()
        assert main(["report", str(tmp_path / "1")]) == 2
        assert f"pid {process.pid}" in capsys.readouterr().err
        assert main(["merge", str(tmp_path / "1"), str(tmp_path / "2"), "--out", str(tmp_path / "1")]) == 2
        assert f"pid {process.pid}" in capsys.readouterr().err
        process.kill()
    assert main(["report", str(tmp_path / "1")]) == 0


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_lock_ends_with_its_process(holder, end):
    process, folder = holder
    process.send_signal(end)
    process.wait()
    assert run(small(), 20, out=folder, resume=True).complete == 20
    assert LOCK not in os.listdir(folder)


def test_a_lock_on_a_file_that_was_replaced_does_not_count(holder):
    """The holder's file has another inode than the one of that name: it holds nothing any more."""
    _, folder = holder
    (folder / LOCK).unlink()
    with claimed(folder) as claim:
        claim.check()
        (folder / LOCK).unlink()
        with pytest.raises(FileNotFoundError, match="removed or replaced"):
            claim.check()


def test_processes_that_start_at_one_moment_have_folders_of_their_own(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", STARTED, str(seed)],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in (11, 12, 13)
    ]
    for process in started:
        assert process.stdout.readline() == "ready\n"
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    for seed, process in zip((11, 12, 13), started, strict=True):
        out, _ = process.communicate(timeout=60)
        folder = Path(out.splitlines()[-1].removeprefix("report: ")).parent
        assert (process.returncode, read(tmp_path / folder).seed) == (0, seed)
    assert sorted(os.listdir(tmp_path / "runs")) == ["ishigami-1", "ishigami-2", "ishigami-3"]


def test_threads_of_one_process_are_told_apart(tmp_path):
    found = []

    def other():
        try:
            run(small(), 10, out=tmp_path / "run")
        except InputError as error:
            found.append(str(error))

    with claimed(tmp_path / "run"):
        run(small(), 10, out=tmp_path / "run")  # the thread that holds it may
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert found == [f"{tmp_path / 'run'}: another thread of this process works in it; another --out, or wait for it"]


def test_a_forked_process_does_not_hold_its_parents_folder(tmp_path):
    with claimed(tmp_path / "run"):
        child = os.fork()
        if child == 0:
            time.sleep(20)
            os._exit(0)
    try:
        code = "import sys; from pathlib import Path; from mcsim.store.claim import claimed\n"
        code += "with claimed(Path(sys.argv[1])): pass"
        assert subprocess.run([sys.executable, "-c", code, str(tmp_path / "run")], check=False).returncode == 0
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_parent_that_died_does_not_hold_its_folder_through_a_child(tmp_path):
    code = HOLDER.replace("import sys, time", "import os, sys, time").replace(
        "    print(",
        "    if os.fork() > 0: time.sleep(20)\n    print(",  # the child tells, once it has let go
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "run")], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout.readline() == b"held\n"
        process.kill()
        process.wait()
        try:
            with claimed(tmp_path / "run") as claim:
                claim.check()
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_what_a_killed_process_left_half_done_goes_with_the_next(tmp_path):
    run(small(), 20, out=tmp_path / "run")
    for name in ("figures", ".chunks-done", ".ranking-done", "theirs"):
        (tmp_path / "run" / name).mkdir()
    half = [".run.json.7.part", "figures/.a.svg.7.part", ".ranking-done/plan.json"]
    for name in (*half, "theirs/.b.7.part", f"theirs/{LOCK}"):
        (tmp_path / "run" / name).write_text("")
    assert run(small(), 20, out=tmp_path / "run", resume=True).complete == 20
    assert not any((tmp_path / "run" / name).exists() for name in (*half, ".chunks-done"))
    assert (tmp_path / "run" / "theirs" / ".b.7.part").exists()


def test_shards_in_folders_of_one_parent_run_at_a_time(tmp_path):
    with claimed(tmp_path / "all" / "1"), claimed(tmp_path / "all" / "2"):
        parts = [run(small(), 128, out=tmp_path / "all" / str(number), shard=(number, 2)) for number in (1, 2)]
    assert [part.complete for part in parts] == [64, 64]


def test_a_file_system_without_locks_is_told(tmp_path, monkeypatch, capsys):
    def no_locks(descriptor, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(claims.fcntl, "flock", no_locks)
    run(small(), 20, out=tmp_path / "run")
    told = capsys.readouterr().err
    assert told == (
        f"{tmp_path / 'run'}: its file system has no locks (No locks available); see to it that no two processes work "
        "in it at a time\n"
    )


def test_nothing_stays_of_a_folder_into_which_nothing_came(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    for words in (["run", "ishigami", "--keep", "never"], ["sensitivity", "ishigami", "--output", "never"]):
        assert main(words) == 2
        assert main([*words, "--out", "mine"]) == 2
        assert main([*words, "--out", "deep/er"]) == 2
    capsys.readouterr()
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_folder_that_is_taken_away_while_it_is_written_stops_the_run(tmp_path, monkeypatch):
    """Another process may have made a folder of that name since; what is computed must not land in it."""
    folder, take = tmp_path / "run", collect.Collector._take
    taken = []

    def takes(collector, piece):
        if not taken:
            taken.append(shutil.rmtree(folder))
            subprocess.run([sys.executable, "-c", OTHER, str(folder)], cwd=Path(__file__).parent, check=True)
        take(collector, piece)

    monkeypatch.setattr(collect.Collector, "_take", takes)
    with pytest.raises(RunFailed, match=r"removed or replaced.*begin again, with another --out"):
        run(small(), 300, out=folder, chunk=64, jobs=1)
    monkeypatch.undo()
    assert unlike(read(folder, small()), run(small(), 20, seed=2)) == []


def test_a_ranking_whose_folder_is_taken_away_stops(tmp_path, monkeypatch):
    from mcsim.engine import reduce

    monkeypatch.setattr(reduce, "SECONDS_BETWEEN", 0.0)
    folder, accept = tmp_path / "ranking", reduce.Reduced.accept

    def takes(collector, portion):
        shutil.rmtree(folder, ignore_errors=True)
        return accept(collector, portion)

    monkeypatch.setattr(reduce.Reduced, "accept", takes)
    with pytest.raises(RunFailed, match=r"taken away while it was written: begin again, with another --out"):
        sensitivity(small(slow), 16, out=folder, jobs=1)


@pytest.mark.parametrize("error", [errno.EACCES, errno.EROFS])
def test_a_folder_that_cannot_be_written_is_told_with_the_remedy(error, tmp_path, monkeypatch):
    def refuse(*words, **more):
        raise OSError(error, os.strerror(error), str(tmp_path / "run"))

    monkeypatch.setattr(claims.os, "open", refuse)
    with pytest.raises(InputError, match=r"cannot be written \(.*\); another --out, or make it writable"):
        run(small(), 10, out=tmp_path / "run")
    monkeypatch.undo()
    monkeypatch.setattr("mcsim.store.directory.atomically", refuse)
    with pytest.raises(RunFailed, match=r"make the folder writable; what is complete is kept, go on with .*--resume"):
        run(small(), 10, out=tmp_path / "run")
    monkeypatch.undo()
    assert run(small(), 10, out=tmp_path / "run", resume=True).complete == 10


def test_default_folders_count_up_past_what_is_there(tmp_path):
    (tmp_path / "fleet-1").write_text("")
    assert [new_folder("fleet", tmp_path).name for _ in range(2)] == ["fleet-2", "fleet-3"]


def test_the_parts_of_a_ranking_are_counted_before_any_draw(tmp_path, capsys):
    words = ["run", "ishigami", "--base", "64", "--quiet", "--shard", "1/20", "--out", str(tmp_path / "part")]
    assert main(words) == 2
    assert "with N at most 16, or a run with --no-sensitivity" in capsys.readouterr().err
    assert not (tmp_path / "part").exists()
    assert main([*words, "--no-sensitivity"]) == 2  # --base acts on the ranking alone
    words = [word for word in words if word not in ("--base", "64")]
    assert main([*words, "--no-sensitivity"]) == 0


def test_what_acts_on_a_ranking_alone_is_refused_without_one(capsys):
    for words in (["--base", "16"], ["--until", "ranking(y) resolved"]):
        assert main(["run", "ishigami", "--no-sensitivity", *words]) == 2
        assert f"{words[0]}: acts on the ranking alone" in capsys.readouterr().err
