"""Windows over images, as pooling kernels see them: which outputs a tap serves, and where the pixels lie.

`form` is (P, Q, H, W, kh, kw, sy, sx, dy, dx, top, left): rows and columns of the output and of the image, then the
window. `place` is (start, n, c, h, w): where an image array's first element lies in memory, and its strides.
"""

from __future__ import annotations

from collections.abc import Sequence

from dwbridge.geometry import Window2D
from dwbridge.kernels.compiled.arrays import Memory
from dwbridge.kernels.compiled.compiler import routine

#: Room behind scratch rows: vectors are written whole.
ROOM = 16
#: Elements of images that are worth a thread.
WORTHWHILE = 1 << 15


def form(window: Window2D, image: Sequence[int], output: Sequence[int]) -> tuple[int, ...]:
    (top, _), (left, _) = window.pad
    return (*output, *image, *window.kernel, *window.stride, *window.dilate, top, left)


def place(memory: Memory) -> tuple[int, ...]:
    return memory.start, *memory.strides


def grain(planes_pixels: int) -> int:
    """Planes of so many pixels that are worth a thread."""
    return max(1, WORTHWHILE // max(1, planes_pixels))


@routine
def plane(place, index, channels):
    """Where plane `index` = n C + c begins."""
    start, n, c, _, _ = place
    return start + index // channels * n + index % channels * c


@routine
def reached(offset, stride, size, outputs):
    """The outputs q, as range(first, end), for which 0 <= q stride + offset < size."""
    first = 0 if offset >= 0 else (stride - 1 - offset) // stride
    end = (size - 1 - offset) // stride + 1 if offset < size else 0
    return min(first, outputs), max(min(first, outputs), min(end, outputs))


@routine
def taps_inside(first, dilate, size, taps):
    """How many taps there are before the image, and in it: the taps at first, first + dilate, ..."""
    before, end = reached(first, dilate, size, taps)
    return before, end - before


@routine
def find_rows(rows, form):
    """rows[p] = the first kernel row inside the image, and how many there are."""
    _, _, H, _, kh, _, sy, _, dy, _, top, _ = form
    for p in range(len(rows)):
        rows[p, 0], rows[p, 1] = taps_inside(p * sy - top, dy, H, kh)


@routine
def find_columns(columns, form):
    """columns[j] = the outputs, from first to end, for which kernel column j lies inside the image."""
    _, Q, _, W, _, _, _, sx, _, dx, _, left = form
    for j in range(len(columns)):
        columns[j, 0], columns[j, 1] = reached(j * dx - left, sx, W, Q)


@routine
def count_columns(counts, form):
    """counts[q] = how many kernel columns lie inside the image for output column q."""
    _, Q, _, W, _, kw, _, sx, _, dx, _, left = form
    for q in range(Q):
        counts[q] = taps_inside(q * sx - left, dx, W, kw)[1]
