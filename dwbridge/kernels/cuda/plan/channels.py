"""Arrays as [outer, channels, inner]: launches of channels.cuh's two ways through them, one channel or all packs."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np

from dwbridge.kernels.cuda.plan.elements import BLOCK, blocks_for
from dwbridge.kernels.cuda.plan.launches import ENOUGH, ITEMSIZES, KEPT, MOST_BLOCKS, PACK, WARP, Launch, struct
from dwbridge.kernels.cuda.sources import Instance
from dwbridge.kernels.errors import DeclinedError

#: Packs of a channel, or rows of a column, that are worth a thread.
WORTH = 4
#: Channels, and packs of one channel, are counted by 32 bits, of which steps and offsets need two.
MOST = 1 << 29

#: `Tour` in channels.cuh.
TOUR = np.dtype([(name, np.int32) for name in ("channels", "units", "channel_step", "unit_step")])


class Channels(NamedTuple):
    """What channels.cuh calls [outer, channels, inner]."""

    outer: int
    channels: int
    inner: int

    def pack(self, dtype: str, aligned: bool) -> int:
        """Elements that are loaded at once: none are of two channels.

        >>> [Channels(32, 96, inner).pack('float16', True) for inner in (784, 196, 49, 1)]
        [8, 4, 1, 1]
        """
        return math.gcd(self.inner, PACK // ITEMSIZES[dtype]) if aligned else 1


class Sums(NamedTuple):
    """Sums of every channel: those of slices, then their sum."""

    partial: Launch
    total: Launch
    shape: tuple[int, int, int]  #: of what the slices leave: slices, sums, channels


@functools.lru_cache(KEPT)
def channels_of(shape: tuple[int, ...], axes: tuple[int, ...]) -> Channels:
    """The layout of an array whose statistics are taken over `axes`.

    >>> channels_of((8, 3, 5, 4), (0, 2, 3)), channels_of((8, 1, 3), (0,))
    (Channels(outer=8, channels=3, inner=20), Channels(outer=8, channels=3, inner=1))

    Raises:
        DeclinedError: if other axes lie between the channels', if there are no elements, or more than are counted.
    """
    left = [i for i, size in enumerate(shape) if i not in axes and size != 1]
    first, last = (left[0], left[-1] + 1) if left else (0, 0)
    if any(i in axes and shape[i] != 1 for i in range(first, last)):
        raise DeclinedError(f"statistics of {shape} over {axes}")
    return counted(*map(math.prod, (shape[:first], shape[first:last], shape[last:])))


def counted(outer: int, channels: int, inner: int) -> Channels:
    """The layout.

    Raises:
        DeclinedError: if there are no elements, or more than are counted.
    """
    if not 0 < channels <= MOST or not 0 < outer * inner <= MOST:
        raise DeclinedError(f"expected 1 to {MOST} channels and elements of each, got {(outer, channels, inner)}")
    return Channels(outer, channels, inner)


def sums(instance: Instance, kernel: str, count: int, layout: Channels, pack: int) -> Sums:
    """The launches of `plane_<kernel>` or `column_<kernel>`, and of `channel_<kernel>`.

    Args:
        instance: the kernels, made for this pack.
        kernel: their name.
        count: how many numbers they keep of a channel.
        layout: of the arrays.
        pack: elements that are loaded at once.
    """
    outer, channels, inner = layout
    columns = inner == 1
    side, threads = (-(-channels // WARP), BLOCK // WARP) if columns else (channels, BLOCK)
    total = outer * inner // pack
    wanted = -(-ENOUGH // side)
    length = -(-total // max(1, min(wanted, total // (WORTH * threads), MOST_BLOCKS[1])))
    slices = -(-total // length)
    numbers = (channels, outer, length) if columns else (channels, inner // pack, total, length)
    name = f"{'column' if columns else 'plane'}_{kernel}"
    partial = Launch(instance, name, (side, slices, 1), BLOCK, tuple(map(np.int32, numbers)))
    grid = -(-channels // BLOCK), 1, 1
    whole = Launch(instance, f"channel_{kernel}", grid, BLOCK, (np.int32(channels), np.int32(slices)))
    return Sums(partial, whole, (slices, count, channels))


def every_pack(instance: Instance, kernel: str, layout: Channels, pack: int) -> Launch:
    """The launch over all packs, each with its channel."""
    units, packs = layout.inner // pack, math.prod(layout) // pack
    blocks = blocks_for(packs)
    step = blocks * BLOCK
    tour = struct((layout.channels, units, step // units % layout.channels, step % units), TOUR)
    return Launch(instance, kernel, (blocks, 1, 1), BLOCK, (tour, np.int64(packs)))
