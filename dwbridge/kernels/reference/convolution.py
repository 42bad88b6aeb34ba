"""Convolution in groups, the NumPy reference: patches as a matrix, then one matrix product per image and group.

x (N, G*I, H, W);  W (G*O, I, kH, kW);  b (G*O,);  y (N, G*O, oH, oW). Output channels g*O .. (g+1)*O - 1 see input
channels g*I .. (g+1)*I - 1. A 1x1 kernel without stride and padding reads x as it is, without a copy.
The products go through BLAS: repeatable for a fixed number of BLAS threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dwbridge.backend import Array, compute_dtype, get_array_module
from dwbridge.geometry import Window2D
from dwbridge.kernels.reference.framing import frame_shape, framed, inside

#: Bytes of patches (and, for the weight gradient, of products) that exist at a time, if one image's fit.
PATCH_BYTES = 1 << 23


def forward(x: Array, W: Array, b: Array | None, window: Window2D) -> Array:
    """y (N, G*O, oH, oW), in the dtype of x."""
    xp = get_array_module(x, W)
    n, c, *image = x.shape
    oh, ow = window.output_shape(image)
    wide = compute_dtype(xp.result_type(x, W))
    matrix = _as_matrices(W, c, wide)
    y = xp.empty((n, W.shape[0], oh, ow), dtype=x.dtype)
    for images in _image_blocks(n, matrix.shape[0] * matrix.shape[2] * oh * ow * wide.itemsize):
        product = matrix @ _patches(x[images], window, len(matrix), wide)
        if b is not None:
            product += b.reshape(len(matrix), -1, 1).astype(wide)
        y[images] = product.reshape(-1, *y.shape[1:])
    return y


def backward_data(gy: Array, W: Array, window: Window2D, x_shape: Sequence[int]) -> Array:
    """gx (N, G*I, H, W), in the dtype of gy."""
    xp = get_array_module(gy, W)
    n, c, *image = x_shape
    oh, ow = gy.shape[2:]
    wide = compute_dtype(xp.result_type(gy, W))
    matrix = _as_matrices(W, c, wide).swapaxes(1, 2)
    gx = xp.empty(tuple(x_shape), dtype=gy.dtype)
    for images in _image_blocks(n, matrix.shape[0] * matrix.shape[1] * oh * ow * wide.itemsize):
        part = gy[images].reshape(-1, len(matrix), matrix.shape[2], oh * ow).astype(wide, copy=False)
        gx[images] = _gather(matrix @ part, window, (len(part), c, *image), (oh, ow))
    return gx


def backward_weight(x: Array, gy: Array, window: Window2D, W_shape: Sequence[int], dtype: Any) -> Array:
    """gW (G*O, I, kH, kW), in `dtype`; images are added in their order."""
    xp = get_array_module(x, gy)
    n, c = x.shape[:2]
    oh, ow = gy.shape[2:]
    o, i, kh, kw = W_shape
    groups = c // i if i else 1
    wide = compute_dtype(xp.result_type(x, gy))
    gW = xp.zeros((groups, o // groups, i * kh * kw), dtype=wide)
    for images in _image_blocks(n, (c * kh * kw * oh * ow + gW.size) * wide.itemsize):
        part = gy[images].reshape(-1, groups, o // groups, oh * ow).astype(wide, copy=False)
        gW += (part @ _patches(x[images], window, groups, wide).swapaxes(2, 3)).sum(axis=0)
    return gW.reshape(tuple(W_shape)).astype(dtype, copy=False)


def _as_matrices(W: Array, channels: int, dtype: Any) -> Array:
    """W as one matrix (O, I*kH*kW) per group: (G, O, I*kH*kW)."""
    o, i, kh, kw = W.shape
    groups = channels // i if i else 1
    return W.reshape(groups, o // groups, i * kh * kw).astype(dtype, copy=False)


def _patches(x: Array, window: Window2D, groups: int, dtype: Any) -> Array:
    """(N, G, I*kH*kW, oH*oW): what each output pixel sees, as columns."""
    n, c, *image = x.shape
    oh, ow = window.output_shape(image)
    kh, kw = window.kernel
    frame = framed(x, window, dtype)
    if (kh, kw) == (1, 1) and window.stride == (1, 1):
        patches = frame
    else:
        patches = get_array_module(x).empty((n, c, kh, kw, oh, ow), dtype=dtype)
        for i, j, rows, columns in window.taps((oh, ow)):
            patches[:, :, i, j] = frame[..., rows, columns]
    return patches.reshape(n, groups, (c // groups) * kh * kw, oh * ow)


def _gather(patches: Array, window: Window2D, x_shape: Sequence[int], output: Sequence[int]) -> Array:
    """The transpose of `_patches`: every column is added back to the pixels that it was read from."""
    n, c, *image = x_shape
    patches = patches.reshape(n, c, *window.kernel, *output)
    frame = get_array_module(patches).zeros((n, c, *frame_shape(window, image)), dtype=patches.dtype)
    for i, j, rows, columns in window.taps(output):
        frame[..., rows, columns] += patches[:, :, i, j]
    return frame[inside(window, image)]


def _image_blocks(images: int, image_bytes: int) -> Iterator[slice]:
    step = max(1, PATCH_BYTES // max(1, image_bytes))
    return (slice(n, min(n + step, images)) for n in range(0, images, step))
