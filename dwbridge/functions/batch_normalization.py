"""Batch normalization with the batch's own statistics.

    y = gamma (x - mean) / sqrt(var + eps) + beta

mean and var are taken over `axis` (by default all axes but 1), the variance without Bessel's correction. gamma and beta
have the shape of the axes that are left. Running statistics are updated in place, as Chainer does:

    running_mean = decay running_mean + (1 - decay) mean
    running_var  = decay running_var  + (1 - decay) var m / (m - 1)          m elements per statistic

Source: Ioffe and Szegedy, Batch Normalization (2015), including the gradient.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.autograd.type_check import TypeInfo, expect, expect_count, expect_equal, expect_floating
from dwbridge.backend import Array
from dwbridge.functions.axes import Axes, kept_shape, positive_axes
from dwbridge.functions.cast import cast
from dwbridge.functions.fused_gradient import FusedGradient
from dwbridge.functions.mean import mean
from dwbridge.functions.reshape import reshape
from dwbridge.functions.sum import sum as sum_
from dwbridge.kernels import kernels_for
from dwbridge.kernels.reference.batch_normalization import Running


def statistics_axes(axis: Any, x_ndim: int, gamma_ndim: int) -> Axes:
    """The axes over which statistics are taken: the given ones, or the first and all behind gamma's.

    >>> statistics_axes(None, 4, 1), statistics_axes((0, 1), 3, 1)
    ((0, 2, 3), (0, 1))
    """
    if axis is None:
        return (0, *range(gamma_ndim + 1, x_ndim))
    return positive_axes((axis,) if isinstance(axis, int) else tuple(axis), x_ndim)


def check_normalization_types(in_types: Sequence[TypeInfo], axis: Any) -> None:
    """x is floating, and every other input has the shape of x without the axes of the statistics."""
    x, gamma = in_types[:2]
    expect_floating(*in_types)
    expect(x.ndim > gamma.ndim, "x.ndim >= gamma.ndim + 1", f"x.ndim is {x.ndim}, gamma.ndim is {gamma.ndim}")
    axes = statistics_axes(axis, x.ndim, gamma.ndim)
    left = tuple(size for i, size in enumerate(x.shape) if i not in axes)
    for info in in_types[1:]:
        expect_equal(f"{info.name}.shape", info.shape, f"x.shape without axes {axes}", left)


class BatchNormalization(FunctionNode):
    """See `batch_normalization`."""

    input_names = ("x", "gamma", "beta")
    checked_attributes = ("axis",)

    def __init__(
        self, eps: float, running_mean: Array | None, running_var: Array | None, decay: float, axis: Any
    ) -> None:
        self.eps, self.decay, self.axis = eps, decay, axis
        self.running_mean, self.running_var = running_mean, running_var

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 3)
        check_normalization_types(in_types, self.axis)

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        x, gamma, beta = inputs
        self.retain_inputs((0, 1))
        self.axes = statistics_axes(self.axis, x.ndim, gamma.ndim)
        kernels = kernels_for("batch_normalization", x)
        running = self._running(x.size // max(1, gamma.size))
        y, self.mean, self.inv_std = kernels.forward(x, gamma, beta, self.axes, self.eps, running)
        return (y,)

    def _running(self, count: int) -> Running | None:
        if self.running_mean is None and self.running_var is None:
            return None
        return Running(self.running_mean, self.running_var, self.decay, count / max(count - 1, 1))

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        x, gamma = self.get_retained_inputs()
        function = BatchNormalizationGradient(self.eps, self.axes, self.mean, self.inv_std)
        gradients = function.apply((x, gamma, grad_outputs[0]))
        return tuple([gradients[i] for i in target_input_indexes])


class BatchNormalizationGradient(FusedGradient):
    """(x, gamma, gy) -> (gx, ggamma, gbeta)."""

    input_names = ("x", "gamma", "gy")

    def __init__(self, eps: float, axes: Axes, mean: Array, inv_std: Array) -> None:
        self.eps, self.axes, self.mean, self.inv_std = eps, axes, mean, inv_std

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        x, gamma, gy = inputs
        self.retain_inputs((0, 1, 2))
        kernels = kernels_for("batch_normalization", x)
        return kernels.backward(x, gamma, gy, self.axes, self.mean, self.inv_std)

    def definition(self, *inputs: Variable) -> tuple[Variable, ...]:
        x, gamma, gy = inputs
        wide = self.inv_std.dtype
        spread = kept_shape(x.shape, self.axes)
        x_dtype, gamma_dtype = x.dtype, gamma.dtype
        x, gamma, gy = cast(x, wide), reshape(cast(gamma, wide), spread), cast(gy, wide)
        centred = x - mean(x, self.axes, keepdims=True)
        inv_std = (mean(centred * centred, self.axes, keepdims=True) + self.eps) ** -0.5
        x_hat = centred * inv_std
        gbeta = sum_(gy, self.axes, keepdims=True)
        ggamma = sum_(gy * x_hat, self.axes, keepdims=True)
        m = max(1, math.prod(x.shape) // max(1, math.prod(gamma.shape)))
        gx = gamma * inv_std * (gy - (x_hat * ggamma + gbeta) / m)
        left = self.mean.shape
        return cast(gx, x_dtype), cast(reshape(ggamma, left), gamma_dtype), cast(reshape(gbeta, left), gamma_dtype)


def batch_normalization(
    x: Any,
    gamma: Any,
    beta: Any,
    eps: float = 2e-5,
    running_mean: Array | None = None,
    running_var: Array | None = None,
    decay: float = 0.9,
    axis: Any = None,
) -> Variable:
    """Normalizes by the batch's mean and variance, then scales and shifts.

    Args:
        x: (N, C, ...), of a floating dtype.
        gamma: scale, of the shape that the statistics have: (C,) for images.
        beta: shift, of the same shape.
        eps: added to the variance.
        running_mean, running_var: arrays to update in place, or None.
        decay: the share of the running statistics that stays.
        axis: axes of the statistics, an integer or a tuple; None: the first, and all behind gamma's.

    Returns:
        y, of the shape and dtype of x.

    Raises:
        InvalidType: if dtypes or shapes do not fit.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> y = F.batch_normalization(np.array([[1.], [3.]]), np.ones(1), np.zeros(1), eps=0.)
        >>> y.array
        array([[-1.],
               [ 1.]])
    """
    return BatchNormalization(eps, running_mean, running_var, decay, axis).apply((x, gamma, beta))[0]
