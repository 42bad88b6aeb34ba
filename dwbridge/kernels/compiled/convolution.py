"""Convolution in groups, compiled: matrix products with the images, which are never rewritten as a matrix of patches.

    forward          y  = W X + b, X the pixels that the taps see
    backward_data    gx = W' GY, once for each phase of the stride: the pixels that the same taps read
    backward_weight  gW = sum over images of GY X'

Layouts and arguments as in `dwbridge.kernels.reference.convolution`. float32, float64, and float16 summed in float32;
any strides, read where they lie. Scratch: W once or twice more, and about 0.5 MB for each thread (2 MB for kernels of
31 x 31). Sums run in an order that shapes alone decide, so the bytes are the same for any number of threads; no BLAS is
involved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge.geometry import Window2D
from dwbridge.kernels.buffers import empty
from dwbridge.kernels.compiled.arrays import compute_type, flat, memory, widest_compute_type
from dwbridge.kernels.compiled.products.image_products import Source, Target, multiply
from dwbridge.kernels.compiled.products.weight_products import accumulate
from dwbridge.kernels.errors import DeclinedError

#: Pixels of a map below which a weight gradient is a product of copies, and how many terms its sums may have.
SMALL_MAP, LONGEST_CHAIN = 144, 8192


def forward(x: np.ndarray, W: np.ndarray, b: np.ndarray | None, window: Window2D) -> np.ndarray:
    """y (N, G*O, oH, oW), in the dtype of x."""
    widest_compute_type(x, W, *(() if b is None else (b,)))
    n, c, *image = x.shape
    groups = _groups(W, c)
    output = window.output_shape(image)
    y = empty((n, len(W), *output), x.dtype)
    source, (oh, ow) = _source(x, output, window, W.shape[1], _is_pointwise(window) and _has_flat_maps(x))
    target = Target(flat(y), 0, (len(W) * oh * ow, oh * ow, ow, 1))
    multiply(target, _taps_first(W, groups), b, source, n * oh * ow)
    return y


def backward_data(gy: np.ndarray, W: np.ndarray, window: Window2D, x_shape: Sequence[int]) -> np.ndarray:
    """gx (N, G*I, H, W), in the dtype of gy."""
    widest_compute_type(gy, W)
    gx = empty(tuple(x_shape), gy.dtype)
    if _is_pointwise(window) and _has_flat_maps(gy):
        source, (_, pixels) = _source(gy, gy.shape[2:], window, len(W) // _groups(W, x_shape[1]), True)
        target = Target(flat(gx), 0, (x_shape[1] * pixels, pixels, pixels, 1))
        multiply(target, _transposed(W, x_shape[1], [0], [0]), None, source, len(gx) * pixels)
        return gx
    if not np.isfinite(W).all():
        raise DeclinedError("pixels without an output below a tap meet its weight times zero: NaN must not come of it")
    for row in range(min(window.stride[0], x_shape[2])):
        for column in range(min(window.stride[1], x_shape[3])):
            _write_phase(gx, gy, W, window, (row, column))
    return gx


def _write_phase(gx: np.ndarray, gy: np.ndarray, W: np.ndarray, window: Window2D, phase: tuple[int, int]) -> None:
    """Rows phase[0], phase[0] + sy, ... and columns phase[1], phase[1] + sx, ... of gx: a convolution of gy."""
    n, c, height, width = gx.shape
    (ys, rows), (xs, columns) = (_reaching(window, axis, phase[axis]) for axis in (0, 1))
    sy, sx = window.stride
    P, Q = (-(-(size - first) // step) for size, first, step in zip(gx.shape[2:], phase, window.stride, strict=True))
    taps = np.array([(y, x) for y in rows for x in columns], np.int64).reshape(-1, 2)
    images = memory(gy)
    yn, _, yh, yw = images.strides
    source = Source(images, len(W) // _groups(W, c), taps, (P, Q, *gy.shape[2:], 1, 1, yn, yh, yw))
    strides = (c * height * width, height * width, sy * width, sx)
    target = Target(flat(gx), phase[0] * width + phase[1], strides)
    multiply(target, _transposed(W, c, ys, xs), None, source, n * P * Q)


def backward_weight(x: np.ndarray, gy: np.ndarray, window: Window2D, W_shape: Sequence[int], dtype: Any) -> np.ndarray:
    """gW (G*O, I, kH, kW), in `dtype`."""
    wide = compute_type(x, gy)
    o, i = W_shape[:2]
    groups = x.shape[1] // i if i else 1
    if _is_pointwise(window) and groups == 1 and _has_small_maps(x):
        return _product_of_pixels(x, gy, wide).reshape(tuple(W_shape)).astype(dtype, copy=False)
    as_rows = _is_pointwise(window) and _has_flat_maps(x) and _has_flat_maps(gy)
    source, _ = _source(x, gy.shape[2:], window, i, as_rows)
    gradient, _ = _source(gy, gy.shape[2:], Window2D((1, 1)), o // groups, as_rows)
    gW = accumulate(gradient, source, groups, len(x) * gy.shape[2] * gy.shape[3], wide)
    return gW.reshape(tuple(W_shape)).astype(dtype, copy=False)


def _has_small_maps(x: np.ndarray) -> bool:
    """Whether a map's row of pixels is too short to sum along it; and sums over all images may be one chain."""
    pixels = x.shape[2] * x.shape[3]
    return 0 < pixels <= SMALL_MAP and 0 < len(x) * pixels <= LONGEST_CHAIN


def _product_of_pixels(x: np.ndarray, gy: np.ndarray, wide: np.dtype) -> np.ndarray:
    """gW of a pointwise convolution, (O, I): a convolution whose channels are pixels, and whose pixels are channels.

    Of small maps alone: it copies x and gy, with their channels last and first.
    """
    (_, i, *_), (_, o, *_) = x.shape, gy.shape
    many, few = (x, gy) if i > o else (gy, x)
    columns = np.ascontiguousarray(many.transpose(0, 2, 3, 1), wide).reshape(1, -1, 1, many.shape[1])
    rows = np.ascontiguousarray(few.transpose(1, 0, 2, 3), wide).reshape(few.shape[1], -1, 1, 1)
    product = forward(columns, rows, None, Window2D((1, 1))).reshape(few.shape[1], many.shape[1])
    return product if many is x else product.T


def _groups(W: np.ndarray, channels: int) -> int:
    return channels // W.shape[1] if W.shape[1] else 1


def _is_pointwise(window: Window2D) -> bool:
    return window.kernel == (1, 1) and window.stride == (1, 1) and window.pad == ((0, 0), (0, 0))


def _has_flat_maps(x: np.ndarray) -> bool:
    """Whether the rows of a map follow one another evenly, so that it is one long row."""
    return x.shape[2] <= 1 or x.strides[2] == x.shape[3] * x.strides[3]


def _source(
    x: np.ndarray, output: Sequence[int], window: Window2D, channels: int, as_row: bool
) -> tuple[Source, tuple[int, int]]:
    """What a product's columns read of x, and rows and columns of the output, which is one row if `as_row`."""
    images = memory(x)
    (h, w), (oh, ow) = x.shape[2:], output
    n, _, row, column = images.strides
    if as_row:
        h, w, oh, ow = 1, h * w, 1, oh * ow
    (kh, kw), (dy, dx), ((top, _), (left, _)) = window.kernel, window.dilate, window.pad
    taps = np.array([(i * dy - top, j * dx - left) for i in range(kh) for j in range(kw)], np.int64).reshape(-1, 2)
    return Source(images, channels, taps, (oh, ow, h, w, *window.stride, n, row, column)), (oh, ow)


def _reaching(window: Window2D, axis: int, phase: int) -> tuple[list[int], list[int]]:
    """Along one axis: the taps that read pixels phase, phase + stride, ..., and the first one's output for each."""
    stride, dilate, (before, _) = window.stride[axis], window.dilate[axis], window.pad[axis]
    taps = [i for i in range(window.kernel[axis]) if (phase + before - i * dilate) % stride == 0]
    return taps, [(phase + before - i * dilate) // stride for i in taps]


def _taps_first(W: np.ndarray, groups: int) -> np.ndarray:
    """(G, O, T I): the order in which a panel has its rows."""
    o, i, kh, kw = W.shape
    matrix = W.reshape(groups, o // groups, i, kh * kw)
    return matrix[..., 0] if kh * kw == 1 else matrix.swapaxes(2, 3).reshape(groups, o // groups, -1)


def _transposed(W: np.ndarray, channels: int, rows: list[int], columns: list[int]) -> np.ndarray:
    """(G, I, T O) of the taps in some kernel rows and columns."""
    o, i, kh, kw = W.shape
    groups = _groups(W, channels)
    if (kh, kw) == (1, 1) == (len(rows), len(columns)):
        return W.reshape(groups, o // groups, i).swapaxes(1, 2)
    taps = W[:, :, rows][:, :, :, columns].reshape(groups, o // groups, i, len(rows) * len(columns))
    return taps.transpose(0, 2, 3, 1).reshape(groups, i, taps.shape[1] * taps.shape[3])
