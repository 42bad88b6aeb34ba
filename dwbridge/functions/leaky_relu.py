"""Leaky rectifier: y = x for x >= 0, slope * x below. Its derivative at 0 is taken to be 1."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.functions.activation import Activation, indicator
from dwbridge.functions.add import add
from dwbridge.functions.mul import mul


class LeakyReLU(Activation):
    """See `leaky_relu`. y has the sign of x, and serves for the gradient, only if the slope is positive."""

    kernel = "leaky_relu"

    def __init__(self, slope: float) -> None:
        self.slope = slope
        self.constants = (slope,)
        self.retains_output = slope > 0

    def derivative(self, v: Variable) -> Variable:
        return add(mul(indicator(v.array >= 0, v), 1 - self.slope), self.slope)


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
