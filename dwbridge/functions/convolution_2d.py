"""2-D convolution, in groups.

    y[n, g*O + o, p, q] = b[g*O + o]
        + sum over c, i, j of  x[n, g*I + c, p*sy + i*dy - top, q*sx + j*dx - left] * W[g*O + o, c, i, j]

x (N, G*I, H, W);  W (G*O, I, kH, kW);  b (G*O,);  y (N, G*O, oH, oW). A cross-correlation: the kernel is not flipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.autograd import Variable
from dwbridge.autograd.type_check import TypeInfo, expect, expect_count, expect_equal, expect_floating, expect_ndim
from dwbridge.functions.bilinear import Bilinear
from dwbridge.geometry import Window2D


class Convolution2DFunction(Bilinear):
    """See `convolution_2d`. The number of groups is x.shape[1] // W.shape[1]: the shapes say it, checked on entry."""

    kernels = "convolution"
    checked_attributes = ()

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 2, 3)
        x, W = in_types[:2]
        expect_floating(x, W)
        expect_ndim(x, 4)
        expect_ndim(W, 4)
        groups = x.shape[1] // W.shape[1] if W.shape[1] else 1
        expect_equal("x.shape[1]", x.shape[1], "W.shape[1] * groups", W.shape[1] * groups)
        divides = groups > 0 and W.shape[0] % groups == 0
        expect(divides, "W.shape[0] % groups == 0", f"W.shape[0] is {W.shape[0]}, groups is {groups}")
        if len(in_types) == 3:
            b = in_types[2]
            expect_equal("b.dtype", b.dtype, "x.dtype", x.dtype)
            expect_ndim(b, 1)
            expect_equal("b.shape[0]", b.shape[0], "W.shape[0]", W.shape[0])


def convolution_2d(
    x: Any,
    W: Any,
    b: Any = None,
    stride: Any = 1,
    pad: Any = 0,
    cover_all: bool = False,
    *,
    dilate: Any = 1,
    groups: int = 1,
) -> Variable:
    """Convolves images with kernels.

    Args:
        x: images (N, G*I, H, W), of a floating dtype.
        W: kernels (G*O, I, kH, kW), of a floating dtype.
        b: bias (G*O,), of the dtype of x, or None.
        stride: steps between output pixels, an integer or a pair (y, x).
        pad: zeros around the images, an integer, a pair (y, x) or ((top, bottom), (left, right)).
        cover_all: whether every input pixel is to be under a window, which may make the output larger.
        dilate: steps between the taps of a kernel, an integer or a pair (y, x).
        groups: G. Input and output channels are split into so many groups that do not see each other.

    Returns:
        y (N, G*O, oH, oW), of the dtype of x.

    Raises:
        InvalidType: if dtypes or shapes do not fit.
        AssertionError: if the kernel does not fit into the padded images.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> x = np.ones((1, 4, 5, 5), 'f')
        >>> F.convolution_2d(x, np.ones((6, 2, 3, 3), 'f'), pad=1, groups=2).shape
        (1, 6, 5, 5)
    """
    x_shape, (_, per_group, kh, kw) = x.shape, W.shape
    if len(x_shape) == 4 and x_shape[1] != per_group * groups:
        expect_equal("x.shape[1]", x_shape[1], f"W.shape[1] * groups (={groups})", per_group * groups)
    function = Convolution2DFunction(Window2D.of((kh, kw), stride, pad, dilate, cover_all))
    return function.apply((x, W) if b is None else (x, W, b))[0]
