"""Multiply: y = lhs * rhs, broadcasting."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.broadcast_to import sum_to
from dwbridge.functions.operands import Binary, as_operands


class Mul(Binary):
    """See `mul`."""

    takes_integers = True

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        lhs, rhs = inputs
        self.retain_inputs((0, 1))
        return (get_array_module(lhs).asarray(lhs * rhs),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        operands = self.get_retained_inputs()
        (gy,) = grad_outputs
        return tuple(sum_to(mul(gy, operands[1 - i]), operands[i].shape) for i in target_input_indexes)


def mul(lhs: Any, rhs: Any) -> Variable:
    """The product, element by element. Operands and errors are those of `add`.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.mul(np.array([1., 2.]), 3).array
        array([3., 6.])
    """
    return Mul().apply(as_operands(lhs, rhs))[0]
