"""Launches of rows.cuh: a group of lanes for each band of a plane."""

from __future__ import annotations

import math

import numpy as np

from dwbridge.kernels.cuda.plan.problem import ENOUGH, ITEMSIZES, PACK, WARP, Launch, Problem
from dwbridge.kernels.cuda.sources import Instance

#: (kernel size, stride) that there are, threads of a block, and the least rows of a band, whose ends two bands read.
SIZES, THREADS, LEAST_ROWS = {(k, s) for k in (3, 5, 7) for s in (1, 2)}, 128, 28


def rows(problem: Problem, flip: int = 0) -> Launch | None:
    """A launch of rows.cuh, one group of lanes for each band of a plane; None if it does not compute this."""
    window, itemsize = problem.window, ITEMSIZES[problem.dtype]
    k, stride, left = window.kernel[0], window.stride[0], window.pad[1][0]
    width, out_width = problem.image[1], problem.out_image[1]
    packed = PACK // itemsize
    if not (
        problem.multiplier == 1
        and window.dilate == (1, 1)
        and window.kernel == (k, k)
        and window.stride == (stride, stride)
        and (k, stride) in SIZES
        and (k, stride, itemsize) != (7, 2, 2)  # more registers than a thread can have
        and max(left, k - stride - left) <= stride * packed  # what a neighbour has
        and left <= k - stride
        and out_width * stride == width
        and width % packed == out_width % packed == 0
        and out_width <= packed * WARP
    ):
        return None
    lanes = 1 << max(0, math.ceil(math.log2(out_width / packed)))
    count, height = problem.images * problem.channels, problem.out_image[0]
    wanted = -(-ENOUGH * WARP // (count * lanes))
    band_rows = -(-height // max(1, min(wanted, height // LEAST_ROWS)))
    bands = -(-height // band_rows)
    instance = Instance.of("rows", problem.dtype, V=packed, K=k, STRIDE=stride, LEFT=left, LANES=lanes, FLIP=flip)
    grid = -(-count * bands * lanes // THREADS), 1, 1
    numbers = problem.argument(), np.int64(count), np.int32(bands), np.int32(band_rows)
    return Launch(instance, "depthwise_rows", grid, THREADS, numbers)
