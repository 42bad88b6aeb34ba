"""Softmax: y = exp(x) / sum of exp(x) along one axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.autograd.type_check import TypeInfo, expect, expect_count, expect_floating
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.broadcast_to import broadcast_to
from dwbridge.functions.mul import mul
from dwbridge.functions.sub import sub
from dwbridge.functions.sum import sum as sum_
from dwbridge.kernels.reference.shifted import shifted


class Softmax(FunctionNode):
    """See `softmax`."""

    input_names = ("x",)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 1)
        (x,) = in_types
        expect_floating(x)
        expect(-x.ndim <= self.axis < x.ndim, "-x.ndim <= axis < x.ndim", f"axis is {self.axis}, x.ndim is {x.ndim}")

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.retain_outputs((0,))
        xp = get_array_module(x)
        powers = xp.exp(shifted(x, self.axis))
        return ((powers / powers.sum(axis=self.axis, keepdims=True)).astype(x.dtype, copy=False),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (y,) = self.get_retained_outputs()
        (gy,) = grad_outputs
        mean_gradient = sum_(mul(y, gy), axis=self.axis, keepdims=True)
        return (mul(y, sub(gy, broadcast_to(mean_gradient, y.shape))),)


def softmax(x: Any, axis: int = 1) -> Variable:
    """Positive numbers that sum to 1 along an axis, in proportion to exp(x).

    Raises:
        InvalidType: if x is not floating or has no such axis.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.softmax(np.zeros((1, 4))).array
        array([[0.25, 0.25, 0.25, 0.25]])
    """
    return Softmax(axis).apply((x,))[0]
