"""The weight gradient of depthwise convolution, and with it the bias gradient: sums of products over framed planes.

Every tap has a vector of partial sums, which stays in memory from image to image; at the end its lanes are added, in
their order. The sum of gy, the bias gradient, is kept the same way beside them.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from dwbridge.geometry import Window2D
from dwbridge.kernels.compiled.compiler import routine
from dwbridge.kernels.compiled.planes.correlation import Fixed, band_rows, fixed_kernel
from dwbridge.kernels.compiled.planes.frames import Form, fill
from dwbridge.kernels.compiled.planes.tiles import fixed_weights, listed_weights

#: Taps of a list that are summed in one walk.
LISTED = 8


class WeightPlan(NamedTuple):
    """How the weight gradient walks planes."""

    fixed: Fixed | None
    form: tuple[int, ...]  #: of x's frames
    gy_form: tuple[int, ...]
    sizes: tuple[int, ...]
    taps: np.ndarray

    @classmethod
    @functools.lru_cache(maxsize=1024)
    def of(cls, window: Window2D, image: tuple[int, int], multiplier: int, lanes: int) -> WeightPlan:
        (kh, kw), (sy, sx), (dy, dx) = window.kernel, window.stride, window.dilate
        oh, ow = window.output_shape(image)
        (top, _), (left, _) = window.pad
        form = Form.of(image, left, sx, ow, (kw - 1) * dx // sx, lanes)
        gy_form = Form.of((oh, ow), 0, 1, ow, 0, lanes)
        band = band_rows(oh, sy, window.extent[0], form.row)
        frame_rows = (band - 1) * sy + window.extent[0]
        taps = [i * dy * form.row + (j * dx) % sx * form.phase + j * dx // sx for i in range(kh) for j in range(kw)]
        taps += [0] * (-len(taps) % LISTED)
        sizes = (multiplier, oh, ow, band, frame_rows, sy, top, kh * kw)
        return cls(fixed_kernel(window), tuple(form), tuple(gy_form), sizes, np.array(taps, np.int64))

    @property
    def frame(self) -> int:
        """Elements of a frame of x."""
        return self.sizes[4] * self.form[6]

    @property
    def gy_frame(self) -> int:
        """Elements of a frame of gy."""
        return self.sizes[3] * self.gy_form[6]

    @property
    def slot(self) -> int:
        """Vectors of partial sums of one output channel."""
        return 1 + len(self.taps)


@functools.cache
def weight_routine(fixed: Fixed | None) -> Any:
    """Adds what plane p = (n, c) and its gy give to the partial sums of channel c."""
    add = _adder(fixed)

    def accumulate(p, sums, slot, x, gy, frame, gy_frame, sizes, form, gy_form, taps):
        multiplier, oh, ow, band, frame_rows, sy, top, _ = sizes
        for r0 in range(0, oh, band):
            height = min(band, oh - r0)
            fill(frame, 0, x, p, r0 * sy - top, frame_rows, form, band < oh)
            for m in range(multiplier):
                fill(gy_frame, 0, gy, p * multiplier + m, r0, height, gy_form, False)
                add(sums, m * slot, gy_frame, 0, gy_form[6], height, ow, frame, sy, form, taps)

    return routine(accumulate)


@functools.cache
def shared_weight_routine(fixed: Fixed | None) -> Any:
    """As `weight_routine`, with gy taken from the frames of the data gradient, which hold all of its plane."""
    add = _adder(fixed)

    def accumulate(p, sums, slot, x, gys, origin, gy_row, step, frame, sizes, form, taps):
        multiplier, oh, ow, band, frame_rows, sy, top, _ = sizes
        for r0 in range(0, oh, band):
            height = min(band, oh - r0)
            fill(frame, 0, x, p, r0 * sy - top, frame_rows, form, band < oh)
            for m in range(multiplier):
                add(sums, m * slot, gys, m * step + origin + r0 * gy_row, gy_row, height, ow, frame, sy, form, taps)

    return routine(accumulate)


def _adder(fixed: Fixed | None) -> Any:
    if fixed is None:

        def listed(sums, place, gy, begin, pitch, height, width, frame, sy, form, taps):
            for first in range(0, len(taps), LISTED):
                if first == 0:
                    listed_weights(
                        sums, place, gy, begin, pitch, height, width, frame, 0, sy * form[6], taps, first, LISTED, 1
                    )
                else:
                    listed_weights(
                        sums, place, gy, begin, pitch, height, width, frame, 0, sy * form[6], taps, first, LISTED, 0
                    )

        return routine(listed)
    kh, kw, sy, sx = fixed
    columns = max(1, 10 // kh)
    rows = 3 if columns == 1 else 2

    def unrolled(sums, place, gy, begin, pitch, height, width, frame, stride, form, taps):
        fixed_weights(
            sums, place, gy, begin, pitch, height, width, frame, 0, form[6], form[7], rows, columns, kh, kw, sy, sx
        )

    return routine(unrolled)


@routine
def add_lanes(gW, gb, k, sums, place, count, lanes):
    """Row k of gW (output channels, taps), and gb[k], from their partial sums."""
    for t in range(1 + count):
        total = sums[place + t * lanes]
        for lane in range(1, lanes):
            total += sums[place + t * lanes + lane]
        if t == 0:
            gb[k] = total
        else:
            gW[k, t - 1] = total
