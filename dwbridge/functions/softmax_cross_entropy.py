"""Softmax cross entropy: the loss of a classifier.

    loss[n, ...] = -w[t] log softmax(x)[n, t, ...]        t = t[n, ...]; 0 where t is `ignore_label`

x (N, K, d1, ...) scores;  t (N, d1, ...) labels 0 .. K-1. The mean divides by the number of labels that count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.autograd.type_check import TypeInfo, expect, expect_count, expect_equal, expect_floating
from dwbridge.backend import Array, compute_dtype, get_array_module
from dwbridge.functions.broadcast_to import broadcast_to
from dwbridge.functions.cast import cast
from dwbridge.functions.fused_gradient import FusedGradient
from dwbridge.functions.mul import mul
from dwbridge.functions.reshape import reshape
from dwbridge.functions.softmax import softmax
from dwbridge.functions.sub import sub
from dwbridge.kernels import kernels_for


class SoftmaxCrossEntropy(FunctionNode):
    """See `softmax_cross_entropy`."""

    input_names = ("x", "t")
    checked_attributes = ()

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
        kernels = kernels_for("softmax_cross_entropy", x)
        losses = kernels.forward(x, self._labels(t), self._weights(t, compute_dtype(x.dtype)))
        if self.reduce == "mean":
            losses = losses.sum() / self._count(t, losses.dtype)
        return (get_array_module(x).asarray(losses, dtype=x.dtype),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        x, t = self.get_retained_inputs()
        (gy,) = grad_outputs
        assert gy is not None
        wide = compute_dtype(x.dtype)
        gy = cast(gy, wide)
        if self.reduce == "mean":
            gy = broadcast_to(mul(gy, 1 / self._count(t.array, wide)), t.shape)
        share = mul(gy, self._weights(t.array, wide))
        (gx,) = SoftmaxCrossEntropyGradient().apply((x, self._labels(t.array), share))
        return tuple(gx if i == 0 else None for i in target_input_indexes)

    def _labels(self, t: Array) -> Array:
        """Labels that are all among the classes: 0 stands for those that are ignored."""
        return get_array_module(t).where(t == self.ignore_label, t.dtype.type(0), t)

    def _weights(self, t: Array, dtype: np.dtype) -> Array:
        """What each label's loss is multiplied by: 0 if it is ignored, its class's weight or 1 otherwise."""
        counts = (t != self.ignore_label).astype(dtype)
        if self.class_weight is None:
            return counts
        return counts * get_array_module(t).asarray(self.class_weight, dtype=dtype)[self._labels(t)]

    def _count(self, t: Array, dtype: np.dtype) -> Any:
        """What the mean divides by, a scalar. On a GPU the labels are counted there, and nothing waits for it."""
        if not self.normalize:
            return dtype.type(max(1, len(t)))
        return get_array_module(t).maximum((t != self.ignore_label).sum(), 1).astype(dtype)


class SoftmaxCrossEntropyGradient(FusedGradient):
    """(x, t, share) -> share (softmax(x) - onehot(t)), where share is the weighted gradient of every label's loss."""

    input_names = ("x", "t", "share")

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        x, t, share = inputs
        self.retain_inputs((0, 1, 2))
        return (kernels_for("softmax_cross_entropy", x).backward(x, t, share),)

    def definition(self, *inputs: Variable) -> tuple[Variable, ...]:
        x, t, share = inputs
        p = softmax(cast(x, share.dtype), axis=1)
        share = broadcast_to(reshape(share, (t.shape[0], 1, *t.shape[1:])), x.shape)
        return (cast(mul(sub(p, self._one_hot(t.array, x.shape[1], p.dtype)), share), x.dtype),)

    def _one_hot(self, t: Array, classes: int, dtype: np.dtype) -> Array:
        numbers = get_array_module(t).arange(classes).reshape(-1, *(1 for _ in t.shape[1:]))
        return (numbers == t[:, None]).astype(dtype)


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
        IndexError: if a label is not among the classes. On a GPU that is looked at while `config.debug` is set.

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
