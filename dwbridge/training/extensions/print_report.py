"""A table of the log's entries, one line for each, in Chainer's columns."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, TextIO

from dwbridge.training.extension import Extension
from dwbridge.training.extensions.log_report import LogReport


class PrintReport(Extension):
    """Prints the entries of a `LogReport` as they are made, below a header line.

    A column is as wide as its name, and at least ten characters; a value that an entry lacks is left blank.

    Args:
        entries: names of the values to print.
        log_report: name of the `LogReport` in the trainer, or one that this extension calls itself.
        out: stream to write to; standard output, as it is when training begins, for None.

    Raises:
        TypeError: when called, if `log_report` is neither.
    """

    def __init__(self, entries: Sequence[str], log_report: Any = "LogReport", out: TextIO | None = None) -> None:
        self._columns = [(entry, max(10, len(entry))) for entry in entries]
        self._log_report = log_report
        self._out = out
        self._header_is_due = True
        self._printed = 0

    def __call__(self, trainer: Any) -> None:
        out = self._out or sys.stdout
        if self._header_is_due:
            out.write("  ".join(f"{entry:{width}}" for entry, width in self._columns) + "\n")
            self._header_is_due = False
        log = self._report(trainer).log
        for entry in log[self._printed :]:
            out.write(self._line(entry, "\033[J" if out.isatty() else ""))
        self._printed = len(log)
        out.flush()

    def _report(self, trainer: Any) -> LogReport:
        if isinstance(self._log_report, str):
            return trainer.get_extension(self._log_report)
        if not isinstance(self._log_report, LogReport):
            raise TypeError(f"log report has a wrong type {type(self._log_report)}")
        self._log_report(trainer)
        return self._log_report

    def _line(self, entry: dict[str, Any], erase: str) -> str:
        # Erasing what is below the cursor takes away a progress bar, where there is a terminal to draw one.
        cells = (f"{entry[name]:<{width}g}  " if name in entry else " " * (width + 2) for name, width in self._columns)
        return erase + "".join(cells) + "\n"

    def serialize(self, serializer: Any) -> None:
        """Writes or reads the `LogReport`, if it is this extension's own."""
        if isinstance(self._log_report, LogReport):
            self._log_report.serialize(serializer["_log_report"])
