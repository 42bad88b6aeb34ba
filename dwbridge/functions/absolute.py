"""Absolute value: y = |x|. Its derivative is sign(x), 0 at 0."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.mul import mul
from dwbridge.functions.unary import Unary


class Absolute(Unary):
    """See `absolute`."""

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.retain_inputs((0,))
        xp = get_array_module(x)
        return (xp.asarray(abs(x)),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (x,) = self.get_retained_inputs()
        return (mul(grad_outputs[0], get_array_module(x.array).sign(x.array)),)


def absolute(x: Any) -> Variable:
    """|x|, element by element.

    Args:
        x: an array of a floating dtype, of any shape.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.absolute(np.array([-1., 0., 2.])).array
        array([1., 0., 2.])
    """
    return Absolute().apply((x,))[0]
