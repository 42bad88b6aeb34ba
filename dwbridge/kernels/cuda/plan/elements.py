"""Launches of kernels that compute each element by itself: packs of 16 bytes, and what is left behind the last pack.

Such a kernel's last arguments are how many elements there are, and how many packs: none, where an array does not begin
at a multiple of 16 bytes. Threads take packs, then elements, in turns.
"""

from __future__ import annotations

import functools

import numpy as np

from dwbridge.kernels.cuda.plan.launches import PACK, Launch
from dwbridge.kernels.cuda.sources import Instance

#: Threads of a block, as in the `__launch_bounds__` of these kernels.
BLOCK = 256
#: Blocks that keep any GPU busy: more would only be more to begin.
MOST_BLOCKS = 4096


def pack_of(itemsize: int) -> int:
    """Elements in a pack: `V` in packs.cuh.

    >>> pack_of(4), pack_of(2)
    (4, 8)
    """
    return PACK // itemsize


@functools.cache
def every_element(instance: Instance, kernel: str, size: int, itemsize: int, aligned: bool) -> Launch:
    """The launch over `size` elements; `aligned` if every array begins at a multiple of 16 bytes."""
    packs = size // pack_of(itemsize) if aligned else 0
    turns = max(packs, size - packs * pack_of(itemsize))
    return Launch(instance, kernel, (blocks_for(turns), 1, 1), BLOCK, (np.int64(size), np.int64(packs)))


def blocks_for(turns: int) -> int:
    """Blocks for that many turns of threads: at least one, at most `MOST_BLOCKS`.

    >>> blocks_for(1), blocks_for(257), blocks_for(1 << 40)
    (1, 2, 4096)
    """
    return min(max(1, -(-turns // BLOCK)), MOST_BLOCKS)
