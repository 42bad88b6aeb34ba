"""Compiled batch normalization: x is read once for the statistics and once, from the cache, for the result.

The axes of the statistics must be the first ones, the last ones, or both: x is then (rows, channels, size), and
(N, C, H, W) with axes (0, 2, 3) is (N, C, H W). Channels are computed in blocks that stay in the cache. In large planes
all vectors of a plane are one channel's; where planes are small, vectors run on over adjacent channels, and each
element of a row of planes has its own sums, which are added up at the end. (N, C), and channels last, are planes of 1.

float64, float32 and float16 storage, gamma and beta of any type that does not raise the computing type of x. Sums are
kept in float64 and are those of deviations from the channel's first value; float64 itself takes the deviations from the
mean in a second pass (the two-pass algorithm with correction of Chan, Golub and LeVeque, 1983). What is added in which
order follows from the shape alone. Arrays that are not contiguous are copied.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from dwbridge.backend import Array, compute_dtype
from dwbridge.kernels.buffers import empty
from dwbridge.kernels.compiled.arrays import as_row, compute_type, flat, lanes_of
from dwbridge.kernels.compiled.compiler import kernel, routine
from dwbridge.kernels.compiled.passes.batch_normalization import (
    sum_deviations,
    sum_gradients,
    write_gradient,
    write_normalized,
)
from dwbridge.kernels.compiled.threads import run
from dwbridge.kernels.compiled.vectors.elements import read
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference.batch_normalization import Running

Axes = tuple[int, ...]
Layout = tuple[int, ...]

#: Elements of x that are worth a thread.
GRAIN = 1 << 14

#: What a block's share of the arrays may take, and how many cells its statistics.
BLOCK_BYTES, BLOCK_CELLS = 1 << 18, 512


@functools.cache
def layout(shape: tuple[int, ...], axes: Axes) -> tuple[int, int, int]:
    """(rows, channels, size) of an array whose statistics are taken over `axes`.

    >>> layout((8, 3, 5, 4), (0, 2, 3)), layout((8, 3), (0,)), layout((8, 5, 4, 3), (0, 1, 2))
    ((8, 3, 20), (8, 3, 1), (160, 3, 1))

    Raises:
        DeclinedError: if there are no elements, no axes, or others between them.
    """
    left = [i for i in range(len(shape)) if i not in axes]
    if not axes or not left or left != list(range(left[0], left[-1] + 1)) or 0 in shape:
        raise DeclinedError(f"batch normalization of {shape} over {axes}")
    first, last = left[0], left[-1] + 1
    return math.prod(shape[:first]), math.prod(shape[first:last]), math.prod(shape[last:])


def is_small(rows: int, size: int) -> bool:
    """Whether planes are small: an element's own sums pay sooner where there are more rows to add to them."""
    return size < (16 if rows <= 4 else 64)


def plan(x: Array, axes: Axes, arrays: int) -> tuple[Layout, int]:
    """What a kernel has to know, and how many channels make a piece of work.

    Args:
        x: the array.
        axes: those of the statistics.
        arrays: how many arrays of its size are read again.

    Returns:
        ((rows, channels, size, cells of a channel, channels in a block, lanes of a pair of vectors), and how many
        channels a piece has)
    """
    rows, channels, size = layout(x.shape, axes)
    pair, small = 2 * lanes_of(compute_type(x)), is_small(rows, size)
    cells = size if small else pair
    fitting = channels if small else BLOCK_BYTES // (rows * size * x.itemsize * arrays)
    block = max(1, min(fitting, BLOCK_CELLS // cells))
    piece = max(1, GRAIN // (rows * size * block)) * block
    return (rows, channels, size, cells, block, pair), piece


def _check_types(x: Array, *others: Array) -> np.dtype:
    """The computing type."""
    wide = compute_type(x)
    if any(other.dtype != wide for other in others) and compute_dtype(np.result_type(x, *others)) != wide:
        raise DeclinedError(f"batch normalization of {x.dtype} with {[other.dtype.name for other in others]}")
    return wide


def forward(
    x: Array, gamma: Array, beta: Array, axes: Axes, eps: float, running: Running | None = None
) -> tuple[Array, Array, Array]:
    wide = _check_types(x, gamma)
    shape, piece = plan(x, axes, 1)
    y = empty(x.shape, x.dtype)
    mean, variance, inv_std = statistics = [empty(gamma.shape, wide) for _ in range(3)]
    given = [as_row(array.astype(wide, copy=False)) for array in (gamma, beta)]
    results = [flat(array) for array in (y, *statistics)]
    run(_forward, shape[1], piece, as_row(x), *given, *results, shape, float(eps))
    if running is not None:
        running.follow(mean, variance)
    return y, mean, inv_std


def backward(x: Array, gamma: Array, gy: Array, axes: Axes, mean: Array, inv_std: Array) -> tuple[Array, Array, Array]:
    wide = _check_types(x, gamma)
    if (gy.dtype, mean.dtype, inv_std.dtype) != (x.dtype, wide, wide):
        raise DeclinedError(f"gradients of {gy.dtype} and statistics of {mean.dtype} for {x.dtype}")
    shape, piece = plan(x, axes, 2)
    gx = empty(x.shape, x.dtype)
    ggamma, gbeta = empty(gamma.shape, wide), empty(gamma.shape, wide)
    given = [as_row(array) for array in (x, gy, gamma.astype(wide, copy=False), mean, inv_std)]
    results = [flat(array) for array in (gx, ggamma, gbeta)]
    run(_backward, shape[1], piece, *given, *results, shape)
    return gx, ggamma.astype(gamma.dtype, copy=False), gbeta.astype(gamma.dtype, copy=False)


def fixed_forward(x: Array, gamma: Array, beta: Array, mean: Array, var: Array, axes: Axes, eps: float) -> Array:
    wide = _check_types(x, gamma, mean)
    shape, piece = plan(x, axes, 1)
    y = empty(x.shape, x.dtype)
    given = [as_row(array.astype(wide, copy=False)) for array in (gamma, beta, mean, var)]
    run(_fixed_forward, shape[1], piece, as_row(x), *given, flat(y), shape, float(eps))
    return y


@routine
def _columns(shape):
    """Columns for the cells of a block, and for the lanes of a pair of vectors that reach beyond them."""
    return shape[4] * shape[3] + shape[5]


@routine
def _spread(row, value, c, cells):
    """A channel's value, in each of its cells."""
    row[c * cells : (c + 1) * cells] = value


@routine
def _total(row, c, cells):
    """The sum over a channel's cells."""
    total = 0.0
    for cell in range(c * cells, (c + 1) * cells):
        total += row[cell]
    return total


@routine
def _sums(x, channel, count, shape, shift, sums):
    """The sums of x - shift and of its square, in every cell of a block."""
    rows, channels, size, cells, _, pair = shape
    sums[:] = 0
    if size == cells:
        for cell in range(0, count * size, pair):
            width = min(pair, count * size - cell)
            sum_deviations(x, channel * size + cell, rows, channels * size, width, cell, shift, sums)
        return
    for row in range(rows):
        for c in range(count):
            sum_deviations(x, (row * channels + channel + c) * size, 1, 0, size, c * cells, shift, sums)


@routine
def _gradient_sums(x, gy, channel, count, shape, terms, sums):
    """The sums of gy and of gy (x - mean), in every cell of a block."""
    rows, channels, size, cells, _, pair = shape
    sums[:] = 0
    if size == cells:
        for cell in range(0, count * size, pair):
            width = min(pair, count * size - cell)
            sum_gradients(x, gy, channel * size + cell, rows, channels * size, width, cell, terms, sums)
        return
    for row in range(rows):
        for c in range(count):
            sum_gradients(x, gy, (row * channels + channel + c) * size, 1, 0, size, c * cells, terms, sums)


@routine
def _written_runs(count, shape):
    """(runs, size of a run, columns from an element's cell to the next one's) of a block in a row."""
    if shape[2] == shape[3]:
        return 1, count * shape[2], 1
    return count, shape[2], 0


@routine
def _statistics(x, channel, count, shape, shift, sums, mean, variance):
    """Mean and variance of a block's channels, from deviations from `shift`."""
    m, cells = float(shape[0] * shape[2]), shape[3]
    _sums(x, channel, count, shape, shift, sums)
    for c in range(count):
        off = _total(sums[0], c, cells) / m
        square = _total(sums[1], c, cells) / m - off * off
        mean[channel + c] = shift[0, c * cells] + off
        variance[channel + c] = 0.0 if square < 0 else square


@routine
def _shift_by(row, value, c, cells):
    """Nothing deviates from infinity or NaN: 0 takes their place."""
    _spread(row, value if math.isfinite(value) else 0.0, c, cells)


@routine
def _write(x, y, channel, count, shape, terms):
    """y of a block's channels."""
    runs, size, pace = _written_runs(count, shape)
    for row in range(shape[0]):
        first = (row * shape[1] + channel) * shape[2]
        for c in range(runs):
            write_normalized(x, y, first + c * size, size, c * shape[3], pace, terms)


@kernel
def _forward(start, stop, x, gamma, beta, y, mean, variance, inv_std, shape, eps):
    cells, columns = shape[3], _columns(shape)
    shift, sums, terms = np.zeros((1, columns)), np.empty((2, columns)), np.zeros((3, columns), mean.dtype)
    for channel in range(start, stop, shape[4]):
        count = min(shape[4], stop - channel)
        for c in range(count):
            _shift_by(shift[0], np.float64(read(x, (channel + c) * shape[2])), c, cells)
        _statistics(x, channel, count, shape, shift, sums, mean, variance)
        if mean.itemsize == 8:
            for c in range(count):
                _shift_by(shift[0], mean[channel + c], c, cells)
            _statistics(x, channel, count, shape, shift, sums, mean, variance)
        for c in range(count):
            i = channel + c
            inv_std[i] = 1 / math.sqrt(variance[i] + eps)
            _spread(terms[0], mean[i], c, cells)
            _spread(terms[1], gamma[i] * inv_std[i], c, cells)
            _spread(terms[2], beta[i], c, cells)
        _write(x, y, channel, count, shape, terms)


@kernel
def _backward(start, stop, x, gy, gamma, mean, inv_std, gx, ggamma, gbeta, shape):
    m, cells, columns = float(shape[0] * shape[2]), shape[3], _columns(shape)
    sums, terms = np.empty((2, columns)), np.zeros((4, columns), mean.dtype)
    for channel in range(start, stop, shape[4]):
        count = min(shape[4], stop - channel)
        for c in range(count):
            _spread(terms[0], mean[channel + c], c, cells)
        _gradient_sums(x, gy, channel, count, shape, terms, sums)
        for c in range(count):
            i = channel + c
            total, product = _total(sums[0], c, cells), _total(sums[1], c, cells) * inv_std[i]
            gbeta[i], ggamma[i] = total, product
            _spread(terms[1], total / m, c, cells)
            _spread(terms[2], product * inv_std[i] / m, c, cells)
            _spread(terms[3], gamma[i] * inv_std[i], c, cells)
        runs, size, pace = _written_runs(count, shape)
        for row in range(shape[0]):
            first = (row * shape[1] + channel) * shape[2]
            for c in range(runs):
                write_gradient(x, gy, gx, first + c * size, size, c * cells, pace, terms)


@kernel
def _fixed_forward(start, stop, x, gamma, beta, mean, var, y, shape, eps):
    cells, columns = shape[3], _columns(shape)
    terms = np.zeros((3, columns), mean.dtype)
    for channel in range(start, stop, shape[4]):
        count = min(shape[4], stop - channel)
        for c in range(count):
            i = channel + c
            _spread(terms[0], mean[i], c, cells)
            _spread(terms[1], gamma[i] / math.sqrt(var[i] + eps), c, cells)
            _spread(terms[2], beta[i], c, cells)
        _write(x, y, channel, count, shape, terms)
