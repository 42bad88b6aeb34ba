"""Average pooling: every window's mean.    x (N, C, H, W);  y (N, C, oH, oW)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.autograd.type_check import TypeInfo, expect_count, expect_floating, expect_ndim
from dwbridge.backend import Array
from dwbridge.geometry import Window2D
from dwbridge.kernels import kernels_for


class AveragePooling2D(FunctionNode):
    """See `average_pooling_2d`. `count_padding`: windows divide by their size, not by what they hold of the image."""

    input_names = ("x",)

    def __init__(self, window: Window2D, count_padding: bool) -> None:
        self.window, self.count_padding = window, count_padding

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 1)
        expect_floating(in_types[0])
        expect_ndim(in_types[0], 4)

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.x_shape = x.shape
        return (kernels_for("average_pooling", x).forward(x, self.window, self.count_padding),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        return AveragePooling2DGradient(self.window, self.count_padding, self.x_shape).apply((grad_outputs[0],))


class AveragePooling2DGradient(FunctionNode):
    """gy -> gx: the transpose of average pooling, which is linear."""

    input_names = ("gy",)

    def __init__(self, window: Window2D, count_padding: bool, x_shape: tuple[int, ...]) -> None:
        self.window, self.count_padding, self.x_shape = window, count_padding, x_shape

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (gy,) = inputs
        return (kernels_for("average_pooling", gy).backward(gy, self.window, self.count_padding, self.x_shape),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        return AveragePooling2D(self.window, self.count_padding).apply((grad_outputs[0],))


def average_pooling_2d(
    x: Any, ksize: Any, stride: Any = None, pad: Any = 0, *, pad_value: float | None = 0
) -> Variable:
    """Means of windows.

    Args:
        x: images (N, C, H, W), of a floating dtype.
        ksize: size of the windows, an integer or a pair (y, x).
        stride: steps between windows; None: the size of the windows.
        pad: padding, an integer, a pair (y, x) or ((top, bottom), (left, right)).
        pad_value: 0: padding counts as zeros; None: windows divide by the number of pixels of the image in them.

    Returns:
        y (N, C, oH, oW), of the dtype of x, with oH = floor((H + top + bottom - kH) / sy) + 1.

    Raises:
        InvalidType: if x is not a batch of images of a floating dtype.
        AssertionError: if the window does not fit into the padded images.
        ValueError: for another `pad_value`.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.average_pooling_2d(np.arange(16.).reshape(1, 1, 4, 4), 2).array
        array([[[[ 2.5,  4.5],
                 [10.5, 12.5]]]])
    """
    if pad_value not in (0, None):
        raise ValueError(f"pad_value must be 0 or None, got {pad_value}")
    window = Window2D.of(ksize, ksize if stride is None else stride, pad)
    return AveragePooling2D(window, pad_value is not None).apply((x,))[0]
