"""Depthwise 2-D convolution: every input channel is filtered by its own M kernels.

    y[n, c*M + m, p, q] = b[c*M + m] + sum over i, j of  x[n, c, p*sy + i*dy - top, q*sx + j*dx - left] * W[m, c, i, j]

x (N, C, H, W);  W (M, C, kH, kW);  b (C*M,);  y (N, C*M, oH, oW). Output channel c*M + m is kernel m of channel c, as
in an ONNX Conv with group = C. It is a cross-correlation: the kernel is not flipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.autograd import Variable
from dwbridge.autograd.type_check import TypeInfo, expect_count, expect_equal, expect_floating, expect_ndim
from dwbridge.functions.bilinear import Bilinear
from dwbridge.geometry import Window2D


class DepthwiseConvolution2DFunction(Bilinear):
    """See `depthwise_convolution_2d`."""

    kernels = "depthwise"
    fused = True
    checked_attributes = ()

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 2, 3)
        x, W = in_types[:2]
        expect_floating(x, W)
        expect_ndim(x, 4)
        expect_ndim(W, 4)
        expect_equal("x.shape[1]", x.shape[1], "W.shape[1]", W.shape[1])
        if len(in_types) == 3:
            b = in_types[2]
            expect_equal("b.dtype", b.dtype, "x.dtype", x.dtype)
            expect_ndim(b, 1)
            expect_equal("b.shape[0]", b.shape[0], "W.shape[0] * W.shape[1]", W.shape[0] * W.shape[1])


def depthwise_convolution_2d(
    x: Any, W: Any, b: Any = None, stride: Any = 1, pad: Any = 0, *, dilate: Any = 1
) -> Variable:
    """Filters every channel by its own kernels.

    Args:
        x: images (N, C, H, W), of a floating dtype.
        W: kernels (M, C, kH, kW), of a floating dtype; M is the channel multiplier.
        b: bias (C*M,), of the dtype of x, or None.
        stride: steps between output pixels, an integer or a pair (y, x).
        pad: zeros around the images, an integer, a pair (y, x) or ((top, bottom), (left, right)).
        dilate: steps between the taps of a kernel, an integer or a pair (y, x).

    Returns:
        y (N, C*M, oH, oW), of the dtype of x, with oH = floor((H + top + bottom - (kH - 1) dy - 1) / sy) + 1.

    Raises:
        InvalidType: if dtypes or shapes do not fit.
        AssertionError: if the kernel does not fit into the padded images.
        ValueError: if W is not 4-dimensional or a padding is negative.
        ZeroDivisionError: if a stride is zero.

    Source: Howard et al., MobileNets (2017); the layout of W and the order of channels are Chainer's.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> x = np.random.uniform(0, 1, (2, 3, 4, 7)).astype('f')
        >>> W = np.random.uniform(0, 1, (2, 3, 3, 3)).astype('f')
        >>> b = np.zeros(6, 'f')
        >>> F.depthwise_convolution_2d(x, W, b).shape
        (2, 6, 2, 5)
    """
    _, _, kh, kw = W.shape
    inputs = (x, W) if b is None else (x, W, b)
    return DepthwiseConvolution2DFunction(Window2D.of((kh, kw), stride, pad, dilate)).apply(inputs)[0]
