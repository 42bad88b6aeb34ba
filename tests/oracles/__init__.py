"""What every operator must compute: plain loops over the output in float64, slow and obvious.

Each module has `oracle(*arrays, **keywords)`, called like the function in `dwbridge.functions` of the same name, and
returns a float64 array. Nothing here imports dwbridge: the arithmetic of windows, axes and broadcasting is written a
second time, in another way. test_oracles.py anchors the oracles in onnx.reference and in numbers computed by hand.
"""

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Pair = tuple[int, int]


def oracle_of(operator: str) -> Callable[..., np.ndarray]:
    """The oracle of one operator."""
    return importlib.import_module(f"oracles.{operator}").oracle


def float64(x: Any) -> np.ndarray:
    """A float64 copy in C order."""
    return np.array(x, dtype=np.float64, order="C")


def pair(value: int | Pair) -> Pair:
    """(y, x) from an integer or a pair."""
    return (value, value) if isinstance(value, int) else value


def paddings(pad: Any) -> tuple[Pair, Pair]:
    """((top, bottom), (left, right)) from an integer, (y, x), or itself."""
    y, x = pair(pad)
    return pair(y), pair(x)


def window_starts(size: int, extent: int, stride: int, pad: Pair, cover_all: bool = False) -> list[int]:
    """First position of every window along one axis; position 0 is the first pixel, padding is below 0 and from `size`.

    Windows are laid one after another from the first padding on, as long as they end inside the padded axis; with
    `cover_all` as long as the one before ends short of it.
    """
    before, after = pad
    starts = []
    start = -before
    while start + extent <= size + after or (cover_all and start - stride + extent < size + after):
        starts.append(start)
        start += stride
    return starts


def pixel(image: np.ndarray, row: int, column: int, outside: float) -> float:
    """The image's value, or `outside` beyond its edges."""
    height, width = image.shape
    return image[row, column] if 0 <= row < height and 0 <= column < width else outside


def windows(
    image: np.ndarray, kernel: Pair, stride: Any, pad: Any, outside: float, dilate: Any = 1, cover_all: bool = False
) -> np.ndarray:
    """(oH, oW, kH, kW): what lies under every window of one image (H, W)."""
    (kh, kw), (sy, sx), (dy, dx), (pad_y, pad_x) = kernel, pair(stride), pair(dilate), paddings(pad)
    rows = window_starts(image.shape[0], (kh - 1) * dy + 1, sy, pad_y, cover_all)
    columns = window_starts(image.shape[1], (kw - 1) * dx + 1, sx, pad_x, cover_all)
    result = np.empty((len(rows), len(columns), kh, kw))
    for i, j, u, v in np.ndindex(result.shape):
        result[i, j, u, v] = pixel(image, rows[i] + u * dy, columns[j] + v * dx, outside)
    return result


def pool(
    x: np.ndarray, reduce: Callable[[np.ndarray], float], ksize: Any, stride: Any, outside: float, **window: Any
) -> np.ndarray:
    """`reduce` of what lies under every window of every image of x (N, C, H, W)."""
    kernel = pair(ksize)
    batch, channels, height, width = x.shape
    stride = kernel if stride is None else stride
    blank = windows(np.zeros((height, width)), kernel, stride, outside=outside, **window)
    y = np.empty((batch, channels, *blank.shape[:2]))
    for n, c in np.ndindex(batch, channels):
        under = windows(x[n, c], kernel, stride, outside=outside, **window)
        for i, j in np.ndindex(y.shape[2:]):
            y[n, c, i, j] = reduce(under[i, j])
    return y


def axes_of(axis: int | tuple[int, ...] | None, ndim: int) -> tuple[int, ...]:
    """Every axis as a number from 0; None means all."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(a + ndim if a < 0 else a for a in ((axis,) if isinstance(axis, int) else axis))


def source_index(index: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Where an array of `shape` is read for `index` of what it is broadcast to: aligned at the last axis, 0 where 1."""
    return tuple(i if size > 1 else 0 for i, size in zip(index[len(index) - len(shape) :], shape, strict=True))


def elementwise(operation: Callable[..., float], *arrays: Any) -> np.ndarray:
    """`operation` on every element of the arrays, broadcast."""
    sources = [float64(x) for x in arrays]
    y = np.empty(_broadcast_shape([x.shape for x in sources]))
    for index in np.ndindex(y.shape):
        y[index] = operation(*(x[source_index(index, x.shape)] for x in sources))
    return y


def _broadcast_shape(shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    ndim = max(len(shape) for shape in shapes)
    padded = [(1,) * (ndim - len(shape)) + shape for shape in shapes]
    return tuple(next((size for size in sizes if size != 1), 1) for sizes in zip(*padded, strict=True))


def lines(shape: tuple[int, ...], axis: int) -> Iterator[tuple[Any, ...]]:
    """An index for every one-dimensional line along `axis`."""
    for index in np.ndindex(shape[:axis] + shape[axis + 1 :]):
        yield (*index[:axis], slice(None), *index[axis:])
