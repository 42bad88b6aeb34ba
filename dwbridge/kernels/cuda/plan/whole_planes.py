"""Launches of whole_planes.cuh: average pooling whose one window has the whole image in it, global average pooling."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator

import numpy as np

from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda.plan.elements import pack_of
from dwbridge.kernels.cuda.plan.launches import ITEMSIZES, KEPT, WARP, Launch
from dwbridge.kernels.cuda.plan.windows import MOST_PLACES
from dwbridge.kernels.cuda.sources import Instance

#: Threads of a block, as in the `__launch_bounds__`.
BLOCK = 256
#: Packs of a plane that are worth a block; fewer are a warp's.
LONG = 16 * WARP
#: The most taps, and so pixels: batches of planes are multiples of as many planes as any pack has elements.
MOST_PIXELS = MOST_PLACES // 8


@functools.cache
def instance(dtype: str, pack: int, group: int = WARP) -> Instance:
    return Instance.of("whole_planes", dtype, V=pack, GROUP=group)


def instances() -> Iterator[Instance]:
    """All that there are."""
    groups = WARP, BLOCK
    for dtype, group in itertools.product(ITEMSIZES, groups):
        yield from (instance(dtype, pack, group) for pack in (1, pack_of(ITEMSIZES[dtype])))


def is_whole(image: tuple[int, int], window: Window2D) -> bool:
    """Whether there is one window, in which every pixel is.

    >>> is_whole((7, 7), Window2D.of(7)), is_whole((7, 7), Window2D.of(7, pad=1))
    (True, False)
    """
    ends = (k - before >= size for k, (before, _), size in zip(window.kernel, window.pad, image, strict=True))
    return (
        window.dilate == (1, 1)
        and all(ends)
        and math.prod(window.kernel) <= MOST_PIXELS
        and window.output_shape(image) == (1, 1)
    )


@functools.lru_cache(KEPT)
def means(planes: int, pixels: int, count: int, dtype: str) -> Launch:
    """Sums of planes, divided by `count`; planes begin at multiples of 16 bytes if the first one does."""
    pack = pack_of(ITEMSIZES[dtype])
    pack = 1 if pixels % pack else pack
    group = BLOCK if pixels // pack >= LONG else WARP
    grid = -(-planes * group // BLOCK), 1, 1
    numbers = np.int64(planes), np.int32(pixels), np.int32(count)
    return Launch(instance(dtype, pack, group), "average_planes", grid, BLOCK, numbers)


@functools.lru_cache(KEPT)
def shares(planes: int, pixels: int, count: int, dtype: str) -> Launch:
    """Planes of numbers that are divided by `count`."""
    pack = pack_of(ITEMSIZES[dtype])
    batch = min(planes, MOST_PLACES // pixels // pack * pack)
    grid = -(-batch * pixels // (BLOCK * pack)), -(-planes // batch), 1
    numbers = np.int64(planes), np.int32(pixels), np.int32(count), np.int32(batch)
    return Launch(instance(dtype, pack), "average_planes_gradient", grid, BLOCK, numbers)
