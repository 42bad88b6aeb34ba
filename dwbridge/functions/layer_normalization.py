"""Layer normalization: every vector along one axis is normalized by its own mean and variance.

    y = gamma (x - mean) / sqrt(var + eps) + beta

mean and var are taken along `axis`, the variance without Bessel's correction; gamma and beta have one number for each
place on the axis. Chainer's x is (N, C) and its axis 1; here x may have more axes, as ConvNeXt's images do.

Source: Ba, Kiros and Hinton, Layer Normalization (2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.lib.array_utils import normalize_axis_index

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.autograd.type_check import TypeInfo, expect, expect_count, expect_equal, expect_floating
from dwbridge.backend import Array
from dwbridge.functions.cast import cast
from dwbridge.functions.fused_gradient import FusedGradient
from dwbridge.functions.mean import mean
from dwbridge.functions.reshape import reshape
from dwbridge.functions.sum import sum as sum_
from dwbridge.kernels import kernels_for


class LayerNormalization(FunctionNode):
    """See `layer_normalization`."""

    input_names = ("x", "gamma", "beta")

    def __init__(self, eps: float, axis: int) -> None:
        self.eps, self.axis = eps, axis

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 3)
        x, gamma, beta = in_types
        expect_floating(*in_types)
        expect(x.ndim >= 2, "x.ndim >= 2", f"x.ndim is {x.ndim}")
        expect(-x.ndim <= self.axis < x.ndim, "-x.ndim <= axis < x.ndim", f"axis is {self.axis}, x.ndim is {x.ndim}")
        for info in (gamma, beta):
            expect_equal(f"{info.name}.shape", info.shape, f"(x.shape[{self.axis}],)", (x.shape[self.axis],))

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        x, gamma, beta = inputs
        self.retain_inputs((0, 1))
        self.axis = normalize_axis_index(self.axis, x.ndim)
        kernels = kernels_for("layer_normalization", x)
        y, self.mean, self.inv_std = kernels.forward(x, gamma, beta, self.axis, self.eps)
        return (y,)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        x, gamma = self.get_retained_inputs()
        function = LayerNormalizationGradient(self.eps, self.axis, self.mean, self.inv_std)
        gradients = function.apply((x, gamma, grad_outputs[0]))
        return tuple(gradients[i] for i in target_input_indexes)


class LayerNormalizationGradient(FusedGradient):
    """(x, gamma, gy) -> (gx, ggamma, gbeta)."""

    input_names = ("x", "gamma", "gy")

    def __init__(self, eps: float, axis: int, mean: Array, inv_std: Array) -> None:
        self.eps, self.axis, self.mean, self.inv_std = eps, axis, mean, inv_std

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        x, gamma, gy = inputs
        self.retain_inputs((0, 1, 2))
        return kernels_for("layer_normalization", x).backward(x, gamma, gy, self.axis, self.mean, self.inv_std)

    def definition(self, *inputs: Variable) -> tuple[Variable, ...]:
        x, gamma, gy = inputs
        axis, wide = self.axis, self.inv_std.dtype
        others = tuple(i for i in range(x.ndim) if i != axis)
        spread = tuple(size if i == axis else 1 for i, size in enumerate(x.shape))
        x_dtype, gamma_dtype = x.dtype, gamma.dtype
        x, gamma, gy = cast(x, wide), reshape(cast(gamma, wide), spread), cast(gy, wide)
        centred = x - mean(x, axis, keepdims=True)
        inv_std = (mean(centred * centred, axis, keepdims=True) + self.eps) ** -0.5
        x_hat = centred * inv_std
        g = gamma * gy
        gx = inv_std * (g - mean(g, axis, keepdims=True) - x_hat * mean(g * x_hat, axis, keepdims=True))
        ggamma, gbeta = sum_(gy * x_hat, others), sum_(gy, others)
        return cast(gx, x_dtype), cast(ggamma, gamma_dtype), cast(gbeta, gamma_dtype)


def layer_normalization(x: Any, gamma: Any, beta: Any, eps: float = 1e-5, *, axis: int = 1) -> Variable:
    """Normalizes every vector along one axis, then scales and shifts.

    Args:
        x: (N, C, ...), of a floating dtype, with two axes or more.
        gamma: scale, of shape (x.shape[axis],).
        beta: shift, of the same shape.
        eps: added to the variance.
        axis: the axis that is normalized; Chainer's is always 1.

    Returns:
        y, of the shape and dtype of x.

    Raises:
        InvalidType: if dtypes or shapes do not fit, or there is no such axis.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.layer_normalization(np.array([[1., 3.]]), np.ones(2), np.zeros(2), eps=0.).array
        array([[-1.,  1.]])
    """
    return LayerNormalization(eps, axis).apply((x, gamma, beta))[0]
