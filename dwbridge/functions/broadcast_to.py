"""Broadcast: axes of length 1, and missing ones in front, are repeated.    Its transpose is sum_to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.autograd import FunctionNode, Variable, as_variable
from dwbridge.autograd.type_check import TypeInfo, expect, expect_count
from dwbridge.backend import Array, compute_dtype, get_array_module
from dwbridge.kernels import kernels_for


class BroadcastTo(FunctionNode):
    """See `broadcast_to`."""

    input_names = ("x",)

    def __init__(self, shape: Sequence[int]) -> None:
        self.shape = tuple(shape)

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 1)
        _expect_reaches(in_types[0].shape, self.shape, f"x broadcasts to {self.shape}")

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.x_shape = x.shape
        # A copy: a broadcast view would show one element in many places to whoever writes into it.
        return (kernels_for("reductions", x).spread(x, self.shape),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        return (sum_to(grad_outputs[0], self.x_shape),)


class SumTo(FunctionNode):
    """See `sum_to`."""

    input_names = ("x",)

    def __init__(self, shape: Sequence[int]) -> None:
        self.shape = tuple(shape)

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 1)
        _expect_reaches(self.shape, in_types[0].shape, f"{self.shape} broadcasts to x")

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.x_shape = x.shape
        lead = x.ndim - len(self.shape)
        axes = tuple(range(lead)) + tuple(lead + i for i, size in enumerate(self.shape) if size == 1)
        total = x.sum(axis=axes, dtype=compute_dtype(x.dtype))
        return (get_array_module(x).asarray(total).reshape(self.shape).astype(x.dtype, copy=False),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        return (broadcast_to(grad_outputs[0], self.x_shape),)


def _expect_reaches(small: Sequence[int], large: Sequence[int], statement: str) -> None:
    """The small shape broadcasts to the large one, and is not itself stretched into something else."""
    tail = large[len(large) - len(small) :]
    fits = len(small) <= len(large) and all(s in (1, t) for s, t in zip(small, tail))
    expect(fits, statement, f"shapes are {tuple(small)} and {tuple(large)}")


def broadcast_to(x: Any, shape: Sequence[int]) -> Variable:
    """x, repeated along axes of length 1 and along missing leading axes, until it has a shape.

    Raises:
        InvalidType: if x does not broadcast to the shape by NumPy's rule.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.broadcast_to(np.array([[1.], [2.]]), (2, 2)).array
        array([[1., 1.],
               [2., 2.]])
    """
    x = as_variable(x)
    return x if x.shape == tuple(shape) else BroadcastTo(shape).apply((x,))[0]


def sum_to(x: Any, shape: Sequence[int]) -> Variable:
    """The sum of x over the axes along which `shape` would be repeated to become x's: the transpose of `broadcast_to`.

    Raises:
        InvalidType: if `shape` does not broadcast to x's.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.sum_to(np.ones((2, 3)), (1, 3)).array
        array([[2., 2., 2.]])
    """
    x = as_variable(x)
    return x if x.shape == tuple(shape) else SumTo(shape).apply((x,))[0]
