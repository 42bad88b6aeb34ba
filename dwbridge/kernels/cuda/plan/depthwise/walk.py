"""How groups of lanes divide maps among them, for the kernels that walk down rows: `walk.cuh`.

A lane has V columns of y and the V times stride of x above them, in every kernel.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda.plan.depthwise.problem import Problem
from dwbridge.kernels.cuda.plan.launches import ENOUGH, INDEXED, PACK, WARP

#: Threads of a block, the least rows of x in a band (others read its first ones too), and sizes of kernels.
THREADS, LEAST_ROWS, SIZES = 128, 28, (3, 5, 7)

#: Bytes that a lane has asked for before it needs them.
UNDER_WAY = 48


class Walk(NamedTuple):
    """The division of maps, and what their rows are loaded in."""

    values: int  #: columns of y that a lane has: V
    part: int  #: elements that are loaded at once
    lanes: int  #: of a group
    overlap: int  #: 1 if strips overlap by a lane on either side
    strips: int  #: of a map
    bands: int  #: of a map
    band_rows: int

    @property
    def whole(self) -> bool:
        """Whether rows are loaded in packs of 16 bytes."""
        return self.part == self.values

    def reaches(self, window: Window2D) -> bool:
        """Whether lanes have what their neighbours need of x."""
        (k, _), (stride, _), left = window.kernel, window.stride, window.pad[1][0]
        return k - stride - left >= 0 and max(left, k - stride - left) <= stride * self.values

    def defines(self, problem: Problem, columns: int, period: int) -> dict[str, int]:
        """What `walk.cuh` wants defined, besides THREADS.

        `columns` are those that a lane loads of a row, for each of its V outputs. After `period` rows a kernel's ring
        is where it was. A turn is as many of these as rows are ahead: none of them has to move from one register to
        another at its end, for which it would have to be there.
        """
        k = problem.window.kernel[0]
        ahead = -(-UNDER_WAY // (columns * self.values * problem.itemsize))
        # Left to itself, ptxas aims at more blocks than these have registers for, and spills a few.
        resident = 3 if self.whole and (k == 3 or problem.itemsize == 4) else 2
        return {
            "V": self.values,
            "PART": self.part,
            "AHEAD": ahead,
            "TURN": period * -(-ahead // period),
            "LANES": self.lanes,
            "OVERLAP": self.overlap,
            "RESIDENT": resident,
        }


def walk(problem: Problem, rows: int, aligned: bool) -> Walk | None:
    """A walk over maps of so many rows of results; None if there is none for this window."""
    window, packed = problem.window, PACK // problem.itemsize
    k, stride = window.kernel[0], window.stride[0]
    if not (
        problem.multiplier == 1
        and window.dilate == (1, 1)
        and window.kernel == (k, k)
        and window.stride == (stride, stride)
        and k in SIZES
        and stride in (1, 2)
    ):
        return None
    widths = problem.image[1], problem.out_image[1]
    part = math.gcd(packed, *widths) if aligned else 1
    values = packed if part == packed else min(packed, max(part, 4))
    wanted = max(-(-widths[0] // (values * stride)), -(-widths[1] // values))
    overlap = int(wanted > WARP)
    lanes = WARP if overlap else 1 << (wanted - 1).bit_length()
    strips = -(-wanted // (WARP - 2)) if overlap else 1
    busy = -(-ENOUGH * WARP // (problem.planes * strips * lanes))
    band_rows = -(-rows // max(1, min(busy, problem.image[0] // LEAST_ROWS)))
    bands = -(-rows // band_rows)
    if problem.planes * strips * bands > INDEXED:
        return None
    return Walk(values, part, lanes, overlap, strips, bands, band_rows)
