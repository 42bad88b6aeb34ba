"""Square: y = x * x."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.mul import mul
from dwbridge.functions.unary import Unary


class Square(Unary):
    """See `square`."""

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.retain_inputs((0,))
        xp = get_array_module(x)
        return (xp.asarray(xp.square(x)),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (x,) = self.get_retained_inputs()
        return (mul(mul(grad_outputs[0], x), 2.0),)


def square(x: Any) -> Variable:
    """x * x, element by element.

    Args:
        x: an array of a floating dtype, of any shape.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.square(np.array([-1., 3.])).array
        array([1., 9.])
    """
    return Square().apply((x,))[0]
