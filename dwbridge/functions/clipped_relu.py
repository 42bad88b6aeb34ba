"""Clipped rectifier: y = min(max(x, 0), z). Its derivative is 1 strictly between 0 and z, and 0 elsewhere."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.mul import mul
from dwbridge.functions.unary import Unary


class ClippedReLU(Unary):
    """See `clipped_relu`."""

    def __init__(self, z: float) -> None:
        self.cap = z

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.retain_inputs((0,))
        xp = get_array_module(x)
        return (xp.asarray(xp.clip(x, x.dtype.type(0), x.dtype.type(self.cap))),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (x,) = self.get_retained_inputs()
        inside = (x.array > 0) & (x.array < x.dtype.type(self.cap))
        return (mul(grad_outputs[0], inside.astype(x.dtype)),)


def clipped_relu(x: Any, z: float = 20.0) -> Variable:
    """min(max(x, 0), z), element by element.

    Args:
        x: an array of a floating dtype.
        z: the cap, a number.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.clipped_relu(np.array([-1., 3., 25.])).array
        array([ 0.,  3., 20.])
    """
    return ClippedReLU(float(z)).apply((x,))[0]


def relu6(x: Any) -> Variable:
    """min(max(x, 0), 6): `clipped_relu` with a cap of 6, as in MobileNets.

    >>> import numpy as np
    >>> relu6(np.array([7.])).array
    array([6.])
    """
    return clipped_relu(x, 6.0)
