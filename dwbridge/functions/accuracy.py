"""Accuracy: the share of scores whose largest entry is at the label.    x (N, K, d1, ...);  t (N, d1, ...)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.autograd.type_check import TypeInfo, expect, expect_count, expect_equal, expect_floating
from dwbridge.backend import Array, get_array_module


class Accuracy(FunctionNode):
    """See `accuracy`. It is piecewise constant, so it has no backward."""

    input_names = ("y", "t")

    def __init__(self, ignore_label: int | None) -> None:
        self.ignore_label = ignore_label

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 2)
        y, t = in_types
        expect_floating(y)
        expect(t.dtype.kind == "i", "t.dtype.kind == 'i'", f"t.dtype is {t.dtype}")
        expect_equal("t.shape", t.shape, "y.shape without axis 1", (y.shape[0], *y.shape[2 : t.ndim + 1]))
        trailing = y.shape[t.ndim + 1 :]
        expect(all(size == 1 for size in trailing), "y's axes behind those of t have length 1", f"{trailing}")

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        y, t = inputs
        hits = y.argmax(axis=1).reshape(t.shape) == t
        xp, count = get_array_module(y), max(1, t.size)
        if self.ignore_label is not None:
            counted = t != self.ignore_label
            hits, count = hits & counted, xp.maximum(counted.sum(), 1)
        return (xp.asarray(hits.sum() / count, dtype=y.dtype),)


def accuracy(y: Any, t: Any, ignore_label: int | None = None) -> Variable:
    """The share of right answers.

    Args:
        y: scores (N, K, d1, ...); further axes of length 1 may follow.
        t: labels (N, d1, ...), of an integer dtype.
        ignore_label: labels of this value do not count; None: all count.

    Returns:
        A scalar of the dtype of y; 0 if no label counts.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.accuracy(np.array([[.1, .9], [.8, .2]]), np.array([1, 1])).array
        array(0.5)
    """
    return Accuracy(ignore_label).apply((y, t))[0]
