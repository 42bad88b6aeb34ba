"""Depthwise convolution, the NumPy reference.

    y[n, c*M + m, p, q] = b[c*M + m] + sum over i, j of  x[n, c, p*sy + i*dy - top, q*sx + j*dx - left] * W[m, c, i, j]

x (N, C, H, W);  W (M, C, kH, kW);  b (C*M,);  y (N, C*M, oH, oW). One multiply-add over whole planes per tap, taps in
row order; no matrix of patches is ever formed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.backend import Array, compute_dtype, get_array_module
from dwbridge.geometry import Window2D
from dwbridge.kernels.reference.framing import blocks, frame_shape, framed, inside


def forward(x: Array, W: Array, b: Array | None, window: Window2D) -> Array:
    """y (N, C*M, oH, oW), in the dtype of x."""
    xp = get_array_module(x, W)
    n, c, *image = x.shape
    m = W.shape[0]
    oh, ow = window.output_shape(image)
    wide = compute_dtype(xp.result_type(x, W))
    taps = _taps_last(W, wide)
    y = xp.empty((n, c, m, oh, ow), dtype=x.dtype)
    for images, channels in blocks(n, c, _plane_bytes(window, image, m, wide)):
        frame = framed(x[images, channels], window, wide)[:, :, None]
        total = xp.zeros((*frame.shape[:2], m, oh, ow), dtype=wide)
        if b is not None:
            total += b.reshape(c, m, 1, 1)[channels].astype(wide)
        for i, j, rows, columns in window.taps((oh, ow)):
            total += frame[..., rows, columns] * taps[i, j, channels]
        y[images, channels] = total
    return y.reshape(n, c * m, oh, ow)


def backward_data(gy: Array, W: Array, window: Window2D, x_shape: Sequence[int]) -> Array:
    """gx (N, C, H, W), in the dtype of gy: every tap gives gy back to the pixels that it read."""
    xp = get_array_module(gy, W)
    n, c, *image = x_shape
    m = W.shape[0]
    oh, ow = gy.shape[2:]
    wide = compute_dtype(xp.result_type(gy, W))
    taps = _taps_last(W, wide)
    gy = gy.reshape(n, c, m, oh, ow)
    gx = xp.empty((n, c, *image), dtype=gy.dtype)
    for images, channels in blocks(n, c, _plane_bytes(window, image, m, wide)):
        part = gy[images, channels].astype(wide, copy=False)
        frame = xp.zeros((*part.shape[:2], *frame_shape(window, image)), dtype=wide)
        for i, j, rows, columns in window.taps((oh, ow)):
            for k in range(m):
                frame[..., rows, columns] += part[:, :, k] * taps[i, j, channels, k]
        gx[images, channels] = frame[inside(window, image)]
    return gx


def backward_weight(x: Array, gy: Array, window: Window2D, W_shape: Sequence[int], dtype: Any) -> Array:
    """gW (M, C, kH, kW), in `dtype`: every tap is the sum over images and pixels of what it read times gy."""
    xp = get_array_module(x, gy)
    n, c, *image = x.shape
    m = W_shape[0]
    oh, ow = gy.shape[2:]
    wide = compute_dtype(xp.result_type(x, gy))
    gy = gy.reshape(n, c, m, oh, ow)
    gW = xp.zeros(W_shape, dtype=wide)
    for images, channels in blocks(n, c, _plane_bytes(window, image, m, wide)):
        frame = framed(x[images, channels], window, wide)
        part = gy[images, channels].astype(wide, copy=False)
        for i, j, rows, columns in window.taps((oh, ow)):
            gW[:, channels, i, j] += xp.einsum("nchw,ncmhw->mc", frame[..., rows, columns], part)
    return gW.astype(dtype, copy=False)


def backward(x: Array, W: Array, gy: Array, window: Window2D) -> tuple[Array, Array, Array]:
    """gx, gW and gb (C*M,) at once; gW has the dtype of W, gb that of gy."""
    gb = gy.sum(axis=(0, 2, 3), dtype=compute_dtype(gy.dtype)).astype(gy.dtype, copy=False)
    gW = backward_weight(x, gy, window, W.shape, W.dtype)
    return backward_data(gy, W, window, x.shape), gW, gb


def _taps_last(W: Array, dtype: Any) -> Array:
    """W as (kH, kW, C, M, 1, 1): what one tap multiplies the planes of a block with."""
    return W.transpose(2, 3, 1, 0)[..., None, None].astype(dtype)


def _plane_bytes(window: Window2D, image: Sequence[int], m: int, dtype: Any) -> int:
    """Working set of one channel of one image: its frame, M sums and one product."""
    fh, fw = frame_shape(window, image)
    oh, ow = window.output_shape(image)
    return (fh * fw + 2 * m * oh * ow) * dtype.itemsize
