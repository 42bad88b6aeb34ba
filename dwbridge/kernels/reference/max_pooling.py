"""Max pooling, the NumPy reference.

    forward(x, window) -> y, taps              x (N, C, H, W);  y, taps (N, C, oH, oW)
    backward(gy, taps, window, x_shape) -> gx  gy goes to the pixel that won
    gather(x, taps, window) -> y               the pixel that won, read from another image: the transpose of backward

`taps` says which tap of each window won, as i*kW + j; the first of equals wins. Padding is minus infinity. A NaN wins
over everything, as in `numpy.max`.
"""

from __future__ import annotations

from collections.abc import Sequence

from dwbridge.backend import Array, compute_dtype, get_array_module
from dwbridge.geometry import Window2D
from dwbridge.kernels.reference.framing import frame_shape, framed, inside


def forward(x: Array, window: Window2D) -> tuple[Array, Array]:
    """The maxima, in the dtype of x, and the taps that hold them (int32)."""
    xp = get_array_module(x)
    output = window.output_shape(x.shape[2:])
    frame = framed(x, window, x.dtype, fill=-xp.inf)
    y = xp.full((*x.shape[:2], *output), -xp.inf, dtype=x.dtype)
    taps = xp.zeros(y.shape, dtype="int32")
    for i, j, rows, columns in window.taps(output):
        value = frame[..., rows, columns]
        wins = ~(value <= y) & (y == y)  # not `value > y`: a NaN wins; `y == y`: once it has won, it stays
        y = xp.where(wins, value, y).astype(x.dtype, copy=False)  # CuPy's where makes float32 of bfloat16
        taps[wins] = i * window.kernel[1] + j
    return y, taps


def backward(gy: Array, taps: Array, window: Window2D, x_shape: Sequence[int]) -> Array:
    """gx (N, C, H, W), in the dtype of gy."""
    xp = get_array_module(gy)
    image = tuple(x_shape[2:])
    frame = xp.zeros((*x_shape[:2], *frame_shape(window, image)), dtype=compute_dtype(gy.dtype))
    for i, j, rows, columns in window.taps(gy.shape[2:]):
        frame[..., rows, columns] += xp.where(taps == i * window.kernel[1] + j, gy, gy.dtype.type(0))
    return frame[inside(window, image)].astype(gy.dtype, copy=False)


def gather(x: Array, taps: Array, window: Window2D) -> Array:
    """y (N, C, oH, oW), in the dtype of x; zero where a tap of the padding won."""
    xp = get_array_module(x)
    frame = framed(x, window, x.dtype)
    y = xp.zeros(taps.shape, dtype=x.dtype)
    for i, j, rows, columns in window.taps(taps.shape[2:]):
        y = xp.where(taps == i * window.kernel[1] + j, frame[..., rows, columns], y).astype(x.dtype, copy=False)
    return y
