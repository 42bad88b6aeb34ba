"""Layer normalization, compiled: what is normalized is read from memory once, and again from the cache.

The axis is the last one, and x is rows of adjacent numbers; or it is not, and x is (outer, n, inner), computed in
blocks of a few adjacent columns. The statistics are summed in float64. The gradients of gamma and beta are summed in
pieces of rows, or of blocks, that follow from the shape alone, and the pieces in order, in float64.

Beside the results, a call allocates the pieces' sums, `PIECES` times the size of gamma and beta at most.
"""

from __future__ import annotations

import math

import numpy as np

from dwbridge.backend import compute_dtype
from dwbridge.kernels.buffers import empty
from dwbridge.kernels.compiled import threads
from dwbridge.kernels.compiled.arrays import as_row, compute_type, flat, lanes_of
from dwbridge.kernels.compiled.compiler import kernel
from dwbridge.kernels.compiled.passes.layer_columns import WIDTH, columns_gradient, normalize_columns
from dwbridge.kernels.compiled.passes.layer_rows import normalize_row, row_gradient
from dwbridge.kernels.errors import DeclinedError

Array = np.ndarray

#: Elements that are worth handing to a thread.
GRAIN = 1 << 13

#: Pieces of the work that have sums of their own for the gradients of gamma and beta, times the lanes of these sums.
PIECES = 128


def forward(x: Array, gamma: Array, beta: Array, axis: int, eps: float) -> tuple[Array, Array, Array]:
    wide = _check(x, gamma, beta)
    outer, n, inner = _layout(x.shape, axis)
    left = x.shape[:axis] + x.shape[axis + 1 :]
    y, mean, inv_std = empty(x.shape, x.dtype), np.empty(left, wide), np.empty(left, wide)
    source = _in_order(x, y)
    args = (n, inner, source, flat(y), *_wide(wide, gamma, beta), float(eps), flat(mean), flat(inv_std))
    if inner == 1:
        threads.run(_rows, outer, max(1, GRAIN // n), *args)
    else:
        block = WIDTH * lanes_of(wide)
        threads.run(_columns, outer * -(-inner // block), max(1, GRAIN // (n * block)), *args, block)
    return y, mean, inv_std


def backward(x: Array, gamma: Array, gy: Array, axis: int, mean: Array, inv_std: Array) -> tuple[Array, Array, Array]:
    wide = _check(x, gamma)
    if (gy.dtype, mean.dtype, inv_std.dtype) != (x.dtype, wide, wide):
        raise DeclinedError(f"gradients of {gy.dtype} and statistics of {mean.dtype} for {x.dtype}")
    outer, n, inner = _layout(x.shape, axis)
    gx = empty(x.shape, x.dtype)
    block = WIDTH * lanes_of(wide)
    lanes = 1 if inner == 1 else block // WIDTH
    units = outer if inner == 1 else outer * -(-inner // block)
    size = max(-(-units * lanes // PIECES), GRAIN // (n if inner == 1 else n * block), 1)
    pieces = -(-units // size)
    sums = np.zeros((pieces, 2 * n * lanes), wide)
    given = (_in_order(x, gx), _in_order(gy, None), flat(gx), *_wide(wide, gamma), as_row(mean))
    args = (size, units, n, inner, *given, as_row(inv_std), sums)
    if inner == 1:
        threads.run(_rows_gradient, pieces, 1, *args)
    else:
        threads.run(_columns_gradient, pieces, 1, *args, block)
    ggamma, gbeta = sums.reshape(pieces, 2, n, lanes).sum(axis=(0, 3), dtype=np.float64)
    return gx, ggamma.astype(gamma.dtype), gbeta.astype(gamma.dtype)


def _check(x: Array, *weights: Array) -> np.dtype:
    """The computing type.

    Raises:
        DeclinedError: for types that are not computed here, or nothing to compute.
    """
    wide = compute_type(x)
    if compute_dtype(np.result_type(x, *weights)) != wide or 0 in x.shape:
        raise DeclinedError(f"layer normalization of {x.dtype} {x.shape} with {[w.dtype.name for w in weights]}")
    return wide


def _layout(shape: tuple[int, ...], axis: int) -> tuple[int, int, int]:
    """(outer, n, inner).

    >>> _layout((8, 96, 7, 7), 1), _layout((8, 49, 96), 2)
    ((8, 96, 49), (392, 96, 1))
    """
    return math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])


def _in_order(x: Array, room: Array | None) -> Array:
    """All elements in row order; where they do not lie so, a copy, in the room of a result if there is one."""
    if x.flags.c_contiguous:
        return flat(x)
    if room is None:
        return as_row(x)
    room[...] = x
    return flat(room)


def _wide(dtype: np.dtype, *weights: Array) -> tuple[Array, ...]:
    return tuple(as_row(w.astype(dtype, copy=False)) for w in weights)


@kernel
def _rows(start, stop, n, inner, x, y, gamma, beta, eps, mean, inv_std):
    for row in range(start, stop):
        normalize_row(x, y, row * n, n, gamma, beta, eps, mean, inv_std, row)


@kernel
def _columns(start, stop, n, inner, x, y, gamma, beta, eps, mean, inv_std, block):
    blocks = -(-inner // block)
    for unit in range(start, stop):
        image, column = unit // blocks, unit % blocks * block
        first, place = image * n * inner + column, image * inner + column
        normalize_columns(x, y, first, inner - column, inner, n, gamma, beta, eps, mean, inv_std, place)


@kernel
def _rows_gradient(start, stop, size, units, n, inner, x, gy, gx, gamma, mean, inv_std, sums):
    for piece in range(start, stop):
        for row in range(piece * size, min(units, (piece + 1) * size)):
            row_gradient(x, gy, gx, row * n, n, gamma, mean, inv_std, row, sums[piece])


@kernel
def _columns_gradient(start, stop, size, units, n, inner, x, gy, gx, gamma, mean, inv_std, sums, block):
    blocks = -(-inner // block)
    for piece in range(start, stop):
        for unit in range(piece * size, min(units, (piece + 1) * size)):
            image, column = unit // blocks, unit % blocks * block
            first, place = image * n * inner + column, image * inner + column
            columns_gradient(x, gy, gx, first, inner - column, inner, n, gamma, mean, inv_std, place, sums[piece])
