"""Subtract: y = lhs - rhs, broadcasting."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.broadcast_to import sum_to
from dwbridge.functions.neg import neg
from dwbridge.functions.operands import Binary, as_operands


class Sub(Binary):
    """See `sub`."""

    takes_integers = True

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        lhs, rhs = inputs
        self.shapes = lhs.shape, rhs.shape
        return (get_array_module(lhs).asarray(lhs - rhs),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (gy,) = grad_outputs
        assert gy is not None
        return tuple(sum_to(gy if i == 0 else neg(gy), self.shapes[i]) for i in target_input_indexes)


def sub(lhs: Any, rhs: Any) -> Variable:
    """The difference, element by element. Operands and errors are those of `add`.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.sub(1, np.array([1., 2.])).array
        array([ 0., -1.])
    """
    return Sub().apply(as_operands(lhs, rhs))[0]
