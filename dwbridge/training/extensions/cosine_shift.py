"""A learning rate (or another value of an optimizer) that falls along half a cosine.

After t of T calls:  target + (init - target) (1 + cos(pi t / T)) / 2.
Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts (2017), equation 5, one period.
"""

from __future__ import annotations

import math
from typing import Any

from dwbridge.training.extension import Extension


class CosineShift(Extension):
    """Moves an attribute of an optimizer from its initial value to a target along half a cosine.

    Args:
        attr: name of the attribute: `'alpha'` of Adam, `'lr'` of SGD.
        max_count: number of calls, by default iterations, until the target is reached; it stays there.
        init: first value; the attribute's own for None.
        target: last value.
        optimizer: whose attribute it is; the updater's main optimizer for None.

    Raises:
        ValueError: if `max_count` is not positive.

    Example:
        >>> shift = CosineShift('alpha', max_count=10, init=1.0)
        >>> [round(shift.value(t), 2) for t in (0, 5, 10, 11)]
        [1.0, 0.5, 0.0, 0.0]
    """

    def __init__(
        self, attr: str, max_count: int, init: float | None = None, target: float = 0.0, optimizer: Any = None
    ) -> None:
        if max_count < 1:
            raise ValueError(f"CosineShift: max_count must be positive, got {max_count}")
        self._attr = attr
        self._max_count = max_count
        self._init = init
        self._target = target
        self._optimizer = optimizer
        self._t = 0

    def value(self, t: int) -> float:
        """The attribute after `t` calls; `init` must be known."""
        assert self._init is not None, "CosineShift: the first value is known once training begins"
        share = (1 + math.cos(math.pi * min(t / self._max_count, 1.0))) / 2
        return self._target + (self._init - self._target) * share

    def initialize(self, trainer: Any) -> None:
        """Sets the first value, or the one at which a resumed training stood."""
        optimizer = self._get_optimizer(trainer)
        if self._init is None:
            self._init = getattr(optimizer, self._attr)
        setattr(optimizer, self._attr, self.value(self._t))

    def __call__(self, trainer: Any) -> None:
        self._t += 1
        setattr(self._get_optimizer(trainer), self._attr, self.value(self._t))

    def serialize(self, serializer: Any) -> None:
        """Writes or reads the number of calls."""
        self._t = int(serializer("_t", self._t))

    def _get_optimizer(self, trainer: Any) -> Any:
        return self._optimizer or trainer.updater.get_optimizer("main")
