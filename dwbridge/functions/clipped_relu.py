"""Clipped rectifier: y = min(max(x, 0), z). Its derivative is 1 strictly between 0 and z, and 0 elsewhere."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.functions.activation import Activation, indicator


class ClippedReLU(Activation):
    """See `clipped_relu`."""

    kernel = "clipped_relu"

    def __init__(self, z: float) -> None:
        self.cap = z
        self.constants = (z,)

    def derivative(self, v: Variable) -> Variable:
        return indicator((v.array > 0) & (v.array < v.dtype.type(self.cap)), v)


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
