"""Rectified linear unit: y = max(x, 0). Its derivative at 0 is taken to be 0."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.functions.activation import Activation, indicator


class ReLU(Activation):
    """See `relu`."""

    kernel = "relu"

    def derivative(self, v: Variable) -> Variable:
        return indicator(v.array > 0, v)


def relu(x: Any) -> Variable:
    """max(x, 0), element by element.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.relu(np.array([-1., 0., 2.])).array
        array([0., 0., 2.])
    """
    return ReLU().apply((x,))[0]
