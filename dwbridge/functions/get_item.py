"""Indexing: y = x[slices], NumPy's basic and advanced indexing. Its gradient adds what comes back into zeros."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.backend import Array, compute_dtype, get_array_module


def as_index(slices: Any) -> tuple[Any, ...]:
    """An index as a tuple with one entry for each axis that it names; a list of integers is one entry.

    >>> as_index(1), as_index([0, 2]), as_index((0, slice(2)))
    ((1,), ([0, 2],), (0, slice(None, 2, None)))
    """
    if isinstance(slices, list):
        return (slices,) if all(isinstance(s, int) for s in slices) else tuple(slices)
    return slices if isinstance(slices, tuple) else (slices,)


def _is_basic(slices: tuple[Any, ...]) -> bool:
    return all(s is None or s is Ellipsis or isinstance(s, (int, slice)) for s in slices) and not any(
        isinstance(s, bool) for s in slices
    )


class GetItem(FunctionNode):
    """See `get_item`."""

    input_names = ("x",)

    def __init__(self, slices: Any) -> None:
        self.slices = as_index(slices)

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.x_shape = x.shape
        return (get_array_module(x).asarray(x[self.slices]),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        return GetItemGradient(self.slices, self.x_shape).apply((grad_outputs[0],))


class GetItemGradient(FunctionNode):
    """Zeros of x's shape with gy added at the index, once for each time that an element was taken."""

    input_names = ("gy",)

    def __init__(self, slices: tuple[Any, ...], x_shape: tuple[int, ...]) -> None:
        self.slices, self.x_shape = slices, x_shape

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (gy,) = inputs
        xp = get_array_module(gy)
        if _is_basic(self.slices):  # every element at most once
            gx = xp.zeros(self.x_shape, gy.dtype)
            gx[self.slices] = gy
            return (gx,)
        gx = xp.zeros(self.x_shape, compute_dtype(gy.dtype))
        xp.add.at(gx, self.slices, gy.astype(gx.dtype, copy=False))
        return (gx.astype(gy.dtype, copy=False),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        return GetItem(self.slices).apply((grad_outputs[0],))


def get_item(x: Any, slices: Any) -> Variable:
    """x[slices]: the elements at an index.

    Args:
        x: any array.
        slices: an integer, slice, Ellipsis, None, an array or list of integers or bools, or a tuple of them.

    Raises:
        IndexError: if x has no such elements.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> x = np.arange(6.).reshape(2, 3)
        >>> F.get_item(x, (slice(None), [0, 2])).array
        array([[0., 2.],
               [3., 5.]])
    """
    return GetItem(slices).apply((x,))[0]
