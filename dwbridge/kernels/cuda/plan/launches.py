"""A launch, and what every GPU sets to it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dwbridge.kernels.cuda.sources import Instance

#: Limits of a launch on every GPU of compute capability 5.0 and above.
MOST_THREADS, MOST_BLOCKS = 1024, (2**31 - 1, 65535, 65535)
#: Bytes of shared memory that a block may have without asking for more.
SHARED_BYTES = 48 << 10

#: Bytes that a thread loads and stores at once, and lanes of a warp.
PACK, WARP = 16, 32

#: Warps that keep any GPU busy.
ENOUGH = 2048

#: What kernels count in 32 bits, with room for a step of every thread: planes, the pixels of one. Addresses have 64.
INDEXED = 2**31 - 2**24

ITEMSIZES = {"float32": 4, "float64": 8, "float16": 2, "bfloat16": 2}

#: Plans of each kind that are kept: working one out takes longer than a launch.
KEPT = 4096


class Launch(NamedTuple):
    """A kernel of an instance, with its grid and its blocks."""

    instance: Instance
    kernel: str
    grid: tuple[int, int, int]
    block: int
    numbers: tuple[Any, ...]  #: the arguments behind the arrays: the window, and what else the kernel takes


def struct(values: tuple[Any, ...], dtype: np.dtype) -> Any:
    """A struct as a kernel gets it, by value: a scalar. An array without axes takes CuPy 5 us longer."""
    return np.array(values, dtype)[()]


def even(size: int, most: int) -> int:
    """The size of the fewest parts that are no larger than `most`, as even as they can be.

    >>> even(7, 4), even(31, 9)
    (4, 8)
    """
    return -(-size // -(-size // most))
