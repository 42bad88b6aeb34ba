"""Launches of planes.cuh and planes_weight.cuh: small maps, whole, in the shared memory of a warp.

All warps shall fit into a GPU at once, and have as many images as each other: they begin and end together, and what
they load is on its way all the time. How many they are follows from the shape alone.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from dwbridge.kernels.cuda.plan.depthwise.problem import Problem
from dwbridge.kernels.cuda.plan.launches import ENOUGH, SHARED_BYTES, WARP, Launch, even
from dwbridge.kernels.cuda.sources import Instance

#: The most pixels of a map, taps of a kernel and inputs of a column: the latter two are unrolled.
PIXELS, TAPS, COLUMN = 32 * 32, 49, 24
#: The most outputs of a lane below each other; warps of a block of planes.cuh; the most of one of planes_weight.cuh.
STRIP, WARPS, MOST_WARPS = 7, 4, 8
#: The most words that a lane keeps in registers; and words kept -> warps that a multiprocessor shall have room for.
KEPT, RESIDENT = 112, {40: 24, 56: 20, 88: 16, 112: 12}


class Maps(NamedTuple):
    """How a warp has maps: those of neighbouring channels, each framed in zeros."""

    maps: int  #: neighbouring channels
    strip: int  #: outputs below each other, of a lane
    rounds: int  #: in which lanes have all strips
    loads: int  #: pixels that a lane loads
    frames: int  #: bytes of the frames
    kept: int  #: words in registers, besides those of gy

    def groups(self, problem: Problem) -> int:
        """Of neighbouring channels."""
        return -(-problem.channels // self.maps)

    def defines(self, problem: Problem, warps: int, resident: int) -> dict[str, int]:
        """What framed_maps.cuh wants defined."""
        window, (height, width), (out_height, out_width) = problem.window, problem.image, problem.out_image
        (top, _), (left, _) = window.pad
        return {
            "HEIGHT": height, "WIDTH": width, "OUT_HEIGHT": out_height, "OUT_WIDTH": out_width,
            "KERNEL_HEIGHT": window.kernel[0], "KERNEL_WIDTH": window.kernel[1],
            "STRIDE_Y": window.stride[0], "STRIDE_X": window.stride[1], "TOP": top, "LEFT": left,
            "DILATE_Y": window.dilate[0], "DILATE_X": window.dilate[1],
            "MAPS": self.maps, "WHOLE": int(problem.channels % self.maps == 0), "STRIP": self.strip,
            "WARPS": warps, "RESIDENT": max(1, resident // warps),
        }  # fmt: skip


def maps_of(problem: Problem) -> Maps | None:
    """The division; None if maps are not small enough."""
    (out_height, out_width), wide = problem.out_image, _wide(problem)
    strip = even(out_height, STRIP)
    strips, column = -(-out_height // strip), _reach(problem, 0, strip)
    pixels, taps = math.prod(problem.image), math.prod(problem.window.kernel)
    if problem.multiplier != 1 or pixels > PIXELS or taps > TAPS or column > COLUMN:
        return None
    maps = min(problem.channels, max(1, WARP // (strips * out_width)))
    loads = -(-maps * pixels // WARP)
    frames = wide * (maps * _reach(problem, 0, strips * strip) * _reach(problem, 1, out_width) + 1)
    kept = (taps + loads + strip) * wide // 4 + loads
    return Maps(maps, strip, -(-maps * strips * out_width // WARP), loads, frames, kept)


def planes(problem: Problem, flip: int = 0) -> Launch | None:
    """A launch of planes.cuh; None if it does not compute this."""
    found = maps_of(problem)
    if found is None or found.kept > KEPT:
        return None
    warps = _warps(WARPS, found.frames + found.maps * math.prod(problem.out_image) * problem.itemsize)
    if not warps:
        return None
    groups, resident = found.groups(problem), _resident(found.kept, problem)
    slices = _even(problem.images, _at_once(resident) // groups)
    instance = Instance.of("planes", problem.dtype, **found.defines(problem, warps, resident), FLIP=flip)
    numbers = problem.argument(), np.int32(groups), np.int32(slices)
    return Launch(instance, "depthwise_planes", (-(-groups * slices // warps), 1, 1), WARP * warps, numbers)


def planes_weight(problem: Problem) -> tuple[Launch, int] | None:
    """A launch of planes_weight.cuh and its number of slices; None if it does not compute this."""
    found = maps_of(problem)
    kept = 0 if found is None else found.kept + found.rounds * found.strip * _wide(problem) // 2
    if found is None or kept > KEPT:
        return None
    groups, resident = found.groups(problem), _resident(kept, problem)
    sums = found.maps * (math.prod(problem.window.kernel) + 1) * _wide(problem)
    wanted = _even(problem.images, _at_once(resident) // groups)
    warps = _warps(even(wanted, MOST_WARPS), found.frames + sums)
    if not warps:
        return None
    slices = -(-wanted // warps)
    turns = -(-problem.images // (warps * slices))
    instance = Instance.of("planes_weight", problem.dtype, **found.defines(problem, warps, resident))
    numbers = problem.argument(), np.int32(turns)
    return Launch(instance, "depthwise_planes_weight", (groups, slices, 1), WARP * warps, numbers), slices


def _resident(kept: int, problem: Problem) -> int:
    """Warps that a multiprocessor shall have room for, which bounds the registers of a lane."""
    warps = next(warps for most, warps in RESIDENT.items() if kept <= most)
    return warps * 4 // _wide(problem)


def _at_once(resident: int) -> int:
    """Warps that a large GPU has room for."""
    return ENOUGH // 16 * resident


def _even(images: int, most: int) -> int:
    """The fewest warps that need as few turns for the images as `most` do."""
    return -(-images // -(-images // max(1, most)))


def _warps(most: int, shared: int) -> int:
    """Warps of a block, if each has so many bytes of shared memory; 0 if there is not enough for one."""
    return min(most, SHARED_BYTES // shared)


def _reach(problem: Problem, axis: int, outputs: int) -> int:
    """Inputs below the windows of so many outputs beside each other."""
    return (outputs - 1) * problem.window.stride[axis] + problem.window.extent[axis]


def _wide(problem: Problem) -> int:
    """Bytes of a number of the arithmetic."""
    return max(4, problem.itemsize)
