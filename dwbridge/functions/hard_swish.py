"""Hard swish: y = x min(max(x + 3, 0), 6) / 6. Its derivative is 0 up to -3, x / 3 + 1/2 between, and 1 from 3 on.

Source: Howard et al., Searching for MobileNetV3 (2019), section 5.2. Chainer has no such function.
"""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.functions.activation import Activation, indicator
from dwbridge.functions.add import add
from dwbridge.functions.mul import mul


class HardSwish(Activation):
    """See `hard_swish`."""

    kernel = "hard_swish"
    retains_output = False

    def derivative(self, v: Variable) -> Variable:
        line = add(mul(v, 1 / 3), 0.5)
        return add(mul(indicator(abs(v.array) < 3, v), line), indicator(v.array >= 3, v))


def hard_swish(x: Any) -> Variable:
    """x min(max(x + 3, 0), 6) / 6, element by element.

    Args:
        x: an array of a floating dtype, of any shape.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.hard_swish(np.array([-4., -1.5, 0., 3.])).array
        array([-0.   , -0.375,  0.   ,  3.   ])
    """
    return HardSwish().apply((x,))[0]
