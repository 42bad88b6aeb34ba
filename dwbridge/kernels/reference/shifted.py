"""Scores, shifted so that the largest exponential is 1 and nothing overflows."""

from __future__ import annotations

from dwbridge.backend import Array, compute_dtype


def shifted(x: Array, axis: int) -> Array:
    """x - max x along an axis, in the computing type of x."""
    wide = x.astype(compute_dtype(x.dtype), copy=False)
    # There is no maximum of nothing, and CuPy's takes no `initial`.
    return wide - wide.max(axis=axis, keepdims=True) if wide.size else wide
