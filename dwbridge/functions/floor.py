"""Floor: the largest integer not above x. A constant, as far as differentiation goes."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable, as_array
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.unary import Unary


class Floor(Unary):
    """See `floor`."""

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        xp = get_array_module(x)
        return (xp.asarray(xp.floor(x)),)


def floor(x: Any) -> Variable:
    """The largest integer not above x, element by element, in x's dtype. No gradient flows through it.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.floor(np.array([-1.5, 1.5])).array
        array([-2.,  1.])
    """
    # The bare array: the result is a leaf of its own, as in Chainer.
    return Floor().apply((as_array(x),))[0]
