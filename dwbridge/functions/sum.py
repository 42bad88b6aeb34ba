"""Sum over axes.    16-bit types are summed in float32 and rounded once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.autograd.type_check import TypeInfo, expect_count, expect_floating
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.axes import kept_shape, normalize_axes, positive_axes
from dwbridge.functions.broadcast_to import broadcast_to
from dwbridge.functions.reshape import reshape
from dwbridge.kernels import kernels_for


class Reduction(FunctionNode):
    """A sum, or a multiple of one, over axes; `sum` and `mean` differ in `weight` alone."""

    input_names = ("x",)
    checked_attributes = ()

    def __init__(self, axes: tuple[int, ...] | None = None, keepdims: bool = False) -> None:
        self.axes, self.keepdims = axes, keepdims

    def weight(self, count: int) -> float:
        """What the sum of `count` elements is divided by."""
        raise NotImplementedError

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 1)
        expect_floating(in_types[0])

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.x_shape = x.shape
        axes = positive_axes(self.axes, x.ndim)
        self.divisor = self.weight(_count(x.shape, axes))
        total = kernels_for("reductions", x).sum_over(x, axes)
        if self.divisor != 1:
            total = total / total.dtype.type(self.divisor)
        shape = kept_shape(x.shape, axes) if self.keepdims else total.shape
        return (get_array_module(x).asarray(total, dtype=x.dtype).reshape(shape),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (gy,) = grad_outputs
        assert gy is not None
        share = gy if self.divisor == 1 else gy / self.divisor
        kept = kept_shape(self.x_shape, positive_axes(self.axes, len(self.x_shape)))
        return (broadcast_to(reshape(share, kept), self.x_shape),)


class Sum(Reduction):
    """See `sum`."""

    def weight(self, count: int) -> float:
        return 1


def _count(shape: tuple[int, ...], axes: tuple[int, ...]) -> int:
    count = 1
    for axis in axes:
        count *= shape[axis]
    return count


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Sum of the elements over axes.

    Args:
        x: an array of a floating dtype.
        axis: an axis, a tuple of axes, or None for all.
        keepdims: keep the axes, with length 1.

    Raises:
        InvalidType: if the dtype is not floating.
        TypeError, ValueError: if `axis` is no axis, or names one twice.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.sum(np.arange(6.).reshape(2, 3), axis=1).array
        array([ 3., 12.])
    """
    return Sum(normalize_axes(axis), keepdims).apply((x,))[0]
