"""What is to be computed: a depthwise convolution, in numbers."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda.plan.launches import INDEXED, ITEMSIZES, struct

#: The most elements of an array, which are more than any GPU can hold: runs of `INDEXED` are rows of a grid.
ADDRESSED = 2**45

#: dtype -> the compute capability from which on there are instructions for products of matrices
PRODUCTS = {"float16": 75, "bfloat16": 80}

#: `Window` in window.cuh.
WINDOW = np.dtype(
    [
        (name, np.int32)
        for name in (
            *("images", "channels", "multiplier", "height", "width", "out_height", "out_width"),
            *("kernel_height", "kernel_width", "stride_y", "stride_x", "top", "left", "dilate_y", "dilate_x", "flip"),
        )
    ]
)


class Problem(NamedTuple):
    """A depthwise convolution: x (N, C, H, W), W (M, C, kH, kW)."""

    images: int
    channels: int
    multiplier: int
    image: tuple[int, int]
    window: Window2D
    dtype: str
    capability: int = 90  #: of the GPU, 90 for 9.0

    @property
    def out_image(self) -> tuple[int, int]:
        height, width = self.window.output_shape(self.image)
        return height, width

    @property
    def itemsize(self) -> int:
        return ITEMSIZES[self.dtype]

    @property
    def has_products(self) -> bool:
        """Whether the GPU multiplies matrices of this dtype with sums in float32: on tensor cores."""
        return self.capability >= PRODUCTS.get(self.dtype, math.inf)

    @property
    def planes(self) -> int:
        """Maps of x; those of y are `multiplier` times as many."""
        return self.images * self.channels

    @property
    def out_channels(self) -> int:
        return self.channels * self.multiplier

    @property
    def countable(self) -> bool:
        """Whether 32 bits are enough for what kernels count: maps, and pixels of a map, padded."""
        (top, bottom), (left, right) = self.window.pad
        height, width = self.image
        frame = (height + top + bottom) * (width + left + right)
        taps = self.out_channels * (math.prod(self.window.kernel) + 1)
        planes, pixels = self.planes * self.multiplier, math.prod(self.out_image)
        return max(planes, frame, pixels, taps) <= INDEXED and planes * max(frame, pixels) <= ADDRESSED

    def turned(self) -> Problem | None:
        """The convolution of gy that gives gx, with the taps in the opposite order; None if there is none."""
        (top, bottom), (left, right_end) = self.window.pad
        (kh, kw), (dy, dx) = self.window.kernel, self.window.dilate
        down, right = (kh - 1) * dy, (kw - 1) * dx
        pad = (down - top, down - bottom), (right - left, right - right_end)
        if self.window.stride != (1, 1) or min(map(min, pad)) < 0:
            return None
        window = Window2D(self.window.kernel, (1, 1), pad, self.window.dilate)
        return self._replace(image=self.out_image, window=window)

    def defines(self) -> dict[str, int]:
        """The numbers of the window, for sources to which they are constants."""
        window, (top, _), (left, _) = self.window, *self.window.pad
        return {
            "HEIGHT": self.image[0], "WIDTH": self.image[1],
            "OUT_HEIGHT": self.out_image[0], "OUT_WIDTH": self.out_image[1],
            "KERNEL_HEIGHT": window.kernel[0], "KERNEL_WIDTH": window.kernel[1],
            "STRIDE_Y": window.stride[0], "STRIDE_X": window.stride[1], "TOP": top, "LEFT": left,
            "DILATE_Y": window.dilate[0], "DILATE_X": window.dilate[1],
        }  # fmt: skip

    def argument(self, flip: int = 0) -> Any:
        """The `Window` that kernels get, by value.

        With `flip`, taps are read backwards: the same instance computes y and, of what `turned` gives, gx.
        """
        (top, _), (left, _) = self.window.pad
        numbers = (self.images, self.channels, self.multiplier, *self.image, *self.out_image, *self.window.kernel,
                   *self.window.stride, top, left, *self.window.dilate, flip)  # fmt: skip
        return struct(numbers, WINDOW)
