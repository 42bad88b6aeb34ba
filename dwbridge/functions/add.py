"""Add: y = lhs + rhs, broadcasting."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable, as_variable
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.broadcast_to import sum_to
from dwbridge.functions.operands import Binary, as_operands


class Add(Binary):
    """See `add`."""

    takes_integers = True

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        lhs, rhs = inputs
        self.shapes = lhs.shape, rhs.shape
        return (get_array_module(lhs).asarray(lhs + rhs),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        return tuple(sum_to(grad_outputs[0], self.shapes[i]) for i in target_input_indexes)


def add(*xs: Any) -> Variable:
    """The sum of the operands, element by element, left to right; one operand is returned as it is.

    Args:
        xs: variables of one dtype, whose shapes broadcast; arrays and scalars take the variable's dtype.

    Raises:
        InvalidType: if dtypes of variables differ, or shapes do not broadcast.
        ValueError: without operands.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.add(np.array([1., 2.]), np.array([[10.], [20.]]), 0.5).array
        array([[11.5, 12.5],
               [21.5, 22.5]])
    """
    if not xs:
        raise ValueError("add takes one operand or more, got none")
    total = as_variable(xs[0]) if len(xs) == 1 else xs[0]
    for x in xs[1:]:
        total = Add().apply(as_operands(total, x))[0]
    return total
