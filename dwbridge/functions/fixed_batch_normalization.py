"""Batch normalization with given statistics: what a trained network does, and what ONNX's BatchNormalization says.

    y = gamma (x - mean) / sqrt(var + eps) + beta

gamma, beta, mean and var have the shape of x without the axes of the statistics: (C,) for images.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.autograd.type_check import TypeInfo, expect_count
from dwbridge.backend import Array, compute_dtype
from dwbridge.functions.axes import kept_shape
from dwbridge.functions.batch_normalization import check_normalization_types, statistics_axes
from dwbridge.functions.cast import cast
from dwbridge.functions.reshape import reshape
from dwbridge.functions.sum import sum as sum_
from dwbridge.kernels import kernels_for


class FixedBatchNormalization(FunctionNode):
    """See `fixed_batch_normalization`. `decay` does not enter the computation; exported graphs carry it on."""

    input_names = ("x", "gamma", "beta", "mean", "var")

    def __init__(self, eps: float, axis: Any, decay: float) -> None:
        self.eps, self.axis, self.decay = eps, axis, decay

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 5)
        check_normalization_types(in_types, self.axis)

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        x, gamma, beta, mean, var = inputs
        self.retain_inputs((0, 1, 3, 4))
        self.axes = statistics_axes(self.axis, x.ndim, gamma.ndim)
        kernels = kernels_for("batch_normalization", x)
        return (kernels.fixed_forward(x, gamma, beta, mean, var, self.axes, self.eps),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        inputs = self.get_retained_inputs()
        left, spread = inputs[1].shape, kept_shape(inputs[0].shape, self.axes)
        wide = compute_dtype(inputs[0].xp.result_type(*(v.array for v in inputs)))
        dtypes = [inputs[0].dtype, *(inputs[1].dtype,) * 2, inputs[2].dtype, inputs[3].dtype]
        gy = grad_outputs[0]
        assert gy is not None
        x, gy = cast(inputs[0], wide), cast(gy, wide)
        gamma, mean, var = (reshape(cast(v, wide), spread) for v in inputs[1:])
        inv_std = (var + self.eps) ** -0.5
        scale = gamma * inv_std
        gbeta = sum_(gy, self.axes, keepdims=True)
        ggamma = sum_(gy * (x - mean), self.axes, keepdims=True) * inv_std
        gradients = {
            0: lambda: gy * scale,
            1: lambda: reshape(ggamma, left),
            2: lambda: reshape(gbeta, left),
            3: lambda: reshape(-scale * gbeta, left),
            4: lambda: reshape(-0.5 * scale * inv_std * ggamma, left),
        }
        return tuple(cast(gradients[i](), dtypes[i]) for i in target_input_indexes)


def fixed_batch_normalization(
    x: Any,
    gamma: Any,
    beta: Any,
    mean: Any,
    var: Any,
    eps: float = 2e-5,
    axis: Any = None,
    *,
    decay: float = 0.9,
) -> Variable:
    """Normalizes by a given mean and variance, then scales and shifts.

    Args:
        x: (N, C, ...), of a floating dtype.
        gamma, beta, mean, var: scale, shift and statistics, of one shape: (C,) for images.
        eps: added to the variance.
        axis: axes of the statistics, an integer or a tuple; None: the first, and all behind gamma's.
        decay: what a link would update its running statistics with; kept for exports, not used here.

    Returns:
        y, of the shape and dtype of x.

    Raises:
        InvalidType: if dtypes or shapes do not fit.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> one = np.ones(1)
        >>> F.fixed_batch_normalization(np.array([[3.]]), 2 * one, one, one, 4 * one, eps=0.).array
        array([[3.]])
    """
    return FixedBatchNormalization(eps, axis, decay).apply((x, gamma, beta, mean, var))[0]
