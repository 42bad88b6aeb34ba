"""Launches of any.cuh: a thread for an output. Every convolution is one of theirs."""

from __future__ import annotations

import math

import numpy as np

from dwbridge.kernels.cuda.plan.depthwise.problem import Problem
from dwbridge.kernels.cuda.plan.launches import INDEXED, Launch
from dwbridge.kernels.cuda.sources import Instance

#: Threads of a block, and the most blocks of a run of planes: beyond them, threads take several outputs.
THREADS, BLOCKS = 256, 1 << 16


def one_by_one(problem: Problem, kernel: str, planes: int, image: tuple[int, int]) -> Launch:
    """A launch for `planes` maps of this size, in runs with less than 2^31 outputs."""
    pixels = math.prod(image)
    run = max(1, min(planes, INDEXED // pixels))
    grid = min(-(-run * pixels // THREADS), BLOCKS), -(-planes // run), 1
    numbers = problem.argument(), np.int32(planes), np.int32(run)
    return Launch(Instance.of("any", problem.dtype), kernel, grid, THREADS, numbers)
