"""The team of threads: ranges, sleep and waking, callers at once, errors, fork, and the end of a process."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from dwbridge.configuration import using_config

pytest.importorskip("numba", reason="Numba is not installed")

from dwbridge.kernels.compiled import threads
from dwbridge.kernels.compiled.compiler import kernel
from dwbridge.kernels.compiled.threads import team as teams
from dwbridge.kernels.compiled.threads.handover import SEATS
from dwbridge.kernels.compiled.threads.team import Team


@kernel
def fill(start, stop, out):
    for i in range(start, stop):
        out[i] += i


@kernel
def note(start, stop, starts, visits):
    starts[start] += 1
    visits[start:stop] += 1


@kernel
def think(start, stop, out, steps):
    for i in range(start, stop):
        value = 1.0
        for _ in range(steps):
            value = 0.999 * value + 0.1
        out[i] += 1 + 0 * value


@kernel
def refuse(start, stop, out):
    if start > 0:
        raise ValueError("no")


@pytest.fixture
def own_team(monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    made = Team()
    monkeypatch.setattr(teams, "_team", made)
    yield made
    made.close()


@pytest.mark.parametrize("total", [0, 1, 5, 64, 1000])
@pytest.mark.parametrize("grain", [1, 3, 64])
@pytest.mark.parametrize("count", [1, 2, 3, 16])
def test_ranges_cover_everything_once_and_begin_at_grains(total: int, grain: int, count: int) -> None:
    starts, visits = np.zeros(total + 1, np.int64), np.zeros(total, np.int64)
    with using_config("num_threads", count):
        threads.run(note, total, grain, starts, visits)
    assert (visits == 1).all()
    (begun,) = starts.nonzero()
    assert (begun % grain == 0).all()
    assert (starts[begun] == 1).all()
    ranges = min(-(-total // grain), 1 if count == 1 else count * threads.RANGES_PER_THREAD)
    assert len(begun) == ranges


def test_helpers_work_and_come_again(own_team: Team) -> None:
    """Work that is long enough is not the caller's alone, and thousands of jobs in a row lose no range."""
    out = np.zeros(64)
    with using_config("num_threads", 3):
        for _ in range(2000):
            threads.run(think, 64, 1, out, 50)
    np.testing.assert_array_equal(out, 2000)
    assert [worker.name for worker in own_team.workers] == ["dwbridge-0", "dwbridge-1"]
    assert own_team.words[SEATS] == 0


def test_a_worker_that_nobody_wants_sleeps_and_is_woken(own_team: Team) -> None:
    out = np.zeros(1000)
    with using_config("num_threads", 2):
        for turn in range(1, 4):
            threads.run(fill, 1000, 7, out)
            (worker,) = own_team.workers
            deadline = time.monotonic() + 60
            while not own_team.words[worker.asleep]:
                assert time.monotonic() < deadline, "it still waits awake"
                worker.join(0.001)  # without a turn of the processor it does not come to rest
            np.testing.assert_array_equal(out, turn * np.arange(1000))
        own_team._gather(1)
        assert not own_team.words[worker.asleep]


def test_a_closed_team_leaves_the_work_to_the_caller(own_team: Team) -> None:
    out = np.zeros(1000)
    with using_config("num_threads", 3):
        threads.run(fill, 1000, 7, out)
        workers = list(own_team.workers)
        own_team.close()
        assert len(workers) == 2
        assert not any(worker.is_alive() for worker in workers)
        threads.run(fill, 1000, 7, out)
    np.testing.assert_array_equal(out, 2.0 * np.arange(1000))
    assert own_team.workers == []


def test_where_no_thread_can_be_started_the_caller_works(own_team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    out = np.zeros(1000)
    with using_config("num_threads", 3):
        threads.run(fill, 1000, 7, out)
    np.testing.assert_array_equal(out, np.arange(1000))
    assert own_team.workers == []


@pytest.mark.parametrize("count", [2, 3])
def test_an_error_is_raised_where_the_work_was_asked_for_and_the_team_goes_on(count: int) -> None:
    out = np.zeros(1000)
    with using_config("num_threads", count):
        with pytest.raises(RuntimeError, match="refuse failed in a thread: an access out of bounds, or no memory"):
            threads.run(refuse, 100, 1, out)
        threads.run(fill, 1000, 7, out)
    np.testing.assert_array_equal(out, np.arange(1000))


def test_no_threads_are_refused() -> None:
    with (
        using_config("num_threads", 0),
        pytest.raises(ValueError, match="config.num_threads must be at least 1, got 0"),
    ):
        threads.run(fill, 1000, 7, np.zeros(1000))


def test_callers_at_once_do_not_disturb_each_other() -> None:
    results = [np.zeros(5000) for _ in range(6)]

    def call(out: np.ndarray) -> None:
        with using_config("num_threads", 3):
            for _ in range(50):
                threads.run(fill, 5000, 7, out)

    callers = [threading.Thread(target=call, args=(out,)) for out in results]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    for out in results:
        np.testing.assert_array_equal(out, 50.0 * np.arange(5000))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_a_team_of_its_own() -> None:
    with using_config("num_threads", 3):
        threads.run(fill, 1000, 7, np.zeros(1000))  # the parent has its threads
        child = os.fork()
        if child == 0:
            out = np.zeros(1000)
            threads.run(fill, 1000, 7, out)
            os._exit(0 if (out == np.arange(1000)).all() and len(teams.current().workers) == 2 else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_process_ends_while_workers_wait_awake() -> None:
    program = (
        "import numpy as np; from dwbridge.configuration import config; from dwbridge import functions as F\n"
        "config.num_threads = 16; print(F.relu(np.ones(1 << 20, np.float32)).array.sum())"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert (outcome.returncode, outcome.stdout.strip(), outcome.stderr) == (0, "1.048576e+06", "")
