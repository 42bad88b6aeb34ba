"""Axes that are summed, or repeated, as four: what lies side by side and has one fate is one axis.

    x (outer, strided, inner, adjacent)      outer and inner are kept, strided and adjacent are summed

The transpose of a sum repeats along the axes that it sums.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from dwbridge.kernels.cuda.plan.launches import struct
from dwbridge.kernels.errors import DeclinedError

#: Elements that kernels count in 32 bits, with room for a step of every thread.
COUNTED = 2**31


class Levels(NamedTuple):
    """The lengths of the four axes."""

    outer: int
    strided: int
    inner: int
    adjacent: int

    @property
    def sums(self) -> int:
        return self.outer * self.inner

    @property
    def terms(self) -> int:
        """Of each sum."""
        return self.strided * self.adjacent

    def argument(self) -> Any:
        """The `Levels` that kernels get, by value."""
        return struct(tuple(self), LEVELS)


#: `Levels` in levels.cuh.
LEVELS = np.dtype([(name, np.uint32) for name in Levels._fields])


@functools.lru_cache(4096)
def levels_of(shape: tuple[int, ...], axes: tuple[int, ...]) -> Levels:
    """An array as four axes, of which `axes` are summed.

    >>> levels_of((32, 1, 64, 7, 7), (0, 3, 4))
    Levels(outer=1, strided=32, inner=64, adjacent=49)

    Raises:
        DeclinedError: if there are more than four, nothing to sum, or more than 32 bits count.
    """
    lengths, summed = [1], True  # from the last axis; every other one is summed
    for axis in reversed(range(len(shape))):
        if shape[axis] != 1 and (axis in axes) != summed:
            lengths.append(1)
            summed = not summed
        lengths[-1] *= shape[axis]
    if len(lengths) > len(Levels._fields) or not 0 < math.prod(shape) < COUNTED:
        raise DeclinedError(f"a sum of {shape} over {axes}")
    levels = Levels(*reversed(lengths + [1] * (len(Levels._fields) - len(lengths))))
    if levels.terms == 1:
        raise DeclinedError(f"nothing to sum of {shape} over {axes}")
    return levels
