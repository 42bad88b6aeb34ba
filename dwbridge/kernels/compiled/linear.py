"""Matrix products of a fully connected layer, compiled. Arguments as in the reference.

    forward          y^T  = W x^T + b      columns are rows of x
    backward_data    gx   = gy W           columns are inputs
    backward_weight  gW   = gy^T x         columns are inputs

The same product as convolution's, on matrices in place of images: the bytes do not depend on the number of threads, and
no threads of BLAS stand beside ours. float32, float64, and float16 summed in float32; any strides. Forward makes x^T.

Left to the reference, and so to BLAS: products that are done before ours is prepared, and those with a single row of x,
which are nothing but reading W.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge.kernels.buffers import empty
from dwbridge.kernels.compiled.arrays import compute_type, flat, memory, widest_compute_type
from dwbridge.kernels.compiled.products.image_products import Source, Target, multiply
from dwbridge.kernels.errors import DeclinedError

#: Parts of W's rows in a forward product: with few rows of x there is nothing else to share out.
PARTS = 4
#: Multiply-adds below which BLAS, on one thread, takes less time than preparing our product.
SMALLEST = 1 << 18


def forward(x: np.ndarray, W: np.ndarray, b: np.ndarray | None, window: object = None) -> np.ndarray:
    """y (N, O), in the dtype of x."""
    widest_compute_type(x, W, *(() if b is None else (b,)))
    _check_size(len(x), *W.shape)
    y = empty((len(x), len(W)), x.dtype)
    parts = max(part for part in range(1, PARTS + 1) if len(W) % part == 0)
    target = Target(flat(y), 0, (0, 1, 0, len(W)))
    multiply(target, W.reshape(parts, len(W) // parts, W.shape[1]), b, _columns(np.ascontiguousarray(x.T)), len(x))
    return y


def backward_data(gy: np.ndarray, W: np.ndarray, window: object = None, x_shape: Sequence[int] = ()) -> np.ndarray:
    """gx (N, I), in the dtype of gy."""
    wide = widest_compute_type(gy, W)
    _check_size(len(gy), *W.shape)
    if compute_type(W) != wide:
        W = W.astype(wide)
    gx = empty((len(gy), W.shape[1]), gy.dtype)
    target = Target(flat(gx), 0, (0, W.shape[1], 0, 1))
    multiply(target, gy[None], None, _columns(W), W.shape[1])
    return gx


def backward_weight(x: np.ndarray, gy: np.ndarray, window: object, W_shape: Sequence[int], dtype: Any) -> np.ndarray:
    """gW (O, I), in `dtype`."""
    wide = widest_compute_type(x, gy)
    _check_size(len(x), *W_shape)
    gW = empty(tuple(W_shape), wide)
    target = Target(flat(gW), 0, (0, W_shape[1], 0, 1))
    multiply(target, gy.T[None], None, _columns(x), W_shape[1])
    return gW.astype(dtype, copy=False)


def _check_size(rows: int, outputs: int, inputs: int) -> None:
    if rows < 2 or rows * outputs * inputs < SMALLEST:
        raise DeclinedError(f"a product of {rows} by {inputs} with {inputs} by {outputs} is left to BLAS")


def _columns(matrix: np.ndarray) -> Source:
    """A matrix as images: a row is a channel, a column a pixel, of one image."""
    depth, columns = matrix.shape
    images = memory(matrix[None, :, None])
    taps = np.zeros((1, 2), np.int64)
    return Source(images, depth, taps, (1, columns, 1, columns, 1, 1, 0, 0, images.strides[3]), shared=True)
