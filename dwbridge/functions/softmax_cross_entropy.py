"""Softmax cross entropy: the loss of a classifier.

    loss[n, ...] = -w[t] log softmax(x)[n, t, ...]        t = t[n, ...]; 0 where t is `ignore_label`

x (N, K, d1, ...) scores;  t (N, d1, ...) labels 0 .. K-1. The mean divides by the number of labels that count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.autograd.type_check import TypeInfo, expect, expect_count, expect_equal, expect_floating
from dwbridge.backend import Array, compute_dtype, get_array_module
from dwbridge.functions.broadcast_to import broadcast_to
from dwbridge.functions.mul import mul
from dwbridge.functions.reshape import reshape
from dwbridge.functions.softmax import softmax
from dwbridge.functions.sub import sub


class SoftmaxCrossEntropy(FunctionNode):
    """See `softmax_cross_entropy`."""

    input_names = ("x", "t")

    def __init__(self, normalize: bool, class_weight: Array | None, ignore_label: int, reduce: str) -> None:
        self.normalize, self.class_weight = normalize, class_weight
        self.ignore_label, self.reduce = ignore_label, reduce

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 2)
        x, t = in_types
        expect_floating(x)
        expect(t.dtype.kind == "i", "t.dtype.kind == 'i'", f"t.dtype is {t.dtype}")
        expect_equal("t.ndim", t.ndim, "x.ndim - 1", x.ndim - 1)
        expect_equal("t.shape[0]", t.shape[0], "x.shape[0]", x.shape[0])
        expect_equal("t.shape[1:]", t.shape[1:], "x.shape[2:]", x.shape[2:])

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        x, t = inputs
        self.retain_inputs((0, 1))
        xp = get_array_module(x)
        wide = x.astype(compute_dtype(x.dtype), copy=False)
        shifted = wide - wide.max(axis=1, keepdims=True, initial=-xp.inf)
        label = xp.where(t == self.ignore_label, 0, t)
        at_label = xp.take_along_axis(shifted, label[:, None], axis=1)[:, 0]
        loss = (xp.log(xp.exp(shifted).sum(axis=1)) - at_label) * self._weights(x, t)
        if self.reduce == "mean":
            loss = loss.sum() / wide.dtype.type(self._count(t))
        return (xp.asarray(loss, dtype=x.dtype),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        x, t = self.get_retained_inputs()
        (gy,) = grad_outputs
        assert gy is not None
        scale = self._weights(x.array, t.array) / (self._count(t.array) if self.reduce == "mean" else 1)
        gy = broadcast_to(gy, t.shape) if self.reduce == "mean" else gy
        share = reshape(mul(gy, scale.astype(x.dtype)), (t.shape[0], 1, *t.shape[1:]))
        difference = sub(softmax(x, axis=1), self._one_hot(x.array, t.array))
        gx = mul(difference, broadcast_to(share, x.shape))
        return tuple(gx if i == 0 else None for i in target_input_indexes)

    def _weights(self, x: Array, t: Array) -> Array:
        """What each label's loss is multiplied by: 0 if it is ignored, its class's weight or 1 otherwise."""
        counts = (t != self.ignore_label).astype(compute_dtype(x.dtype))
        if self.class_weight is None:
            return counts
        xp = get_array_module(x)
        return counts * xp.asarray(self.class_weight, dtype=counts.dtype)[xp.where(counts != 0, t, 0)]

    def _count(self, t: Array) -> int:
        """What the mean divides by."""
        return max(1, int((t != self.ignore_label).sum()) if self.normalize else len(t))

    def _one_hot(self, x: Array, t: Array) -> Array:
        xp = get_array_module(x)
        classes = xp.arange(x.shape[1]).reshape(-1, *(1 for _ in t.shape[1:]))
        return (classes == t[:, None]).astype(x.dtype)


def softmax_cross_entropy(
    x: Any,
    t: Any,
    normalize: bool = True,
    cache_score: bool = True,
    class_weight: Any = None,
    ignore_label: int = -1,
    reduce: str = "mean",
    enable_double_backprop: bool = False,
) -> Variable:
    """The cross entropy between softmax(x) and labels.

    Args:
        x: scores (N, K, d1, ...), of a floating dtype.
        t: labels (N, d1, ...), of an integer dtype, each in 0 .. K-1 or `ignore_label`.
        normalize: the mean divides by the number of labels that are not ignored; otherwise by N.
        cache_score: accepted for Chainer's sake, without effect.
        class_weight: one weight for each class (K,), or None. It does not enter what the mean divides by.
        ignore_label: labels of this value have no loss.
        reduce: 'mean', or 'no' for one loss for each label.
        enable_double_backprop: accepted for Chainer's sake: the loss can always be differentiated twice.

    Returns:
        The loss, of the dtype of x: a scalar for 'mean', (N, d1, ...) for 'no'.

    Raises:
        ValueError: for another `reduce`, or if `class_weight` is not one number for each class.
        IndexError: if a label is not among the classes.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.softmax_cross_entropy(np.zeros((2, 4)), np.array([0, 3])).array.round(4)
        np.float64(1.3863)
    """
    if reduce not in ("mean", "no"):
        raise ValueError(f"reduce must be 'mean' or 'no', got {reduce!r}")
    if class_weight is not None and class_weight.shape != (x.shape[1],):
        raise ValueError(f"class_weight must have the shape ({x.shape[1]},), got {class_weight.shape}")
    return SoftmaxCrossEntropy(normalize, class_weight, ignore_label, reduce).apply((x, t))[0]
