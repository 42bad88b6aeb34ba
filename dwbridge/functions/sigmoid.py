"""Logistic function: y = 1 / (1 + exp(-x)), y' = y (1 - y)."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.backend import Array, compute_dtype, get_array_module
from dwbridge.functions.mul import mul
from dwbridge.functions.sub import sub
from dwbridge.functions.unary import Unary


class Sigmoid(Unary):
    """See `sigmoid`."""

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.retain_outputs((0,))
        # (1 + tanh(x / 2)) / 2 is the same number and cannot overflow.
        half = compute_dtype(x.dtype).type(0.5)
        xp = get_array_module(x)
        return (xp.asarray(xp.tanh(x * half) * half + half, dtype=x.dtype),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (y,) = self.get_retained_outputs()
        return (mul(grad_outputs[0], mul(y, sub(1.0, y))),)


def sigmoid(x: Any) -> Variable:
    """1 / (1 + exp(-x)), element by element.

    Args:
        x: an array of a floating dtype, of any shape.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.sigmoid(np.array([0., 2.])).array
        array([0.5       , 0.88079708])
    """
    return Sigmoid().apply((x,))[0]
