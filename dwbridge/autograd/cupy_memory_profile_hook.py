"""CupyMemoryProfileHook: how much memory each function takes from CuPy's pool, and the pool from the device."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import IO, Any

from dwbridge.autograd.function_hook import FunctionHook
from dwbridge.autograd.hook_report import Unit, print_table, scaled
from dwbridge.backend import GpuDevice

_UNITS = tuple(Unit(name, 1024.0**-i) for i, name in reversed([*enumerate(("B", "KB", "MB", "GB", "TB"))]))


class CupyMemoryProfileHook(FunctionHook):
    """Counts the bytes that every function in a `with` block allocates.

    Attributes:
        call_history: (name of the function's class, bytes used, bytes acquired, depth) of every call.

    Raises:
        RuntimeError: without CuPy and a CUDA device.
    """

    name = "CupyMemoryProfileHook"

    def __init__(self) -> None:
        self.call_history: list[tuple[str, int, int, int]] = []
        self._counter = _counter(GpuDevice().xp)
        self._starts: list[tuple[int, int]] = []

    def added(self, function: Any) -> None:
        self._counter.__enter__()

    def deleted(self, function: Any) -> None:
        self._counter.__exit__()

    def forward_preprocess(self, function: Any, in_data: Sequence[Any]) -> None:
        self._start()

    def backward_preprocess(self, function: Any, in_data: Sequence[Any], out_grad: Sequence[Any]) -> None:
        self._start()

    def forward_postprocess(self, function: Any, in_data: Sequence[Any]) -> None:
        self._stop(function)

    def backward_postprocess(self, function: Any, in_data: Sequence[Any], out_grad: Sequence[Any]) -> None:
        self._stop(function)

    def _start(self) -> None:
        self._starts.append((self._counter.used_bytes, self._counter.acquired_bytes))

    def _stop(self, function: Any) -> None:
        used, acquired = self._starts.pop()
        used, acquired = self._counter.used_bytes - used, self._counter.acquired_bytes - acquired
        self.call_history.append((function._impl_name, used, acquired, len(self._starts)))

    def total_used_bytes(self) -> int:
        """Bytes that functions took from the pool, each counted once."""
        return sum(used for _, used, _, depth in self.call_history if depth == 0)

    def total_acquired_bytes(self) -> int:
        """Bytes that the pool took from the device meanwhile."""
        return sum(acquired for _, _, acquired, depth in self.call_history if depth == 0)

    def summary(self) -> dict[str, dict[str, int]]:
        """Name of the function -> `used_bytes`, `acquired_bytes` and `occurrence`."""
        summary: dict[str, dict[str, int]] = {}
        for name, used, acquired, _ in self.call_history:
            record = summary.setdefault(name, {"used_bytes": 0, "acquired_bytes": 0, "occurrence": 0})
            record["used_bytes"] += used
            record["acquired_bytes"] += acquired
            record["occurrence"] += 1
        return summary

    def print_report(self, unit: str = "auto", file: IO[str] | None = None) -> None:
        """Prints the summary as a table; the unit is `B` to `TB`, `auto` or `auto_foreach`, as in `TimerHook`."""
        kinds = ("used_bytes", "acquired_bytes")
        records = self.summary()
        largest = max((record[kind] for record in records.values() for kind in kinds), default=0)
        rows = [
            (name, *(scaled(record[kind], unit, largest, _UNITS) for kind in kinds), str(record["occurrence"]))
            for name, record in records.items()
        ]
        print_table(("FunctionName", "UsedBytes", "AcquiredBytes", "Occurrence"), rows, file or sys.stdout)


def _counter(cupy: Any) -> Any:
    """A memory hook of CuPy that adds up what is taken."""

    class Counter(cupy.cuda.memory_hook.MemoryHook):
        name = "CupyMemoryProfileHook"
        used_bytes = 0
        acquired_bytes = 0

        def alloc_preprocess(self, **facts: Any) -> None:
            self.acquired_bytes += facts["mem_size"]

        def malloc_preprocess(self, **facts: Any) -> None:
            self.used_bytes += facts["mem_size"]

    return Counter()
