"""Reshape: the same elements in row order under another shape.    flatten: under one axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.autograd import FunctionNode, Variable, as_variable
from dwbridge.autograd.type_check import TypeInfo, expect, expect_count
from dwbridge.backend import Array


class Reshape(FunctionNode):
    """See `reshape`. `shape` is kept as it was asked for, a -1 included."""

    input_names = ("x",)

    def __init__(self, shape: Sequence[int]) -> None:
        self.shape = tuple(shape)

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 1)
        (x,) = in_types
        known, size = 1, 1
        for length in self.shape:
            known *= length if length >= 0 else 1
        for length in x.shape:
            size *= length
        free = self.shape.count(-1)
        fits = size == known if free == 0 else free == 1 and known > 0 and size % known == 0
        expect(fits, f"x of {size} elements can be reshaped to {self.shape}", f"x.shape is {x.shape}")

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.x_shape = x.shape
        return (x.reshape(self.shape),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        return (reshape(grad_outputs[0], self.x_shape),)


def reshape(x: Any, shape: Sequence[int]) -> Variable:
    """The elements of x, in row order, under another shape.

    Args:
        x: any array.
        shape: the new shape; one entry may be -1 and is computed.

    Raises:
        InvalidType: if the number of elements does not fit.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.reshape(np.zeros((2, 3, 4)), (2, -1)).shape
        (2, 12)
    """
    x = as_variable(x)
    return x if x.shape == tuple(shape) else Reshape(shape).apply((x,))[0]


def flatten(x: Any) -> Variable:
    """The elements of x as one axis, batch included: `reshape(x, (-1,))`.

    >>> import numpy as np
    >>> flatten(np.zeros((2, 3))).shape
    (6,)
    """
    return reshape(x, (-1,))
