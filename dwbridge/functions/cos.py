"""Cosine: y = cos(x), y' = -sin(x)."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.mul import mul
from dwbridge.functions.neg import neg
from dwbridge.functions.sin import sin
from dwbridge.functions.unary import Unary


class Cos(Unary):
    """See `cos`."""

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.retain_inputs((0,))
        xp = get_array_module(x)
        return (xp.asarray(xp.cos(x)),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (x,) = self.get_retained_inputs()
        return (neg(mul(grad_outputs[0], sin(x))),)


def cos(x: Any) -> Variable:
    """cos(x), element by element, x in radians.

    Args:
        x: an array of a floating dtype, of any shape.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.cos(np.array([0., 1.])).array
        array([1.        , 0.54030231])
    """
    return Cos().apply((x,))[0]
