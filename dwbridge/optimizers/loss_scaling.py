"""Loss scaling: keeps the small gradients of 16-bit networks from becoming zero.

backward starts from the loss times a scale, update rules divide by it. A static scale is given; a dynamic one
doubles every step until gradients overflow once, then doubles every `interval` steps, and halves at every overflow,
whose step is left out.
"""

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dwbridge.links import Link

LARGEST = 65504.0  # of float16


class LossScaling:
    """The part of an optimizer that scales losses."""

    target: "Link | None" = None
    t = 0
    _loss_scale: float | None = None
    _growth: float | None = None  # per step, of a dynamic scale
    _overflows = False  # in this step
    _overflowed = False  # in any step

    def loss_scaling(self, interval: int = 1000, scale: float | None = None) -> None:
        """Turns loss scaling on.

        Args:
            interval: number of steps in which a dynamic scale doubles.
            scale: a static scale; None for a dynamic one.

        Raises:
            ValueError: if one of them is not positive.
        """
        if scale is not None:
            if scale <= 0:
                raise ValueError(f"loss_scale must be a positive number. Actual: {scale}")
            self._loss_scale = scale
            return
        if interval < 1:
            raise ValueError(f"interval must be greater than or equal to 1. Actual: {interval}")
        self._loss_scale = 1.0
        self._growth = 2.0 ** (1.0 / interval)
        self._overflowed = False

    def set_loss_scale(self, loss_scale: float) -> None:
        """Sets a static scale."""
        self.loss_scaling(scale=loss_scale)

    def check_nan_in_grads(self) -> None:
        """With a dynamic scale: warns of, and remembers, gradients that are not finite."""
        self._overflows = False
        if self._growth is None or self.target is None:
            return
        for path, param in self.target.namedparams():
            if param.grad is not None and not param.xp.isfinite(param.grad).all():
                self._overflows = self._overflowed = True
                warnings.warn(
                    f"Non finite number found in param.grad of {path} "
                    f"(iteration: {self.t}, loss_scale: {self._loss_scale})",
                    stacklevel=2,
                )

    def is_safe_to_update(self) -> bool:
        """Whether no gradient of this step overflowed."""
        return not self._overflows

    def update_loss_scale(self) -> None:
        """With a dynamic scale: makes the next step's."""
        if self._growth is None or self._loss_scale is None:
            return
        factor = 0.5 if self._overflows else self._growth if self._overflowed else 2.0
        self._loss_scale = max(1, min(LARGEST, self._loss_scale * factor))
