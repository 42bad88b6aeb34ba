"""Gradients of the kernels and the bias, in two stages: launches of rows_weight.cuh and weight.cuh, and which is taken.

Slices follow from the shape alone, so that the same sums are added in the same order on every device.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from dwbridge.kernels.cuda.plan.depthwise.one_by_one import BLOCKS
from dwbridge.kernels.cuda.plan.depthwise.one_by_one import THREADS as SUM_THREADS
from dwbridge.kernels.cuda.plan.depthwise.planes import planes_weight
from dwbridge.kernels.cuda.plan.depthwise.problem import Problem
from dwbridge.kernels.cuda.plan.depthwise.tensor_maps import tensor_maps_weight
from dwbridge.kernels.cuda.plan.depthwise.tensor_weight import tensor_weight
from dwbridge.kernels.cuda.plan.depthwise.walk import THREADS, Walk, walk
from dwbridge.kernels.cuda.plan.launches import ENOUGH, MOST_BLOCKS, WARP, Launch, even
from dwbridge.kernels.cuda.sources import Instance

#: kernel size -> blocks of rows_weight.cuh that a multiprocessor has registers for, if lanes have up to four columns
RESIDENT = {3: 5, 5: 4, 7: 3}
#: The most taps that a thread of weight.cuh has in registers, and the outputs that are worth a block.
MOST_TAPS, SLICE = 28, 2048


class WeightPlan(NamedTuple):
    """A weight gradient: sums of slices, then the sum of these."""

    partial: Launch
    total: Launch
    shape: tuple[int, int, int]  #: of the slices' sums: slices, C M, and taps with the bias behind them


def weight_plan(problem: Problem, aligned: bool = True) -> WeightPlan:
    """The slices' sums, and the sum of these."""
    on_tensor_cores = tensor_maps_weight(problem, aligned) or tensor_weight(problem, aligned)
    packed = on_tensor_cores or rows_weight(problem, aligned, whole=True)
    partial, slices = packed or planes_weight(problem) or rows_weight(problem, aligned) or weight(problem)
    taps = math.prod(problem.window.kernel) + 1  # the last one is the bias
    grid = min(-(-problem.out_channels * taps // SUM_THREADS), BLOCKS), 1, 1
    numbers = problem.argument(), np.int32(slices)
    total = Launch(Instance.of("weight_sum", problem.dtype), "depthwise_weight_sum", grid, SUM_THREADS, numbers)
    return WeightPlan(partial, total, (slices, problem.out_channels, taps))


def rows_weight(problem: Problem, aligned: bool, whole: bool = False) -> tuple[Launch, int] | None:
    """A launch of rows_weight.cuh and its number of slices; None if it does not compute this, or not in whole packs."""
    found = walk(problem, problem.out_image[0], aligned)
    if found is None or not found.reaches(problem.window) or (whole and not found.whole):
        return None
    k, stride, left = problem.window.kernel[0], problem.window.stride[0], problem.window.pad[1][0]
    resident = _resident(problem, found)
    total = problem.images * found.bands * found.strips
    at_once = ENOUGH * resident // 4 // problem.channels  # warps of a channel
    warps = min(THREADS // WARP, _power_of_two(at_once), 2 * _power_of_two(-(-total * found.lanes // WARP)))
    groups = warps * WARP // found.lanes
    turns = -(-total // (groups * max(1, at_once // warps)))
    turns = max(turns, -(-total // (groups * MOST_BLOCKS[1])))
    units = turns * groups
    slices = -(-total // units)
    constants = {"THREADS": warps * WARP, "K": k, "STRIDE": stride, "LEFT": left}
    period = -(-k // stride) * stride
    defines = {**found.defines(problem, stride, period), **constants, "RESIDENT": resident * THREADS // (warps * WARP)}
    if k == 7 and problem.itemsize == 2:
        defines |= {"AHEAD": 1, "TURN": period}  # for registers
    numbers = (*map(np.int32, (total, units, found.bands, found.band_rows, found.strips)),)
    launch = Launch(Instance.of("rows_weight", problem.dtype, **defines), "depthwise_rows_weight",
                    (problem.channels, slices, 1), warps * WARP, (problem.argument(), *numbers))  # fmt: skip
    return launch, slices


def _resident(problem: Problem, found: Walk) -> int:
    """Blocks of `THREADS` that registers leave room for in a multiprocessor."""
    k, stride = problem.window.kernel[0], problem.window.stride[0]
    if problem.itemsize == 8 or (found.values > 4 and k * stride > 3):
        return 3 if k == 3 else 2
    return RESIDENT[k] - int(not found.whole or found.overlap == 1)


def _power_of_two(size: int) -> int:
    """The largest that is no larger, and at least 1."""
    return 1 << (max(1, size).bit_length() - 1)


def weight(problem: Problem) -> tuple[Launch, int]:
    """A launch of weight.cuh and its number of slices: of whole images or, if these are large, of parts of one."""
    height, width = problem.window.kernel
    taps_x = even(width, MOST_TAPS // 3)
    taps_y = even(height, MOST_TAPS // taps_x)
    groups = -(-height // taps_y) * -(-width // taps_x)
    pixels = math.prod(problem.out_image)
    wanted = -(-ENOUGH // (problem.out_channels * groups))
    slices = max(1, min(wanted, problem.images * pixels // SLICE, MOST_BLOCKS[1]))
    parts = max(1, slices // problem.images)
    images = max(1, -(-problem.images // slices), -(-problem.images * parts // MOST_BLOCKS[1]))
    parts = -(-pixels // -(-pixels // parts)) if images == 1 else 1
    slices = -(-problem.images // images) * parts
    instance = Instance.of("weight", problem.dtype, THREADS=THREADS, TAPS_Y=taps_y, TAPS_X=taps_x)
    grid = problem.out_channels * groups, slices, 1
    numbers = problem.argument(), np.int32(images), np.int32(parts)
    return Launch(instance, "depthwise_weight", grid, THREADS, numbers), slices
