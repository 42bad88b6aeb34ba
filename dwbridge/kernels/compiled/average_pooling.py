"""Average pooling, compiled: one pass over the images, no padded copy. Arguments as in the reference.

A window that is as large as the map (global average pooling) is a sum along the map's memory: see `reductions`. Other
windows add a tap at a time to a row of outputs. Planes are independent: the bytes do not depend on the number of
threads. Scratch: an image plane for each thread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dwbridge.geometry import Window2D
from dwbridge.kernels.buffers import empty
from dwbridge.kernels.compiled import threads
from dwbridge.kernels.compiled.arrays import compute_type, flat, memory
from dwbridge.kernels.compiled.compiler import kernel, routine
from dwbridge.kernels.compiled.passes import windows
from dwbridge.kernels.compiled.passes.windows import ROOM, count_columns, find_columns, find_rows, plane
from dwbridge.kernels.compiled.reductions import LONGEST, spread, sum_over
from dwbridge.kernels.compiled.vectors.combined_rows import add_row, sum_of_row
from dwbridge.kernels.compiled.vectors.elements import read, write
from dwbridge.kernels.compiled.vectors.rows import copy_exactly


def forward(x: np.ndarray, window: Window2D, count_padding: bool) -> np.ndarray:
    """Means of the windows, in the dtype of x."""
    wide = compute_type(x)
    n, c, *image = x.shape
    if _is_whole_map(window, image) and x.flags.c_contiguous:
        mean = sum_over(x, (2, 3)) / wide.type(image[0] * image[1])
        return mean.astype(x.dtype, copy=False).reshape(n, c, 1, 1)
    output = window.output_shape(image)
    y = empty((n, c, *output), x.dtype)
    images = memory(x)
    threads.run(
        _forward, n * c, windows.grain(image[0] * image[1]), flat(y), images.flat, windows.place(images), c,
        windows.form(window, image, output), count_padding, np.empty(0, wide),
    )  # fmt: skip
    return y


def backward(gy: np.ndarray, window: Window2D, count_padding: bool, x_shape: Sequence[int]) -> np.ndarray:
    """Every window gives its share of gy back to the pixels that it read."""
    wide = compute_type(gy)
    n, c, *image = x_shape
    if _is_whole_map(window, image):
        share = gy.reshape(n, c, 1, 1).astype(wide, copy=False) / wide.type(image[0] * image[1])
        return spread(share.astype(gy.dtype, order="C", copy=False), x_shape)
    gx = empty((n, c, *image), gy.dtype)
    gradients = memory(gy)
    output = gy.shape[2:]
    threads.run(
        _backward, n * c, windows.grain(image[0] * image[1]), flat(gx), gradients.flat,
        windows.place(gradients), c, windows.form(window, image, output), count_padding, np.empty(0, wide),
    )  # fmt: skip
    return gx


def _is_whole_map(window: Window2D, image: Sequence[int]) -> bool:
    """Whether the one window is the map, which is small enough to be summed as a row."""
    is_whole = window.kernel == tuple(image) and window.pad == ((0, 0), (0, 0)) and window.dilate == (1, 1)
    return is_whole and 1 < math.prod(image) <= LONGEST


@routine
def _divide(sums, rows, counts, size, count_padding):
    """By how many pixels each window of a row has; a window of nothing but padding by 1."""
    for q in range(len(sums)):
        sums[q] /= size if count_padding else max(rows * counts[q], 1)


@kernel
def _forward(start, stop, y, x, place, channels, form, count_padding, like):
    P, Q, H, W, kh, kw, sy, sx, dy, dx, top, left = form
    sums, counts = np.empty(Q + ROOM, like.dtype), np.empty(Q, like.dtype)
    rows, columns = np.empty((P, 2), np.int64), np.empty((kw, 2), np.int64)
    find_rows(rows, form)
    find_columns(columns, form)
    count_columns(counts, form)
    along = kw > Q and dx == 1 and place[4] == 1
    for index in range(start, stop):
        begin = plane(place, index, channels)
        for p in range(P):
            sums[:] = 0
            for i in range(rows[p, 0], rows[p, 0] + rows[p, 1]):
                row = begin + (p * sy + i * dy - top) * place[3]
                if along:
                    _add_windows(sums, x, row, form)
                else:
                    _add_taps(sums, x, row, place[4], columns, form)
            _divide(sums[:Q], like.dtype.type(rows[p, 1]), counts, like.dtype.type(kh * kw), count_padding)
            copy_exactly(y, (index * P + p) * Q, sums, 0, Q)


@routine
def _add_windows(sums, x, row, form):
    """Adds one image row to a few outputs, window after window."""
    _, Q, _, W, _, kw, _, sx, _, _, _, left = form
    for q in range(Q):
        first = max(q * sx - left, 0)
        end = min(q * sx - left + kw, W)
        if first < end:
            sums[q] += sum_of_row(x, row + first, end - first)


@routine
def _add_taps(sums, x, row, step, columns, form):
    """Adds one image row to the outputs of a row, tap after tap."""
    sx, dx, left = form[7], form[9], form[11]
    for j in range(len(columns)):
        first, count = columns[j, 0], columns[j, 1] - columns[j, 0]
        begin = row + (first * sx + j * dx - left) * step
        if sx * step == 1:
            add_row(sums, first, x, begin, count, 1)
        elif sx * step == 2:
            add_row(sums, first, x, begin, count, 2)
        else:
            for q in range(count):
                write(sums, first + q, read(sums, first + q) + read(x, begin + q * sx * step))


@kernel
def _backward(start, stop, gx, gy, place, channels, form, count_padding, like):
    P, Q, H, W, kh, kw, sy, sx, dy, dx, top, left = form
    pixels = np.empty(H * W + ROOM, like.dtype)
    shares, counts = np.empty(Q, like.dtype), np.empty(Q, like.dtype)
    rows, columns = np.empty((P, 2), np.int64), np.empty((kw, 2), np.int64)
    find_rows(rows, form)
    find_columns(columns, form)
    count_columns(counts, form)
    for index in range(start, stop):
        begin = plane(place, index, channels)
        pixels[:] = 0
        for p in range(P):
            for q in range(Q):
                shares[q] = read(gy, begin + p * place[3] + q * place[4])
            _divide(shares, like.dtype.type(rows[p, 1]), counts, like.dtype.type(kh * kw), count_padding)
            for i in range(rows[p, 0], rows[p, 0] + rows[p, 1]):
                row = (p * sy + i * dy - top) * W
                if kw > Q and dx == 1:
                    _share_windows(pixels, row, shares, form)
                else:
                    _share_taps(pixels, row, shares, columns, form)
        copy_exactly(gx, index * H * W, pixels, 0, H * W)


@routine
def _share_windows(pixels, row, shares, form):
    """Adds the shares of a few outputs to one image row, window after window."""
    _, Q, _, W, _, kw, _, sx, _, _, _, left = form
    for q in range(Q):
        first = max(q * sx - left, 0)
        here = pixels[row + first : row + max(first, min(q * sx - left + kw, W))]
        for k in range(len(here)):
            here[k] += shares[q]


@routine
def _share_taps(pixels, row, shares, columns, form):
    """Adds the shares of a row of outputs to one image row, tap after tap."""
    sx, dx, left = form[7], form[9], form[11]
    for j in range(len(columns)):
        first, count = columns[j, 0], columns[j, 1] - columns[j, 0]
        to = row + first * sx + j * dx - left
        if sx == 1:
            add_row(pixels, to, shares, first, count, 1)
        else:
            for q in range(count):
                write(pixels, to + q * sx, read(pixels, to + q * sx) + read(shares, first + q))
