"""The pool of threads: ranges, errors, fork, and callers at once."""

import os
import threading

import numpy as np
import pytest

from dwbridge.configuration import using_config
from dwbridge.kernels import threads


@pytest.mark.parametrize("total", [0, 1, 5, 64, 1000])
@pytest.mark.parametrize("grain", [1, 3, 64])
@pytest.mark.parametrize("count", [1, 2, 3, 16])
def test_ranges_cover_everything_once_and_begin_at_grains(total: int, grain: int, count: int) -> None:
    ranges = threads.split(total, grain, count)
    assert [i for start, stop in ranges for i in range(start, stop)] == list(range(total))
    assert all(start % grain == 0 and start < stop for start, stop in ranges)


def fill(start: int, stop: int, out: np.ndarray) -> None:
    out[start:stop] += np.arange(start, stop)


@pytest.mark.parametrize("count", [1, 2, 3, 16])
def test_every_range_is_worked_once(count: int) -> None:
    out = np.zeros(1000)
    with using_config("num_threads", count):
        threads.run(fill, 1000, 7, out)
    np.testing.assert_array_equal(out, np.arange(1000))


def test_an_error_is_raised_where_the_work_was_asked_for_and_the_pool_goes_on() -> None:
    def refuse(start: int, stop: int) -> None:
        raise ZeroDivisionError(f"range {start}")

    with using_config("num_threads", 3):
        with pytest.raises(ZeroDivisionError, match="range"):
            threads.run(refuse, 100, 1)
        out = np.zeros(1000)
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
            for _ in range(20):
                threads.run(fill, 5000, 7, out)

    callers = [threading.Thread(target=call, args=(out,)) for out in results]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    for out in results:
        np.testing.assert_array_equal(out, 20.0 * np.arange(5000))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_a_pool_of_its_own() -> None:
    with using_config("num_threads", 3):
        threads.run(fill, 1000, 7, np.zeros(1000))  # the parent has its threads
        child = os.fork()
        if child == 0:
            out = np.zeros(1000)
            threads.run(fill, 1000, 7, out)
            os._exit(0 if (out == np.arange(1000)).all() else 1)
    assert os.waitpid(child, 0)[1] == 0
