"""Leaky rectifier: y = x for x >= 0, slope * x below. Its derivative at 0 is taken to be 1."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.mul import mul
from dwbridge.functions.unary import Unary


class LeakyReLU(Unary):
    """See `leaky_relu`."""

    def __init__(self, slope: float) -> None:
        self.slope = slope

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.retain_inputs((0,))
        xp = get_array_module(x)
        return (xp.asarray(xp.where(x >= 0, x, x * x.dtype.type(self.slope))),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (x,) = self.get_retained_inputs()
        xp = get_array_module(x.array)
        slopes = xp.where(x.array >= 0, x.dtype.type(1), x.dtype.type(self.slope))
        return (mul(grad_outputs[0], slopes),)


def leaky_relu(x: Any, slope: float = 0.2) -> Variable:
    """x where it is not negative, slope * x elsewhere.

    Args:
        x: an array of a floating dtype.
        slope: a number.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.leaky_relu(np.array([-10., 0., 2.])).array
        array([-2.,  0.,  2.])
    """
    return LeakyReLU(float(slope)).apply((x,))[0]
