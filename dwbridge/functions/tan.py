"""Tangent: y = tan(x), y' = 1 + y^2."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.add import add
from dwbridge.functions.mul import mul
from dwbridge.functions.unary import Unary


class Tan(Unary):
    """See `tan`."""

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.retain_outputs((0,))
        xp = get_array_module(x)
        return (xp.asarray(xp.tan(x)),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (y,) = self.get_retained_outputs()
        return (mul(grad_outputs[0], add(mul(y, y), 1.0)),)


def tan(x: Any) -> Variable:
    """tan(x), element by element, x in radians.

    Args:
        x: an array of a floating dtype, of any shape.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.tan(np.array([0., 1.])).array
        array([0.        , 1.55740772])
    """
    return Tan().apply((x,))[0]
