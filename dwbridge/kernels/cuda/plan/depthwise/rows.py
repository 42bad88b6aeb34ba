"""Launches of rows.cuh and rows_data.cuh: a group of lanes for each band of a strip of a plane."""

from __future__ import annotations

import numpy as np

from dwbridge.kernels.cuda.plan.depthwise.problem import Problem
from dwbridge.kernels.cuda.plan.depthwise.walk import THREADS, Walk, walk
from dwbridge.kernels.cuda.plan.launches import Launch
from dwbridge.kernels.cuda.sources import Instance


def rows(problem: Problem, aligned: bool, flip: int = 0, whole: bool = False) -> Launch | None:
    """A launch of rows.cuh; None if it does not compute this, or not in whole packs where these are wanted."""
    found = walk(problem, problem.out_image[0], aligned)
    if found is None or not found.reaches(problem.window) or (whole and not found.whole):
        return None
    k, stride, left = problem.window.kernel[0], problem.window.stride[0], problem.window.pad[1][0]
    constants = {"THREADS": THREADS, "K": k, "STRIDE": stride, "LEFT": left}
    instance = Instance.of(
        "rows", problem.dtype, **found.defines(problem, stride, -(-k // stride) * stride), **constants
    )
    return _launch(problem, found, instance, "depthwise_rows", flip)


def rows_data(problem: Problem, aligned: bool) -> Launch | None:
    """A launch of rows_data.cuh, for the data gradient of stride 2; None if it does not compute this."""
    found = walk(problem, problem.image[0], aligned)
    k, left = problem.window.kernel[0], problem.window.pad[1][0]
    if found is None or problem.window.stride != (2, 2) or left >= k or k // 2 > found.values:
        return None
    defines = found.defines(problem, 1, -(-k // 2))
    instance = Instance.of("rows_data", problem.dtype, **defines, THREADS=THREADS, K=k, LEFT=left)
    return _launch(problem, found, instance, "depthwise_rows_data")


def _launch(problem: Problem, found: Walk, instance: Instance, kernel: str, flip: int = 0) -> Launch:
    total = problem.planes * found.bands * found.strips
    grid = -(-total * found.lanes // THREADS), 1, 1
    numbers = (*map(np.int32, (total, found.bands, found.band_rows, found.strips)),)
    return Launch(instance, kernel, grid, THREADS, (problem.argument(flip), *numbers))
