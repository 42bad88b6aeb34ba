"""Depthwise convolution, compiled: every plane is framed in scratch memory and computed in tiles; see `tiles`.

    forward          a correlation of x's planes with W
    backward_data    a correlation of gy's planes with W turned round; at a stride of s, one for each of s phases
    backward_weight  sums of products, channel after channel, images in their order
    backward         all of it at once, gy read once

The parts of the work are planes or channels: results do not depend on the number of threads. A call allocates its
outputs, arrays of the size of W, and for each thread the frames of one band of rows.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge.geometry import Window2D
from dwbridge.kernels import threads
from dwbridge.kernels.buffers import empty
from dwbridge.kernels.compiled.arrays import compute_type, flat
from dwbridge.kernels.compiled.compiler import Kernel
from dwbridge.kernels.compiled.planes.correlation import DataPlan, Fixed, ForwardPlan, data_routine, plane_routine
from dwbridge.kernels.compiled.planes.frames import fill
from dwbridge.kernels.compiled.planes.frames import zero as zero_all
from dwbridge.kernels.compiled.planes.weight_gradient import (
    WeightPlan,
    add_lanes,
    shared_weight_routine,
    weight_routine,
)
from dwbridge.kernels.compiled.vectors.stream import VECTOR_BYTES
from dwbridge.kernels.errors import DeclinedError

Array = np.ndarray

#: Multiply-adds that are worth handing to a thread.
GRAIN = 1 << 19


def forward(x: Array, W: Array, b: Array | None, window: Window2D) -> Array:
    """y (N, C*M, oH, oW), in the dtype of x."""
    wide = compute_type(x, W) if b is None else compute_type(x, W, b)
    (n, c, *image), m, taps = x.shape, W.shape[0], math.prod(window.kernel)
    plan = ForwardPlan.of(window, _image(image), m, _lanes(wide))
    oh, ow = window.output_shape(image)
    y = empty((n, c * m, oh, ow), x.dtype)
    weights = _channels_first(W, wide)
    bias = np.zeros(c * m, wide) if b is None else b.astype(wide, copy=False)
    kernel = _forward_kernel(plan.fixed)
    work = m * oh * ow * taps
    args = (c, flat(y), flat(x), weights.reshape(-1), bias, plan.sizes, plan.cut, plan.form, plan.taps)
    _run(kernel, n * c, work, wide, (plan.frame,), args)
    return y


def backward_data(gy: Array, W: Array, window: Window2D, x_shape: Sequence[int]) -> Array:
    """gx (N, C, H, W), in the dtype of gy."""
    wide = compute_type(gy, W)
    (n, c, *image), m = x_shape, W.shape[0]
    plan = DataPlan.of(window, _image(image), m, _lanes(wide))
    gx = empty((n, c, *image), gy.dtype)
    weights = _channels_first(W, wide)[:, plan.order].reshape(-1)
    kernel = _data_kernel(plan.phases, plan.strided)
    args = (c, flat(gx), flat(gy), weights, wide.type(0), plan.sizes, plan.cut, plan.form, plan.taps, plan.parts)
    _run(kernel, n * c, gy.shape[2] * gy.shape[3] * len(plan.order), wide, (plan.frames, plan.scratch), args)
    return gx


def backward_weight(x: Array, gy: Array, window: Window2D, W_shape: Sequence[int], dtype: Any) -> Array:
    """gW (M, C, kH, kW), in `dtype`."""
    wide = compute_type(x, gy)
    (n, c, *image), m = x.shape, W_shape[0]
    plan = WeightPlan.of(window, _image(image), m, _lanes(wide))
    gW, gb = np.empty((c * m, math.prod(window.kernel)), wide), np.empty(c * m, wide)
    lanes = _lanes(wide)
    args = (n, c, gW, gb, flat(x), flat(gy), lanes, plan.slot, plan.sizes, plan.form, plan.gy_form, plan.taps)
    work = n * m * gy.shape[2] * gy.shape[3] * gW.shape[1]
    _run(_weight_kernel(plan.fixed), c, work, wide, (plan.frame, plan.gy_frame, plan.slot * m * lanes), args)
    return _as_weights(gW, W_shape, dtype)


def backward(x: Array, W: Array, gy: Array, window: Window2D) -> tuple[Array, Array, Array]:
    """gx, gW and gb at once: every plane of gy is read once, for all three."""
    wide = compute_type(x, W, gy)
    (n, c, *image), m = x.shape, W.shape[0]
    lanes = _lanes(wide)
    data = DataPlan.of(window, _image(image), m, lanes)
    weight = WeightPlan.of(window, _image(image), m, lanes)
    gx = empty(x.shape, gy.dtype)
    gW, gb = np.empty((c * m, math.prod(window.kernel)), wide), np.empty(c * m, wide)
    kernel = _backward_kernel(data.phases, data.strided, weight.fixed, data.holds_gy)
    weights = _channels_first(W, wide)[:, data.order].reshape(-1)
    args = (n, c, flat(gx), gW, gb, flat(x), flat(gy), weights, wide.type(0), lanes,
            data.sizes, data.cut, data.form, data.taps, data.parts,
            weight.slot, weight.sizes, weight.form, weight.gy_form, weight.taps)  # fmt: skip
    scratch = (data.frames, data.scratch, weight.frame, weight.gy_frame, weight.slot * m * lanes)
    _run(kernel, c, 2 * n * m * gy.shape[2] * gy.shape[3] * gW.shape[1], wide, scratch, args)
    return gx, _as_weights(gW, W.shape, W.dtype), gb.astype(gy.dtype, copy=False)


@functools.cache
def _forward_kernel(fixed: Fixed | None) -> Kernel:
    plane = plane_routine(fixed)

    def depthwise_forward(start, stop, frame, channels, y, x, weights, bias, sizes, cut, form, taps):
        multiplier, oh, ow, band, frame_rows, sy, top, count = sizes
        row = form[6]
        for p in range(start, stop):
            for r in range(0, oh, band):
                r0 = min(r, oh - band)
                fill(frame, 0, x, p, r0 * sy - top, frame_rows, form, band < oh)
                for m in range(multiplier):
                    k = p % channels * multiplier + m
                    begin = ((p * multiplier + m) * oh + r0) * ow
                    plane(y, begin, ow, band, ow, cut, frame, 0, (sy * row, row, form[7]), (1, 0), taps, (0, count),
                          weights, k * count, bias[k])  # fmt: skip

    return Kernel(depthwise_forward, (fixed,))


@functools.cache
def _data_kernel(phases: tuple[Fixed | None, ...], strided: bool) -> Kernel:
    write = data_routine(phases, strided)

    def depthwise_backward_data(
        start, stop, frames, scratch, channels, gx, gy, weights, zero, sizes, cut, form, taps, parts
    ):
        for p in range(start, stop):
            write(p, p % channels, gx, gy, frames, scratch, weights, zero, sizes, cut, form, taps, parts)

    return Kernel(depthwise_backward_data, (phases, strided))


@functools.cache
def _weight_kernel(fixed: Fixed | None) -> Kernel:
    accumulate = weight_routine(fixed)

    def depthwise_backward_weight(start, stop, frame, gy_frame, sums, images, channels, gW, gb, x, gy, lanes, slot,
                                  sizes, form, gy_form, taps):  # fmt: skip
        multiplier, count = sizes[0], sizes[7]
        for c in range(start, stop):
            zero_all(sums, 0, len(sums))
            for n in range(images):
                accumulate(n * channels + c, sums, slot * lanes, x, gy, frame, gy_frame, sizes, form, gy_form, taps)
            for m in range(multiplier):
                add_lanes(gW, gb, c * multiplier + m, sums, m * slot * lanes, count, lanes)

    return Kernel(depthwise_backward_weight, (fixed,))


@functools.cache
def _backward_kernel(phases: tuple[Fixed | None, ...], strided: bool, fixed: Fixed | None, shared: bool) -> Kernel:
    write = data_routine(phases, strided)
    add = shared_weight_routine(fixed) if shared else weight_routine(fixed)

    def with_frames(start, stop, frames, scratch, frame, gy_frame, sums, images, channels, gx, gW, gb, x, gy, weights,
                    zero, lanes, sizes, cut, form, taps, parts, slot, x_sizes, x_form, gy_form, x_taps):  # fmt: skip
        multiplier, count, row = sizes[0], x_sizes[7], form[6]
        origin = -sizes[7] * row + form[2]
        for c in range(start, stop):
            zero_all(sums, 0, len(sums))
            for n in range(images):
                p = n * channels + c
                write(p, c, gx, gy, frames, scratch, weights, zero, sizes, cut, form, taps, parts)
                add(p, sums, slot * lanes, x, frames, origin, row, sizes[6] * row, frame, x_sizes, x_form, x_taps)
            for m in range(multiplier):
                add_lanes(gW, gb, c * multiplier + m, sums, m * slot * lanes, count, lanes)

    def apart(start, stop, frames, scratch, frame, gy_frame, sums, images, channels, gx, gW, gb, x, gy, weights, zero,
              lanes, sizes, cut, form, taps, parts, slot, x_sizes, x_form, gy_form, x_taps):  # fmt: skip
        multiplier, count = sizes[0], x_sizes[7]
        for c in range(start, stop):
            zero_all(sums, 0, len(sums))
            for n in range(images):
                p = n * channels + c
                write(p, c, gx, gy, frames, scratch, weights, zero, sizes, cut, form, taps, parts)
                add(p, sums, slot * lanes, x, gy, frame, gy_frame, x_sizes, x_form, gy_form, x_taps)
            for m in range(multiplier):
                add_lanes(gW, gb, c * multiplier + m, sums, m * slot * lanes, count, lanes)

    return Kernel(with_frames if shared else apart, (phases, strided, fixed, shared))


def _image(image: Sequence[int]) -> tuple[int, int]:
    height, width = image
    if not (height and width):
        raise DeclinedError(f"expected images with pixels, got {height} by {width}")
    return height, width


def _lanes(dtype: np.dtype) -> int:
    return VECTOR_BYTES // dtype.itemsize


def _channels_first(W: Array, dtype: np.dtype) -> Array:
    """(C, M*kH*kW): the kernels of a channel side by side."""
    m, c, kh, kw = W.shape
    return np.ascontiguousarray(W.transpose(1, 0, 2, 3), dtype).reshape(c, m * kh * kw)


def _as_weights(gW: Array, shape: Sequence[int], dtype: Any) -> Array:
    m, c, kh, kw = shape
    return np.ascontiguousarray(gW.reshape(c, m, kh, kw).transpose(1, 0, 2, 3), dtype)


def _run(kernel: Kernel, total: int, work: int, dtype: np.dtype, scratch: Sequence[int], args: tuple[Any, ...]) -> None:
    """Runs a kernel on `total` planes or channels of so much work each, with scratch memory of so many elements."""

    def part(start: int, stop: int) -> None:
        kernel(start, stop, *(np.zeros(size, dtype) for size in scratch), *args)

    threads.run(part, total, max(1, GRAIN // max(1, work)))
