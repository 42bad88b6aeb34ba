"""Hyperbolic tangent: y = tanh(x), y' = 1 - y^2."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.mul import mul
from dwbridge.functions.sub import sub
from dwbridge.functions.unary import Unary


class Tanh(Unary):
    """See `tanh`."""

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.retain_outputs((0,))
        xp = get_array_module(x)
        return (xp.asarray(xp.tanh(x)),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (y,) = self.get_retained_outputs()
        return (mul(grad_outputs[0], sub(1.0, mul(y, y))),)


def tanh(x: Any) -> Variable:
    """tanh(x), element by element.

    Args:
        x: an array of a floating dtype, of any shape.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.tanh(np.array([0., 1.])).array
        array([0.        , 0.76159416])
    """
    return Tanh().apply((x,))[0]
