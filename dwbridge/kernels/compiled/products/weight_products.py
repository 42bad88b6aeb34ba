"""Sums over all pixels of products of two sets of images: gW[g, m, k] = sum over columns of GY[m, column] X[k, column].

GY and X are gathered in panels (see `panels`), a chunk of columns at a time, and multiplied row by row. The work is cut
into rows of X and into slices of the columns, by the shapes alone; slices are added in their order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dwbridge.kernels.compiled import threads
from dwbridge.kernels.compiled.compiler import kernel, routine
from dwbridge.kernels.compiled.products.image_products import WORTHWHILE, Source
from dwbridge.kernels.compiled.products.panels import fill_rows, find_pieces
from dwbridge.kernels.compiled.products.product_tiles import dots_tile

#: Rows of a panel, and columns of a chunk: two panels stay in a core's level-2 cache.
ROWS, CHUNK = 64, 512
#: Rows of X that a core's level-1 cache holds beside a few of GY.
NEAR = 12
#: Pieces of work that keep any number of threads busy.
ENOUGH = 16
#: Multiply-adds that are worth sums of their own, which have to be added.
WORTH_A_SLICE = 1 << 22
#: Bytes of the slices' sums.
SLICES_BYTES = 1 << 21


class _Cut(NamedTuple):
    """How the work is cut: channels of X at a time, columns at a time, and columns of a slice."""

    part: int
    chunk: int
    length: int


def _cut(rows: int, channels: int, taps: int, groups: int, columns: int, itemsize: int) -> _Cut:
    wide = min(CHUNK, -(-columns // 32) * 32)
    part = max(1, max(ROWS, min(ROWS * CHUNK // wide, channels * taps // 8)) // max(1, taps))
    chunk = max(64, min(wide, 2 * CHUNK * ROWS // max(ROWS, part * taps) // 64 * 64))
    slices = min(
        -(-ENOUGH // max(1, groups * -(-channels // part))),
        columns * rows * part * taps // WORTH_A_SLICE,
        SLICES_BYTES // max(1, groups * rows * channels * taps * itemsize),
    )
    return _Cut(part, chunk, -(-columns // (max(1, slices) * chunk)) * chunk)


def accumulate(gradient: Source, source: Source, groups: int, columns: int, wide: np.dtype) -> np.ndarray:
    """gW (G, M, C, T), in the computing type `wide`, for M channels of the gradient, C channels and T taps of X."""
    rows, channels, taps = gradient.channels, source.channels, len(source.taps)
    if not columns * rows * channels * taps:
        return np.zeros((groups, rows, channels, taps), wide)
    cut = _cut(rows, channels, taps, groups, columns, wide.itemsize)
    slices = -(-columns // cut.length)
    sums = np.zeros((slices, groups, channels * taps, rows), wide)
    threads.run(
        _accumulate, slices * groups * -(-channels // cut.part),
        max(1, WORTHWHILE // (min(cut.length, columns) * rows * cut.part * taps)), sums.reshape(-1),
        *_described(gradient), *_described(source), source.taps,
        (groups, rows, channels, columns, 64 // wide.itemsize, *cut),
    )  # fmt: skip
    return _channels_first(sums[0] if slices == 1 else sums.sum(axis=0), cut.part, taps)


def _channels_first(sums: np.ndarray, part: int, taps: int) -> np.ndarray:
    """(G, M, C, T) from (G, K, M), K in the order in which the parts' panels have their rows, taps first."""
    groups, depth, rows = sums.shape
    result = np.empty((groups, rows, depth // taps, taps), sums.dtype)
    for c in range(0, result.shape[2], part):
        here = result[:, :, c : c + part]
        taps_first = sums[:, c * taps : (c + here.shape[2]) * taps].reshape(groups, taps, -1, rows)
        here[...] = taps_first.transpose(0, 3, 2, 1)
    return result


def _described(source: Source) -> tuple[np.ndarray, tuple[int, ...], tuple[int, int, int]]:
    """Images, their grid, and (start, stride of channels, step between pixels)."""
    flat, start, strides = source.images
    return flat, source.grid, (start, strides[1], source.grid[5] * strides[3])


@kernel
def _accumulate(start, stop, sums, gy, gy_grid, gy_place, x, x_grid, x_place, taps, sizes):
    groups, rows, channels, columns, width, part, chunk, length = sizes
    T = len(taps)
    parts = (channels + part - 1) // part
    pitch = chunk + width
    gy_panel = np.empty(ROWS * pitch, sums.dtype)
    x_panel = np.empty(part * T * pitch, sums.dtype)
    pieces = np.empty((chunk, 3), np.int64)
    first_tap = np.zeros((1, 2), np.int64)
    for item in range(start, stop):
        g = item // parts % groups
        c = item % parts * part
        here = min(part, channels - c)
        begin = item // (parts * groups) * length
        for column in range(begin, min(begin + length, columns), chunk):
            count = min(chunk, min(begin + length, columns) - column)
            _fill(x_panel, pitch, pieces, column, count, x, x_grid, x_place, taps, g * channels + c, here)
            for m in range(0, rows, ROWS):
                tall = min(ROWS, rows - m)
                _fill(gy_panel, pitch, pieces, column, count, gy, gy_grid, gy_place, first_tap, g * rows + m, tall)
                place = (item // parts * channels + c) * T * rows + m
                vectors = (count + width // 2 - 1) // (width // 2)
                _multiply(sums, place, rows, gy_panel, tall, x_panel, here * T, pitch, vectors)


@routine
def _fill(panel, pitch, pieces, column, count, x, grid, place, taps, channel, channels):
    """A panel whose rows are zero behind the last column."""
    T = len(taps)
    start, xc, step = place
    for t in range(T):
        found = find_pieces(pieces, column, count, grid, taps[t, 0], taps[t, 1])
        fill_rows(
            panel, t * channels * pitch, (pitch, pitch, 0), x, start + channel * xc, channels, xc, step, pieces, found
        )
    for k in range(channels * T):
        for j in range(count, min(count + 16, pitch)):
            panel[k * pitch + j] = 0


@routine
def _multiply(sums, place, pitch, gy, rows, x, columns, row, vectors):
    """Dots of all rows of two panels; NEAR rows of X stay in the level-1 cache while GY passes by."""
    for near in range(0, columns, NEAR):
        far = min(near + NEAR, columns)
        threes = far - (far - near) % 3
        for m in range(0, rows, 4):
            gy_place = m * row, row
            valid = min(4, rows - m)
            for k in range(near, threes, 3):
                dots_tile(sums, (place + k * pitch + m, pitch, valid), gy, gy_place, x, (k * row, row), vectors, 3)
            for k in range(threes, far):
                dots_tile(sums, (place + k * pitch + m, pitch, valid), gy, gy_place, x, (k * row, row), vectors, 1)
