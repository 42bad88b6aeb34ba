"""Launches of tensor_maps.cuh and tensor_maps_weight.cuh: 16-bit maps of at most 64 pixels, as vectors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dwbridge.kernels.cuda.plan.depthwise.problem import Problem
from dwbridge.kernels.cuda.plan.depthwise.tensor_frames import units_of
from dwbridge.kernels.cuda.plan.launches import INDEXED, SHARED_BYTES, WARP, Launch
from dwbridge.kernels.cuda.sources import Instance

#: Channels of a block; the most pixels of a map, and outputs; images of a unit of each kernel; the most units.
CHANNELS, PIXELS, IMAGES, IMAGES_WEIGHT, STAGES = 8, 64, 16, 8, 3
#: The most bytes of a block's taps, each framed in zeros.
TABLES = 8 << 10
#: Eights that meet, and products of a unit, up to which a multiprocessor has registers for two blocks.
TWO_BLOCKS, TWO_BLOCKS_WEIGHT = 49, 20


def tensor_maps(problem: Problem, aligned: bool, data: int = 0) -> Launch | None:
    """A launch of tensor_maps.cuh, for y or, with `data`, for gx; None if it does not compute this."""
    tables = 2 * CHANNELS * (math.prod(map(_offsets, problem.image, problem.out_image, problem.window.stride)) + 1)
    if not _is_small(problem, aligned) or tables > TABLES:
        return None
    meet = meeting(problem, 8)
    resident = 1 + (int(meet.sum()) <= TWO_BLOCKS)
    stages = min(STAGES, (SHARED_BYTES - tables) // _bytes(IMAGES, problem))
    defines = {"STAGES": stages, "DATA": data, "MEETING": _bits(meet.T if data else meet), "RESIDENT": resident}
    return _launch("tensor_maps", problem, IMAGES, defines)


def tensor_maps_weight(problem: Problem, aligned: bool) -> tuple[Launch, int] | None:
    """A launch of tensor_maps_weight.cuh and its number of slices; None if it does not compute this."""
    if not _is_small(problem, aligned):
        return None
    sums = 4 * math.prod(problem.image) * math.prod(problem.out_image)
    stages = min(STAGES, SHARED_BYTES // (2 * _bytes(IMAGES_WEIGHT, problem)))
    together, meet = min(CHANNELS, SHARED_BYTES // sums), meeting(problem, 16)
    resident = 1 + (2 * int(meet.sum()) <= TWO_BLOCKS_WEIGHT)
    defines = {"STAGES": stages, "MEETING": _bits(meet), "TOGETHER": together, "RESIDENT": resident}
    launch = _launch("tensor_maps_weight", problem, IMAGES_WEIGHT, defines)
    return launch, launch.grid[1]


def meeting(problem: Problem, tile: int) -> np.ndarray:
    """Which tiles of so many positions have pixels in windows of outputs, in some channel: (pixels, outputs)."""
    meet = np.kron(_seen(problem, 0), _seen(problem, 1))
    pixels, outputs = (-(-(size + size % 2) // tile) for size in meet.shape)
    found = np.zeros((pixels, outputs), bool)
    for odd in (0, 1):  # channels
        framed = np.zeros((pixels * tile, outputs * tile), bool)
        first, left = (odd * size % 2 for size in meet.shape)
        framed[first : first + len(meet), left : left + len(meet[0])] = meet
        found |= framed.reshape(pixels, tile, outputs, tile).any((1, 3))
    return found


def _bits(found: np.ndarray) -> str:
    """A number whose bits are the elements."""
    return f"{sum(1 << int(bit) for bit in np.flatnonzero(found))}ull"


def _is_small(problem: Problem, aligned: bool) -> bool:
    """Whether maps are vectors of this size, eight of which can be copied as they lie."""
    sizes = math.prod(problem.image), math.prod(problem.out_image)
    of_this_kind = problem.has_products and problem.multiplier == 1 and problem.channels % CHANNELS == 0
    return aligned and of_this_kind and max(sizes) <= PIXELS and problem.images <= INDEXED


def _offsets(size: int, outputs: int, stride: int) -> int:
    """How many distances there are, along an axis, between a pixel and where the window of an output begins."""
    return size + stride * (outputs - 1)


def _seen(problem: Problem, axis: int) -> np.ndarray:
    """Whether a pixel of this axis is in the window of an output: (pixels, outputs)."""
    window, pixels = problem.window, np.arange(problem.image[axis])[:, None]
    begin = np.arange(problem.out_image[axis]) * window.stride[axis] - window.pad[axis][0]
    taps, between = np.divmod(pixels - begin, window.dilate[axis])
    return (between == 0) & (taps >= 0) & (taps < window.kernel[axis])


def _bytes(images: int, problem: Problem) -> int:
    """Of a unit of so many images."""
    return images * CHANNELS * 2 * (max(math.prod(problem.image), math.prod(problem.out_image)) | 1)


def _launch(name: str, problem: Problem, images: int, defines: dict[str, Any]) -> Launch:
    groups, total = problem.channels // CHANNELS, -(-problem.images // images)
    units = units_of(total, groups, defines["RESIDENT"])
    numbers = problem.argument(), np.int32(total), np.int32(units)
    instance = Instance.of(name, problem.dtype, **problem.defines(), IMAGES=images, **defines)
    return Launch(instance, f"depthwise_{name}", (groups, -(-total // units), 1), WARP * CHANNELS, numbers)
