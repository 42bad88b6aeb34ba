"""Average pooling, the NumPy reference.

    forward(x, window, count_padding) -> y                     x (N, C, H, W);  y (N, C, oH, oW)
    backward(gy, window, count_padding, x_shape) -> gx         the transpose of forward, which is linear

With `count_padding` every window divides by its number of taps; without, by the number of its taps inside the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from dwbridge.backend import Array, compute_dtype, get_array_module
from dwbridge.geometry import Window2D
from dwbridge.kernels.reference.framing import frame_shape, framed, inside


def forward(x: Array, window: Window2D, count_padding: bool) -> Array:
    """Means of the windows, in the dtype of x."""
    xp = get_array_module(x)
    image = x.shape[2:]
    output = window.output_shape(image)
    wide = compute_dtype(x.dtype)
    frame = framed(x, window, wide)
    total = xp.zeros((*x.shape[:2], *output), dtype=wide)
    for _, _, rows, columns in window.taps(output):
        total += frame[..., rows, columns]
    total /= _counts(xp, window, image, count_padding, wide)
    return total.astype(x.dtype, copy=False)


def backward(gy: Array, window: Window2D, count_padding: bool, x_shape: Sequence[int]) -> Array:
    """Every window gives its share of gy back to the pixels that it read."""
    xp = get_array_module(gy)
    image = tuple(x_shape[2:])
    wide = compute_dtype(gy.dtype)
    share = gy.astype(wide, copy=False) / _counts(xp, window, image, count_padding, wide)
    frame = xp.zeros((*x_shape[:2], *frame_shape(window, image)), dtype=wide)
    for _, _, rows, columns in window.taps(gy.shape[2:]):
        frame[..., rows, columns] += share
    return frame[inside(window, image)].astype(gy.dtype)


def _counts(xp: ModuleType, window: Window2D, image: Sequence[int], count_padding: bool, dtype: np.dtype) -> Any:
    """What each window divides by: (oH, oW), or one number for all. A window of nothing but padding divides by 1."""
    if count_padding:
        return window.kernel[0] * window.kernel[1]
    output = window.output_shape(image)
    ones = framed(xp.ones(tuple(image), dtype=dtype), window, dtype)
    counts = xp.zeros(output, dtype=dtype)
    for _, _, rows, columns in window.taps(output):
        counts += ones[rows, columns]
    return xp.maximum(counts, 1)
