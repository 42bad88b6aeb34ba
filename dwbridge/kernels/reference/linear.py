"""Matrix products of a fully connected layer, the NumPy reference.

x (N, I);  W (O, I);  b (O,);  y (N, O) = x W^T + b. Through BLAS: repeatable for a fixed number of BLAS threads.
The window and shape arguments that all bilinear kernels have are unused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.backend import Array, compute_dtype, get_array_module


def forward(x: Array, W: Array, b: Array | None, window: object = None) -> Array:
    """y (N, O), in the dtype of x."""
    wide = compute_dtype(get_array_module(x, W).result_type(x, W))
    y = x.astype(wide, copy=False) @ W.T.astype(wide, copy=False)
    if b is not None:
        y += b
    return y.astype(x.dtype, copy=False)


def backward_data(gy: Array, W: Array, window: object = None, x_shape: Sequence[int] = ()) -> Array:
    """gx (N, I), in the dtype of gy."""
    wide = compute_dtype(get_array_module(gy, W).result_type(gy, W))
    return (gy.astype(wide, copy=False) @ W.astype(wide, copy=False)).astype(gy.dtype, copy=False)


def backward_weight(x: Array, gy: Array, window: object, W_shape: Sequence[int], dtype: Any) -> Array:
    """gW (O, I), in `dtype`."""
    wide = compute_dtype(get_array_module(x, gy).result_type(x, gy))
    return (gy.T.astype(wide, copy=False) @ x.astype(wide, copy=False)).astype(dtype, copy=False)
