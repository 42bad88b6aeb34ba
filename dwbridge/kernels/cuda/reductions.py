"""Sums over axes and their transpose on a GPU. `dwbridge.kernels.reference.reductions` documents the routines.

Sums have an order that follows from shape, dtype and alignment. Arrays that are not in row order are copied. Left to
the reference: axes that make more than the four of `plan.levels`, arrays without elements or with more than 32 bits
count, and what sums or repeats nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from dwbridge.backend import Array
from dwbridge.kernels.cuda.arrays import empty, in_order, kind_of
from dwbridge.kernels.cuda.launch import is_aligned, run
from dwbridge.kernels.cuda.plan.elements import BLOCK, blocks_for, pack_of
from dwbridge.kernels.cuda.plan.launches import ITEMSIZES, Launch
from dwbridge.kernels.cuda.plan.levels import Levels, levels_of
from dwbridge.kernels.cuda.plan.sums import THREADS, stages
from dwbridge.kernels.cuda.sources import Instance
from dwbridge.kernels.errors import DeclinedError


def instances() -> Iterator[Instance]:
    """All that there are."""
    for dtype, size in ITEMSIZES.items():
        for pack in (pack_of(size), 1):
            yield Instance.of("sum_rows", dtype, V=pack)
            yield Instance.of("sum_columns", dtype, V=pack, THREADS=THREADS)
        yield Instance.of("spread", dtype, V=pack_of(size))


def sum_over(x: Array, axes: tuple[int, ...]) -> Array:
    kind = kind_of(x)
    levels = levels_of(x.shape, axes)
    kept = [length for axis, length in enumerate(x.shape) if axis not in axes]
    x = in_order(x)
    *before, last = stages(levels, kind.name, is_aligned(x))
    for stage in before:
        x = _summed(stage.launch, x, stage.left.sums * stage.left.terms, kind.wide)
    return _summed(last.launch, x, kept, kind.wide)


def _summed(launch: Launch, x: Array, shape: Any, wide: np.dtype) -> Array:
    y = empty(shape, wide)
    run(launch, y, x)
    return y


def spread(x: Array, shape: Sequence[int]) -> Array:
    kind = kind_of(x)
    levels = levels_of(tuple(shape), _repeated(x.shape, tuple(shape)))
    x = in_order(x)
    y = empty(shape, x.dtype)
    run(_spread(levels, kind.name, y.size, is_aligned(x)), y, x)
    return y


@functools.lru_cache(4096)
def _repeated(x_shape: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The axes of a shape along which an array is repeated.

    >>> _repeated((3, 1), (2, 3, 4))
    (0, 2)

    Raises:
        DeclinedError: if it does not broadcast to that shape.
    """
    lead = len(shape) - len(x_shape)
    aligned = (1,) * lead + x_shape
    if lead < 0 or any(had not in (1, has) for had, has in zip(aligned, shape, strict=True)):
        raise DeclinedError(f"{x_shape} does not broadcast to {shape}")
    return tuple(axis for axis, (had, has) in enumerate(zip(aligned, shape, strict=True)) if had != has)


@functools.lru_cache(4096)
def _spread(levels: Levels, dtype: str, size: int, aligned: bool) -> Launch:
    pack = pack_of(ITEMSIZES[dtype])
    whole = aligned and levels.adjacent == 1 and levels.inner % pack == 0
    numbers = levels.argument(), np.uint32(size)
    grid = blocks_for(-(-size // pack)), 1, 1
    instance = Instance.of("spread", dtype, V=pack)
    return Launch(instance, "spread_rows" if whole else "spread_runs", grid, BLOCK, numbers)
