"""How long forward computations take, by the class of the link."""

import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

import numpy as np

from dwbridge.links.link_hook import ForwardPostprocessArguments, ForwardPreprocessArguments, LinkHook

_FACTORS = {"sec": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


class TimerHook(LinkHook):
    """Link hook that measures forward computations, in a `with` block or on one link.

    The time of a chain contains that of its children, so the times of a report add up to more than the whole. On a
    GPU every call is waited for.

    Attributes:
        call_history (list): (class name of the link, seconds) of every call, in the order in which they ended.

    Example:
        >>> from dwbridge.links import Linear
        >>> hook = TimerHook()
        >>> link = Linear(2, 3)
        >>> with hook:
        ...     y = link(np.zeros((1, 2), np.float32))
        >>> [name for name, _ in hook.call_history], hook.summary()['Linear']['occurrence']
        (['Linear'], 1)
    """

    name = "TimerHook"
    table = _FACTORS

    def __init__(self) -> None:
        self.call_history: list[tuple[str, float]] = []
        self._running: list[Callable[[], float]] = []
        self._total_time = 0.0

    def forward_preprocess(self, args: ForwardPreprocessArguments) -> None:
        self._running.append(_stopwatch(args.link.xp))

    def forward_postprocess(self, args: ForwardPostprocessArguments) -> None:
        elapsed = self._running.pop()()
        self.call_history.append((type(args.link).__name__, elapsed))
        if not self._running:
            self._total_time += elapsed

    def total_time(self) -> float:
        """Seconds in links that were not called by other links."""
        return self._total_time

    def summary(self) -> dict[str, dict[str, Any]]:
        """`{'elapsed_time': seconds, 'occurrence': calls}` of each class of links, by its name."""
        records: dict[str, dict[str, Any]] = {}
        for name, elapsed in self.call_history:
            record = records.setdefault(name, {"elapsed_time": 0, "occurrence": 0})
            record["elapsed_time"] += elapsed
            record["occurrence"] += 1
        return records

    def print_report(self, unit: str = "auto", file: TextIO | None = None) -> None:
        """Prints the summary as a table.

        Args:
            unit: `'sec'`, `'ms'`, `'us'`, `'ns'`; `'auto'` for the one that fits the largest time, `'auto_foreach'`
                for one that fits each.
            file: where to; None for standard output.

        Raises:
            KeyError: if the unit is another.
        """
        file = sys.stdout if file is None else file
        records = self.summary()
        if unit == "auto":
            unit = _fitting_unit(max((record["elapsed_time"] for record in records.values()), default=0))
        rows = [("LinkName", "ElapsedTime", "Occurrence")]
        for name, record in records.items():
            elapsed = record["elapsed_time"]
            shown = _fitting_unit(elapsed) if unit == "auto_foreach" else unit
            rows.append((name, f"{elapsed * self.table[shown]:3.2f}{shown}", str(record["occurrence"])))
        widths = [max(map(len, column)) for column in zip(*rows)]
        for row in rows:
            print("  ".join(entry.rjust(width) for entry, width in zip(row, widths)), file=file)
        file.flush()


def _fitting_unit(seconds: float) -> str:
    """The largest unit in which a time is at least 1."""
    return next((unit for unit, factor in _FACTORS.items() if seconds * factor >= 1), "ns")


def _stopwatch(xp: Any) -> Callable[[], float]:
    """Starts measuring on a device; what is returned stops and gives the seconds."""
    if xp is np:
        start = time.perf_counter()
        return lambda: time.perf_counter() - start
    began, ended = xp.cuda.Event(), xp.cuda.Event()
    began.record()

    def stop() -> float:
        ended.record()
        ended.synchronize()
        return xp.cuda.get_elapsed_time(began, ended) / 1000

    return stop
