"""Triggers: whether something is due at this iteration. A trigger is called with the trainer and gives a bool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Trigger = Callable[[Any], bool]
UNITS = ("epoch", "iteration")


class IntervalTrigger:
    """Due whenever another `period` of iterations or epochs is full.

    Args:
        period: length of the interval; epochs may be fractional.
        unit: `'iteration'` or `'epoch'`.

    Raises:
        ValueError: if the unit is another.
    """

    def __init__(self, period: float, unit: str) -> None:
        if unit not in UNITS:
            raise ValueError(f"IntervalTrigger: unit must be 'epoch' or 'iteration', got {unit!r}")
        self.period = period
        self.unit = unit
        self._previous_iteration = 0
        self._previous_epoch_detail = 0.0

    def __call__(self, trainer: Any) -> bool:
        """Whether an interval was completed since the last call."""
        updater = trainer.updater
        if self.unit == "epoch":
            previous, current = self._previous_epoch_detail, updater.epoch_detail
        else:
            previous, current = self._previous_iteration, updater.iteration
        self._previous_iteration = updater.iteration
        self._previous_epoch_detail = updater.epoch_detail
        return previous // self.period != current // self.period

    def get_training_length(self) -> tuple[float, str]:
        """(period, unit): where this is a stop trigger, how long training takes."""
        return self.period, self.unit

    def serialize(self, serializer: Any) -> None:
        """Writes or reads where the last call stood."""
        self._previous_iteration = serializer("previous_iteration", self._previous_iteration)
        self._previous_epoch_detail = serializer("previous_epoch_detail", self._previous_epoch_detail)

    def __str__(self) -> str:
        return f"IntervalTrigger({self.period}, {self.unit!r})"


def get_trigger(trigger: Any) -> Trigger:
    """A trigger from what people write: a trigger, a pair (period, unit), or None for never.

    Example:
        >>> print(get_trigger((2, 'epoch')))
        IntervalTrigger(2, 'epoch')
        >>> get_trigger(None)('any trainer')
        False
    """
    if trigger is None:
        return _never
    return trigger if callable(trigger) else IntervalTrigger(*trigger)


def _never(trainer: Any) -> bool:
    return False
