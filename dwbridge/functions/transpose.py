"""Transpose: the axes in another order; axis i of y is axis `axes[i]` of x."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.backend import Array
from dwbridge.functions.axes import Axes


class Transpose(FunctionNode):
    """See `transpose`. `axes` is kept as it was asked for; `order` says it in numbers from 0."""

    input_names = ("x",)

    def __init__(self, axes: Axes | None = None) -> None:
        self.axes = axes

    def order(self, ndim: int) -> Axes:
        """The axes of x in the order in which y has them."""
        return tuple(reversed(range(ndim))) if self.axes is None else tuple(a % ndim for a in self.axes)

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        return (x.transpose(self.axes),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (gy,) = grad_outputs
        assert gy is not None
        order = self.order(gy.ndim)
        return (transpose(gy, tuple(order.index(i) for i in range(gy.ndim))),)


def transpose(x: Any, axes: Sequence[int] | None = None) -> Variable:
    """x with its axes in another order; the array is a view of x's.

    Args:
        x: any array.
        axes: for each axis of the result, which axis of x it is (negative ones are counted from the end); None reverses
            them.

    Raises:
        ValueError: if `axes` does not name every axis once (AxisError, if there is no such axis).

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.transpose(np.zeros((2, 3, 4)), (0, 2, 1)).shape
        (2, 4, 3)
    """
    return Transpose(None if axes is None else tuple(axes)).apply((x,))[0]
