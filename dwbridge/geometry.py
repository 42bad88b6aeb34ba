"""Windows over images: the one place where kernel size, stride, padding and dilation become sizes and slices.

All pairs are (y, x). For an input of H rows, a kernel of k rows, stride s, dilation d and padding (before, after):

    effective kernel   e  = (k - 1) d + 1
    output rows        oH = floor((H + before + after - e) / s) + 1
    with cover_all     oH = ceil((H + before + after - e) / s) + 1     (every input row is under some window)

Sources: Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016); the ONNX specification of Conv.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]


def pair(value: Any) -> Pair:
    """(value, value) for an integer, the two integers of a sequence otherwise.

    >>> pair(3), pair((1, 2))
    ((3, 3), (1, 2))

    Raises:
        ValueError: if a sequence has not exactly two entries.
        TypeError: if an entry is no integer.
    """
    if type(value) is int:  # what most are, and every convolution asks
        return value, value
    if not hasattr(value, "__getitem__"):
        value = (value, value)
    y, x = value
    if type(y) is int and type(x) is int:
        return y, x
    return operator.index(y), operator.index(x)


def padding(pad: Any) -> Padding:
    """((top, bottom), (left, right)) from an integer, a pair (y, x), or two pairs.

    >>> padding(1), padding((1, 2)), padding(((0, 1), (2, 3)))
    (((1, 1), (1, 1)), ((1, 1), (2, 2)), ((0, 1), (2, 3)))

    Raises:
        ValueError: if a length is wrong or a padding is negative.
        TypeError: if an entry is no integer.
    """
    if not hasattr(pad, "__getitem__"):
        pad = (pad, pad)
    vertical, horizontal = pad
    result = pair(vertical), pair(horizontal)
    if min(*result[0], *result[1]) < 0:
        raise ValueError(f"padding must not be negative, got pad={pad!r}")
    return result


def output_size(size: int, kernel: int, stride: int, pad: Pair, dilate: int = 1, cover_all: bool = False) -> int:
    """Number of windows along one axis; zero or negative when the kernel does not fit.

    >>> output_size(8, 3, 2, (1, 1)), output_size(8, 3, 2, (1, 1), cover_all=True)
    (4, 5)
    """
    room = size + pad[0] + pad[1] - ((kernel - 1) * dilate + 1)
    return (-(-room // stride) if cover_all else room // stride) + 1


class Window2D(NamedTuple):  # and no dataclass: plans are looked up by it, in every call
    """How a kernel moves over an image. Build it with `Window2D.of`, which takes integers, pairs and paddings."""

    kernel: Pair
    stride: Pair = (1, 1)
    pad: Padding = ((0, 0), (0, 0))
    dilate: Pair = (1, 1)
    cover_all: bool = False

    @classmethod
    def of(cls, kernel: Any, stride: Any = 1, pad: Any = 0, dilate: Any = 1, cover_all: bool = False) -> Window2D:
        """A window from Chainer's ways of writing one.

        >>> Window2D.of(3, stride=2, pad=1).output_shape((8, 9))
        (4, 5)
        """
        window = cls(pair(kernel), pair(stride), padding(pad), pair(dilate), bool(cover_all))
        if min(window.dilate) < 1:
            raise ValueError(f"dilate must be positive, got {dilate!r}")
        if min(window.stride) < 1:
            # Chainer divides by the stride; its users catch ZeroDivisionError.
            error = ZeroDivisionError if 0 in window.stride else ValueError
            raise error(f"stride must be positive, got {stride!r}")
        return window

    @property
    def extent(self) -> Pair:
        """Rows and columns from a kernel's first tap to its last, both included."""
        (kh, kw), (dy, dx) = self.kernel, self.dilate
        return (kh - 1) * dy + 1, (kw - 1) * dx + 1

    def output_shape(self, image: Sequence[int]) -> Pair:
        """(oH, oW) for an image of (H, W).

        Raises:
            AssertionError: if the kernel does not fit into the padded image (Chainer's exception on the CPU).
        """
        height, width = image
        oh, ow = (
            output_size(size, k, s, p, d, self.cover_all)
            for size, k, s, p, d in zip((height, width), self.kernel, self.stride, self.pad, self.dilate, strict=True)
        )
        assert oh > 0, f"height of the output must be positive, got {oh} (input height {height}, {self})"
        assert ow > 0, f"width of the output must be positive, got {ow} (input width {width}, {self})"
        return oh, ow

    def reach(self, image: Sequence[int]) -> Padding:
        """The padding with which the windows exactly cover the padded image: `pad`, its ends moved to the last window.

        With `cover_all` the windows reach beyond the padding; without it, rows at the end may be under no window (the
        entry is then below `pad`, and negative when rows of the image itself are skipped).

        >>> Window2D.of(2, stride=2).reach((5, 4))
        ((0, -1), (0, 0))
        """
        ends = []
        for size, out, e, s, (before, _) in zip(
            image, self.output_shape(image), self.extent, self.stride, self.pad, strict=True
        ):
            ends.append((before, (out - 1) * s + e - before - size))
        return ends[0], ends[1]

    def taps(self, output: Sequence[int]) -> list[tuple[int, int, slice, slice]]:
        """(kernel row, kernel column, row slice, column slice) of every tap: what of the padded image it multiplies.

        The slices start at the padded image's first row and column and have `output` = (oH, oW) entries.
        """
        (kh, kw), (sy, sx), (dy, dx), (oh, ow) = self.kernel, self.stride, self.dilate, output
        return [
            (i, j, slice(i * dy, i * dy + (oh - 1) * sy + 1, sy), slice(j * dx, j * dx + (ow - 1) * sx + 1, sx))
            for i in range(kh)
            for j in range(kw)
        ]
