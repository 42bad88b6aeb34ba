"""Launches of kernels that move windows over planes: a thread for every output, or for every pixel.

Planes go in batches, each a row of the grid, as places.cuh says.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dwbridge.geometry import Pair, Window2D
from dwbridge.kernels.cuda.plan.depthwise.problem import Problem
from dwbridge.kernels.cuda.plan.launches import ITEMSIZES, KEPT, Launch
from dwbridge.kernels.cuda.sources import Instance
from dwbridge.kernels.errors import DeclinedError

#: Threads of a block, as in the `__launch_bounds__` of these kernels.
BLOCK = 256
#: The most places of a batch: threads behind its last place are fewer than this, too.
MOST_PLACES = 1 << 30

#: (kernel, stride) whose loops are unrolled. Other windows, and dilated ones, have their numbers read by the kernels.
UNROLLED: frozenset[tuple[Pair, Pair]] = frozenset({((2, 2), (2, 2)), ((3, 3), (2, 2)), ((3, 3), (1, 1))})

_FIELDS = ("KERNEL_HEIGHT", "KERNEL_WIDTH", "STRIDE_Y", "STRIDE_X", "DILATE_Y", "DILATE_X")
_NAMES = {field: f"window.{field.lower()}" for field in _FIELDS}


def instance(source: str, dtype: str, window: Window2D) -> Instance:
    """The kernels for a window: those that know its numbers, if there are such."""
    if window.dilate != (1, 1) or (window.kernel, window.stride) not in UNROLLED:
        return Instance.of(source, dtype, **_NAMES)
    numbers = (*window.kernel, *window.stride, *window.dilate)
    return Instance.of(source, dtype, **dict(zip(_FIELDS, numbers, strict=True)))


def instances(source: str) -> Iterator[Instance]:
    """All that there are."""
    windows = [Window2D(kernel, stride) for kernel, stride in (*sorted(UNROLLED), ((1, 1), (1, 1)))]
    return (instance(source, dtype, window) for dtype, window in itertools.product(ITEMSIZES, windows))


class Planned(NamedTuple):
    """A launch, and the shape (N, C, oH, oW) of what the windows give."""

    launch: Launch | None  #: None: there is nothing to compute
    shape: tuple[int, int, int, int]


@functools.lru_cache(KEPT)
def every_output(
    source: str, kernel: str, x_shape: tuple[int, ...], window: Window2D, dtype: str, *numbers: int
) -> Planned:
    """A thread for every output; `numbers` are 32-bit arguments behind the batch.

    Raises:
        DeclinedError: if 32 bits do not count the places of a plane, padded.
    """
    problem = problem_of(x_shape, window, dtype)
    return Planned(_launch(source, kernel, problem, math.prod(problem.out_image), numbers), _shape(problem))


@functools.lru_cache(KEPT)
def every_pixel(
    source: str, kernel: str, x_shape: tuple[int, ...], window: Window2D, dtype: str, *numbers: int
) -> Planned:
    """A thread for every pixel; `numbers` are 32-bit arguments behind the batch.

    Raises:
        DeclinedError: if 32 bits do not count the places of a plane, padded.
    """
    problem = problem_of(x_shape, window, dtype)
    return Planned(_launch(source, kernel, problem, math.prod(problem.image), numbers), _shape(problem))


def problem_of(x_shape: tuple[int, ...], window: Window2D, dtype: str) -> Problem:
    """The windows over images of this shape, if 32 bits count all of it."""
    images, channels, height, width = x_shape
    problem = Problem(images, channels, 1, (height, width), window, dtype)
    ends = [size + sum(pad) + e for size, pad, e in zip((height, width), window.pad, window.extent, strict=True)]
    if max(height * width, math.prod(problem.out_image), math.prod(window.kernel), *ends) > MOST_PLACES:
        raise DeclinedError(f"expected planes of at most {MOST_PLACES} places, got {(height, width)} under {window}")
    return problem


def _shape(problem: Problem) -> tuple[int, int, int, int]:
    return problem.images, problem.channels, *problem.out_image


def _launch(source: str, kernel: str, problem: Problem, places: int, numbers: tuple[int, ...]) -> Launch | None:
    planes = problem.images * problem.channels
    if not planes * places:
        return None
    batch = min(planes, MOST_PLACES // places)
    grid = -(-batch * places // BLOCK), -(-planes // batch), 1
    chosen = instance(source, problem.dtype, problem.window)
    return Launch(chosen, kernel, grid, BLOCK, (problem.argument(), np.int32(batch), *map(np.int32, numbers)))
