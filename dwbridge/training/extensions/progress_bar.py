"""How far training is, with the values that matter: a plain line for every epoch, and on a terminal a bar below."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

from dwbridge.reporter import DictSummary
from dwbridge.training.extension import Extension

if TYPE_CHECKING:
    from rich.console import Console

ENTRIES = ("main/loss", "main/accuracy", "validation/main/loss", "validation/main/accuracy")


class ProgressBar(Extension):
    """Shows progress and the means over the current epoch. rich draws the bar; it is imported when training begins.

    Args:
        training_length: the whole training as (length, `'epoch'` or `'iteration'`); that of the stop trigger for None.
        update_interval: iterations between two changes of the bar.
        bar_length: the bar's length in characters.
        out: stream to write to; standard output for None.
        entries: names of the observed values to show, where there are any.
    """

    def __init__(
        self,
        training_length: tuple[float, str] | None = None,
        update_interval: int = 1,
        bar_length: int = 30,
        out: TextIO | None = None,
        *,
        entries: Sequence[str] = ENTRIES,
    ) -> None:
        self._training_length = training_length
        self._update_interval = update_interval
        self._bar_length = bar_length
        self._out = out
        self._entries = entries
        self._summary = DictSummary()
        self._display: _Bar | _Lines | None = None

    def initialize(self, trainer: Any) -> None:
        """Begins to show; a trainer without a length (its stop trigger has none) needs `training_length`."""
        from rich.console import Console

        length, unit = self._training_length or trainer.stop_trigger.get_training_length()
        console = Console(file=self._out or sys.stdout)
        if console.is_terminal and not console.is_dumb_terminal:
            self._display = _Bar(console, length, unit, self._bar_length)
        else:
            self._display = _Lines(console, length, unit)

    def __call__(self, trainer: Any) -> None:
        assert self._display is not None, "ProgressBar: called before its `initialize`"
        updater = trainer.updater
        self._summary.add({name: trainer.observation[name] for name in self._entries if name in trainer.observation})
        if updater.is_new_epoch or updater.iteration % self._update_interval == 0:
            self._display.show(updater, self._values())
        if updater.is_new_epoch:
            self._summary = DictSummary()

    def _values(self) -> str:
        means = self._summary.compute_mean()
        return "  ".join(
            f"{name.replace('main/', '')} {float(means[name]):.4f}" for name in self._entries if name in means
        )

    def finalize(self) -> None:
        """Leaves the bar as it stands."""
        if self._display is not None:
            self._display.close()


class _Lines:
    """A line at the end of every epoch, for logs and pipes."""

    def __init__(self, console: Console, length: float, unit: str) -> None:
        self._console = console
        self._length = length
        self._unit = unit

    def show(self, updater: Any, values: str) -> None:
        if updater.is_new_epoch:
            line = f"{self._unit} {getattr(updater, self._unit)}/{self._length:g}  {values}"
            self._console.print(line, soft_wrap=True, markup=False, highlight=False)

    def close(self) -> None:
        pass


class _Bar:
    """The same lines, and below them rich's progress bar with the values of the current epoch."""

    def __init__(self, console: Console, length: float, unit: str, width: int) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._unit = unit
        self._lines = _Lines(console, length, unit)
        self._bar = Progress(
            TextColumn("{task.percentage:>3.0f}%"),
            BarColumn(width),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[values]}", markup=False),
            console=console,
        )
        self._task = self._bar.add_task(unit, total=length, values="")
        self._bar.start()

    def show(self, updater: Any, values: str) -> None:
        self._lines.show(updater, values)
        done = updater.epoch_detail if self._unit == "epoch" else updater.iteration
        # The values of a finished epoch stand in its line, and would not fit behind the bar.
        self._bar.update(self._task, completed=done, values="" if updater.is_new_epoch else values)

    def close(self) -> None:
        self._bar.stop()
