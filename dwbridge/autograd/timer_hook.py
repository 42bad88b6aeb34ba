"""TimerHook: how long each function takes, forward and backward."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import IO, Any

from dwbridge.autograd.function_hook import FunctionHook
from dwbridge.autograd.hook_report import Unit, print_table, scaled
from dwbridge.backend import is_cupy_array

#: in the order in which a time is shown: the first in which it is 1 or more, else the last
_UNITS = (Unit("sec", 1.0), Unit("ms", 1e3), Unit("us", 1e6), Unit("ns", 1e9))


class TimerHook(FunctionHook):
    """Measures the time of every function in a `with` block (or of one, with `add_hook`).

    On a GPU the device is waited for before and after each function, so that times are its own.

    Attributes:
        call_history: (name of the function's class, seconds) of every call, in order of their ends.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> with TimerHook() as hook:
        ...     y = F.relu(np.zeros(3, 'f'))
        >>> hook.summary()['ReLU']['occurrence']
        1
    """

    name = "TimerHook"

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.call_history: list[tuple[str, float]] = []
        self._clock = clock
        self._starts: list[float] = []
        self._total = 0.0

    def forward_preprocess(self, function: Any, in_data: Sequence[Any]) -> None:
        self._start(in_data)

    def backward_preprocess(self, function: Any, in_data: Sequence[Any], out_grad: Sequence[Any]) -> None:
        self._start((*in_data, *out_grad))

    def forward_postprocess(self, function: Any, in_data: Sequence[Any]) -> None:
        self._stop(function, in_data)

    def backward_postprocess(self, function: Any, in_data: Sequence[Any], out_grad: Sequence[Any]) -> None:
        self._stop(function, (*in_data, *out_grad))

    def _start(self, values: Sequence[Any]) -> None:
        _wait_for_device(values)
        self._starts.append(self._clock())

    def _stop(self, function: Any, values: Sequence[Any]) -> None:
        _wait_for_device(values)
        elapsed = self._clock() - self._starts.pop()
        self.call_history.append((function._impl_name, elapsed))
        if not self._starts:  # functions inside another one are in its time
            self._total += elapsed

    def total_time(self) -> float:
        """Seconds in functions, each counted once."""
        return self._total

    def summary(self) -> dict[str, dict[str, Any]]:
        """Name of the function -> `elapsed_time` in seconds and `occurrence`."""
        summary: dict[str, dict[str, Any]] = {}
        for name, elapsed in self.call_history:
            record = summary.setdefault(name, {"elapsed_time": 0.0, "occurrence": 0})
            record["elapsed_time"] += elapsed
            record["occurrence"] += 1
        return summary

    def print_report(self, unit: str = "auto", file: IO[str] | None = None) -> None:
        """Prints the summary as a table.

        Args:
            unit: `sec`, `ms`, `us` or `ns`; `auto`: what suits the largest; `auto_foreach`: what suits each.
            file: where to; None for standard output.
        """
        records = self.summary()
        largest = max((record["elapsed_time"] for record in records.values()), default=0.0)
        rows = [
            (name, scaled(record["elapsed_time"], unit, largest, _UNITS), str(record["occurrence"]))
            for name, record in records.items()
        ]
        print_table(("FunctionName", "ElapsedTime", "Occurrence"), rows, file or sys.stdout)


def _wait_for_device(values: Sequence[Any]) -> None:
    for array in values:
        if is_cupy_array(array):
            array.device.synchronize()
            return
