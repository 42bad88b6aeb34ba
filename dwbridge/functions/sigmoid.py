"""Logistic function: y = 1 / (1 + exp(-x)), y' = y (1 - y)."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.functions.activation import Activation
from dwbridge.functions.mul import mul
from dwbridge.functions.sub import sub


class Sigmoid(Activation):
    """See `sigmoid`."""

    kernel = "sigmoid"

    def derivative(self, v: Variable) -> Variable:
        return mul(v, sub(1.0, v))


def sigmoid(x: Any) -> Variable:
    """1 / (1 + exp(-x)), element by element.

    Args:
        x: an array of a floating dtype, of any shape.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.sigmoid(np.array([0., 2.])).array
        array([0.5       , 0.88079708])
    """
    return Sigmoid().apply((x,))[0]
