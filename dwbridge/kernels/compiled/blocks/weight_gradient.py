"""The weight gradient of depthwise convolution on blocks, and with it the bias gradient.

    gW[i, j] = sum over r, q of  gy[r, q] x[r sy - top + i dy, q sx - left + j dx]

A band of gy's rows meets a frame with the rows of x that it reads, padded with zeros on all sides. Tap rows that lie
above or below the image are left out where that is whole passes; so a gradient gy that is not finite is summed again
with every tap (a product with padding is NaN then, as in the reference).
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from dwbridge.geometry import Window2D
from dwbridge.kernels.compiled.blocks.correlation import BAND, UNROLLED_STRIDES, UNROLLED_WIDTHS, padded
from dwbridge.kernels.compiled.blocks.sums import LISTED, add_listed, add_unrolled
from dwbridge.kernels.compiled.blocks.tables import packed, table
from dwbridge.kernels.compiled.blocks.transposition import gather
from dwbridge.kernels.compiled.compiler import subroutine

#: (kw, down, tap rows of a pass) of unrolled sums; None: taps are listed
Kind = tuple[int, int, int] | None

#: The tables of a plan, in their order.
SIZES, PASSES, OFFSETS, PLACES, GY_PLACES, ORDER = range(6)

#: The numbers in the first of them: sizes of planes of x and gy; rows of a band of gy and of its frame; elements from
#: one frame row to the next, and from one pixel of gy to the next in x; the row stride, rows of padding above, the
#: kernel's size; elements of the sums of an output channel, of the frame, of a band of gy.
(HEIGHT, WIDTH, GY_HEIGHT, GY_WIDTH, ROWS, FRAME_ROWS, PITCH, STEP, STRIDE, TOP, KH, KW, SUMS, FRAME,
 GY_FRAME) = range(15)  # fmt: skip

#: Tap rows of a pass for each width: enough sums to hide the latency of an addition, few enough for the registers.
ROWS_OF_A_PASS = {1: 8, 2: 4, 3: 3, 4: 2, 5: 2, 6: 1, 7: 1}


class WeightGradient(NamedTuple):
    """How a kernel walks planes."""

    kind: Kind  #: compiled into the kernel
    tables: np.ndarray
    scratch: int  #: elements of x's frame, and of a band of gy
    sums: int  #: elements of the sums of one output channel

    @classmethod
    @functools.lru_cache(maxsize=128)
    def of(cls, window: Window2D, image: tuple[int, int], lanes: int, rows: int | None = None) -> WeightGradient:
        """For bands of `rows` rows of gy; None: of as many as suit the caches."""
        (kh, kw), (sy, sx), (dy, dx) = window.kernel, window.stride, window.dilate
        (oh, ow), (height, width) = window.output_shape(image), image
        (top, _), (left, _) = window.pad
        extent, columns = window.extent[0], (ow - 1) * sx + window.extent[1]
        pitch = columns + (left + width > columns)
        if rows is None:
            rows = max([r for r in range(1, oh + 1) if ((r - 1) * sy + extent) * pitch + r * ow <= BAND] or [1])
            rows = -(-oh // -(-oh // rows))
        frame_rows = (rows - 1) * sy + extent
        unrolled = kw in UNROLLED_WIDTHS and sx in UNROLLED_STRIDES and dx == 1
        kind = (kw, sx, min(ROWS_OF_A_PASS[kw], kh)) if unrolled else None
        offsets = [i * dy * pitch + (0 if kind else j * dx) for i in range(kh) for j in range(1 if kind else kw)]
        passes = _passes(window, image, kind)
        count = (kh * kw if kind else -(-kh * kw // LISTED) * LISTED) + 1
        read = np.minimum(np.arange(width) + left, columns)
        places = np.add.outer(np.arange(frame_rows) * pitch, read).ravel() * lanes
        gy_places = np.arange(max(rows * ow, lanes)) * lanes
        sizes = (height, width, oh, ow, rows, frame_rows, pitch * lanes, sx * lanes, sy, top, kh, kw, count * lanes,
                 frame_rows * pitch * lanes, rows * ow * lanes)  # fmt: skip
        tables = packed(sizes, passes, np.array(offsets + [0] * LISTED) * lanes, padded(places, lanes), gy_places,
                        np.arange(max(kh * kw, lanes)) * lanes + lanes)  # fmt: skip
        return cls(kind, tables, sizes[-2] + sizes[-1], count * lanes)


def _passes(window: Window2D, image: tuple[int, int], kind: Kind) -> np.ndarray:
    """Passes of so many tap rows (or a list of taps): the first, how many, and the rows of gy for which any of them
    is inside the image, from .. to.
    """
    (kh, kw), oh = window.kernel, window.output_shape(image)[0]
    if kind is None:
        return np.array([(t, LISTED, 0, oh) for t in range(0, kh * kw, LISTED)])
    passes = []
    first = 0
    while first < kh:
        rows = kind[2] if first + kind[2] <= kh else 1
        seen = [r for r in range(oh) if any(_inside(window, image, r, i) for i in range(first, first + rows))]
        passes.append((first, rows, seen[0] if seen else 0, seen[-1] + 1 if seen else 0))
        first += rows
    return np.array(passes)


def _inside(window: Window2D, image: tuple[int, int], r: int, i: int) -> bool:
    return 0 <= r * window.stride[0] - window.pad[0][0] + i * window.dilate[0] < image[0]


@subroutine
def gather_x(work, frame, tables, x, n, channels, c, last, g0, g1, lanes):
    """The rows of x that rows g0 .. g1 of gy meet, and zeros around them."""
    if g0 == g1:
        return
    sizes = table(tables, SIZES)
    height, pitch, stride = sizes[HEIGHT], sizes[PITCH], sizes[STRIDE]
    first = g0 * stride - sizes[TOP]
    end = first + sizes[FRAME_ROWS] - (sizes[ROWS] - (g1 - g0)) * stride
    low = min(max(first, 0), height)
    high = max(min(end, height), low)
    if g1 - g0 < sizes[GY_HEIGHT]:  # else the rows around the image are zero from the beginning
        work[frame : frame + (low - first) * pitch] = 0
        work[frame + (high - first) * pitch : frame + (end - first) * pitch] = 0
    gather(work, frame + (low - first) * pitch, table(tables, PLACES), x, n, channels, c, 1, last, height,
           sizes[WIDTH], low, high, lanes)  # fmt: skip


@functools.cache
def sums_routine(kind: Kind) -> Any:
    """Adds what rows g0 .. g1 of gy give to the sums of an output channel; with all taps, or those in the image."""
    if kind is None:

        def listed(work, tables, sums, gy, gy_row, frame, g0, g1, every, lanes):
            sizes, passes = table(tables, SIZES), table(tables, PASSES)
            for k in range(0, len(passes), 4):
                add_listed(work, table(tables, OFFSETS), sums + (1 + passes[k]) * lanes, gy, gy_row, frame,
                           sizes[STRIDE] * sizes[PITCH], g1 - g0, sizes[GY_WIDTH], passes[k], sizes[STEP])  # fmt: skip

        return subroutine(listed)
    kw, down, rows = kind
    odd = 1 if rows > 1 else 0

    def unrolled(work, tables, sums, gy, gy_row, frame, g0, g1, every, lanes):
        sizes, passes, offsets = table(tables, SIZES), table(tables, PASSES), table(tables, OFFSETS)
        x_row, width, step = sizes[STRIDE] * sizes[PITCH], sizes[GY_WIDTH], sizes[STEP]
        for k in range(0, len(passes), 4):
            first = passes[k]
            low = g0 if every else max(g0, passes[k + 2])
            high = g1 if every else min(g1, passes[k + 3])
            if low < high:
                to, y, x = sums + (1 + first * kw) * lanes, gy + (low - g0) * gy_row, frame + (low - g0) * x_row
                if not odd or passes[k + 1] == rows:
                    add_unrolled(work, offsets, to, y, gy_row, x, x_row, high - low, width, first, step,
                                 rows, kw, down)  # fmt: skip
                else:
                    add_unrolled(work, offsets, to, y, gy_row, x, x_row, high - low, width, first, step,
                                 1, kw, down)  # fmt: skip

    return subroutine(unrolled)
