"""Concatenation along one axis.    Its gradient is split_axis."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.autograd.type_check import TypeInfo, expect, expect_equal
from dwbridge.backend import Array, get_array_module


class Concat(FunctionNode):
    """See `concat`."""

    input_names = ("xs[0]",)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        first = in_types[0]
        inside = -first.ndim <= self.axis < first.ndim
        expect(inside, "-xs[0].ndim <= axis < xs[0].ndim", f"axis is {self.axis}, xs[0].ndim is {first.ndim}")
        for i, other in enumerate(in_types[1:], 1):
            expect_equal(f"xs[{i}].dtype", other.dtype, "xs[0].dtype", first.dtype)
            expect_equal(f"xs[{i}].ndim", other.ndim, "xs[0].ndim", first.ndim)
            left, right = (_without(info.shape, self.axis) for info in (other, first))
            expect_equal(f"xs[{i}].shape without axis {self.axis}", left, "that of xs[0]", right)

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        # Where each input but the first begins: what the gradient is split at.
        self.begins = list(accumulate(x.shape[self.axis] for x in inputs[:-1]))
        return (get_array_module(*inputs).concatenate(inputs, self.axis),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        from dwbridge.functions.split_axis import split_axis  # each is the other's gradient

        parts = split_axis(grad_outputs[0], self.begins, self.axis)
        return tuple(parts[i] for i in target_input_indexes)


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    axis %= len(shape)
    return (*shape[:axis], *shape[axis + 1 :])


def concat(xs: Sequence[Any], axis: int = 1) -> Variable:
    """Arrays behind one another along an axis.

    Args:
        xs: variables or arrays of one dtype, whose shapes differ along the axis alone.
        axis: the axis.

    Raises:
        InvalidType: if dtypes or shapes do not fit.
        ValueError: if there is none.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.concat([np.zeros((2, 3)), np.ones((2, 1))]).array
        array([[0., 0., 0., 1.],
               [0., 0., 0., 1.]])
    """
    if not len(xs):
        raise ValueError("concat takes one array or more, got none")
    return Concat(axis).apply(tuple(xs))[0]
