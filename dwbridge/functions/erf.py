"""Error function: y = 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x, y' = 2 / sqrt(pi) exp(-x^2)."""

from __future__ import annotations

import math
from typing import Any

from dwbridge.autograd import Variable
from dwbridge.functions.activation import Activation
from dwbridge.functions.exp import exp
from dwbridge.functions.mul import mul
from dwbridge.functions.neg import neg


class Erf(Activation):
    """See `erf`."""

    kernel = "erf"
    retains_output = False

    def derivative(self, v: Variable) -> Variable:
        return mul(exp(neg(mul(v, v))), 2 / math.sqrt(math.pi))


def erf(x: Any) -> Variable:
    """The error function, element by element.

    Args:
        x: an array of a floating dtype, of any shape.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.erf(np.array([0., 1.])).array
        array([0.        , 0.84270079])
    """
    return Erf().apply((x,))[0]
