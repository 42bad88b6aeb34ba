"""Logarithm of softmax: y = x - log(sum of exp(x)) along one axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.autograd import Variable
from dwbridge.autograd.type_check import TypeInfo, expect
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.broadcast_to import broadcast_to
from dwbridge.functions.exp import exp
from dwbridge.functions.mul import mul
from dwbridge.functions.sub import sub
from dwbridge.functions.sum import sum as sum_
from dwbridge.functions.unary import Unary
from dwbridge.kernels.reference.shifted import shifted


class LogSoftmax(Unary):
    """See `log_softmax`."""

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        super().check_type_forward(in_types)
        (x,) = in_types
        expect(-x.ndim <= self.axis < x.ndim, "-x.ndim <= axis < x.ndim", f"axis is {self.axis}, x.ndim is {x.ndim}")

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.retain_outputs((0,))
        xp = get_array_module(x)
        scores = shifted(x, self.axis)
        y = scores - xp.log(xp.exp(scores).sum(axis=self.axis, keepdims=True))
        return (y.astype(x.dtype, copy=False),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (y,) = self.get_retained_outputs()
        (gy,) = grad_outputs
        total = broadcast_to(sum_(gy, axis=self.axis, keepdims=True), y.shape)
        return (sub(gy, mul(exp(y), total)),)


def log_softmax(x: Any, axis: int = 1) -> Variable:
    """The logarithm of `softmax`, exact where softmax itself underflows.

    Args:
        x: an array of a floating dtype.
        axis: the axis along which exp(y) sums to 1.

    Raises:
        InvalidType: if x is not floating or has no such axis.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.log_softmax(np.array([[0., 1000.]])).array
        array([[-1000.,     0.]])
    """
    return LogSoftmax(axis).apply((x,))[0]
