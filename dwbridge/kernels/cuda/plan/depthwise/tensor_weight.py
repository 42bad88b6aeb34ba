"""Launches of tensor_weight.cuh: gradients of 16-bit kernels of 3 to 9 columns, on tensor cores."""

from __future__ import annotations

import math

from dwbridge.kernels.cuda.plan.depthwise.problem import Problem
from dwbridge.kernels.cuda.plan.depthwise.tensor_frames import frame, parts, pays, work
from dwbridge.kernels.cuda.plan.launches import WARP, Launch
from dwbridge.kernels.cuda.sources import Instance


def tensor_weight(problem: Problem, aligned: bool) -> tuple[Launch, int] | None:
    """A launch of tensor_weight.cuh and its number of slices; None if it does not compute this, or others do better."""
    kernel, left, found = problem.window.kernel, problem.window.pad[1][0], parts(problem, aligned)
    if found is None or left >= kernel[1] or not pays(min(found), problem, of_one_eight=math.inf):
        return None
    held = frame(problem, with_outputs=True)
    resident = held.resident(_warps(kernel[0]))
    shared = work(held, problem, resident)
    if shared is None:
        return None
    instance = Instance.of(
        "tensor_weight", problem.dtype, **problem.defines(), **held.defines(),
        STAGES=shared.stages, RESIDENT=resident, PART=found[0], OUT_PART=found[1],
    )  # fmt: skip
    numbers = problem.argument(), *shared.numbers
    return Launch(instance, "depthwise_tensor_weight", shared.grid, WARP * held.warps, numbers), shared.grid[1]


def _warps(kernel_height: int) -> int:
    """That a multiprocessor has registers for: a lane keeps 12 sums for two rows of taps."""
    sums = 12 * (kernel_height // 2 + 1)
    return 20 if sums <= 24 else 16 if sums <= 48 else 12
