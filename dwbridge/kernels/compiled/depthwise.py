"""Depthwise convolution, compiled: planes are transposed into blocks, with channels in the lanes; see `blocks`.

    forward          a correlation of x with W
    backward_data    a correlation of gy with W turned round
    backward_weight  sums of products, channel after channel, images in their order
    backward         all of it at once, gy read once

The parts of the work are blocks: results do not depend on the number of threads. A call allocates its outputs and, for
each thread, a block of weights and the frames of one band of rows.

Weights that are not finite are declined: taps that meet padding are left out here, and their products would be NaN.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge.geometry import Window2D
from dwbridge.kernels.buffers import empty
from dwbridge.kernels.compiled import threads
from dwbridge.kernels.compiled.arrays import as_row, compute_type, flat, lanes_of
from dwbridge.kernels.compiled.blocks import correlation, weight_gradient
from dwbridge.kernels.compiled.blocks.correlation import BAND_NUMBERS, SIZES, Correlation, lines_routine
from dwbridge.kernels.compiled.blocks.sums import add_pixels, are_finite
from dwbridge.kernels.compiled.blocks.tables import table
from dwbridge.kernels.compiled.blocks.transposition import gather, scatter
from dwbridge.kernels.compiled.blocks.weight_gradient import WeightGradient, gather_x, sums_routine
from dwbridge.kernels.compiled.compiler import Kernel, subroutine
from dwbridge.kernels.errors import DeclinedError

Array = np.ndarray

#: Multiply-adds that are worth handing to a thread.
GRAIN = 1 << 17

#: Elements that a cache line has at most.
CACHE_LINE = 16


def forward(x: Array, W: Array, b: Array | None, window: Window2D) -> Array:
    """y (N, C*M, oH, oW), in the dtype of x."""
    wide = compute_type(x, W) if b is None else compute_type(x, W, b)
    plan = Correlation.forward(window, _image(x), lanes_of(wide))
    y = empty((len(x), W.shape[0] * W.shape[1], *plan.shape), x.dtype)
    _correlate(plan, y, x, W, np.zeros(y.shape[1], wide) if b is None else np.ascontiguousarray(b, wide), False)
    return y


def backward_data(gy: Array, W: Array, window: Window2D, x_shape: Sequence[int]) -> Array:
    """gx (N, C, H, W), in the dtype of gy."""
    wide = compute_type(gy, W)
    gx = empty(x_shape, gy.dtype)
    plan = Correlation.data(window, _image(gx), lanes_of(wide))
    _correlate(plan, gx, gy, W, np.zeros(gy.shape[1], wide), True)
    return gx


def backward_weight(x: Array, gy: Array, window: Window2D, W_shape: Sequence[int], dtype: Any) -> Array:
    """gW (M, C, kH, kW), in `dtype`."""
    return _weight_gradients(x, gy, window, W_shape)[0].astype(dtype, copy=False)


def backward(x: Array, W: Array, gy: Array, window: Window2D) -> tuple[Array, Array, Array]:
    """gx, gW and gb at once: every plane of gy is read once, for all three."""
    wide = compute_type(x, W, gy)
    lanes = lanes_of(wide)
    data = Correlation.data(window, _image(x), lanes)
    if data.own:
        gx, gW, gb = empty(x.shape, gy.dtype), np.empty(W.shape, wide), np.empty(gy.shape[1], wide)
        _backward(data, WeightGradient.of(window, _image(x), lanes, data.own), gx, gW, gb, x, W, gy)
    else:  # with padding beyond the kernel, some of gy reaches no pixel of x
        gx = backward_data(gy, W, window, x.shape)
        gW, gb = _weight_gradients(x, gy, window, W.shape)
    return gx, gW.astype(W.dtype, copy=False), gb.astype(gy.dtype, copy=False)


def _correlate(plan: Correlation, y: Array, x: Array, W: Array, bias: Array, adds: bool) -> None:
    """Runs a correlation: of each channel of x with M kernels, or, if it `adds`, of M channels of x, added up."""
    m, c, kh, kw = W.shape
    lanes = lanes_of(bias.dtype)
    args = (len(x), c, m, adds, flat(y), flat(x), as_row(W), bias, plan.tables, lanes)
    work = m * lanes * kh * kw * math.prod((x if adds else y).shape[2:])
    scratch = m * (1 + kh * kw) * lanes + plan.scratch
    _run(_correlation_kernel(plan.kind), -(-c // lanes) * len(x), work, bias.dtype, scratch, args)


def _weight_gradients(x: Array, gy: Array, window: Window2D, W_shape: Sequence[int]) -> tuple[Array, Array]:
    wide = compute_type(x, gy)
    m, c, kh, kw = W_shape
    lanes = lanes_of(wide)
    plan = WeightGradient.of(window, _image(x), lanes)
    gW, gb = np.empty(W_shape, wide), np.empty(c * m, wide)
    args = (len(x), c, m, flat(gW), gb, flat(x), flat(gy), plan.tables, lanes)
    work = len(x) * m * lanes * kh * kw * math.prod(gy.shape[2:])
    _run(_weight_kernel(plan.kind), -(-c // lanes), work, wide, m * plan.sums + plan.scratch, args)
    return gW, gb


def _backward(data: Correlation, weight: WeightGradient, gx: Array, gW: Array, gb: Array, x: Array, W: Array,
              gy: Array) -> None:  # fmt: skip
    m, c, kh, kw = W.shape
    lanes = lanes_of(gb.dtype)
    args = (len(x), c, m, flat(gx), flat(gW), gb, flat(x), flat(gy), as_row(W), data.tables, weight.tables, lanes)
    work = 2 * len(x) * m * lanes * kh * kw * math.prod(gy.shape[2:])
    scratch = m * (1 + kh * kw) * lanes + data.scratch + weight.scratch + m * weight.sums
    _run(_backward_kernel(data.kind, weight.kind), -(-c // lanes), work, gb.dtype, scratch, args)


@functools.cache
def _correlation_kernel(kind: correlation.Kind) -> Kernel:
    write = lines_routine(kind)

    def depthwise_correlation(
        start, stop, declined, scratch, images, channels, multiplier, adds, y, x, W, bias, tables, lanes
    ):
        sizes, bands, places = table(tables, SIZES), table(tables, correlation.BANDS), table(tables, correlation.PLACES)
        order, out_places = table(tables, correlation.ORDER), table(tables, correlation.OUT_PLACES)
        height, width = sizes[correlation.HEIGHT], sizes[correlation.WIDTH]
        in_height, in_width = sizes[correlation.IN_HEIGHT], sizes[correlation.IN_WIDTH]
        kh, kw, pitch = sizes[correlation.KH], sizes[correlation.KW], sizes[correlation.PITCH]
        in_step, out_step = (multiplier, 1) if adds else (1, multiplier)
        taps, plane = kh * kw * lanes, height * width
        work = aligned(np.zeros(scratch, declined.dtype))
        starts = 0
        weights = starts + multiplier * lanes
        frame = weights + multiplier * taps
        out = frame + sizes[correlation.FRAME]
        loaded, finite = -1, True
        for p in range(start, stop):
            g, n = p // images, p % images
            c = g * lanes
            last = min(lanes, channels - c) - 1
            if g != loaded:
                finite &= load_weights(work, weights, starts, W, bias, order, c, channels, multiplier, last, kh, kw,
                                       lanes)  # fmt: skip
                loaded = g
            for k in range(0, len(bands), BAND_NUMBERS):
                r0, r1, first, low, high = bands[k], bands[k + 1], bands[k + 2], bands[k + 3], bands[k + 4]
                for m in range(multiplier):
                    if adds or m == 0:
                        gather(work, frame + (low - first) * pitch, places, x, n, channels * in_step, c * in_step + m,
                               in_step, last, in_height, in_width, low, high, lanes)  # fmt: skip
                    write(work, tables, r0, r1, first, frame, out, starts + m * lanes, m == 0 or not adds,
                          weights + m * taps)  # fmt: skip
                    if m == multiplier - 1 or not adds:
                        to = (n * channels + c) * out_step + (0 if adds else m)
                        scatter(y, to * plane + r0 * width, out_step * plane, last, (r1 - r0) * width, work, out,
                                out_places)  # fmt: skip
        if not finite:
            declined[0] = 1

    return Kernel(depthwise_correlation, (kind,))


@functools.cache
def _weight_kernel(kind: weight_gradient.Kind) -> Kernel:
    add = sums_routine(kind)

    def depthwise_backward_weight(
        start, stop, declined, scratch, images, channels, multiplier, gW, gb, x, gy, tables, lanes
    ):
        sizes, gy_places = table(tables, SIZES), table(tables, weight_gradient.GY_PLACES)
        oh, ow, rows = sizes[weight_gradient.GY_HEIGHT], sizes[weight_gradient.GY_WIDTH], sizes[weight_gradient.ROWS]
        slot = sizes[weight_gradient.SUMS]
        work = aligned(np.zeros(scratch, declined.dtype))
        sums = 0
        frame = sums + multiplier * slot
        gy_frame = frame + sizes[weight_gradient.FRAME]
        for g in range(start, stop):
            c = g * lanes
            last = min(lanes, channels - c) - 1
            for every in (False, True):
                work[sums : sums + multiplier * slot] = 0
                for n in range(images):
                    for g0 in range(0, oh, rows):
                        g1 = min(g0 + rows, oh)
                        gather_x(work, frame, tables, x, n, channels, c, last, g0, g1, lanes)
                        for m in range(multiplier):
                            gather(work, gy_frame, gy_places, gy, n, channels * multiplier, c * multiplier + m,
                                   multiplier, last, oh, ow, g0, g1, lanes)  # fmt: skip
                            add_pixels(work, sums + m * slot, gy_frame, ow * lanes, g1 - g0, ow)
                            add(work, tables, sums + m * slot, gy_frame, ow * lanes, frame, g0, g1, every, lanes)
                if sums_are_finite(work, sums, slot, multiplier):
                    break
            store_sums(gW, gb, work, sums, tables, c, channels, multiplier, last, lanes)

    return Kernel(depthwise_backward_weight, (kind,))


@functools.cache
def _backward_kernel(data_kind: correlation.Kind, kind: weight_gradient.Kind) -> Kernel:
    write, add = lines_routine(data_kind), sums_routine(kind)

    def depthwise_backward(start, stop, declined, scratch, images, channels, multiplier, gx, gW, gb, x, gy, W, tables,
                           x_tables, lanes):  # fmt: skip
        sizes, bands, places = table(tables, SIZES), table(tables, correlation.BANDS), table(tables, correlation.PLACES)
        order, out_places = table(tables, correlation.ORDER), table(tables, correlation.OUT_PLACES)
        oh, ow = sizes[correlation.IN_HEIGHT], sizes[correlation.IN_WIDTH]
        height, width = sizes[correlation.HEIGHT], sizes[correlation.WIDTH]
        kh, kw, pitch = sizes[correlation.KH], sizes[correlation.KW], sizes[correlation.PITCH]
        taps, plane, slot = kh * kw * lanes, height * width, table(x_tables, SIZES)[weight_gradient.SUMS]
        work = aligned(np.zeros(scratch, declined.dtype))
        starts = 0
        weights = starts + multiplier * lanes
        sums = weights + multiplier * taps
        frame = sums + multiplier * slot
        out = frame + sizes[correlation.FRAME]
        x_frame = out + sizes[correlation.OUT]
        finite = True
        for g in range(start, stop):
            c = g * lanes
            last = min(lanes, channels - c) - 1
            finite &= load_weights(work, weights, starts, W, gb[:0], order, c, channels, multiplier, last, kh, kw,
                                   lanes)  # fmt: skip
            for every in (False, True):
                work[sums : sums + multiplier * slot] = 0
                for n in range(images):
                    for k in range(0, len(bands), BAND_NUMBERS):
                        r0, r1, first, low, high = bands[k], bands[k + 1], bands[k + 2], bands[k + 3], bands[k + 4]
                        g0, g1 = bands[k + 5], bands[k + 6]
                        own = frame + (g0 - first) * pitch + sizes[correlation.LEFT]
                        gather_x(work, x_frame, x_tables, x, n, channels, c, last, g0, g1, lanes)
                        for m in range(multiplier):
                            gather(work, frame + (low - first) * pitch, places, gy, n, channels * multiplier,
                                   c * multiplier + m, multiplier, last, oh, ow, low, high, lanes)  # fmt: skip
                            write(work, tables, r0, r1, first, frame, out, starts, m == 0, weights + m * taps)
                            add_pixels(work, sums + m * slot, own, pitch, g1 - g0, ow)
                            add(work, x_tables, sums + m * slot, own, pitch, x_frame, g0, g1, every, lanes)
                        scatter(gx, (n * channels + c) * plane + r0 * width, plane, last, (r1 - r0) * width, work, out,
                                out_places)  # fmt: skip
                if sums_are_finite(work, sums, slot, multiplier):
                    break
            store_sums(gW, gb, work, sums, x_tables, c, channels, multiplier, last, lanes)
        if not finite:
            declined[0] = 1

    return Kernel(depthwise_backward, (data_kind, kind))


@subroutine
def aligned(work):
    """Scratch memory from the beginning of a cache line on: no vector crosses one."""
    return work[-work.ctypes.data % (CACHE_LINE * work.itemsize) // work.itemsize :]


@subroutine
def load_weights(work, weights, starts, W, bias, order, c, channels, multiplier, last, kh, kw, lanes):
    """A block of W for each m, and what its outputs begin as: the bias, if there is one. Whether W is finite there."""
    for m in range(multiplier):
        gather(work, weights + m * kh * kw * lanes, order, W, m, channels, c, 1, last, kh, kw, 0, kh, lanes)
        for k in range(lanes):
            work[starts + m * lanes + k] = bias[(c + min(k, last)) * multiplier + m] if len(bias) else 0
    return are_finite(work, weights, multiplier * kh * kw)


@subroutine
def sums_are_finite(work, sums, slot, multiplier):
    """Whether the sums of gy are."""
    finite = True
    for m in range(multiplier):
        finite &= are_finite(work, sums + m * slot, 1)
    return finite


@subroutine
def store_sums(gW, gb, work, sums, tables, c, channels, multiplier, last, lanes):
    """A block of gW and gb, from its sums."""
    sizes = table(tables, SIZES)
    taps, slot = sizes[weight_gradient.KH] * sizes[weight_gradient.KW], sizes[weight_gradient.SUMS]
    for m in range(multiplier):
        scatter(gW, (m * channels + c) * taps, taps, last, taps, work, sums + m * slot,
                table(tables, weight_gradient.ORDER))  # fmt: skip
        for k in range(last + 1):
            gb[(c + k) * multiplier + m] = work[sums + m * slot + k]


def _image(x: Array) -> tuple[int, int]:
    _, _, height, width = x.shape
    if not (height and width):
        raise DeclinedError(f"expected images with pixels, got {height} by {width}")
    return height, width


def _run(kernel: Kernel, total: int, work: int, dtype: np.dtype, scratch: int, args: tuple[Any, ...]) -> None:
    """Runs a kernel on `total` blocks of so much work each, with scratch memory of so many elements."""
    declined = np.zeros(1, dtype)
    threads.run(kernel, total, max(1, GRAIN // max(1, work)), declined, scratch + CACHE_LINE, *args)
    if declined[0]:
        raise DeclinedError("expected finite weights")
