"""Max pooling: every window's maximum.    x (N, C, H, W);  y (N, C, oH, oW). Among equals the first one wins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.autograd.type_check import TypeInfo, expect_count, expect_floating, expect_ndim
from dwbridge.backend import Array
from dwbridge.geometry import Window2D
from dwbridge.kernels import kernels_for


class MaxPooling2D(FunctionNode):
    """See `max_pooling_2d`."""

    input_names = ("x",)

    def __init__(self, window: Window2D) -> None:
        self.window = window

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 1)
        expect_floating(in_types[0])
        expect_ndim(in_types[0], 4)

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.x_shape = x.shape
        y, self.taps = kernels_for("max_pooling", x).forward(x, self.window)
        return (y,)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        return MaxPooling2DGradient(self.window, self.taps, self.x_shape).apply((grad_outputs[0],))


class MaxPooling2DGradient(FunctionNode):
    """gy -> gx: every gradient goes to the pixel that won. `taps` says which; it is constant between ties."""

    input_names = ("gy",)

    def __init__(self, window: Window2D, taps: Array, x_shape: tuple[int, ...]) -> None:
        self.window, self.taps, self.x_shape = window, taps, x_shape

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (gy,) = inputs
        return (kernels_for("max_pooling", gy).backward(gy, self.taps, self.window, self.x_shape),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        return MaxPooling2DGather(self.window, self.taps, self.x_shape).apply((grad_outputs[0],))


class MaxPooling2DGather(FunctionNode):
    """x -> y: reads the pixels that won; the transpose of `MaxPooling2DGradient`."""

    input_names = ("x",)

    def __init__(self, window: Window2D, taps: Array, x_shape: tuple[int, ...]) -> None:
        self.window, self.taps, self.x_shape = window, taps, x_shape

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        return (kernels_for("max_pooling", x).gather(x, self.taps, self.window),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        return MaxPooling2DGradient(self.window, self.taps, self.x_shape).apply((grad_outputs[0],))


def max_pooling_2d(x: Any, ksize: Any, stride: Any = None, pad: Any = 0, cover_all: bool = True) -> Variable:
    """Maxima of windows.

    Args:
        x: images (N, C, H, W), of a floating dtype.
        ksize: size of the windows, an integer or a pair (y, x).
        stride: steps between windows; None: the size of the windows.
        pad: padding of minus infinity, an integer, a pair (y, x) or ((top, bottom), (left, right)).
        cover_all: whether every pixel is to be under a window (Chainer's default), which may make the output larger.

    Returns:
        y (N, C, oH, oW), of the dtype of x.

    Raises:
        InvalidType: if x is not a batch of images of a floating dtype.
        AssertionError: if the window does not fit into the padded images.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.max_pooling_2d(np.arange(16.).reshape(1, 1, 4, 4), 2).array
        array([[[[ 5.,  7.],
                 [13., 15.]]]])
    """
    window = Window2D.of(ksize, ksize if stride is None else stride, pad, cover_all=cover_all)
    return MaxPooling2D(window).apply((x,))[0]
