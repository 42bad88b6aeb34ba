"""Launches of tensor_weight.cuh: gradients of 16-bit kernels of 3 to 9 columns, on tensor cores.

Reading x and gy is what takes the time. So a launch is sized by what is under way: blocks that are all there at once,
about four on each multiprocessor, each with the next units of its slice on their way to shared memory.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from dwbridge.kernels.cuda.plan.depthwise.problem import Problem
from dwbridge.kernels.cuda.plan.launches import INDEXED, MOST_BLOCKS, SHARED_BYTES, WARP, Launch, even
from dwbridge.kernels.cuda.sources import Instance

#: Rows and columns of a matrix; columns of kernels, and the most rows, which are unrolled.
EIGHT, WIDTHS, MOST_ROWS = 8, range(3, 10), 9
#: Where elements are copied one by one, the fewest taps for which that pays, and in rows of one eight it does not:
#: planes_weight.cuh and rows_weight.cuh load them in fewer instructions.
LEAST_TAPS = 25
#: The most eights of columns of a frame, groups of rows to choose from, and the most warps of a block.
MOST_EIGHTS, MOST_GROUPS, WARPS = 16, (16, 8, 6, 4, 2), 4
#: The most bytes of two frames, and the most frames.
TWO_FRAMES, STAGES = 40 << 10, 3
#: Multiprocessors, and what a block takes of the shared memory of each: there are as many in an H200.
MULTIPROCESSORS, MULTIPROCESSOR, RESERVED = 132, 227 << 10, 1 << 10
#: Blocks of a multiprocessor that keep enough under way.
ENOUGH = 4


class Frame(NamedTuple):
    """What of maps a frame holds."""

    eights: int  #: of columns of gy
    x_eights: int  #: of x
    before: int  #: of x, that are before those of gy
    strips: int  #: of a map, beside each other
    maps: int
    groups: int  #: of eight rows of gy, of each map
    bands: int  #: of a map, below each other
    bytes: int

    @property
    def warps(self) -> int:
        """That multiply: two groups at a time."""
        return min(WARPS, self.maps * self.groups // 2)

    def resident(self, kernel_height: int) -> int:
        """Blocks of a multiprocessor, for which there shall be registers, and shared memory for two frames of each.

        Left to itself, ptxas aims at more than these have registers for, and spills.
        """
        sums = 12 * (kernel_height // 2 + 1)
        warps = 20 if sums <= 24 else 16 if sums <= 48 else 12
        return min(warps // self.warps, MULTIPROCESSOR // (2 * self.bytes + RESERVED))


def tensor_weight(problem: Problem, aligned: bool) -> tuple[Launch, int] | None:
    """A launch of tensor_weight.cuh and its number of slices; None if it does not compute this, or others do better."""
    window, (height, width) = problem.window, problem.out_image
    kernel, left = window.kernel, window.pad[1][0]
    part, out_part = (math.gcd(side, EIGHT) if aligned else 1 for side in (problem.image[1], width))
    if not (
        problem.itemsize == 2
        and window.stride == window.dilate == (1, 1)
        and kernel[0] <= MOST_ROWS
        and kernel[1] in WIDTHS
        and left < kernel[1]
        and (min(part, out_part) > 1 or (width > EIGHT and math.prod(kernel) >= LEAST_TAPS))
        and 2 * height * width >= -(-height // EIGHT) * -(-width // EIGHT) * EIGHT * EIGHT
    ):
        return None
    held = frame(problem)
    resident = held.resident(kernel[0])
    total = -(-problem.images // held.maps) * held.bands * held.strips
    if total > INDEXED:
        return None
    units = _units(total, problem.out_channels, resident)
    grid = problem.out_channels, -(-total // units), 1
    stages = _stages(held.bytes, min(resident, -(-math.prod(grid) // MULTIPROCESSORS)))
    instance = Instance.of(
        *("tensor_weight", problem.dtype), KERNEL_HEIGHT=kernel[0], KERNEL_WIDTH=kernel[1], LEFT=left,
        EIGHTS=held.eights, X_EIGHTS=held.x_eights, BEFORE=held.before, MAPS=held.maps, GROUPS=held.groups,
        BANDS=held.bands, STRIPS=held.strips, STAGES=stages, WARPS=held.warps, RESIDENT=resident, PART=part,
        OUT_PART=out_part,
    )  # fmt: skip
    numbers = problem.argument(), np.int32(total), np.int32(units)
    return Launch(instance, "depthwise_tensor_weight", grid, WARP * held.warps, numbers), grid[1]


def frame(problem: Problem) -> Frame:
    """Whole rows if they are not too wide; whole maps, and several of them, if two such frames are not too large."""
    (height, width), (kernel_height, kernel_width) = problem.out_image, problem.window.kernel
    left = problem.window.pad[1][0]
    before, behind = -(-left // EIGHT), (kernel_width + EIGHT - 2 - left) // EIGHT
    eights, rows = -(-width // EIGHT), -(-height // EIGHT)
    strips = -(-eights // MOST_EIGHTS)
    if strips > 1:
        eights = even(eights, MOST_EIGHTS)
        x_eights = before + eights + behind
    else:
        before, x_eights = 0, max(eights, min(-(-problem.image[1] // EIGHT), eights + behind))
    for most in MOST_GROUPS:
        groups = even(rows, most)
        maps = min(most // groups, problem.images) if groups == rows else 1
        if maps * groups % 2:
            maps, groups = (maps + 1, groups) if groups == 1 else (maps, groups + 1)
        size = maps * (2 * EIGHT * groups + kernel_height - 1) * 2 * EIGHT * (x_eights | 1)
        if 2 * size <= TWO_FRAMES:
            break
    return Frame(eights, x_eights, before, strips, maps, groups, -(-rows // groups), size)


def _units(total: int, channels: int, resident: int) -> int:
    """Of a slice: such that blocks are enough, and all there at once, each with about as much work as any other."""
    most = max(1, min(resident * MULTIPROCESSORS // channels, total, MOST_BLOCKS[1]))
    least = min(most, -(-ENOUGH * MULTIPROCESSORS // channels))
    units = {-(-total // slices) for slices in range(least, most + 1)}
    return min(units, key=lambda each: (each * -(-total // each), -each))


def _stages(size: int, resident: int) -> int:
    """Frames of this size that a block of so many on a multiprocessor has room for."""
    return max(2, min(STAGES, min(SHARED_BYTES, MULTIPROCESSOR // resident - RESERVED) // size))
