"""Hard sigmoid: a line between 0 and 1, y = min(max(slope x + shift, 0), 1). Its derivative is 0 where y is 0 or 1.

Chainer's line is 0.2 x + 0.5. Other files have others (MobileNetV3's is x / 6 + 0.5): slope and shift are keywords.
"""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.functions.activation import Activation, indicator
from dwbridge.functions.mul import mul


class HardSigmoid(Activation):
    """See `hard_sigmoid`."""

    kernel = "hard_sigmoid"

    def __init__(self, slope: float, shift: float) -> None:
        self.slope, self.shift = slope, shift
        self.constants = (slope, shift)

    def derivative(self, v: Variable) -> Variable:
        return mul(indicator((v.array > 0) & (v.array < 1), v), self.slope)


def hard_sigmoid(x: Any, *, slope: float = 0.2, shift: float = 0.5) -> Variable:
    """min(max(slope x + shift, 0), 1), element by element.

    Args:
        x: an array of a floating dtype, of any shape.
        slope, shift: numbers; those of Chainer by default.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.hard_sigmoid(np.array([-3., 0., 1., 3.])).array
        array([0. , 0.5, 0.7, 1. ])
    """
    return HardSigmoid(float(slope), float(shift)).apply((x,))[0]
