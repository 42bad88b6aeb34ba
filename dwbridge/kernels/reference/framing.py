"""Images inside a frame of padding, so that every tap of a window is a plain slice; and blocks that fit a cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dwbridge.backend import Array, get_array_module
from dwbridge.geometry import Pair, Window2D

#: Working set of one block of planes, in bytes: about one core's level-2 cache.
BLOCK_BYTES = 1 << 20


def frame_shape(window: Window2D, image: Sequence[int]) -> Pair:
    """Rows and columns of an image with its padding, and beyond it as far as the last windows reach."""
    (top, bottom), (left, right) = window.pad
    (_, below), (_, beyond) = window.reach(image)
    return image[0] + top + max(bottom, below), image[1] + left + max(right, beyond)


def inside(window: Window2D, image: Sequence[int]) -> tuple[Any, ...]:
    """The index that cuts the image out of its frame."""
    (top, _), (left, _) = window.pad
    return ..., slice(top, top + image[0]), slice(left, left + image[1])


def framed(x: Array, window: Window2D, dtype: Any, fill: float = 0.0) -> Array:
    """x (..., H, W) in a frame of `fill`, as a dtype; x itself if there is nothing to frame or convert."""
    image = x.shape[-2:]
    shape = frame_shape(window, image)
    if shape == tuple(image):
        return x.astype(dtype, copy=False)
    frame = get_array_module(x).full((*x.shape[:-2], *shape), fill, dtype=dtype)
    frame[inside(window, image)] = x
    return frame


def blocks(images: int, channels: int, plane_bytes: int) -> Iterator[tuple[slice, slice]]:
    """Slices of images and of channels whose planes together stay within `BLOCK_BYTES`, all pairs, images inside.

    >>> list(blocks(2, 3, BLOCK_BYTES))
    ... # doctest: +NORMALIZE_WHITESPACE
    [(slice(0, 1, None), slice(0, 1, None)), (slice(1, 2, None), slice(0, 1, None)),
     (slice(0, 1, None), slice(1, 2, None)), (slice(1, 2, None), slice(1, 2, None)),
     (slice(0, 1, None), slice(2, 3, None)), (slice(1, 2, None), slice(2, 3, None))]
    """
    planes = max(1, BLOCK_BYTES // max(1, plane_bytes))
    per_channel = min(max(1, channels), planes)
    per_image = max(1, planes // per_channel)
    for c in range(0, channels, per_channel):
        for n in range(0, images, per_image):
            yield slice(n, min(n + per_image, images)), slice(c, min(c + per_channel, channels))
