"""Launches of planes.cuh: whole small maps in shared memory."""

from __future__ import annotations

import math

import numpy as np

from dwbridge.kernels.cuda.plan.depthwise.problem import Problem
from dwbridge.kernels.cuda.plan.launches import ITEMSIZES, PACK, SHARED_BYTES, Launch
from dwbridge.kernels.cuda.sources import Instance

#: The most pixels of a map; outputs below each other that a thread computes; threads of a block.
PIXELS, STRIP, THREADS = 32 * 32, 7, 128
#: The most taps, and the most inputs of a column: both are unrolled, and the column is in registers.
MOST_UNROLLED, MOST_COLUMN = 49, 24


def planes(problem: Problem, flip: int = 0) -> Launch | None:
    """A launch of planes.cuh, for small maps; None if they are not small enough."""
    window, itemsize = problem.window, ITEMSIZES[problem.dtype]
    pixels, out_pixels = math.prod(problem.image), math.prod(problem.out_image)
    height, out_width = problem.out_image
    strip = -(-height // -(-height // STRIP))
    reach = [(k - 1) * d + 1 for k, d in zip(window.kernel, window.dilate, strict=True)]
    column = (strip - 1) * window.stride[0] + reach[0]
    if problem.multiplier != 1 or pixels > PIXELS or math.prod(window.kernel) > MOST_UNROLLED or column > MOST_COLUMN:
        return None
    frame_rows = (-(-height // strip) * strip - 1) * window.stride[0] + reach[0]
    frame = frame_rows * ((out_width - 1) * window.stride[1] + reach[1])
    unit = PACK // math.gcd(PACK, pixels * itemsize, out_pixels * itemsize)
    count = unit * -(-THREADS // (unit * -(-height // strip) * out_width))
    shared = count * (frame * max(4, itemsize) + out_pixels * itemsize) + PACK
    if shared > SHARED_BYTES:
        return None
    (top, _), (left, _) = window.pad
    instance = Instance.of(
        *("planes", problem.dtype), HEIGHT=problem.image[0], WIDTH=problem.image[1], OUT_HEIGHT=height,
        OUT_WIDTH=out_width, KERNEL_HEIGHT=window.kernel[0], KERNEL_WIDTH=window.kernel[1], STRIDE_Y=window.stride[0],
        STRIDE_X=window.stride[1], TOP=top, LEFT=left, DILATE_Y=window.dilate[0], DILATE_X=window.dilate[1],
        PLANES=count, STRIP=strip, THREADS=THREADS, V=PACK // itemsize, FLIP=flip,
    )  # fmt: skip
    total = problem.images * problem.channels
    numbers = problem.argument(), np.int64(total)
    return Launch(instance, "depthwise_planes", (-(-total // count), 1, 1), THREADS, numbers)
