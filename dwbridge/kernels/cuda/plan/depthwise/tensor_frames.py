"""How tensor_rows.cuh and tensor_weight.cuh have maps: in frames of eights of columns, which blocks copy ahead.

Reading maps is what takes the time. So a launch is sized by what is under way: blocks that are all there at once, some
on each multiprocessor, each with the next units of its slice on their way to shared memory.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from dwbridge.kernels.cuda.plan.depthwise.problem import Problem
from dwbridge.kernels.cuda.plan.launches import INDEXED, MOST_BLOCKS, SHARED_BYTES, even

#: Rows and columns of a matrix; columns of kernels, and the most rows, which are unrolled.
EIGHT, WIDTHS, MOST_ROWS = 8, range(3, 10), 9
#: The fewest taps for which it pays to copy elements one by one, in rows of more than one eight.
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

    eights: int  #: of columns of outputs
    x_eights: int  #: of x
    before: int  #: of x, that are before those of outputs
    strips: int  #: of a map, beside each other
    maps: int
    groups: int  #: of eight rows of outputs, of each map
    bands: int  #: of a map, below each other
    bytes: int

    @property
    def warps(self) -> int:
        """That multiply: two groups at a time."""
        return min(WARPS, self.maps * self.groups // 2)

    def resident(self, warps: int) -> int:
        """Blocks of a multiprocessor, if it has registers for so many warps: and shared memory for two frames of each.

        Left to itself, ptxas aims at more than these have registers for, and spills.
        """
        return max(1, min(warps // self.warps, MULTIPROCESSOR // (2 * self.bytes + RESERVED)))

    def units(self, images: int) -> int:
        """Frames that hold the maps of a channel."""
        return -(-images // self.maps) * self.bands * self.strips

    def defines(self) -> dict[str, int]:
        """What both sources want defined of it."""
        return {
            "EIGHTS": self.eights, "X_EIGHTS": self.x_eights, "BEFORE": self.before, "MAPS": self.maps,
            "GROUPS": self.groups, "BANDS": self.bands, "STRIPS": self.strips, "WARPS": self.warps,
        }  # fmt: skip


def parts(problem: Problem, aligned: bool) -> tuple[int, int] | None:
    """Elements of x and of outputs that are moved at once; None if products would not be of this, or mostly waste."""
    window, (height, width) = problem.window, problem.out_image
    part, out_part = (math.gcd(side, EIGHT) if aligned else 1 for side in (problem.image[1], width))
    if (
        problem.has_products
        and window.stride == window.dilate == (1, 1)
        and window.kernel[0] <= MOST_ROWS
        and window.kernel[1] in WIDTHS
        and 2 * height * width >= -(-height // EIGHT) * -(-width // EIGHT) * EIGHT * EIGHT
    ):
        return part, out_part
    return None


def pays(part: int, problem: Problem, of_one_eight: float) -> bool:
    """Whether so many elements at once are worth copying: one by one, others load them in fewer instructions.

    Args:
        part: elements that are copied at once.
        problem: what is computed.
        of_one_eight: the fewest taps for which that pays where rows are of one eight.
    """
    least = of_one_eight if problem.out_image[1] <= EIGHT else LEAST_TAPS
    return part > 1 or math.prod(problem.window.kernel) >= least


def frame(problem: Problem, with_outputs: bool) -> Frame:
    """Whole rows if they are not too wide; whole maps, and several of them, if two such frames are not too large.

    Args:
        problem: what is computed.
        with_outputs: whether a frame has the rows of gy beside those of x.
    """
    (height, width), (kernel_height, kernel_width) = problem.out_image, problem.window.kernel
    left = problem.window.pad[1][0]
    before, behind = -(-left // EIGHT), max(0, (kernel_width + EIGHT - 2 - left) // EIGHT)
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
        size = maps * ((1 + with_outputs) * EIGHT * groups + kernel_height - 1) * 2 * EIGHT * (x_eights | 1)
        if 2 * size <= TWO_FRAMES:
            break
    return Frame(eights, x_eights, before, strips, maps, groups, -(-rows // groups), size)


class Work(NamedTuple):
    """How blocks divide the frames of all maps of outputs."""

    total: int  #: frames of a channel: units
    units: int  #: of a slice, which a block has
    grid: tuple[int, int, int]
    stages: int  #: frames that a block has room for

    @property
    def numbers(self) -> tuple[np.int32, np.int32]:
        """What kernels get of it."""
        return np.int32(self.total), np.int32(self.units)


def work(held: Frame, problem: Problem, resident: int, beside: int = 0) -> Work | None:
    """The division; None if there are more units than are counted, or no room for two frames.

    Args:
        held: what of maps a frame holds.
        problem: what is computed.
        resident: blocks of a multiprocessor.
        beside: bytes of shared memory that a block needs beside its frames.
    """
    total, channels = held.units(problem.images), problem.out_channels
    if total > INDEXED:
        return None
    units = units_of(total, channels, resident)
    grid = channels, -(-total // units), 1
    stages = _stages(held.bytes, min(resident, -(-math.prod(grid) // MULTIPROCESSORS)), beside)
    return None if stages < 2 else Work(total, units, grid, stages)


def units_of(total: int, channels: int, resident: int) -> int:
    """Of a slice: such that blocks are enough, and all there at once, each with about as much work as any other.

    Args:
        total: units of a channel, or a group of channels.
        channels: these, or groups of them: each has blocks of its own.
        resident: blocks of a multiprocessor.
    """
    most = max(1, min(resident * MULTIPROCESSORS // channels, total, MOST_BLOCKS[1]))
    least = min(most, -(-ENOUGH * MULTIPROCESSORS // channels))
    units = {-(-total // slices) for slices in range(least, most + 1)}
    return min(units, key=lambda each: (each * -(-total // each), -each))


def _stages(size: int, resident: int, beside: int) -> int:
    """Frames that a block has room for; two are worth fewer blocks of a multiprocessor than were aimed at."""
    most = (SHARED_BYTES - beside) // size
    return min(most, STAGES, max(2, (MULTIPROCESSOR // resident - RESERVED - beside) // size))
