"""Device time from CUDA events.

Calls are queued while the device still copies large buffers, so that they run one behind the other and the time
between the events around them is the device's, not the host's. Their outputs are kept in a ring: the memory pool then
gives each call memory that was not written lately. Everything is on the null stream, where torch's work is as well.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

#: Bytes of the buffers that are copied, and seconds that the host may take for one call.
BUFFER, PER_CALL = 1 << 28, 60e-6

Call = Callable[[int], Any]


class Clock:
    """Times calls on CuPy's current device.

    Attributes:
        bandwidth: bytes read and written by second, of a copy of the large buffers.
    """

    def __init__(self, cupy: Any, buffer: int = BUFFER) -> None:
        self.cupy = cupy
        self.buffers = [cupy.zeros(buffer // 4, dtype="float32") for _ in range(2)]
        self.bandwidth = self._bandwidth()

    def _bandwidth(self) -> float:
        least = min(self._elapsed(lambda: [self._copy() for _ in range(8)]) for _ in range(5))
        return 8 * 2 * self.buffers[0].nbytes / least

    def _copy(self) -> None:
        self.buffers[1][...] = self.buffers[0]

    def _elapsed(self, work: Callable[[], Any]) -> float:
        start, end = (self.cupy.cuda.Event() for _ in range(2))
        start.record()
        work()
        end.record()
        end.synchronize()
        return self.cupy.cuda.get_elapsed_time(start, end) / 1e3

    def burst(self, call: Call, sets: int, calls: int) -> float:
        """Seconds of one call, the mean of `calls` of them; call `i` gets the number of its set of buffers."""
        ring: list[Any] = [None] * sets

        def work() -> None:
            for i in range(calls):
                ring[i % sets] = call(i % sets)

        copy = 2 * self.buffers[0].nbytes / self.bandwidth
        for _ in range(math.ceil(calls * PER_CALL / copy)):
            self._copy()
        return self._elapsed(work) / calls

    def host(self, call: Call, calls: int) -> float:
        """Seconds that the host takes for one call, while the device keeps up or queues."""
        call(0)
        self._wait()
        start = time.perf_counter()
        for _ in range(calls):
            call(0)
        seconds = time.perf_counter() - start
        self._wait()
        return seconds / calls

    def wall(self, step: Callable[[], Any], steps: int) -> float:
        """Seconds of one step from the first to the end of the last, host and device together."""
        self._wait()
        start = time.perf_counter()
        for _ in range(steps):
            step()
        self._wait()
        return (time.perf_counter() - start) / steps

    def _wait(self) -> None:
        self.cupy.cuda.get_current_stream().synchronize()
