"""gamma and beta, as weights.cuh takes them: of the type of x, or of the type of its arithmetic."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from dwbridge.backend import Array
from dwbridge.kernels.cuda.arrays import Kind, in_order, kind, of_dtype
from dwbridge.kernels.errors import DeclinedError


@functools.cache
def are_wide(x: Kind, *dtypes: np.dtype) -> bool:
    """Whether these weights of an x of some kind are taken in the type of arithmetic.

    Raises:
        DeclinedError: if they would raise that type, or if there are no kernels for theirs.
    """
    if any(kind(dtype).wide.itemsize > x.wide.itemsize for dtype in dtypes):
        raise DeclinedError(f"expected weights that {x.wide} computes with, got {[dtype.name for dtype in dtypes]}")
    return x.name == x.wide.name or any(dtype.name != x.name for dtype in dtypes)


def taken(x: Kind, wide: bool, *weights: Array) -> list[Any]:
    """Weights in row order, of the type in which they are taken."""
    return [in_order(of_dtype(weight, x.wide) if wide else weight) for weight in weights]
