"""Sums over axes and their transpose, the NumPy reference.

sum_over(x, axes) -> total     total has the other axes of x; 16-bit types are summed in float32, and stay so
spread(x, shape) -> y          x broadcast to a shape, as an array of its own
"""

from __future__ import annotations

from collections.abc import Sequence

from dwbridge.backend import Array, compute_dtype, get_array_module


def sum_over(x: Array, axes: tuple[int, ...]) -> Array:
    """Sums over axes, which are positive and ascending, in the computing type of x."""
    return x.sum(axis=axes, dtype=compute_dtype(x.dtype))


def spread(x: Array, shape: Sequence[int]) -> Array:
    """Every element in all places of `shape` that it broadcasts to, in the dtype of x."""
    return get_array_module(x).broadcast_to(x, tuple(shape)).copy()
