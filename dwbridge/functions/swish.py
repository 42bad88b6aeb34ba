"""Swish: y = x s(beta x) with s(t) = 1 / (1 + exp(-t)); with beta = 1 it is called SiLU.

beta is a number, or an array (s1, ..., sM) for x (N, s1, ..., sM, ...): one trained number for each place behind the
first axis. y' = s (1 + beta x (1 - s)).

Source: Ramachandran, Zoph and Le, Searching for Activation Functions (2017).
"""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable, as_variable
from dwbridge.autograd.type_check import expect, expect_equal
from dwbridge.backend import is_array
from dwbridge.functions.activation import Activation
from dwbridge.functions.add import add
from dwbridge.functions.broadcast_to import broadcast_to
from dwbridge.functions.mul import mul
from dwbridge.functions.reshape import reshape
from dwbridge.functions.sigmoid import sigmoid
from dwbridge.functions.sub import sub


class Swish(Activation):
    """See `swish`: the one whose beta is a number."""

    kernel = "swish"
    retains_output = False

    def __init__(self, beta: float) -> None:
        self.beta = beta
        self.constants = (beta,)

    def derivative(self, v: Variable) -> Variable:
        t = mul(v, self.beta)
        s = sigmoid(t)
        return mul(s, add(mul(t, sub(1.0, s)), 1.0))


def swish(x: Any, beta: Any = 1.0) -> Variable:
    """x s(beta x), element by element.

    Args:
        x: (N, s1, s2, ...), of a floating dtype.
        beta: a number (1 by default, which Chainer does not have), or an array or variable (s1, ..., sM).

    Raises:
        InvalidType: if x is not floating, or the dtype or shape of beta does not fit.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.swish(np.array([[-1., 2.]]), 1.0).array
        array([[-0.26894142,  1.76159416]])
        >>> F.swish(np.array([[-1., 2.]]), np.array([0., 1.])).array
        array([[-0.5       ,  1.76159416]])
    """
    if not isinstance(beta, Variable) and not is_array(beta):
        return Swish(float(beta)).apply((x,))[0]
    x, beta = as_variable(x), as_variable(beta)
    expect_equal("beta.dtype", beta.dtype, "x.dtype", x.dtype)
    expect(beta.ndim < x.ndim, "beta.ndim <= x.ndim - 1", f"beta.ndim is {beta.ndim}, x.ndim is {x.ndim}")
    places = x.shape[1 : 1 + beta.ndim]
    expect_equal("beta.shape", beta.shape, f"x.shape[1:{1 + beta.ndim}]", places)
    spread = (1, *places, *(1 for _ in x.shape[1 + beta.ndim :]))
    return mul(x, sigmoid(mul(broadcast_to(reshape(beta, spread), x.shape), x)))
