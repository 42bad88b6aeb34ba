"""Launches of tiles.cuh: large kernels, over tiles of maps.

Which kernels are large: any.cuh loads two numbers for a product, and a multiprocessor loads 32 in a cycle, so it makes
16 / taps outputs. Memory at 4 TB/s over 132 multiprocessors of 2 GHz has room for 2 outputs of 4 bytes in a cycle, with
their inputs. From 16 taps on any.cuh is at half of that or less. Tiles load 0.1 to 0.35 numbers for a product.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda.plan.depthwise.problem import Problem
from dwbridge.kernels.cuda.plan.launches import ENOUGH, INDEXED, SHARED_BYTES, WARP, Launch, even
from dwbridge.kernels.cuda.sources import Instance

#: The fewest taps of a large kernel, and the most products of a column of taps, which are unrolled.
LEAST_TAPS, MOST_UNROLLED = 16, 640
#: The most outputs of a thread, of a row of a tile, and strips of a column, to choose from; threads of a block.
STRIPS, WIDTHS, DOWNS, THREADS = (16, 12, 8, 4), (128, 64, 32, 16), (16, 8, 4, 2, 1), 256
#: Instructions that put a number into a frame; those that any.cuh could issue while it loads for a product.
FILL, PRODUCT = 12, 8
#: Threads of a block up to which planes are added to it.
FEW = 128
#: Bytes of shared memory of a multiprocessor, on most chips, and warps that keep it busy while some wait.
MULTIPROCESSOR, BUSY = 96 << 10, 12


class Tile(NamedTuple):
    """How a block divides the outputs of a map among its threads."""

    strip: int  #: outputs below each other, of a thread
    down: int  #: strips below each other
    across: int
    planes: int

    @property
    def lanes(self) -> int:
        return self.down * self.across

    def frame(self, window: Window2D) -> tuple[int, int]:
        """Rows and columns under the windows of the outputs, at least those."""
        (stride_y, stride_x), (height, width) = window.stride, window.extent
        rows, columns = (self.down * self.strip - 1) * stride_y + height, (self.across - 1) * stride_x + width
        return rows, self._pitch(-(-columns // stride_x) * stride_x, stride_y)

    def _pitch(self, columns: int, stride: int) -> int:
        """Columns from which a warp that has parts of two strips reads 32 banks; `columns` if there are none near."""
        fits = (c for c in range(columns, columns + WARP // 2) if (self.strip * stride * c - self.across) % WARP == 0)
        return columns if self.down == 1 else next(fits, columns)

    def shared(self, window: Window2D) -> int:
        """Numbers in shared memory: the frames, and the taps in fours."""
        return self.planes * (math.prod(self.frame(window)) + window.kernel[1] * -(-window.kernel[0] // 4) * 4)

    def tiles(self, image: tuple[int, int]) -> tuple[int, int]:
        """Tiles of a map, below each other and beside each other."""
        return -(-image[0] // (self.strip * self.down)), -(-image[1] // self.across)

    def warps(self, problem: Problem) -> int:
        """Of all blocks."""
        blocks = math.prod(self.tiles(problem.out_image)) * -(-_results(problem) // self.planes)
        return blocks * -(-self.lanes * self.planes // WARP)

    def instructions(self, problem: Problem) -> float:
        """About how many all warps issue; more, where a multiprocessor has room for too few of them."""
        window, threads = problem.window, self.lanes * self.planes
        column = window.extent[0] + (self.strip - 1) * window.stride[0] + window.kernel[0] // 4
        each = window.kernel[1] * (window.kernel[0] * self.strip + column)
        each += FILL * -(-self.shared(window) // threads)
        room = MULTIPROCESSOR // (self.shared(window) * max(4, problem.itemsize))
        return each * self.warps(problem) * max(1, BUSY / (room * -(-threads // WARP)))

    def time(self, problem: Problem) -> float:
        """Instructions, as many as there would be if all warps of the GPU had such work to do."""
        return self.instructions(problem) * max(1, ENOUGH / self.warps(problem))


def tiles(problem: Problem, flip: int = 0) -> Launch | None:
    """A launch of tiles.cuh; None if the kernel is too small to pay, or too large."""
    if math.prod(problem.window.kernel) < LEAST_TAPS or (flip and problem.multiplier != 1):
        return None
    given = _swapped(problem) or problem
    most = SHARED_BYTES // max(4, problem.itemsize)
    found = [tile for tile in _choices(given) if tile.shared(given.window) <= most]
    if min((tile.instructions(given) for tile in found), default=math.inf) > _one_by_one(problem):
        return None
    launch = tiled(problem, min(found, key=lambda tile: tile.time(given)), flip)
    return launch if launch.grid[0] <= INDEXED else None


def tiled(problem: Problem, tile: Tile, flip: int = 0) -> Launch:
    """A launch of tiles.cuh with tiles of this size."""
    swapped = _swapped(problem)
    given = swapped or problem
    window, (down, across) = given.window, tile.tiles(problem.out_image)
    instance = Instance.of(
        *("tiles", problem.dtype), KERNEL_HEIGHT=window.kernel[0], KERNEL_WIDTH=window.kernel[1],
        STRIDE_Y=window.stride[0], STRIDE_X=window.stride[1], DILATE_Y=window.dilate[0], DILATE_X=window.dilate[1],
        ACROSS=tile.across, DOWN=tile.down, STRIP=tile.strip, PLANES=tile.planes, PITCH=tile.frame(window)[1],
        SWAP=int(swapped is not None),
    )  # fmt: skip
    grid = -(-_results(problem) // tile.planes) * down * across, 1, 1
    numbers = given.argument(flip), *map(np.int32, (_results(problem), down, across))
    return Launch(instance, "depthwise_tiles", grid, tile.lanes * tile.planes, numbers)


def _one_by_one(problem: Problem) -> float:
    """What `Tile.instructions` are of any.cuh, which skips what lies outside of a map."""
    taps = math.prod(map(min, problem.window.kernel, problem.image))
    return PRODUCT * taps * _results(problem) * math.prod(problem.out_image) / WARP


def _choices(problem: Problem) -> Iterator[Tile]:
    """Tiles that waste little of a map."""
    height, width = problem.out_image
    for strip in dict.fromkeys(even(height, most) for most in STRIPS):
        for down in dict.fromkeys(even(-(-height // strip), most) for most in DOWNS):
            for across in dict.fromkeys(even(width, most) for most in WIDTHS):
                if strip * problem.window.kernel[0] <= MOST_UNROLLED and down * across <= THREADS:
                    planes = min(-(-FEW // (down * across)), _results(problem))
                    yield from (Tile(strip, down, across, fewer) for fewer in {planes, -(-planes // 2), 1})


def _swapped(problem: Problem) -> Problem | None:
    """The same convolution with the map for a kernel and the kernel for a map; None if that is not less work.

    Every window has the whole map in it, or else infinite pixels would meet the zeros around the other's kernel.
    """
    window = problem.window
    over = [k - size for k, size in zip(window.kernel, problem.image, strict=True)]
    inside = all(
        (outputs - 1) * stride <= before <= more
        for outputs, stride, (before, _), more in zip(problem.out_image, window.stride, window.pad, over, strict=True)
    )
    if window.dilate != (1, 1) or not inside:
        return None
    (top, bottom), (left, right) = window.pad
    pad = (top - over[0], bottom - over[0]), (left - over[1], right - over[1])
    return problem._replace(image=window.kernel, window=window._replace(kernel=problem.image, pad=pad))


def _results(problem: Problem) -> int:
    return problem.planes * problem.multiplier
