"""Power: y = x ** c with a constant exponent c."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.autograd.type_check import TypeInfo, expect_count, expect_floating
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.mul import mul


class Power(FunctionNode):
    """See `power`."""

    input_names = ("x",)

    def __init__(self, exponent: float) -> None:
        self.exponent = float(exponent)

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 1)
        expect_floating(in_types[0])

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


def power(x: Any, exponent: float) -> Variable:
    """Every element raised to a constant power.

    Args:
        x: an array of a floating dtype.
        exponent: a number.

    Raises:
        TypeError: if the exponent is no number (an exponent that varies is not supported).

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.power(np.array([1., 4.]), 0.5).array
        array([1., 2.])
    """
    if not np.isscalar(exponent) or isinstance(exponent, str):
        raise TypeError(f"the exponent must be a number, got {type(exponent).__name__}")
    return Power(float(exponent)).apply((x,))[0]
