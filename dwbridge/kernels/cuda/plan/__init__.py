"""Which kernels compute a depthwise convolution, and with which launches. Pure Python: no GPU, no CuPy.

A plan follows from shapes, dtype, window and alignment alone, so the bits of a result do not depend on the device.

    problem      what is to be computed; the limits of launches
    one_by_one   any.cuh, for everything
    rows         rows.cuh, for rows of whole packs
    planes       planes.cuh, for small maps
    weight       weight.cuh, for gradients of kernels and bias
"""

from __future__ import annotations

import functools

from dwbridge.kernels.cuda.plan.one_by_one import one_by_one
from dwbridge.kernels.cuda.plan.planes import planes
from dwbridge.kernels.cuda.plan.problem import Launch, Problem
from dwbridge.kernels.cuda.plan.rows import rows
from dwbridge.kernels.cuda.plan.weight import WeightPlan, weight_plan

__all__ = ["Launch", "Problem", "WeightPlan", "backward_data", "backward_weight", "forward"]

#: Plans of each kind that are kept: working one out takes longer than a launch.
KEPT = 4096


@functools.lru_cache(KEPT)
def forward(problem: Problem, aligned: bool = True) -> Launch:
    """How y is computed; `aligned` if every array begins at a multiple of 16 bytes."""
    if aligned and (launch := rows(problem) or planes(problem)):
        return launch
    return one_by_one(problem, "depthwise_any", problem.outputs)


@functools.lru_cache(KEPT)
def backward_data(problem: Problem, aligned: bool = True) -> Launch:
    """How gx is computed."""
    if aligned and (turned := problem.turned()) and (launch := rows(turned, 1) or planes(turned, 1)):
        return launch
    return one_by_one(problem, "depthwise_any_data", problem.inputs)


@functools.lru_cache(KEPT)
def backward_weight(problem: Problem) -> WeightPlan:
    """How gW and gb are computed."""
    return weight_plan(problem)
