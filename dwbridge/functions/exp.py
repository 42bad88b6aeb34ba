"""Exponential: y = exp(x)."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.mul import mul
from dwbridge.functions.unary import Unary


class Exp(Unary):
    """See `exp`."""

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.retain_outputs((0,))
        xp = get_array_module(x)
        return (xp.asarray(xp.exp(x)),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (y,) = self.get_retained_outputs()
        return (mul(y, grad_outputs[0]),)


def exp(x: Any) -> Variable:
    """exp(x), element by element.

    Args:
        x: an array of a floating dtype, of any shape.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.exp(np.array([0., 1.])).array
        array([1.        , 2.71828183])
    """
    return Exp().apply((x,))[0]
