"""A burst: one call repeated for some milliseconds. Stands alone, so that any peer's interpreter can load it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def burst(
    call: Callable[[], Any], seconds: float, least: int = 3, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """Seconds of each call, after calls that do not count: they find cold caches, and threads that sleep.

    Args:
        call: what is measured. Its result is freed inside the time: a user pays for that as well.
        seconds: how long to go on, with at least `least` calls, after as long that does not count; a call ten times as
            long is made once.
        least: the smallest number of calls.
        clock: what gives the time.

    >>> ticks = iter(range(100))
    >>> burst(lambda: None, 3, clock=lambda: next(ticks))
    [1, 1, 1]
    """
    times = _calls(call, seconds, 1, clock)
    return times if times[0] >= 10 * seconds else _calls(call, seconds, least, clock)


def _calls(call: Callable[[], Any], seconds: float, least: int, clock: Callable[[], float]) -> list[float]:
    times: list[float] = []
    while len(times) < least or sum(times) < seconds:
        times.append(_seconds(call, clock))
    return times


def _seconds(call: Callable[[], Any], clock: Callable[[], float]) -> float:
    start = clock()
    call()
    return clock() - start
