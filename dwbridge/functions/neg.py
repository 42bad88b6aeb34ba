"""Negate: y = -x."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.autograd.type_check import TypeInfo, expect_count
from dwbridge.backend import Array, get_array_module


class Neg(FunctionNode):
    """See `neg`."""

    input_names = ("x",)

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 1)

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        return (get_array_module(x).asarray(-x),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        return (neg(grad_outputs[0]),)


def neg(x: Any) -> Variable:
    """The negative of every element.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.neg(np.array([1., -2.])).array
        array([-1.,  2.])
    """
    return Neg().apply((x,))[0]
