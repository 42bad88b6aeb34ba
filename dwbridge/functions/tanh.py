"""Hyperbolic tangent: y = tanh(x), y' = 1 - y^2."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.functions.activation import Activation
from dwbridge.functions.mul import mul
from dwbridge.functions.sub import sub


class Tanh(Activation):
    """See `tanh`."""

    kernel = "tanh"

    def derivative(self, v: Variable) -> Variable:
        return sub(1.0, mul(v, v))


def tanh(x: Any) -> Variable:
    """tanh(x), element by element.

    Args:
        x: an array of a floating dtype, of any shape.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.tanh(np.array([0., 1.])).array
        array([0.        , 0.76159416])
    """
    return Tanh().apply((x,))[0]
