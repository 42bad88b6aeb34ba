"""What depthwise convolution, convolution and linear share: they are linear in the data and linear in the weights.

    y = A(x, W) + b

The form <gy, A(x, W)> is linear in each of gy, x and W, so three operators are each other's derivatives:

    forward          y  = A(x, W)        by x: data gradient,     by W: weight gradient
    data gradient    gx = A'(gy, W)      by gy: forward,          by W: weight gradient of (gx's place, gy)
    weight gradient  gW = A''(x, gy)     by x: data gradient,     by gy: forward

and gradients of any order follow. Each operator's own file says what A is.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.backend import Array
from dwbridge.functions.add import add
from dwbridge.functions.broadcast_to import broadcast_to
from dwbridge.functions.reshape import reshape
from dwbridge.functions.sum import sum as sum_
from dwbridge.geometry import Window2D
from dwbridge.kernels import kernels_for


class Bilinear(FunctionNode):
    """(x, W) or (x, W, b) -> y. The bias has one entry for each entry of y's axis 1."""

    kernels: ClassVar[str]
    #: whether the kernels have `backward`, which computes all gradients from one reading of gy
    fused: ClassVar[bool] = False
    input_names = ("x", "W", "b")

    def __init__(self, window: Window2D | None = None) -> None:
        self.window = window

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        x, W, *b = inputs
        self.retain_inputs((0, 1))
        return (kernels_for(self.kernels, x).forward(x, W, b[0] if b else None, self.window),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        x, W = self.get_retained_inputs()
        (gy,) = grad_outputs
        assert gy is not None
        if self.fused and {0, 1} <= set(target_input_indexes):
            everything = Gradients(type(self), self.window).apply((x, W, gy))
            return tuple(everything[i] for i in target_input_indexes)
        gradients = {
            0: lambda: DataGradient(type(self), self.window, x.shape).apply((gy, W))[0],
            1: lambda: WeightGradient(type(self), self.window, W.shape, W.dtype).apply((x, gy))[0],
            2: lambda: sum_(gy, axis=tuple(i for i in range(gy.ndim) if i != 1)),
        }
        return tuple(gradients[i]() for i in target_input_indexes)


class Gradients(FunctionNode):
    """(x, W, gy) -> (gx, gW, gb) of a bilinear operator, at once."""

    input_names = ("x", "W", "gy")

    def __init__(self, operator: type[Bilinear], window: Window2D | None) -> None:
        self.operator, self.window = operator, window

    @property
    def label(self) -> str:
        return f"{self.operator.__name__}Gradients"

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        x, W, gy = inputs
        self.retain_inputs((0, 1, 2))
        gx, gW, gb = kernels_for(self.operator.kernels, x).backward(x, W, gy, self.window)
        return gx, gW, gb

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        x, W, gy = self.get_retained_inputs()
        ggx, ggW, ggb = grad_outputs
        parts: dict[int, list[Variable]] = {0: [], 1: [], 2: []}
        if ggx is not None:  # gx is linear in gy and in W
            parts[1].append(WeightGradient(self.operator, self.window, W.shape, W.dtype).apply((ggx, gy))[0])
            parts[2].append(self.operator(self.window).apply((ggx, W))[0])
        if ggW is not None:  # gW is linear in x and in gy
            parts[0].append(DataGradient(self.operator, self.window, x.shape).apply((gy, ggW))[0])
            parts[2].append(self.operator(self.window).apply((x, ggW))[0])
        if ggb is not None:
            spread = (1, -1, *[1] * (gy.ndim - 2))
            parts[2].append(broadcast_to(reshape(ggb, spread), gy.shape))
        return tuple(add(*parts[i]) if parts[i] else None for i in target_input_indexes)


class DataGradient(FunctionNode):
    """(gy, W) -> gx of a bilinear operator."""

    input_names = ("gy", "W")

    def __init__(self, operator: type[Bilinear], window: Window2D | None, x_shape: tuple[int, ...]) -> None:
        self.operator, self.window, self.x_shape = operator, window, x_shape

    @property
    def label(self) -> str:
        return f"{self.operator.__name__}DataGradient"

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        gy, W = inputs
        self.retain_inputs((0, 1))
        return (kernels_for(self.operator.kernels, gy).backward_data(gy, W, self.window, self.x_shape),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        gy, W = self.get_retained_inputs()
        (ggx,) = grad_outputs
        assert ggx is not None
        gradients = {
            0: lambda: self.operator(self.window).apply((ggx, W))[0],
            1: lambda: WeightGradient(self.operator, self.window, W.shape, W.dtype).apply((ggx, gy))[0],
        }
        return tuple(gradients[i]() for i in target_input_indexes)


class WeightGradient(FunctionNode):
    """(x, gy) -> gW of a bilinear operator."""

    input_names = ("x", "gy")

    def __init__(
        self, operator: type[Bilinear], window: Window2D | None, W_shape: tuple[int, ...], W_dtype: np.dtype
    ) -> None:
        self.operator, self.window, self.W_shape, self.W_dtype = operator, window, W_shape, W_dtype

    @property
    def label(self) -> str:
        return f"{self.operator.__name__}WeightGradient"

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        x, gy = inputs
        self.retain_inputs((0, 1))
        kernels: Any = kernels_for(self.operator.kernels, x)
        return (kernels.backward_weight(x, gy, self.window, self.W_shape, self.W_dtype),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        x, gy = self.get_retained_inputs()
        (ggW,) = grad_outputs
        assert ggW is not None
        gradients = {
            0: lambda: DataGradient(self.operator, self.window, x.shape).apply((gy, ggW))[0],
            1: lambda: self.operator(self.window).apply((x, ggW))[0],
        }
        return tuple(gradients[i]() for i in target_input_indexes)
