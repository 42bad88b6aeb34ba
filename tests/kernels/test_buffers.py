"""Buffers: no live array ever shares memory with a later one, and nothing unused is kept beyond what was in use."""

import copy
import gc
import os
import pickle
import signal
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dwbridge.configuration import using_config
from dwbridge.kernels import buffers

KB = 1 << 10
pytestmark = pytest.mark.skipif(not buffers.AVAILABLE, reason="this system has no mmap with madvise")


@pytest.fixture(autouse=True)
def pool(monkeypatch: pytest.MonkeyPatch) -> buffers._Pool:
    """A pool of this test's own, from which arrays of 64 KB and more come."""
    fresh = buffers._Pool()
    monkeypatch.setattr(buffers, "SMALLEST", 64 * KB)
    monkeypatch.setattr(buffers, "_pool", fresh)
    return fresh


class Arrays(RuleBasedStateMachine):
    """Arrays and views come and go; each array is full of its own number."""

    def __init__(self) -> None:
        super().__init__()
        self.before = buffers._pool, buffers.SEGMENT
        buffers._pool, buffers.SEGMENT = buffers._Pool(), 1 << 20  # several segments soon
        self.live: list[tuple[np.ndarray, int]] = []
        self.number = 0

    def teardown(self) -> None:
        buffers._pool, buffers.SEGMENT = self.before

    @rule(size=st.integers(1, 80), dtype=st.sampled_from(["u1", "f4", "f8"]))
    def allocate(self, size: int, dtype: str) -> None:
        array = buffers.empty((size, 4 * KB // np.dtype(dtype).itemsize), dtype)
        self.number = self.number % 250 + 1
        array.fill(self.number)
        self.live.append((array, self.number))

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        array, number = data.draw(st.sampled_from(self.live))
        view = data.draw(
            st.sampled_from([array[::-1], array.T, array.reshape(-1)[3:], array.view(array.dtype), array[:1]])
        )
        self.live.append((view, number))

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        del self.live[data.draw(st.integers(0, len(self.live) - 1))]

    @rule()
    def release(self) -> None:
        buffers.release()
        assert buffers.kept_bytes() == 0

    @invariant()
    def every_array_has_its_own_number(self) -> None:
        for array, number in self.live:
            assert (array == number).all()

    @invariant()
    def what_is_kept_was_in_use(self) -> None:
        kept, pool = buffers.kept_bytes(), buffers._pool
        assert 0 <= kept <= pool.peak - pool.live

    @invariant()
    def the_pool_counts_right(self) -> None:
        pool = buffers._pool
        buffers.kept_bytes()
        holes = [hole for segment in pool.segments for hole in segment.holes]
        free = sum(hole.end - hole.start for hole in holes)
        assert pool.kept == sum(hole.clean - hole.start for hole in holes)
        assert pool.live + free == sum(len(segment.map) for segment in pool.segments)
        for segment in pool.segments:
            edges = [edge for hole in segment.holes for edge in (hole.start, hole.end)]
            assert edges == sorted(set(edges))  # ascending, and none touches the next


TestArrays = Arrays.TestCase
TestArrays.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def test_memory_comes_back_when_the_last_view_dies() -> None:
    x = buffers.empty((256, KB), np.float32)
    place, view = address(x), x[3:5, ::2]
    del x
    other = buffers.empty((256, KB), np.float32)
    assert address(other) != place
    del view
    assert address(buffers.empty((128, KB), np.float32)) == place


def test_neighbours_join() -> None:
    parts = [buffers.empty((64 * KB,), np.uint8) for _ in range(4)]
    place = address(parts[0])
    parts.clear()
    assert address(buffers.empty((256 * KB,), np.uint8)) == place


def test_unused_pages_leave_before_memory_grows(pool: buffers._Pool) -> None:
    first, kept, last = (buffers.empty((100 * KB,), np.uint8) for _ in range(3))
    for array in (first, kept, last):
        array.fill(7)
    del first, last
    large = buffers.empty((150 * KB,), np.uint8)  # fits in neither place
    assert pool.live + pool.kept <= pool.peak
    assert (kept == 7).all()
    assert large.size == 150 * KB


def test_pages_that_were_given_back_are_zero() -> None:
    x = buffers.empty((64 * KB,), np.uint8)
    x.fill(7)
    y = buffers.empty((64 * KB,), np.uint8)
    place = address(x)
    del x
    assert buffers.release() == 64 * KB
    again = buffers.empty((64 * KB,), np.uint8)
    assert address(again) == place
    assert not again.any()
    assert y.size


def test_segments_without_arrays_are_unmapped(pool: buffers._Pool) -> None:
    x = buffers.empty((64 * KB,), np.uint8)
    buffers.release()
    assert len(pool.segments) == 1
    del x
    buffers.release()
    assert not pool.segments


def test_small_arrays_objects_and_switched_off_are_numpys() -> None:
    assert buffers.empty((10,), np.float32).flags.owndata
    assert buffers.empty((64 * KB,), object).flags.owndata
    with using_config("reuse_buffers", False):
        assert buffers.empty((64 * KB,), np.float32).flags.owndata


@pytest.mark.parametrize("dtype", ["float16", "float32", "int64", "bool", ">f4", "complex128", "M8[s]", [("a", "f4")]])
def test_they_are_ordinary_arrays(dtype: Any) -> None:
    x = buffers.empty((3, 256, 256), dtype)
    assert type(x) is np.ndarray
    assert (x.shape, x.dtype) == ((3, 256, 256), np.dtype(dtype))
    assert x.flags.c_contiguous and x.flags.writeable and x.flags.aligned and not x.flags.owndata
    assert address(x) % 64 == 0


def test_brain_floats() -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    x = buffers.empty((256, 256), bfloat16)
    x.fill(1.5)
    assert x.dtype == bfloat16
    assert (x == 1.5).all()


def test_copies_have_memory_of_their_own_and_resizing_is_refused() -> None:
    x = buffers.empty((256, 256), np.float32)
    x.fill(2)
    for twin in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x), x.copy()):
        assert not np.shares_memory(twin, x)
        np.testing.assert_array_equal(twin, x)
    with pytest.raises(ValueError, match="does not own its data"):
        x.resize((512, 256))


def test_arrays_in_cycles_come_back(pool: buffers._Pool) -> None:
    cycle: list[Any] = [buffers.empty((64 * KB,), np.uint8)]
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert buffers.kept_bytes() == 64 * KB
    assert pool.live == 0


def test_threads_get_places_of_their_own() -> None:
    wrong: list[int] = []

    def work(number: int) -> None:
        held: list[np.ndarray] = []
        for i in range(200):
            array = buffers.empty((64 * KB + 4 * KB * (i % 7),), np.uint8)
            array.fill(number)
            held.append(array)
            if len(held) > 5:
                wrong.extend(number for old in held if not (old == number).all())
                del held[i % 3 :: 2]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert buffers._pool.live >= 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_goes_on_with_its_copies(pool: buffers._Pool) -> None:
    mine = buffers.empty((64 * KB,), np.uint8)
    mine.fill(3)
    with pool.lock:  # as if another thread were at work
        child = os.fork()
        if child == 0:
            signal.alarm(60)  # a child that waits for the lock forever is ended
            new = buffers.empty((64 * KB,), np.uint8)
            new.fill(4)
            fine = (mine == 3).all() and (new == 4).all() and buffers.kept_bytes() == 0
            os._exit(0 if fine else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert (mine == 3).all()
