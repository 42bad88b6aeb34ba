"""Launches of tensor_rows.cuh: 16-bit maps and kernels of 5 to 9 columns, on tensor cores."""

from __future__ import annotations

from dwbridge.kernels.cuda.plan.depthwise.problem import Problem
from dwbridge.kernels.cuda.plan.depthwise.tensor_frames import EIGHT, Frame, frame, parts, pays, work
from dwbridge.kernels.cuda.plan.launches import WARP, Launch
from dwbridge.kernels.cuda.sources import Instance

#: The fewest columns of kernels for which this pays; and taps, where rows of one eight are copied by elements.
LEAST_WIDTH, LEAST_TAPS = 5, 49
#: Words that a lane has in registers besides sums and bands, where rows are whole and where they are in strips; and the
#: registers of a multiprocessor for each lane.
BESIDES, IN_STRIPS, REGISTERS = 72, 108, 65536 // WARP


def tensor_rows(problem: Problem, aligned: bool, flip: int = 0) -> Launch | None:
    """A launch of tensor_rows.cuh; None if it does not compute this, or would compute mostly what is not wanted."""
    kernel, found = problem.window.kernel, parts(problem, aligned)
    if found is None or kernel[1] < LEAST_WIDTH or (flip and problem.multiplier != 1):
        return None
    if not pays(found[0], problem, of_one_eight=LEAST_TAPS):
        return None
    held = frame(problem, with_outputs=False)
    resident = held.resident(_warps(held, problem))
    shared = work(held, problem, resident, beside=4 * kernel[0] * 8 * (_shifts(held, problem) + 1))
    if shared is None:
        return None
    instance = Instance.of(
        "tensor_rows", problem.dtype, **problem.defines(), **held.defines(),
        STAGES=shared.stages, RESIDENT=resident, PART=found[0], OUT_PART=min(4, found[1]),
    )  # fmt: skip
    numbers = problem.argument(flip), *shared.numbers
    return Launch(instance, "depthwise_tensor_rows", shared.grid, WARP * held.warps, numbers)


def _warps(held: Frame, problem: Problem) -> int:
    """That a multiprocessor has registers for."""
    beside = BESIDES if held.strips == 1 else IN_STRIPS
    wanted = 4 * held.eights + problem.window.kernel[0] * _shifts(held, problem) + beside
    return next(warps for warps in (20, 16, 12, 8) if wanted <= REGISTERS // warps or warps == 8)


def _shifts(held: Frame, problem: Problem) -> int:
    """Eights of pixels that an eight of outputs meets."""
    width, left = problem.window.kernel[1], problem.window.pad[1][0]
    return -(-left // EIGHT) + max(0, (width + EIGHT - 2 - left) // EIGHT) + 1 if held.x_eights > 1 else 1
