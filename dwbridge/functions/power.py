"""Power: y = x ** p, with a number or an array as exponent; the array broadcasts."""

from __future__ import annotations

from typing import Any

import numpy as np

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.broadcast_to import sum_to
from dwbridge.functions.log import log
from dwbridge.functions.mul import mul
from dwbridge.functions.operands import Binary, as_operands
from dwbridge.functions.sub import sub
from dwbridge.functions.unary import Unary


class Power(Unary):
    """See `power`."""

    def __init__(self, exponent: float) -> None:
        self.exponent = float(exponent)

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.retain_inputs((0,))
        return (get_array_module(x).asarray(x ** x.dtype.type(self.exponent)),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (x,) = self.get_retained_inputs()
        if self.exponent == 0:  # the rule below would be 0 * inf at x = 0
            return (mul(grad_outputs[0], 0.0),)
        return (mul(mul(grad_outputs[0], power(x, self.exponent - 1)), self.exponent),)


class PowerOfArrays(Binary):
    """See `power`: the exponent varies."""

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        lhs, rhs = inputs
        self.retain_inputs((0, 1))
        self.retain_outputs((0,))
        return (get_array_module(lhs).asarray(lhs**rhs),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        lhs, rhs = self.get_retained_inputs()
        (y,) = self.get_retained_outputs()
        (gy,) = grad_outputs
        gradients = {
            0: lambda: sum_to(mul(mul(gy, rhs), power(lhs, sub(rhs, 1.0))), lhs.shape),
            1: lambda: sum_to(mul(mul(gy, y), log(lhs)), rhs.shape),
        }
        return tuple(gradients[i]() for i in target_input_indexes)


def power(x: Any, exponent: Any) -> Variable:
    """Every element raised to a power.

    Args:
        x: an array of a floating dtype, or a number where the exponent is an array.
        exponent: a number, or an array of x's dtype that broadcasts against x.

    Raises:
        InvalidType: if dtypes differ or are not floating, or shapes do not broadcast.
        TypeError: if the exponent is neither.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.power(np.array([1., 4.]), 0.5).array
        array([1., 2.])
        >>> F.power(2, np.array([1., 4.])).array
        array([ 2., 16.])
    """
    if np.isscalar(exponent) and not isinstance(exponent, str):
        return Power(float(exponent)).apply((x,))[0]  # type: ignore[arg-type]
    return PowerOfArrays().apply(as_operands(x, exponent))[0]
