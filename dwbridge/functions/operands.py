"""What the binary operators share: two operands that broadcast, brought to one dtype and place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from dwbridge.autograd import FunctionNode, Variable, as_variable
from dwbridge.autograd.type_check import TypeInfo, expect_broadcastable, expect_count, expect_equal, expect_floating
from dwbridge.backend import Array, get_array_module, is_array, on_device_of


class Binary(FunctionNode):
    """(lhs, rhs) -> y, element by element, broadcasting by NumPy's rule.

    Operands are floating; sums, differences and products take integers too.
    """

    input_names = ("lhs", "rhs")
    checked_attributes = ()
    takes_integers: ClassVar[bool] = False

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 2)
        lhs, rhs = in_types
        if not self.takes_integers:
            expect_floating(lhs)
        expect_equal("lhs.dtype", lhs.dtype, "rhs.dtype", rhs.dtype)
        expect_broadcastable(lhs, rhs)


def as_operands(lhs: Any, rhs: Any) -> tuple[Variable, Variable]:
    """Both as variables; a scalar or an array beside a variable becomes a constant of the variable's dtype.

    Of two arrays the second takes the first one's dtype.

    Raises:
        TypeError: if neither is a variable or an array, or one is neither of these nor a number.
    """
    for value in (lhs, rhs):
        if isinstance(value, str) or not (isinstance(value, Variable) or is_array(value) or np.isscalar(value)):
            raise TypeError(f"expected a variable, an array or a scalar, got {type(value).__name__}")
    if np.isscalar(lhs) and np.isscalar(rhs):
        raise TypeError("expected a variable or an array among the operands, got two scalars")
    if np.isscalar(lhs) or (isinstance(rhs, Variable) and not isinstance(lhs, Variable)):
        rhs = as_variable(rhs)
        return _constant(lhs, rhs), rhs
    lhs = as_variable(lhs)
    return lhs, rhs if isinstance(rhs, Variable) else _constant(rhs, lhs)


def _constant(value: Any, like: Variable) -> Variable:
    with on_device_of(like.array):
        return Variable(_array(value, like), requires_grad=False)


def _array(value: Any, like: Variable) -> Array:
    if is_array(value):
        return value.astype(like.dtype, copy=False)
    # CuPy's `full` gives a kernel the number; its `asarray` would copy an array from the host.
    xp = get_array_module(like.array)
    return np.asarray(value, dtype=like.dtype) if xp is np else xp.full((), value, dtype=like.dtype)
