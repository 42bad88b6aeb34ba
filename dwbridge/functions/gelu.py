"""Gaussian error linear unit: y = x P(x), where P is the distribution of the normal numbers, or near it.

    approximate='none'    P(x) = (1 + erf(x / sqrt(2))) / 2               P' = exp(-x^2 / 2) / sqrt(2 pi)
    approximate='tanh'    P(x) = (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2

Source: Hendrycks and Gimpel, Gaussian Error Linear Units (2016). Chainer has no such function; the keyword is ONNX's.
"""

from __future__ import annotations

import math
from typing import Any

from dwbridge.autograd import Variable
from dwbridge.functions.activation import Activation
from dwbridge.functions.add import add
from dwbridge.functions.erf import erf
from dwbridge.functions.exp import exp
from dwbridge.functions.mul import mul
from dwbridge.functions.sub import sub
from dwbridge.functions.tanh import tanh
from dwbridge.kernels.reference.activations import GELU_CUBE as CUBE
from dwbridge.kernels.reference.activations import GELU_SCALE as SCALE


class Gelu(Activation):
    """See `gelu`."""

    kernel = "gelu"
    retains_output = False
    approximate = "none"

    def derivative(self, v: Variable) -> Variable:
        distribution = mul(add(erf(mul(v, math.sqrt(0.5))), 1.0), 0.5)
        density = mul(exp(mul(mul(v, v), -0.5)), 1 / math.sqrt(2 * math.pi))
        return add(distribution, mul(v, density))


class GeluTanh(Activation):
    """See `gelu`."""

    kernel = "gelu_tanh"
    retains_output = False
    approximate = "tanh"

    def derivative(self, v: Variable) -> Variable:
        square = mul(v, v)
        t = tanh(mul(mul(v, add(mul(square, CUBE), 1.0)), SCALE))
        slope = mul(add(mul(square, 3 * CUBE), 1.0), SCALE)
        return mul(add(add(t, 1.0), mul(mul(v, slope), sub(1.0, mul(t, t)))), 0.5)


def gelu(x: Any, approximate: str = "none") -> Variable:
    """x P(x), element by element.

    Args:
        x: an array of a floating dtype, of any shape.
        approximate: 'none', or 'tanh' for the approximation that needs no error function.

    Raises:
        InvalidType: if x is not floating.
        ValueError: for another `approximate`.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.gelu(np.array([-1., 0., 1.])).array
        array([-0.15865525,  0.        ,  0.84134475])
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate must be 'none' or 'tanh', got {approximate!r}")
    function = Gelu() if approximate == "none" else GeluTanh()
    return function.apply((x,))[0]
