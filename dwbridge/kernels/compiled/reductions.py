"""Sums over the last axes of an array and their transpose, compiled: the mean of a map is one, and its gradient.

    sum_over   y[r] = sum of row r, in the computing type, a partial sum for each lane of two vectors
    spread     every element of row r is x[r]

Arguments as in the reference, and left to it: other axes, arrays that are not contiguous, and rows that are so long
that NumPy's sums in pairs are as fast and more accurate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dwbridge.kernels.buffers import empty
from dwbridge.kernels.compiled import threads
from dwbridge.kernels.compiled.arrays import compute_type, flat
from dwbridge.kernels.compiled.compiler import kernel
from dwbridge.kernels.compiled.vectors.combined_rows import fill_row, sum_of_row
from dwbridge.kernels.errors import DeclinedError

#: Elements that are worth handing to a thread.
GRAIN = 1 << 14
#: Elements of a row that are summed here.
LONGEST = 1 << 12


def sum_over(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Sums over the last axes, in the computing type of x."""
    wide = compute_type(x)
    left = x.ndim - len(axes)
    size = math.prod(x.shape[left:])
    if axes != tuple(range(left, x.ndim)) or not axes or not 1 < size <= LONGEST or not x.flags.c_contiguous:
        raise DeclinedError(f"a sum of {x.shape} over {axes}")
    y = empty(x.shape[:left], wide)
    threads.run(_sum, y.size, max(1, GRAIN // size), flat(y), flat(x), size)
    return y


def spread(x: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Every element in all places of the last axes of `shape`, which x has with length 1, in the dtype of x."""
    compute_type(x)
    left = x.ndim
    while left and x.shape[left - 1] == 1:
        left -= 1
    size = math.prod(shape[left:])
    if x.shape[:left] != tuple(shape[:left]) or len(shape) != x.ndim or size < 2 or not x.flags.c_contiguous:
        raise DeclinedError(f"broadcasting {x.shape} to {tuple(shape)}")
    y = empty(shape, x.dtype)
    threads.run(_spread, x.size, max(1, GRAIN // size), flat(y), flat(x), size)
    return y


@kernel
def _sum(start, stop, y, x, size):
    for row in range(start, stop):
        y[row] = sum_of_row(x, row * size, size)


@kernel
def _spread(start, stop, y, x, size):
    for row in range(start, stop):
        fill_row(y, row * size, size, x, row)
