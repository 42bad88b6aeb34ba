"""Launches of planes.cuh and planes_weight.cuh: small maps, whole, in the shared memory of a warp.

All warps shall fit into a GPU at once, and have as many images as each other: they begin and end together, and what
they load is on its way all the time. How many they are follows from the shape alone.
"""

from __future__ import annotations

import math

import numpy as np

from dwbridge.kernels.cuda.plan.depthwise.framed_maps import KEPT, maps_of, wide
from dwbridge.kernels.cuda.plan.depthwise.problem import Problem
from dwbridge.kernels.cuda.plan.launches import ENOUGH, SHARED_BYTES, WARP, Launch, even
from dwbridge.kernels.cuda.sources import Instance

#: Warps of a block of planes.cuh, and the most of one of planes_weight.cuh.
WARPS, MOST_WARPS = 4, 8
#: Multiprocessors of a large GPU.
MULTIPROCESSORS = ENOUGH // 16
#: Words that a lane keeps in registers -> warps that a multiprocessor shall have room for.
RESIDENT = {40: 24, 56: 20, 88: 16, 112: 12, KEPT: 8}


def planes(problem: Problem, flip: int = 0) -> Launch | None:
    """A launch of planes.cuh; None if it does not compute this."""
    found = maps_of(problem)
    if found is None:
        return None
    warps = _warps(WARPS, found.frames(problem) + found.maps * math.prod(problem.out_image) * problem.itemsize)
    if not warps:
        return None
    groups, resident = found.groups(problem), _resident(found.kept(problem), problem)
    slices = _even(problem.images, _at_once(resident) // groups)
    instance = Instance.of("planes", problem.dtype, **found.defines(problem, warps, resident))
    numbers = problem.argument(flip), np.int32(groups), np.int32(slices)
    return Launch(instance, "depthwise_planes", (-(-groups * slices // warps), 1, 1), WARP * warps, numbers)


def planes_weight(problem: Problem) -> tuple[Launch, int] | None:
    """A launch of planes_weight.cuh and its number of slices; None if it does not compute this."""
    found = maps_of(problem, gradients=True)
    if found is None:
        return None
    groups, resident = found.groups(problem), _resident(found.kept(problem, gradients=True), problem)
    sums = found.maps * (math.prod(problem.window.kernel) + 1) * wide(problem)
    wanted = _even(problem.images, _at_once(resident) // groups)
    room = _warps(even(wanted, MOST_WARPS), found.frames(problem) + sums)
    if not room:
        return None
    warps = _together(room, wanted, groups, resident)
    slices = -(-wanted // warps)
    turns = -(-problem.images // (warps * slices))
    instance = Instance.of("planes_weight", problem.dtype, **found.defines(problem, warps, resident))
    numbers = problem.argument(), np.int32(turns)
    return Launch(instance, "depthwise_planes_weight", (groups, slices, 1), WARP * warps, numbers), slices


def _resident(kept: int, problem: Problem) -> int:
    """Warps that a multiprocessor shall have room for, which bounds the registers of a lane."""
    warps = next(warps for most, warps in RESIDENT.items() if kept <= most)
    return warps * 4 // wide(problem)


def _at_once(resident: int) -> int:
    """Warps that a large GPU has room for."""
    return MULTIPROCESSORS * resident


def _together(room: int, wanted: int, groups: int, resident: int) -> int:
    """Warps of a block, out of `wanted` of a group: the most with which all blocks are there at once; else the most."""
    for warps in range(room, 0, -1):
        blocks = groups * -(-wanted // warps)
        if -(-blocks // MULTIPROCESSORS) <= resident // warps:
            return warps
    return room


def _even(images: int, most: int) -> int:
    """The fewest warps that need as few turns for the images as `most` do."""
    return -(-images // -(-images // max(1, most)))


def _warps(most: int, shared: int) -> int:
    """Warps of a block, if each has so many bytes of shared memory; 0 if there is not enough for one."""
    return min(most, SHARED_BYTES // shared)
