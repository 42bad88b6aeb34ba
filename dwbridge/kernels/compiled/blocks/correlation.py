"""Correlation of blocks: forward and the data gradient of depthwise convolution, told apart by tables alone.

Along an axis with kernel k, stride s, dilation d and padding p, both are a sum over taps of inputs times weights:

    forward          y[o]  = sum over i of  x[o s - p + i d] W[i]
    data gradient    gx[o] = sum over i with (o + p - i d) % s == 0 of  gy[(o + p - i d) / s] W[i]

With down = s, up = 1, lead = -p in forward and down = 1, up = s, lead = p in the data gradient, output o belongs to
phase (o down + lead) % up, and reads the inputs base(o) + offset for the offsets of its phase's taps, where

    base(o) = (o down + lead) // up - reach

and reach is how far the furthest tap lies behind. A band of output rows is computed from the input rows that it reads,
which lie in a frame in scratch memory, padded to the left and right. Taps above and below the image are left out.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from dwbridge.geometry import Window2D
from dwbridge.kernels.compiled.blocks.rows import listed_rows, unit_of, unrolled_rows
from dwbridge.kernels.compiled.blocks.tables import packed, table
from dwbridge.kernels.compiled.compiler import subroutine

#: (kw, down, up) of unrolled rows; None: taps are listed
Kind = tuple[int, int, int] | None

#: Widths and column strides that are unrolled, each of them compiled when it is first used.
UNROLLED_WIDTHS, UNROLLED_STRIDES = range(1, 8), (1, 2)

#: Vectors of a band's frame and outputs: with the frame of a weight gradient they stay in a level-2 cache.
BAND = 4096

#: The tables of a plan, in their order.
SIZES, BANDS, LINES, OFFSETS, PLACES, OUT_PLACES, ORDER = range(7)

#: The numbers in the first of them: sizes of planes; outputs that are summed side by side and how many such groups a
#: line has; elements from one output's pixels to the next's and from one output to the next, from one row of the frame
#: to the next and of the outputs; lines of a row; elements before a frame row's first input; the kernel's size;
#: elements of the frame and of a band's outputs.
(IN_HEIGHT, IN_WIDTH, HEIGHT, WIDTH, UNIT, GROUPS, IN_STEP, OUT_STEP, PITCH, OUT_PITCH, LINES_OF_A_ROW, LEFT, KH, KW,
 FRAME, OUT) = range(16)  # fmt: skip

#: Numbers of a band: see `_bands`.
BAND_NUMBERS = 7


class Axis(NamedTuple):
    """How the outputs of one axis read its inputs; see the head of the module."""

    inputs: int
    outputs: int
    down: int
    up: int
    lead: int
    reach: int
    phases: tuple[tuple[tuple[int, int], ...], ...]  #: of each phase, (offset, tap) in ascending order

    @classmethod
    def forward(cls, size: int, outputs: int, k: int, s: int, p: int, d: int) -> Axis:
        return cls(size, outputs, s, 1, -p, 0, (tuple((i * d, i) for i in range(k)),))

    @classmethod
    def data(cls, size: int, outputs: int, k: int, s: int, p: int, d: int) -> Axis:
        """`outputs` are those of the convolution, which the gradient reads."""
        reach = (k - 1) * d // s
        phases = [
            tuple((reach - (i * d - a) // s, i) for i in reversed(range(k)) if (i * d - a) % s == 0) for a in range(s)
        ]
        return cls(outputs, size, 1, s, p, reach, tuple(phases))

    def base(self, output: int) -> int:
        return (output * self.down + self.lead) // self.up - self.reach

    def phase(self, output: int) -> int:
        return (output * self.down + self.lead) % self.up

    @property
    def furthest(self) -> int:
        """The largest offset of any tap."""
        return max((offset for phase in self.phases for offset, _ in phase), default=0)

    @property
    def left(self) -> int:
        """Where the first input lies, if the first output's base is at zero."""
        return -self.base(0)

    @property
    def shift(self) -> int:
        """Outputs before the first one, if they are counted from one of phase zero."""
        return self.lead % self.up

    def inside(self, output: int) -> tuple[int, int]:
        """The first of the phase's taps that reads an input, and the one behind the last."""
        base = self.base(output)
        numbers = [
            n for n, (offset, _) in enumerate(self.phases[self.phase(output)]) if 0 <= base + offset < self.inputs
        ]
        return (numbers[0], numbers[-1] + 1) if numbers else (0, 0)


class Correlation(NamedTuple):
    """How a kernel walks planes."""

    kind: Kind  #: compiled into the kernel; all else is numbers that it is given
    shape: tuple[int, int]  #: of an output plane
    tables: np.ndarray
    scratch: int  #: elements of a band's frame and outputs
    own: int  #: input rows that are one band's own, at most; zero if the frames do not hold all inputs

    @classmethod
    @functools.lru_cache(maxsize=128)
    def forward(cls, window: Window2D, image: tuple[int, int], lanes: int) -> Correlation:
        return cls._of(*_axes(Axis.forward, window, image), _kind(window, window.stride[1], 1), lanes)

    @classmethod
    @functools.lru_cache(maxsize=128)
    def data(cls, window: Window2D, image: tuple[int, int], lanes: int) -> Correlation:
        return cls._of(*_axes(Axis.data, window, image), _kind(window, 1, window.stride[1]), lanes)

    @classmethod
    def _of(cls, y: Axis, x: Axis, kind: Kind, lanes: int) -> Correlation:
        span, lines = x.outputs + x.shift, 1 if kind else x.up
        unit, groups = unit_of(-(-span // lines), x.up if kind else 1)
        columns = (unit * groups * lines // x.up - 1) * x.down + x.furthest + 1
        cut = x.left < 0 or x.left + x.inputs > columns
        pitch = columns + cut  # the inputs that nobody reads go to one more column
        out_pitch = unit * groups * lines
        bands = list(_bands(y, pitch, out_pitch))
        rows, frame_rows = max(b[1] - b[0] for b in bands), max(b[7] for b in bands)
        read = np.arange(x.inputs) + x.left
        read = np.where((read >= 0) & (read < columns), read, columns)
        places = np.add.outer(np.arange(frame_rows) * pitch, read).ravel() * lanes
        out_places = np.add.outer(np.arange(rows) * out_pitch, np.arange(x.outputs) + x.shift).ravel() * lanes
        in_step, out_step = x.down * lanes, lines * lanes
        taps, offsets, order = _taps(y, x, kind, pitch)
        sizes = (y.inputs, x.inputs, y.outputs, x.outputs, unit, groups, in_step, out_step, pitch * lanes,
                 out_pitch * lanes, lines, x.left * lanes, *(sum(map(len, axis.phases)) for axis in (y, x)),
                 frame_rows * pitch * lanes, rows * out_pitch * lanes)  # fmt: skip
        tables = packed(sizes, np.array(bands)[:, :7], _lines(y, taps, pitch, out_pitch, lanes),
                        np.array(offsets) * lanes, padded(places, lanes), padded(out_places, lanes),
                        padded(np.array(order) * lanes, lanes))  # fmt: skip
        whole = not cut and y.base(0) <= 0 and y.base(y.outputs - 1) + y.reach >= y.inputs - 1
        own = max(b[6] - b[5] for b in bands) * whole
        return cls(kind, (y.outputs, x.outputs), tables, sizes[-2] + sizes[-1], own)


def _axes(make: Any, window: Window2D, image: tuple[int, int]) -> tuple[Axis, Axis]:
    parts = zip(image, window.output_shape(image), window.kernel, window.stride, window.pad, window.dilate, strict=True)
    y, x = (make(size, outputs, k, s, p, d) for size, outputs, k, s, (p, _), d in parts)
    return y, x


def _kind(window: Window2D, down: int, up: int) -> Kind:
    kw, stride = window.kernel[1], window.stride[1]
    unrolled = kw in UNROLLED_WIDTHS and stride in UNROLLED_STRIDES and window.dilate[1] == 1
    return (kw, down, up) if unrolled else None


def _bands(y: Axis, pitch: int, out_pitch: int) -> Iterator[tuple[int, ...]]:
    """Bands of output rows: their first row and the one behind the last, the input row that is the frame's first, the
    input rows to read, those that are the band's own (each is one band's), and the number of rows in the frame.
    """
    rows = next((r for r in range(y.outputs, 1, -1) if _frame_rows(y, 0, r) * pitch + r * out_pitch <= BAND), 1)
    rows = -(-y.outputs // -(-y.outputs // rows))
    own = 0
    for r in range(0, y.outputs, rows):
        end = min(r + rows, y.outputs)
        first, count = y.base(r), _frame_rows(y, r, end)
        low, high = (min(max(u, 0), y.inputs) for u in (first, first + count))
        next_own = y.inputs if end == y.outputs else min(max(y.base(end) + y.reach, 0), y.inputs)
        yield r, end, first, low, high, own, next_own, count
        own = next_own


def _frame_rows(y: Axis, first: int, end: int) -> int:
    return y.base(end - 1) - y.base(first) + y.furthest + 1


def _taps(y: Axis, x: Axis, kind: Kind, pitch: int) -> tuple[list[list[tuple[int, int]]], list[int], list[int]]:
    """Of each row phase, for each line of it, its first tap (row) and how many belong to one kernel row; all taps'
    offsets; where W's weights go.
    """
    kh, kw = (sum(len(phase) for phase in axis.phases) for axis in (y, x))
    order = [0] * (kh * kw)
    offsets: list[int] = []
    taps: list[list[tuple[int, int]]] = []
    for rows in y.phases:
        taps.append([])
        for columns in x.phases[:1] if kind else x.phases:
            taps[-1].append((len(offsets), 1 if kind else len(columns)))
            for above, i in rows:
                if kind:
                    for j in range(kw):
                        order[i * kw + j] = len(offsets) * kw + (j if x.up == 2 else _place(x, j))
                    offsets.append(above * pitch)
                    continue
                for before, j in columns:
                    order[i * kw + j] = len(offsets)
                    offsets.append(above * pitch + before)
    return taps, offsets or [0], order


def _place(x: Axis, tap: int) -> int:
    """Where a tap is in the order of its only phase."""
    return next(n for n, (_, j) in enumerate(x.phases[0]) if j == tap)


def _lines(y: Axis, taps: Sequence[Sequence[tuple[int, int]]], pitch: int, out_pitch: int, lanes: int) -> list[int]:
    lines: list[int] = []
    for r in range(y.outputs):
        low, high = y.inside(r)
        for b, (first, per_row) in enumerate(taps[y.phase(r)]):
            outputs = (r * out_pitch + b) * lanes
            lines += [y.base(r) * pitch * lanes, first + low * per_row, first + high * per_row, outputs]
    return lines


def padded(places: np.ndarray, lanes: int) -> np.ndarray:
    """With as many entries as a vector has lanes, at least."""
    return np.concatenate([places, np.full(max(0, lanes - len(places)), places[-1])])


@functools.cache
def lines_routine(kind: Kind) -> Any:
    """Writes a band of outputs from its frame, whose first row holds input row `first`."""
    if kind is None:

        def listed(work, tables, r0, r1, first, frame, out, start, fresh, weights):
            sizes = table(tables, SIZES)
            lines = sizes[LINES_OF_A_ROW]
            listed_rows(work, table(tables, LINES), table(tables, OFFSETS), r0 * lines, r1 * lines,
                        frame - first * sizes[PITCH], out - r0 * sizes[OUT_PITCH], start, fresh, weights,
                        sizes[UNIT], sizes[GROUPS], sizes[IN_STEP], sizes[OUT_STEP])  # fmt: skip

        return subroutine(listed)
    kw, down, up = kind

    def unrolled(work, tables, r0, r1, first, frame, out, start, fresh, weights):
        sizes = table(tables, SIZES)
        unrolled_rows(work, table(tables, LINES), table(tables, OFFSETS), r0, r1, frame - first * sizes[PITCH],
                      out - r0 * sizes[OUT_PITCH], start, fresh, weights, sizes[UNIT], sizes[GROUPS], sizes[IN_STEP],
                      sizes[OUT_STEP], kw, down, up)  # fmt: skip

    return subroutine(unrolled)
