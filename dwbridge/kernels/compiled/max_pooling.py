"""Max pooling, compiled: one pass over the images, no padded copy. Arguments and taps as in the reference.

A row of outputs is compared with a tap of the window at a time. Results, gradients included, are the reference's bit
for bit: windows give gy back in the order in which the reference's taps do. Planes are independent of one another.
Scratch: an image plane for each thread.
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
from dwbridge.kernels.compiled.passes.windows import ROOM, find_columns, find_rows, plane
from dwbridge.kernels.compiled.vectors.combined_rows import compete_row
from dwbridge.kernels.compiled.vectors.elements import read, write
from dwbridge.kernels.compiled.vectors.rows import copy_exactly
from dwbridge.kernels.errors import DeclinedError

#: Taps that have a number of their own among float32 numbers.
MOST_TAPS = 1 << 24


def forward(x: np.ndarray, window: Window2D) -> tuple[np.ndarray, np.ndarray]:
    """The maxima, in the dtype of x, and the taps that hold them (int32)."""
    wide = compute_type(x)
    if math.prod(window.kernel) > MOST_TAPS:
        raise DeclinedError(f"expected taps that a float32 can number, got {math.prod(window.kernel)}")
    n, c, *image = x.shape
    output = window.output_shape(image)
    y, taps = empty((n, c, *output), x.dtype), empty((n, c, *output), np.dtype(np.int32))
    images = memory(x)
    threads.run(
        _forward, n * c, windows.grain(image[0] * image[1]), flat(y), taps.reshape(-1), images.flat,
        windows.place(images), c, windows.form(window, image, output), np.empty(0, wide),
    )  # fmt: skip
    return y, taps


def backward(gy: np.ndarray, taps: np.ndarray, window: Window2D, x_shape: Sequence[int]) -> np.ndarray:
    """gx (N, C, H, W), in the dtype of gy."""
    wide = compute_type(gy)
    n, c, *image = x_shape
    gx = empty((n, c, *image), gy.dtype)
    gradients = memory(gy)
    threads.run(
        _backward, n * c, windows.grain(image[0] * image[1]), flat(gx), gradients.flat,
        windows.place(gradients), c, np.ascontiguousarray(taps).reshape(-1),
        windows.form(window, image, gy.shape[2:]), np.empty(0, wide),
    )  # fmt: skip
    return gx


def gather(x: np.ndarray, taps: np.ndarray, window: Window2D) -> np.ndarray:
    """y (N, C, oH, oW), in the dtype of x; zero where a tap of the padding won."""
    compute_type(x)
    n, c, *image = x.shape
    y = empty(taps.shape, x.dtype)
    images = memory(x)
    threads.run(
        _gather, n * c, windows.grain(image[0] * image[1]), flat(y), images.flat, windows.place(images), c,
        np.ascontiguousarray(taps).reshape(-1), windows.form(window, image, taps.shape[2:]),
    )  # fmt: skip
    return y


@kernel
def _forward(start, stop, y, taps, x, place, channels, form, like):
    P, Q, H, W, kh, kw, sy, sx, dy, dx, top, left = form
    best = np.empty(Q + ROOM, like.dtype)
    winners = np.empty(Q + ROOM, like.dtype)  # numbers of taps: vectors choose among them as among values
    rows, columns = np.empty((P, 2), np.int64), np.empty((kw, 2), np.int64)
    find_rows(rows, form)
    find_columns(columns, form)
    for index in range(start, stop):
        begin = plane(place, index, channels)
        for p in range(P):
            best[:] = -np.inf
            winners[:] = 0
            for i in range(rows[p, 0], rows[p, 0] + rows[p, 1]):
                row = begin + (p * sy + i * dy - top) * place[3]
                _compete(best, winners, x, row, place[4], i * kw, columns, form)
            first = (index * P + p) * Q
            copy_exactly(y, first, best, 0, Q)
            here = taps[first : first + Q]
            for q in range(len(here)):
                here[q] = np.int32(winners[q])


@routine
def _compete(best, winners, x, row, step, tap, columns, form):
    """One image row against the best so far, column after column of the window."""
    sx, dx, left = form[7], form[9], form[11]
    for j in range(len(columns)):
        first, count = columns[j, 0], columns[j, 1] - columns[j, 0]
        begin = row + (first * sx + j * dx - left) * step
        number = best.dtype.type(tap + j)
        if sx * step == 1:
            compete_row(best, winners, first, x, begin, count, number, 1)
        elif sx * step == 2:
            compete_row(best, winners, first, x, begin, count, number, 2)
        else:
            for q in range(count):
                value, now = read(x, begin + q * sx * step), best[first + q]
                if not (value <= now) and now == now:  # a NaN wins; once it has won, it stays
                    best[first + q] = value
                    winners[first + q] = number


@routine
def _find_offsets(offsets, form):
    """offsets[tap] = (rows, columns) from where a window's output begins to the tap's pixel."""
    _, _, _, _, kh, kw, _, _, dy, dx, top, left = form
    for tap in range(kh * kw):
        offsets[tap, 0] = tap // kw * dy - top
        offsets[tap, 1] = tap % kw * dx - left


@kernel
def _backward(start, stop, gx, gy, place, channels, taps, form, like):
    P, Q, H, W, kh, kw, sy, sx, dy, dx, top, left = form
    pixels = np.empty(H * W, like.dtype)
    offsets = np.empty((kh * kw, 2), np.int64)
    _find_offsets(offsets, form)
    for index in range(start, stop):
        begin = plane(place, index, channels)
        pixels[:] = 0
        for p in range(P - 1, -1, -1):
            for q in range(Q - 1, -1, -1):
                tap = taps[(index * P + p) * Q + q]
                row, column = p * sy + offsets[tap, 0], q * sx + offsets[tap, 1]
                if 0 <= row < H and 0 <= column < W:
                    at = row * W + column
                    write(pixels, at, read(pixels, at) + read(gy, begin + p * place[3] + q * place[4]))
        copy_exactly(gx, index * H * W, pixels, 0, H * W)


@kernel
def _gather(start, stop, y, x, place, channels, taps, form):
    P, Q, H, W, kh, kw, sy, sx, dy, dx, top, left = form
    offsets = np.empty((kh * kw, 2), np.int64)
    _find_offsets(offsets, form)
    for index in range(start, stop):
        begin = plane(place, index, channels)
        for p in range(P):
            for q in range(Q):
                out = (index * P + p) * Q + q
                tap = taps[out]
                row, column = p * sy + offsets[tap, 0], q * sx + offsets[tap, 1]
                inside = 0 <= row < H and 0 <= column < W
                y[out] = x[begin + row * place[3] + column * place[4]] if inside else 0
