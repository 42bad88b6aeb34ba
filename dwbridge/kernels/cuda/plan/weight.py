"""Launches of weight.cuh: the gradients of the kernels and the bias, in two stages."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from dwbridge.kernels.cuda.plan.one_by_one import BLOCKS
from dwbridge.kernels.cuda.plan.one_by_one import THREADS as SUM_THREADS
from dwbridge.kernels.cuda.plan.problem import ENOUGH, MOST_BLOCKS, Launch, Problem
from dwbridge.kernels.cuda.sources import Instance

#: Threads of a block, the most taps that one has in registers, and the outputs that are worth a block.
THREADS, MOST_TAPS, SLICE = 128, 26, 2048


class WeightPlan(NamedTuple):
    """A weight gradient: sums of slices, then the sum of these."""

    partial: Launch
    total: Launch
    shape: tuple[int, int, int]  #: of the slices' sums: slices, C M, and taps with the bias behind them


def weight_plan(problem: Problem) -> WeightPlan:
    """Slices enough to keep a GPU busy, each worth a block."""
    taps = math.prod(problem.window.kernel) + 1  # the last one is the bias
    groups = -(-taps // MOST_TAPS)
    out_channels = problem.out_channels
    outputs = problem.images * math.prod(problem.out_image)
    wanted = -(-ENOUGH // max(1, out_channels * groups))
    slices = max(1, min(wanted, outputs // SLICE, MOST_BLOCKS[1]))
    instance = Instance.of("weight", problem.dtype, THREADS=THREADS, TAPS=-(-taps // groups))
    window = problem.argument()
    grid = out_channels, slices, groups
    length = np.int64(-(-outputs // slices))
    partial = Launch(instance, "depthwise_weight_partial", grid, THREADS, (window, length))
    grid = min(-(-out_channels * taps // SUM_THREADS), BLOCKS), 1, 1
    total = Launch(instance, "depthwise_weight_sum", grid, SUM_THREADS, (window, np.int32(slices)))
    return WeightPlan(partial, total, (slices, out_channels, taps))
