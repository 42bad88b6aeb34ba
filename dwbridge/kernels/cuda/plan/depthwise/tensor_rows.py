"""Launches of tensor_rows.cuh: 16-bit maps and kernels of 5 to 9 columns, on tensor cores."""

from __future__ import annotations

import math

import numpy as np

from dwbridge.kernels.cuda.plan.depthwise.problem import Problem
from dwbridge.kernels.cuda.plan.launches import INDEXED, WARP, Launch, even
from dwbridge.kernels.cuda.sources import Instance

#: Outputs that a warp's product of matrices makes: rows and columns.
ROWS, COLUMNS = 16, 8
#: Columns of kernels for which bands of taps pay, and the most rows, which are unrolled.
WIDTHS, MOST_ROWS = range(5, 10), 9
#: The most products beside each other of a warp, and warps of a block below each other.
ACROSS, DOWN = 8, 4


def tensor_rows(problem: Problem, aligned: bool, flip: int = 0) -> Launch | None:
    """A launch of tensor_rows.cuh; None if it does not compute this, or would compute mostly what is not wanted."""
    window, (height, width) = problem.window, problem.out_image
    if not (
        problem.itemsize == 2
        and window.stride == window.dilate == (1, 1)
        and window.kernel[0] <= MOST_ROWS
        and window.kernel[1] in WIDTHS
        and not (flip and problem.multiplier != 1)
    ):
        return None
    rows, columns = -(-height // ROWS), -(-width // COLUMNS)
    if 2 * height * width < rows * ROWS * columns * COLUMNS:
        return None
    across, down = even(columns, ACROSS), even(rows, DOWN)
    results = problem.planes * problem.multiplier
    planes = min(results, DOWN // down)
    tiles = -(-rows // down), -(-columns // across)
    grid = -(-results // planes) * math.prod(tiles), 1, 1
    if grid[0] > INDEXED:
        return None
    part, out_part = (math.gcd(problem.image[1], 8), math.gcd(width, 4)) if aligned else (1, 1)
    instance = Instance.of(
        *("tensor_rows", problem.dtype), KERNEL_HEIGHT=window.kernel[0], KERNEL_WIDTH=window.kernel[1],
        LEFT=window.pad[1][0], ACROSS=across, DOWN=down, PLANES=planes, PART=part, OUT_PART=out_part, FLIP=flip,
    )  # fmt: skip
    numbers = problem.argument(), *map(np.int32, (results, *tiles))
    return Launch(instance, "depthwise_tensor_rows", grid, WARP * down * planes, numbers)
