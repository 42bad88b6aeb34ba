"""Divide: y = lhs / rhs, broadcasting."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.broadcast_to import sum_to
from dwbridge.functions.mul import mul
from dwbridge.functions.neg import neg
from dwbridge.functions.operands import Binary, as_operands


class Div(Binary):
    """See `div`."""

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        lhs, rhs = inputs
        self.retain_inputs((0, 1))
        return (get_array_module(lhs).asarray(lhs / rhs),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        lhs, rhs = self.get_retained_inputs()
        share = div(grad_outputs[0], rhs)
        gradients = {
            0: lambda: sum_to(share, lhs.shape),
            1: lambda: sum_to(neg(mul(share, div(lhs, rhs))), rhs.shape),
        }
        return tuple(gradients[i]() for i in target_input_indexes)


def div(lhs: Any, rhs: Any) -> Variable:
    """The quotient, element by element. Operands and errors are those of `add`.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.div(np.array([1., 3.]), 2).array
        array([0.5, 1.5])
    """
    return Div().apply(as_operands(lhs, rhs))[0]
