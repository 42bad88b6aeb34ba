"""Sine: y = sin(x), y' = cos(x)."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.mul import mul
from dwbridge.functions.unary import Unary


class Sin(Unary):
    """See `sin`."""

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.retain_inputs((0,))
        xp = get_array_module(x)
        return (xp.asarray(xp.sin(x)),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        from dwbridge.functions.cos import cos  # each is the other's derivative

        (x,) = self.get_retained_inputs()
        return (mul(grad_outputs[0], cos(x)),)


def sin(x: Any) -> Variable:
    """sin(x), element by element, x in radians.

    Args:
        x: an array of a floating dtype, of any shape.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.sin(np.array([0., 1.])).array
        array([0.        , 0.84147098])
    """
    return Sin().apply((x,))[0]
