"""Products of a matrix with images: Y[m, column] = bias[m] + sum over k of A[m, k] X[k, column], X a panel (`panels`).

Convolution is such a product, and so is each phase of its data gradient. A tile of columns of X is gathered, by its
first product where it lies in one stretch of memory, and multiplied with all of A, 6 or 4 rows at a time. Meanwhile the
next block of columns is asked for: of what makes products of this size slow, waiting for memory comes first. Every sum
starts with the bias and runs over k in ascending order, whatever the blocks and the threads.

Beside OpenBLAS, one thread, on the pointwise convolutions of MobileNetV2: within a tenth of its speed on maps of
24 x 24 pixels and more, and up to twice as fast on maps of 3 x 3, for which it is called once for every image.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from dwbridge.kernels.compiled import threads
from dwbridge.kernels.compiled.arrays import Memory, memory
from dwbridge.kernels.compiled.compiler import kernel, routine
from dwbridge.kernels.compiled.products.panels import (
    OUTSIDE,
    copy_columns,
    fetch_rows,
    fill_rows,
    fill_tile,
    find_pieces,
    goes_on,
)
from dwbridge.kernels.compiled.products.product_tiles import product_tile
from dwbridge.kernels.compiled.vectors.elements import write
from dwbridge.kernels.compiled.vectors.rows import copy_exactly, copy_tiles

#: Bytes of a panel of X: it stays in a core's level-2 cache.
PANEL_BYTES = 1 << 18
#: Biases behind the last row: a panel may have so many rows more than there are.
ROOM = 5
#: Multiply-adds that are worth a thread.
WORTHWHILE = 1 << 19


class Source(NamedTuple):
    """Images that are read: their memory, their channels' stride, and the taps (T, 2) that a column reads of them."""

    images: Memory
    channels: int  #: of one group
    taps: np.ndarray
    grid: tuple[int, ...]  #: see `panels`
    shared: bool = False  #: whether all groups read the same channels


class Target(NamedTuple):
    """Images that are written: flat, where the first pixel lies, and the strides of n, c, p and q."""

    flat: np.ndarray
    start: int
    strides: tuple[int, int, int, int]


def multiply(target: Target, a: np.ndarray, bias: np.ndarray | None, source: Source, columns: int) -> None:
    """Writes Y for every group: `a` is (G, M, K), K = channels T, any strides; `bias` is (G M,) or None."""
    groups, rows, depth = a.shape
    wide = np.dtype(np.float64 if source.images.flat.dtype == np.float64 else np.float32)
    cut, block = _cut(rows), _block(columns, depth, wide.itemsize)
    biases = np.zeros((groups, rows + ROOM), wide)
    if bias is not None:
        biases[:, :rows] = bias.reshape(groups, rows)
    flat, *weights = _in_panels(a.astype(wide, copy=False), cut)
    xc, xw = source.images.strides[1], source.grid[5] * source.images.strides[3]
    threads.run(
        _multiply,
        groups * -(-columns // block),
        max(1, WORTHWHILE // (rows * depth * block + 1)),
        target.flat, (target.start, *target.strides), flat, tuple(weights), cut, biases.reshape(-1),
        source.images.flat, source.taps, source.grid,
        (rows, depth, columns, block, 64 // wide.itemsize, source.images.start, source.channels, xc, xw,
         0 if source.shared else source.channels * xc),
    )  # fmt: skip


def _in_panels(a: np.ndarray, cut: np.ndarray) -> tuple[np.ndarray, int, int, int, int, int]:
    """A's memory, its start, strides of groups, rows and depth, and a panel's, 0 if panels are not apart.

    A matrix whose columns are contiguous is packed, panel after panel: its rows would be spread over too many lines.
    """
    groups, rows, depth = a.shape
    flat, start, (a_group, a_row, a_step) = memory(a)
    if a_row != 1 or abs(a_step) <= 6 or depth < 2:
        return flat, start, a_group, a_row, a_step, 0
    size = 6 * depth + 16
    packed = np.empty(groups * len(cut) * size, a.dtype)
    threads.run(
        _pack, groups * len(cut), max(1, WORTHWHILE // (16 * size)), packed, size, flat, cut,
        (start, rows, depth, a_group, a_step),
    )  # fmt: skip
    return packed, 0, len(cut) * size, 1, 0, size


def _block(columns: int, depth: int, itemsize: int) -> int:
    """Columns that are gathered at a time: an even number of tiles, so that a panel's rows spread over a cache."""
    pair = 2 * 64 // itemsize
    most = max(1, min(8, PANEL_BYTES // (max(depth, 1) * itemsize * pair)))
    return pair * min(most, max(2, columns // (8 * pair)))


@functools.cache
def _cut(rows: int) -> np.ndarray:
    """(first row, 6 or 4) of A's panels: at most one row is wasted, three if there are fewer than 4."""
    fours = 1 if rows <= 4 else (0, 2, 2, 1, 1, 0)[rows % 6]
    sixes = max(0, (rows - 4 * fours + 5) // 6)
    first = 6 * sixes
    return np.array([(6 * i, 6) for i in range(sixes)] + [(first + 4 * i, 4) for i in range(fours)], np.int64)


@kernel
def _pack(start, stop, packed, size, a, cut, place):
    """Panels of A: packed[item size + k width + r] = A[g, m + r, k]. What vectors write past a panel's end is room."""
    begin, rows, depth, a_group, a_step = place
    for item in range(start, stop):
        m, width = cut[item % len(cut)]
        first = begin + item // len(cut) * a_group + m
        last = first + (depth - 1) * a_step
        if max(first, last) + 16 <= len(a):
            for k in range(depth):
                copy_tiles(packed, item * size + k * width, 0, a, first + k * a_step, 1, 1)
            continue
        for k in range(depth):
            copy_columns(packed, item * size + k * width, a, first + k * a_step, 1, min(width, rows - m), True)


@kernel
def _multiply(start, stop, y, place, a, a_place, cut, bias, x, taps, grid, sizes):
    rows, depth, columns, block, width, x_start, channels, xc, step, x_group = sizes
    blocks = (columns + block - 1) // block
    form = width, width, depth * width + 16
    pointwise = len(taps) == 1 and step == 1
    panel = np.empty((1 if pointwise else block // width) * form[2], bias.dtype)
    edge = np.empty(rows * width, bias.dtype)
    pieces = np.empty((block, 3), np.int64)
    coming = np.empty((block, 3), np.int64)
    matrix = a, a_place, cut, bias
    for item in range(start, stop):
        g = item // blocks
        column = item % blocks * block
        count = min(block, columns - column)
        group = x_start + g * x_group
        if not pointwise:
            for t in range(len(taps)):
                found = find_pieces(pieces, column, count, grid, taps[t, 0], taps[t, 1])
                fill_rows(panel, t * channels * width, form, x, group, channels, xc, step, pieces, found)
        ahead = 0
        if item + 1 < stop and len(taps) > 0:
            later = (item + 1) % blocks * block
            ahead = find_pieces(coming, later, min(block, columns - later), grid, taps[0, 0], taps[0, 1])
        next_group = x_start + (item + 1) // blocks * x_group
        tiles = (count + width - 1) // width
        for b in range(tiles):
            fetch_rows(x, next_group, channels * b // tiles, channels * (b + 1) // tiles, xc, step, coming, ahead)
            tile = column + b * width, min(width, count - b * width)
            source = -1, xc
            if pointwise:
                source = _tile_source(panel, pieces, tile, x, group, channels, xc, grid, taps), xc
            tile_panel = 0 if pointwise else b * form[2], width, depth
            _multiply_tile(y, place, g, tile, matrix, rows, panel, tile_panel, x, source, edge, width, grid)


@routine
def _tile_source(panel, pieces, tile, x, group, channels, xc, grid, taps):
    """Where the columns of a tile lie in the images if they are one stretch; else -1, and they are in the panel."""
    width = 64 // panel.itemsize
    found = find_pieces(pieces, tile[0], tile[1], grid, taps[0, 0], taps[0, 1])
    if pieces[0, 1] == width and pieces[0, 2] != OUTSIDE:
        return group + pieces[0, 2]
    if goes_on(panel, x, group, channels, xc, pieces, found):
        fill_tile(panel, 0, width, x, group, channels, xc, pieces, found)
    else:
        fill_rows(panel, 0, (width, width, 0), x, group, channels, xc, 1, pieces, found)
    return -1


@routine
def _multiply_tile(y, place, g, tile, matrix, rows, panel, tile_panel, x, source, edge, width, grid):
    """All rows of Y, in the columns of one tile: where they lie in one stretch, directly, else by way of `edge`."""
    column, count = tile
    start, yn, yc, yh, yw = place
    P, Q = grid[0], grid[1]
    if yw == 1 and count == width and column % Q + width <= Q:
        position = start + column // (P * Q) * yn + g * rows * yc + column // Q % P * yh + column % Q
        _all_rows(y, position, yc, g, matrix, rows, panel, tile_panel, x, source)
        return
    _all_rows(edge, 0, width, g, matrix, rows, panel, tile_panel, x, source)
    done = 0
    while done < count:
        pixel = column + done
        length = min(count - done, Q - pixel % Q)
        position = start + pixel // (P * Q) * yn + g * rows * yc + pixel // Q % P * yh + pixel % Q * yw
        for m in range(rows):
            if yw == 1:
                copy_exactly(y, position + m * yc, edge, m * width + done, length)
            else:
                for j in range(length):
                    write(y, position + m * yc + j * yw, edge[m * width + done + j])
        done += length


@routine
def _all_rows(out, position, pitch, g, matrix, rows, panel, tile_panel, x, source):
    """The first rows gather the tile's panel from the images, if it is not there yet."""
    a, a_place, cut, bias = matrix
    a_start, a_group, a_row, a_step, a_panel = a_place
    for i in range(len(cut)):
        m, size = cut[i]
        out_place = position + m * pitch, pitch, min(size, rows - m)
        begin = a_start + g * a_group + (i * a_panel if a_panel else m * a_row)
        weights = begin, a_row, size if a_panel else a_step
        b = g * (rows + ROOM) + m
        if i == 0 and source[0] >= 0:
            if size == 6:
                product_tile(out, out_place, a, weights, panel, tile_panel, bias, b, x, source, 6, 1)
            else:
                product_tile(out, out_place, a, weights, panel, tile_panel, bias, b, x, source, 4, 1)
        elif size == 6:
            product_tile(out, out_place, a, weights, panel, tile_panel, bias, b, x, source, 6, 0)
        else:
            product_tile(out, out_place, a, weights, panel, tile_panel, bias, b, x, source, 4, 0)
