"""Which kernels compute a depthwise convolution, and with which launches.

Of those that compute it, in this order: maps on tensor cores, rows on them, rows in whole packs, planes, rows in parts,
tiles, and else one by one.

    problem        what is to be computed
    one_by_one     any.cuh, for everything
    walk           how lanes divide maps, for the kernels that walk down their rows
    rows           rows.cuh and rows_data.cuh
    tensor_frames  how the kernels on tensor cores have maps
    tensor_maps    tensor_maps.cuh and tensor_maps_weight.cuh, for 16 bits and maps of at most 64 pixels
    tensor_rows    tensor_rows.cuh, for 16 bits and kernels of 5 to 9 columns
    framed_maps    how warps have small maps, whole
    planes         planes.cuh and planes_weight.cuh, for small maps
    tiles          tiles.cuh, for large kernels
    tensor_weight  tensor_weight.cuh, for gradients of 16-bit kernels of 3 to 9 columns, and the bias
    weight         rows_weight.cuh and weight.cuh, for other gradients of kernels and bias
"""

from __future__ import annotations

import functools

from dwbridge.kernels.cuda.plan.depthwise.one_by_one import one_by_one
from dwbridge.kernels.cuda.plan.depthwise.planes import planes
from dwbridge.kernels.cuda.plan.depthwise.problem import Problem
from dwbridge.kernels.cuda.plan.depthwise.rows import rows, rows_data
from dwbridge.kernels.cuda.plan.depthwise.tensor_maps import tensor_maps
from dwbridge.kernels.cuda.plan.depthwise.tensor_rows import tensor_rows
from dwbridge.kernels.cuda.plan.depthwise.tiles import tiles
from dwbridge.kernels.cuda.plan.depthwise.weight import WeightPlan, weight_plan
from dwbridge.kernels.cuda.plan.launches import KEPT, Launch

__all__ = ["Problem", "WeightPlan", "backward_data", "backward_weight", "forward"]


@functools.lru_cache(KEPT)
def forward(problem: Problem, aligned: bool = True) -> Launch:
    """How y is computed; `aligned` if every array begins at a multiple of 16 bytes."""
    launch = tensor_maps(problem, aligned) or _at_stride(problem, aligned)
    return launch or one_by_one(problem, "depthwise_any", problem.planes * problem.multiplier, problem.out_image)


@functools.lru_cache(KEPT)
def backward_data(problem: Problem, aligned: bool = True) -> Launch:
    """How gx is computed."""
    launch, turned = tensor_maps(problem, aligned, data=1), problem.turned()
    launch = launch or (_at_stride(turned, aligned, 1) if turned else rows_data(problem, aligned))
    return launch or one_by_one(problem, "depthwise_any_data", problem.planes, problem.image)


@functools.lru_cache(KEPT)
def backward_weight(problem: Problem, aligned: bool = True) -> WeightPlan:
    """How gW and gb are computed."""
    return weight_plan(problem, aligned)


def _at_stride(problem: Problem, aligned: bool, flip: int = 0) -> Launch | None:
    """A launch of the fastest kernel that computes this; None if none but any.cuh does."""
    packed = tensor_rows(problem, aligned, flip) or rows(problem, aligned, flip, whole=True)
    return packed or planes(problem, flip) or rows(problem, aligned, flip) or tiles(problem, flip)
