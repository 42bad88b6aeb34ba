"""Depthwise convolution on a GPU. `dwbridge.kernels.reference.depthwise` documents the routines."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from dwbridge.backend import Array, compute_dtype, get_array_module
from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda.arrays import capability, empty, in_order, of_dtype
from dwbridge.kernels.cuda.launch import is_aligned, run
from dwbridge.kernels.cuda.plan import depthwise as plan
from dwbridge.kernels.cuda.plan.launches import KEPT
from dwbridge.kernels.cuda.sources import TYPES
from dwbridge.kernels.errors import DeclinedError


def forward(x: Array, W: Array, b: Array | None, window: Window2D) -> Array:
    """y (N, C*M, oH, oW), in the dtype of x."""
    problem = _problem(x.shape, W.shape, window, x, W, b)
    x, W, b = _in_order(x, W, b)
    y = empty((len(x), problem.out_channels, *problem.out_image), x.dtype)
    if y.size:
        run(plan.forward(problem, is_aligned(x, y)), y, x, W, b)
    return y


def backward_data(gy: Array, W: Array, window: Window2D, x_shape: Sequence[int]) -> Array:
    """gx (N, C, H, W), in the dtype of gy."""
    problem = _problem(x_shape, W.shape, window, gy, W)
    gy, W = _in_order(gy, W)
    gx = empty(tuple(x_shape), gy.dtype)
    if gx.size:
        run(plan.backward_data(problem, is_aligned(gy, gx)), gx, gy, W, None)
    return gx


def backward_weight(x: Array, gy: Array, window: Window2D, W_shape: Sequence[int], dtype: Any) -> Array:
    """gW (M, C, kH, kW), in `dtype`."""
    return of_dtype(_weight_gradients(x, gy, window, W_shape)[0], dtype)


def backward(x: Array, W: Array, gy: Array, window: Window2D) -> tuple[Array, Array, Array]:
    """gx, gW and gb (C*M,) at once; gW has the dtype of W, gb that of gy. gy is read once for gW and gb."""
    gW, gb = _weight_gradients(x, gy, window, W.shape)
    gx = backward_data(gy, W, window, x.shape)
    return gx, of_dtype(gW, W.dtype), of_dtype(gb, gy.dtype)


def _weight_gradients(x: Array, gy: Array, window: Window2D, W_shape: Sequence[int]) -> tuple[Array, Array]:
    """gW and gb, in the type in which sums are kept."""
    problem = _problem(x.shape, W_shape, window, x, gy)
    x, gy = _in_order(x, gy)
    wide = compute_dtype(x.dtype)
    new = empty if gy.size else get_array_module(x).zeros
    gW, gb = new(tuple(W_shape), wide), new(problem.out_channels, wide)
    if gW.size and gy.size:
        planned = plan.backward_weight(problem, is_aligned(x, gy))
        partial = empty(planned.shape, wide)
        run(planned.partial, partial, x, gy)
        run(planned.total, gW, gb, partial)
    return gW, gb


def _problem(x_shape: Sequence[int], W_shape: Sequence[int], window: Window2D, *arrays: Array | None) -> plan.Problem:
    """What is to be computed.

    Raises:
        DeclinedError: if the arrays' dtypes differ, or are none that kernels are made for; or if maps are too many, or
            too large, to be counted in 32 bits.
    """
    dtypes = tuple([array.dtype for array in arrays if array is not None])
    return _problem_of(tuple(x_shape), tuple(W_shape), window, dtypes, capability(arrays[0]))


@functools.lru_cache(KEPT)
def _problem_of(
    x_shape: tuple[int, ...], W_shape: tuple[int, ...], window: Window2D, dtypes: tuple[Any, ...], capability: int
) -> plan.Problem:
    names = {dtype.name for dtype in dtypes}
    if len(names) != 1 or not names <= set(TYPES):
        raise DeclinedError(f"expected arrays of one dtype out of {sorted(TYPES)}, got {sorted(names)}")
    n, c, height, width = x_shape
    problem = plan.Problem(n, c, W_shape[0], (height, width), window, names.pop(), capability)
    if not problem.countable:
        raise DeclinedError(
            f"expected less than 2^31 maps and less than 2^31 pixels in each, got x of {tuple(x_shape)}"
        )
    return problem


def _in_order(*arrays: Array | None) -> list[Any]:
    """The arrays, contiguous."""
    return [None if array is None else in_order(array) for array in arrays]
