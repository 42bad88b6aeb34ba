"""What the binary operators share: two operands that broadcast, brought to one dtype and place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge.autograd import FunctionNode, Variable, as_variable
from dwbridge.autograd.type_check import TypeInfo, expect_broadcastable, expect_count, expect_equal, expect_floating
from dwbridge.backend import get_array_module, is_array


class Binary(FunctionNode):
    """(lhs, rhs) -> y, element by element, broadcasting by NumPy's rule."""

    input_names = ("lhs", "rhs")

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 2)
        lhs, rhs = in_types
        expect_floating(lhs)
        expect_equal("lhs.dtype", lhs.dtype, "rhs.dtype", rhs.dtype)
        expect_broadcastable(lhs, rhs)


def as_operands(lhs: Any, rhs: Any) -> tuple[Variable, Variable]:
    """Both as variables; a scalar becomes a constant of no dimensions, of the other operand's dtype.

    Raises:
        TypeError: if neither is a variable or an array, or one is neither of these nor a scalar.
    """
    if np.isscalar(lhs) and not np.isscalar(rhs):
        rhs = as_variable(rhs)
        return _constant(lhs, rhs), rhs
    if np.isscalar(rhs) and not np.isscalar(lhs):
        lhs = as_variable(lhs)
        return lhs, _constant(rhs, lhs)
    for value in (lhs, rhs):
        if not isinstance(value, Variable) and not is_array(value):
            raise TypeError(f"expected a variable, an array or a scalar, got {type(value).__name__}")
    return as_variable(lhs), as_variable(rhs)


def _constant(scalar: Any, like: Variable) -> Variable:
    xp = get_array_module(like.array)
    return Variable(xp.asarray(scalar, dtype=like.dtype), requires_grad=False)
