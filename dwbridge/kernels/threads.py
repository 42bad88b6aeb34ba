"""Threads for kernels: one pool per process, and work in pieces that do not depend on how many threads there are.

`run(kernel, total, grain, *args)` calls `kernel(start, stop, *args)` so that the ranges [start, stop) cover
range(total) once. Ranges begin at multiples of `grain`, which follows from shapes alone: a kernel that treats each of
its grains by itself gives the same bytes for any number of threads. The kernels release the GIL. The calling thread
works too, and takes what no worker has begun, so a pool that is busy for another thread delays nobody. To hand a range
to another thread takes 50 to 100 us: a grain should be as much work.

How many: `config.num_threads`, which starts as DWBRIDGE_NUM_THREADS or the number of cores that this process may use.
No compiled kernel uses BLAS. `functions.matmul`, the reference kernels and small fully connected layers do: BLAS has
its own threads and its own setting (OPENBLAS_NUM_THREADS, MKL_NUM_THREADS). The two never compute at the same time for
one caller.
"""

from __future__ import annotations

import itertools
import os
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

from dwbridge.configuration import config

#: Ranges per thread: a thread that is held up leaves its share to the others.
RANGES_PER_THREAD = 3


class _Job:
    """The ranges of one call: whoever is free takes the next one."""

    def __init__(self, kernel: Callable[..., Any], ranges: list[tuple[int, int]], args: tuple[Any, ...]) -> None:
        self.kernel, self.args = kernel, args
        self.ranges: Iterator[tuple[int, int]] = iter(ranges)
        self.errors: list[BaseException] = []
        self._unfinished = len(ranges)
        self._lock = threading.Lock()
        self._done = threading.Lock()
        self._done.acquire()

    def work(self) -> None:
        for start, stop in self.ranges:  # next() of a list's iterator is atomic
            try:
                if not self.errors:
                    self.kernel(start, stop, *self.args)
            except BaseException as error:  # it is raised in the thread that asked
                self.errors.append(error)
            with self._lock:
                self._unfinished -= 1
                last = self._unfinished == 0
            if last:
                self._done.release()

    def wait(self) -> None:
        self._done.acquire()
        if self.errors:
            raise self.errors[0]


class _Pool:
    """Daemon threads that wait for jobs; there are as many as were ever wanted at once."""

    def __init__(self) -> None:
        self.jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self.workers = 0
        self.lock = threading.Lock()

    def offer(self, job: _Job, helpers: int) -> None:
        if self.workers < helpers:
            self._grow(helpers)
        for _ in range(helpers):
            self.jobs.put(job)

    def _grow(self, workers: int) -> None:
        with self.lock:
            for number in range(self.workers, workers):
                threading.Thread(target=_serve, args=(self.jobs,), name=f"dwbridge-{number}", daemon=True).start()
            self.workers = max(self.workers, workers)


def _serve(jobs: queue.SimpleQueue[_Job]) -> None:
    while True:
        jobs.get().work()


_pool = _Pool()


def _start_anew() -> None:
    global _pool  # a forked child has the parent's queue and locks, and none of its threads
    _pool = _Pool()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


def split(total: int, grain: int, threads: int) -> list[tuple[int, int]]:
    """Ranges that cover range(total), each from a multiple of `grain` to a later one.

    >>> split(10, 2, 1), split(10, 4, 2)
    ([(0, 10)], [(0, 4), (4, 8), (8, 10)])
    """
    grains = -(-total // grain)
    if threads == 1 or grains <= 1:
        return [(0, total)] if total else []
    count = min(grains, threads * RANGES_PER_THREAD)
    edges = [grains * i // count * grain for i in range(count)] + [total]
    return list(itertools.pairwise(edges))


def run(kernel: Callable[..., Any], total: int, grain: int, *args: Any) -> None:
    """Calls `kernel(start, stop, *args)` for ranges that cover range(total), on `config.num_threads` threads.

    Raises:
        ValueError: if `config.num_threads` is below one.
        Exception: the first that the kernel raised, once no thread works on it any more.

    Example:
        >>> import numpy as np
        >>> squares = np.zeros(5)
        >>> def square(start, stop, out):
        ...     out[start:stop] = np.arange(start, stop) ** 2
        >>> run(square, 5, 2, squares)
        >>> squares
        array([ 0.,  1.,  4.,  9., 16.])
    """
    threads = config.num_threads
    if threads < 1:
        raise ValueError(f"config.num_threads must be at least 1, got {threads!r}")
    ranges = split(total, grain, threads)
    if len(ranges) <= 1:
        for start, stop in ranges:
            kernel(start, stop, *args)
        return
    job = _Job(kernel, ranges, args)
    _pool.offer(job, min(threads, len(ranges)) - 1)
    job.work()
    job.wait()
