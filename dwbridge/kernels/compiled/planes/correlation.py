"""Correlation of framed planes: what forward and the data gradient of depthwise convolution have in common.

`plane_routine` writes one output plane. `data_routine` writes one plane of the data gradient. With t = u + top and
stride s, dilation d, the row u of gx is

    gx[u] = sum over taps i with (t - i d) % s == 0 of  gy[(t - i d) / s] W[i]

so rows with the same t % s see the same taps: s phases, each a correlation of gy with its part of the kernel turned
round. (Columns alike.) Phases are computed side by side in scratch memory and put together row by row.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dwbridge.geometry import Window2D
from dwbridge.kernels.compiled.compiler import routine
from dwbridge.kernels.compiled.planes.cuts import Cut
from dwbridge.kernels.compiled.planes.frames import Form, fill, join, narrow
from dwbridge.kernels.compiled.planes.tiles import fixed_plane, listed_plane

#: (kh, kw, sy, sx) of a fixed kernel
Fixed = tuple[int, int, int, int]

#: Elements of a band's frames: with the output rows beside them they stay in a level-1 cache.
BAND_ELEMENTS = 6 * 1024

#: Kernels and strides that are unrolled, each of them a compilation: those of the networks that people train. All
#: others share one kernel that walks a list of taps.
FIXED_KERNELS, FIXED_STRIDES = ((3, 3), (5, 5), (7, 7)), ((1, 1), (2, 2))


def fixed_kernel(window: Window2D) -> Fixed | None:
    """The kernel as a fixed one, or None if its taps are listed."""
    fixed = window.kernel in FIXED_KERNELS and window.stride in FIXED_STRIDES and window.dilate == (1, 1)
    return (*window.kernel, *window.stride) if fixed else None


def band_rows(rows: int, stride: int, extent: int, row_elements: int) -> int:
    """Rows of output to compute from one filling of the frames: all, or equal parts that fit `BAND_ELEMENTS`."""
    fitting = max(2 * extent // stride, (BAND_ELEMENTS // row_elements - extent) // stride + 1, 1)
    bands = -(-rows // fitting)
    return -(-rows // bands)


@functools.cache
def plane_routine(fixed: Fixed | None) -> Any:
    """Writes an output plane from a frame (or the sum over several), with a fixed kernel or with listed taps."""
    if fixed is None:

        def listed(
            out, begin, pitch, height, width, cut, frame, origin, steps, groups, taps, part, weights, first, bias
        ):
            listed_plane(out, begin, pitch, height, width, cut[0], cut[1], cut[2], cut[3], cut[4], cut[5], frame,
                         origin, steps[0], taps, part[0], part[1], weights, first, bias)  # fmt: skip

        return routine(listed)
    kh, kw, sy, sx = fixed

    def unrolled(out, begin, pitch, height, width, cut, frame, origin, steps, groups, taps, part, weights, first, bias):
        fixed_plane(out, begin, pitch, height, width, cut[0], cut[1], cut[2], cut[3], cut[4], cut[5], frame, origin,
                    steps[1], steps[2], groups[0], groups[1], weights, first, bias, kh, kw, sy, sx)  # fmt: skip

    return routine(unrolled)


class ForwardPlan(NamedTuple):
    """How forward walks planes."""

    fixed: Fixed | None  #: compiled into the kernel; all else is numbers that it is given
    cut: tuple[int, ...]
    form: tuple[int, ...]
    sizes: tuple[int, ...]
    taps: np.ndarray

    @classmethod
    @functools.lru_cache(maxsize=1024)
    def of(cls, window: Window2D, image: tuple[int, int], multiplier: int, lanes: int) -> ForwardPlan:
        (kh, kw), (sy, sx), (dy, dx) = window.kernel, window.stride, window.dilate
        oh, ow = window.output_shape(image)
        (top, _), (left, _) = window.pad
        form = Form.of(image, left, sx, ow, (kw - 1) * dx // sx, lanes)
        band = band_rows(oh, sy, window.extent[0], form.row)
        frame_rows = (band - 1) * sy + window.extent[0]
        taps = [i * dy * form.row + (j * dx) % sx * form.phase + j * dx // sx for i in range(kh) for j in range(kw)]
        sizes = (multiplier, oh, ow, band, frame_rows, sy, top, kh * kw)
        cut = tuple(Cut.of(band, ow, lanes))
        return cls(fixed_kernel(window), cut, tuple(form), sizes, np.array(taps, np.int64))

    @property
    def frame(self) -> int:
        """Elements of a frame."""
        return self.sizes[4] * self.form[6]


class DataPlan(NamedTuple):
    """How the data gradient walks planes."""

    phases: tuple[Fixed | None, ...]  #: compiled into the kernel
    strided: bool  #: compiled into the kernel: several phases, put together row by row
    cut: tuple[int, ...]
    form: tuple[int, ...]
    sizes: tuple[int, ...]
    taps: np.ndarray  #: of all phases, one after the other, in each of them for every m
    parts: np.ndarray  #: (phases, 3): the first tap of each phase, their number, and where its frame begins
    order: np.ndarray  #: tap -> its index in W as (M, kH, kW), flattened

    @classmethod
    @functools.lru_cache(maxsize=1024)
    def of(cls, window: Window2D, image: tuple[int, int], multiplier: int, lanes: int) -> DataPlan:
        (sy, sx), (top, left) = window.stride, (window.pad[0][0], window.pad[1][0])
        first_y, height = _phase_span(image[0], top, sy)
        first_x, width = _phase_span(image[1], left, sx)
        behind_y, behind_x = (
            (k - 1) * d // s for k, d, s in zip(window.kernel, window.dilate, window.stride, strict=True)
        )
        form = Form.of(window.output_shape(image), behind_x - first_x, 1, width, behind_x, lanes)
        band = band_rows(height, 1, behind_y + 1, form.row * multiplier)
        frame_rows = band + behind_y
        taps, parts, order, phases = _phases(window, multiplier, form.row, frame_rows, (behind_y, behind_x))
        sizes = (multiplier, *image, height, width, band, frame_rows, first_y - behind_y,
                 first_y * sy - top, left, first_x, len(order), sy, sx)  # fmt: skip
        cut = tuple(Cut.of(band, width, lanes))
        return cls(phases, (sy, sx) != (1, 1), cut, tuple(form), sizes, taps, parts, order)

    @property
    def holds_gy(self) -> bool:
        """Whether the frames hold all of gy's plane at once: one band, and nothing of gy cut off."""
        gy_height, gy_width, left, _, begin, count, _, _ = self.form
        frame_rows, above = self.sizes[6], self.sizes[7]
        rows = self.sizes[5] == self.sizes[3] and above <= 0 and gy_height <= frame_rows + above
        return rows and left >= 0 and begin == 0 and count == gy_width

    @property
    def frames(self) -> int:
        """Elements of the frames, one for every m."""
        return self.sizes[0] * self.sizes[6] * self.form[6]

    @property
    def scratch(self) -> int:
        """Elements of the phases' scratch memory: a band of rows each, with room for vectors that begin at the end."""
        width, band = self.sizes[4], self.sizes[5]
        return self.sizes[13] * band * int(self.strided) * (-(-width // 8) * 8 + 8)


def _phase_span(size: int, pad: int, stride: int) -> tuple[int, int]:
    """The first t // stride, and how many there are, for t = u + pad and u < size."""
    first = pad // stride
    return first, (size - 1 + pad) // stride - first + 1


def _phases(window: Window2D, multiplier: int, row: int, frame_rows: int, behind: Sequence[int]) -> tuple[Any, ...]:
    (kh, kw), (sy, sx), (dy, dx) = window.kernel, window.stride, window.dilate
    taps: list[int] = []
    parts: list[tuple[int, int, int]] = []
    order: list[int] = []
    phases: list[Fixed | None] = []
    fixed = fixed_kernel(window) is not None
    for a in range(sy):
        rows = [i for i in reversed(range(kh)) if (i * dy - a) % sy == 0]
        for b in range(sx):
            columns = [j for j in reversed(range(kw)) if (j * dx - b) % sx == 0]
            places = [
                (m * frame_rows + behind[0] - (i * dy - a) // sy) * row + behind[1] - (j * dx - b) // sx
                for m in range(multiplier)
                for i in rows
                for j in columns
            ]
            parts.append((len(taps), len(places), places[0] if fixed and places else 0))
            taps += places
            order += [(m * kh + i) * kw + j for m in range(multiplier) for i in rows for j in columns]
            phases.append((len(rows), len(columns), 1, 1) if fixed else None)
    kinds = tuple(phases) if fixed else (None,)
    return np.array(taps or [0], np.int64), np.array(parts, np.int64), np.array(order, np.int64), kinds


@functools.cache
def data_routine(phases: tuple[Fixed | None, ...], strided: bool) -> Any:
    """Writes plane p = (n, c) of gx from gy's planes of the same image and channel."""
    planes = [plane_routine(phase) for phase in phases]
    return _interleaved(planes) if strided else _direct(planes[0])


def _direct(plane: Any) -> Any:
    def write(p, c, gx, gy, frames, scratch, weights, zero, sizes, cut, form, taps, parts):
        multiplier, height, width, _, _, band, frame_rows, above, _, _, _, count, _, _ = sizes
        row = form[6]
        step = frame_rows * row
        for r in range(0, height, band):
            r0 = min(r, height - band)
            for m in range(multiplier):
                fill(frames, m * step, gy, p * multiplier + m, r0 + above, frame_rows, form, band < height)
            plane(gx, (p * height + r0) * width, width, band, width, cut, frames, parts[0, 2], (row, row, 0),
                  (multiplier, step), taps, (0, count), weights, c * count, zero)  # fmt: skip

    return routine(write)


def _interleaved(planes: Sequence[Any]) -> Any:
    p0, p1, p2, p3 = (planes[min(k, len(planes) - 1)] for k in range(4))

    def write(p, c, gx, gy, frames, scratch, weights, zero, sizes, cut, form, taps, parts):
        (multiplier, height, width, phase_height, phase_width, band, frame_rows, above, first_row, left, first_column,
         count, sy, sx) = sizes  # fmt: skip
        row = form[6]
        step = frame_rows * row
        pitch = len(scratch) // (sx * band)
        groups, steps = (multiplier, step), (row, row, 0)
        for r in range(0, phase_height, band):
            r0 = min(r, phase_height - band)
            for m in range(multiplier):
                fill(frames, m * step, gy, p * multiplier + m, r0 + above, frame_rows, form, band < phase_height)
            for a in range(sy):
                for b in range(sx):
                    k, begin = a * sx + b, b * band * pitch
                    part, origin, first = (parts[k, 0], parts[k, 1]), parts[k, 2], c * count + parts[k, 0]
                    if k == 0:
                        p0(scratch, begin, pitch, band, phase_width, cut, frames, origin, steps, groups, taps, part,
                           weights, first, zero)  # fmt: skip
                    elif k == 1:
                        p1(scratch, begin, pitch, band, phase_width, cut, frames, origin, steps, groups, taps, part,
                           weights, first, zero)  # fmt: skip
                    elif k == 2:
                        p2(scratch, begin, pitch, band, phase_width, cut, frames, origin, steps, groups, taps, part,
                           weights, first, zero)  # fmt: skip
                    else:
                        p3(scratch, begin, pitch, band, phase_width, cut, frames, origin, steps, groups, taps, part,
                           weights, first, zero)  # fmt: skip
                for t in range(band):
                    u = (r0 + t) * sy + a + first_row
                    if 0 <= u < height:
                        _join_row(
                            gx,
                            (p * height + u) * width,
                            width,
                            scratch,
                            t * pitch,
                            band * pitch,
                            sx,
                            left,
                            first_column,
                        )

    return routine(write)


@routine
def _join_row(gx, to, width, scratch, begin, phase, sx, left, first_column):
    """Row of gx from its phases: column q is in phase (q + left) % sx at (q + left) // sx - first_column."""
    if sx == 2:
        evens = begin + (left % 2) * phase + left // 2 - first_column
        odds = begin + ((left + 1) % 2) * phase + (left + 1) // 2 - first_column
        join(gx, to, scratch, evens, odds, width)
    else:
        for q in range(width):
            value = scratch[begin + ((q + left) % sx) * phase + (q + left) // sx - first_column]
            gx[to + q] = narrow(value, gx)
