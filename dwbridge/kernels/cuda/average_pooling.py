"""Average pooling on a GPU. `dwbridge.kernels.reference.average_pooling` documents the routines.

Results, gradients included, are the reference's bit for bit, but where one window has the whole image in it: its pixels
are added in another order, which follows from the shape.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence

from dwbridge.backend import Array
from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda.arrays import empty, in_order, kind_of
from dwbridge.kernels.cuda.launch import is_aligned, run
from dwbridge.kernels.cuda.plan import whole_planes, windows
from dwbridge.kernels.cuda.plan.launches import KEPT, WARP
from dwbridge.kernels.cuda.plan.windows import Planned
from dwbridge.kernels.cuda.sources import Instance
from dwbridge.kernels.errors import DeclinedError

SOURCE = "average_pooling"


def instances() -> Iterator[Instance]:
    """All that there are."""
    yield from windows.instances(SOURCE)
    yield from whole_planes.instances()


def forward(x: Array, window: Window2D, count_padding: bool) -> Array:
    """Means of the windows, in the dtype of x."""
    launch, shape = _forward(x.shape, window, bool(count_padding), kind_of(x).name)
    y = empty(shape, x.dtype)
    if launch:
        run(launch, y, in_order(x) if is_aligned(x) else x.copy())  # whole planes are read in packs
    return y


def backward(gy: Array, window: Window2D, count_padding: bool, x_shape: Sequence[int]) -> Array:
    """Every window gives its share of gy back to the pixels that it read."""
    image = tuple(x_shape)
    launch, shape = _backward(image, window, bool(count_padding), kind_of(gy).name)
    if gy.shape != shape:  # kernels would read beside it
        raise DeclinedError(f"expected gy of {shape}, got {gy.shape}")
    gx = empty(image, gy.dtype)
    if launch:
        run(launch, gx, in_order(gy))
    return gx


@functools.lru_cache(KEPT)
def _forward(x_shape: tuple[int, ...], window: Window2D, count_padding: bool, dtype: str) -> Planned:
    n, c, *image = x_shape
    planes, pixels = n * c, math.prod(image)
    if planes and pixels >= WARP and whole_planes.is_whole((image[0], image[1]), window):
        count = math.prod(window.kernel) if count_padding else pixels
        return Planned(whole_planes.means(planes, pixels, count, dtype), (n, c, 1, 1))
    return windows.every_output(SOURCE, "average_pooling", x_shape, window, dtype, count_padding)


@functools.lru_cache(KEPT)
def _backward(x_shape: tuple[int, ...], window: Window2D, count_padding: bool, dtype: str) -> Planned:
    n, c, *image = x_shape
    planes, pixels = n * c, math.prod(image)
    if planes and pixels and whole_planes.is_whole((image[0], image[1]), window):
        count = math.prod(window.kernel) if count_padding else pixels
        return Planned(whole_planes.shares(planes, pixels, count, dtype), (n, c, 1, 1))
    return windows.every_pixel(SOURCE, "average_pooling_gradient", x_shape, window, dtype, count_padding)
