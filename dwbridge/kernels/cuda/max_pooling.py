"""Max pooling on a GPU. `dwbridge.kernels.reference.max_pooling` documents the routines.

Results, gradients included, are the reference's bit for bit: a pixel adds up its windows in the order of their taps.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from dwbridge.backend import Array
from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda.arrays import empty, in_order, kind_of
from dwbridge.kernels.cuda.launch import run
from dwbridge.kernels.cuda.plan import windows
from dwbridge.kernels.cuda.plan.windows import every_output, every_pixel
from dwbridge.kernels.errors import DeclinedError

SOURCE = "max_pooling"

#: All kernels that there are.
instances = functools.partial(windows.instances, SOURCE)


def forward(x: Array, window: Window2D) -> tuple[Array, Array]:
    """The maxima, in the dtype of x, and the taps that hold them (int32)."""
    launch, shape = every_output(SOURCE, "max_pooling", x.shape, window, kind_of(x).name)
    y, taps = empty(shape, x.dtype), empty(shape, np.int32)
    if launch:
        run(launch, y, taps, in_order(x))
    return y, taps


def backward(gy: Array, taps: Array, window: Window2D, x_shape: Sequence[int]) -> Array:
    """gx (N, C, H, W), in the dtype of gy."""
    image = tuple(x_shape)
    launch, shape = every_pixel(SOURCE, "max_pooling_gradient", image, window, kind_of(gy).name)
    _check(shape, taps, gy)
    gx = empty(image, gy.dtype)
    if launch:
        run(launch, gx, in_order(gy), in_order(taps))
    return gx


def gather(x: Array, taps: Array, window: Window2D) -> Array:
    """y (N, C, oH, oW), in the dtype of x; zero where a tap of the padding won."""
    launch, shape = every_output(SOURCE, "max_pooling_gather", x.shape, window, kind_of(x).name)
    _check(shape, taps)
    y = empty(shape, x.dtype)
    if launch:
        run(launch, y, in_order(x), in_order(taps))
    return y


def _check(shape: tuple[int, ...], taps: Array, *others: Array) -> None:
    """Declines what the forward pass does not give: kernels would read beside the arrays."""
    if taps.dtype != np.int32 or any(array.shape != shape for array in (taps, *others)):
        raise DeclinedError(f"expected int32 taps of {shape}, got {taps.dtype.name} of {taps.shape}")
