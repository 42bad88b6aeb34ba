"""Threads for kernels: work in ranges that do not depend on how many threads there are.

`run(kernel, total, grain, *args)` calls `kernel(start, stop, *args)` so that the ranges [start, stop) cover
range(total) once. Ranges begin at multiples of `grain`, which follows from shapes alone: a kernel that treats each of
its grains by itself gives the same bytes for any number of threads.

    atomics    what threads do to words that they share
    entries    kernels that any thread can call without Python
    handover   how a job is handed to those who wait
    team       the threads, awake and asleep

The calling thread works too, and nobody waits for a thread that has not begun. To hand work to a thread that waits
awake takes some 2 us; one that sleeps is woken and comes when it comes, after 0.1 to 5 ms. A grain should be worth
several microseconds. One caller leads the team at a time: another one that calls meanwhile works alone.

How many: `config.num_threads`, which starts as DWBRIDGE_NUM_THREADS or the number of cores that this process may use.
No compiled kernel uses BLAS. `functions.matmul`, the reference kernels and small fully connected layers do: BLAS has
its own threads and its own setting (OPENBLAS_NUM_THREADS, MKL_NUM_THREADS). The two never compute at the same time for
one caller.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any

from dwbridge.configuration import config
from dwbridge.kernels.compiled.compiler import Kernel
from dwbridge.kernels.compiled.threads.entries import own_entry, stored
from dwbridge.kernels.compiled.threads.handover import lead, take
from dwbridge.kernels.compiled.threads.team import current

#: Ranges per thread: a thread that is held up leaves its share to the others.
RANGES_PER_THREAD = 3

#: The source of launchers: Numba reads functions with a fixed number of arguments sooner, and inlines nothing else.
LAUNCH = """
def launch(words, seats, total, grain, ranges, {args}):
    if seats > 0:
        again = (words, -1, total, grain, ranges, {args})
        return lead(words, seats, own_entry(again), stored(again))
    grains = (total + grain - 1) // grain
    i = take(words) if seats else 0
    while i < ranges:
        body(grains * i // ranges * grain, min(grains * (i + 1) // ranges * grain, total), {args})
        i = take(words) if seats else i + 1
    return 0
"""


def run(kernel: Kernel, total: int, grain: int, *args: Any) -> None:
    """Calls `kernel(start, stop, *args)` for ranges that cover range(total), on `config.num_threads` threads.

    Raises:
        ValueError: if `config.num_threads` is below one.
        CannotCompileError: if Numba cannot compile the kernel for these arguments.
        RuntimeError: if the kernel raised in a thread: it left an array's bounds, which NUMBA_BOUNDSCHECK makes an
            error, or had no memory.

    Example:
        >>> import numpy as np
        >>> from dwbridge.kernels.compiled.compiler import kernel
        >>> @kernel
        ... def square(start, stop, out):
        ...     for i in range(start, stop):
        ...         out[i] = i * i
        >>> squares = np.zeros(5)
        >>> run(square, 5, 2, squares)
        >>> squares
        array([ 0.,  1.,  4.,  9., 16.])
    """
    threads = config.num_threads
    if threads < 1:
        raise ValueError(f"config.num_threads must be at least 1, got {threads!r}")
    if total == 0:
        return
    ranges = min(-(-total // grain), threads * RANGES_PER_THREAD)
    if current().work(launcher(kernel), min(threads, ranges) - 1, total, grain, ranges, args):
        raise RuntimeError(f"{kernel.__name__} failed in a thread: an access out of bounds, or no memory")


@functools.cache
def launcher(kernel: Kernel) -> Kernel:
    """What Python calls to have a kernel run by a team: launch(words, seats, total, grain, ranges, *args).

    With seats, it hands its own entry out and leads; each who sits, the leader too, comes back with seats of -1 and
    takes ranges. Without, it is alone and works them all. The kernel's body is compiled into it once.
    """
    names = list(inspect.signature(kernel.function).parameters)[2:]
    text = LAUNCH.format(args=", ".join(names))
    given = {
        "__name__": kernel.__module__,
        "body": kernel.body,
        "lead": lead,
        "own_entry": own_entry,
        "stored": stored,
        "take": take,
    }
    exec(text, given)
    given["launch"].__qualname__ = f"{kernel.function.__qualname__}.launch"
    return Kernel(given["launch"], ("launch", *kernel.constants), kernel.fused, source=kernel.function)
