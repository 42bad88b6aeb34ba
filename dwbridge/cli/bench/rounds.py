"""Several candidates side by side: short bursts in turn, over and over, one at a time; the order turns with each round.

A burst counts with its fastest call, since nothing makes a call faster than it is. Ratios are taken within a round,
between bursts that are milliseconds apart, and the median over the rounds counts: so a machine that slows down slows
down both sides.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

#: (peer, operation) -> what makes a burst and gives the seconds of its fastest call
Bursts = Mapping[tuple[str, str], Callable[[], float]]
#: (peer, operation) -> those seconds, round by round
Times = dict[tuple[str, str], list[float]]

#: Quiet is who takes less than QUIET of LOOK seconds of processor time; nobody is waited for longer than PATIENCE.
LOOK, QUIET, PATIENCE = 0.003, 0.0003, 1.0


def rounds(bursts: Bursts, count: int, limit: float = 10.0) -> Times:
    """Makes `count` rounds; fewer, but at least three, when they take more than `limit` seconds.

    >>> rounds({('ours', 'forward'): lambda: 2.0, ('theirs', 'forward'): lambda: 3.0}, 2)
    {('ours', 'forward'): [2.0, 2.0], ('theirs', 'forward'): [3.0, 3.0]}
    """
    keys = list(bursts)
    times: Times = {key: [] for key in keys}
    start = time.perf_counter()
    for i in range(count):
        turn = i % len(keys)
        for key in keys[turn:] + keys[:turn]:
            times[key].append(bursts[key]())
        if i >= 2 and time.perf_counter() - start > limit:
            break
    return times


def ratio(times: Times, of: tuple[str, str], to: tuple[str, str]) -> float:
    """The median over the rounds of how many times as long `of` takes as `to`."""
    return statistics.median(a / b for a, b in zip(times[of], times[to], strict=True))


def wait_until_quiet(processor_time: Callable[[], float]) -> float:
    """Waits until the threads that spin after their work are asleep; gives the seconds that it took.

    They would take the core of whoever computes next: GNU OpenMP's spin for about 10 ms, onnxruntime's for 50 ms,
    OpenBLAS's longer. `processor_time` gives the seconds of processor time that their process has used.
    """
    start, before = time.perf_counter(), processor_time()
    while (waited := time.perf_counter() - start) < PATIENCE:
        time.sleep(LOOK)
        now = processor_time()
        if now - before < QUIET:
            break
        before = now
    return waited
