"""How warps have small maps: whole, framed in zeros, in shared memory; see framed_maps.cuh."""

from __future__ import annotations

import math
from collections import Counter
from typing import NamedTuple

from dwbridge.kernels.cuda.plan.depthwise.problem import Problem
from dwbridge.kernels.cuda.plan.launches import WARP, even

#: The most pixels of a map, taps of a kernel and inputs of a column: the latter two are unrolled.
PIXELS, TAPS, COLUMN = 32 * 32, 49, 24
#: The most outputs of a lane below each other, and words that it keeps in registers.
STRIP, KEPT = 14, 120
#: Bytes of all banks of shared memory, and the most numbers left free behind a row of a frame, and behind a frame.
BANKS, FREE_OF_A_ROW, FREE = 128, 4, 32


class Maps(NamedTuple):
    """How a warp has maps: those of neighbouring channels, each framed in zeros."""

    maps: int  #: neighbouring channels
    strip: int  #: outputs below each other, of a lane
    strips: int  #: of a map
    rounds: int  #: in which lanes have all strips
    loads: int  #: pixels that a lane loads
    work: float  #: instructions of the warp, for a map

    @classmethod
    def of(cls, strip: int, problem: Problem) -> Maps:
        """With strips of so many outputs."""
        (out_height, out_width), (kernel_height, kernel_width) = problem.out_image, problem.window.kernel
        strips = -(-out_height // strip)
        maps = min(problem.channels, max(1, WARP // (strips * out_width)))
        rounds, loads = (-(-maps * size // WARP) for size in (strips * out_width, math.prod(problem.image)))
        inputs, products = _seen(strip, problem) if strips == 1 else (_reach(problem, 0, strip), strip * kernel_height)
        stores = strip * rounds - (-maps * math.prod(problem.out_image) // WARP)
        work = 2 * loads + rounds * kernel_width * (inputs + products) + 2 * stores
        return cls(maps, strip, strips, rounds, loads, work / maps)

    def frame(self, problem: Problem) -> tuple[int, int]:
        """Numbers from one row of a frame to the next, and from one frame to the next.

        Lanes read their columns from as many banks of shared memory as there are.
        """
        height = _reach(problem, 0, self.strips * self.strip) if self.strips > 1 else problem.image[0]
        width, reads, most = _reach(problem, 1, problem.out_image[1]), self._reads(problem), BANKS // wide(problem)

        def turns(pitches: tuple[int, int]) -> int:
            places = [below * pitches[0] + map_ * pitches[1] + column for map_, below, column in reads]
            return sum(_most_in_a_bank(places[first : first + most], most) for first in range(0, len(places), most))

        rows = range(width, width + (FREE_OF_A_ROW if self.strips > 1 else 0) + 1)
        frames = range(FREE if self.maps > 1 else 1)
        pitches = [(row, height * row + free) for row in rows for free in frames]
        return min(pitches, key=lambda each: (turns(each), each[1]))

    def _reads(self, problem: Problem) -> list[tuple[int, int, int]]:
        """Map, row and column of its frame, that lanes read at once."""
        (stride_y, stride_x), width = problem.window.stride, problem.out_image[1]
        of_a_map = self.strips * width
        items = (divmod(item, of_a_map) for item in range(min(WARP, self.maps * of_a_map)))
        return [(map_, at // width * self.strip * stride_y, at % width * stride_x) for map_, at in items]

    def frames(self, problem: Problem) -> int:
        """Bytes of all frames."""
        return wide(problem) * (self.maps * self.frame(problem)[1] + WARP)

    def groups(self, problem: Problem) -> int:
        """Of neighbouring channels."""
        return -(-problem.channels // self.maps)

    def kept(self, problem: Problem, gradients: bool = False) -> int:
        """Words that a lane keeps in registers; with gradients of outputs, or without."""
        numbers = math.prod(problem.window.kernel) + self.loads + self.strip * (1 + 2 * gradients * self.rounds)
        return numbers * wide(problem) // 4 + self.loads

    def defines(self, problem: Problem, warps: int, resident: int) -> dict[str, int]:
        """What framed_maps.cuh wants defined."""
        pitch, frame = self.frame(problem)
        return {
            **problem.defines(),
            "MAPS": self.maps, "WHOLE": int(problem.channels % self.maps == 0), "STRIP": self.strip,
            "PITCH": pitch, "FRAME": frame, "WARPS": warps, "RESIDENT": max(1, resident // warps),
        }  # fmt: skip


def maps_of(problem: Problem, gradients: bool = False) -> Maps | None:
    """The division of the least work, with gradients of outputs or without; None if maps are not small enough."""
    if problem.multiplier != 1 or math.prod(problem.image) > PIXELS or math.prod(problem.window.kernel) > TAPS:
        return None
    heights = {even(problem.out_image[0], most) for most in range(1, STRIP + 1)}
    found = [Maps.of(strip, problem) for strip in heights if _reach(problem, 0, strip) <= COLUMN]
    found = [maps for maps in found if maps.kept(problem, gradients) <= KEPT]
    return min(found, key=lambda maps: (maps.work, maps.strip), default=None)


def _seen(outputs: int, problem: Problem) -> tuple[int, int]:
    """Rows of a map that the windows of a column of all its outputs see, and how many products they have with a tap."""
    stride, dilate, top = problem.window.stride[0], problem.window.dilate[0], problem.window.pad[0][0]
    rows = [r * stride + i * dilate - top for r in range(outputs) for i in range(problem.window.kernel[0])]
    inside = [row for row in rows if 0 <= row < problem.image[0]]
    return len(set(inside)), len(inside)


def _most_in_a_bank(places: list[int], banks: int) -> int:
    """How many different places of shared memory lie in the bank that has the most of them."""
    return max(Counter(place % banks for place in set(places)).values())


def _reach(problem: Problem, axis: int, outputs: int) -> int:
    """Inputs below the windows of so many outputs beside each other."""
    return (outputs - 1) * problem.window.stride[axis] + problem.window.extent[axis]


def wide(problem: Problem) -> int:
    """Bytes of a number of the arithmetic."""
    return max(4, problem.itemsize)
