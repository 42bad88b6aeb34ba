"""The depthwise convolutions that are measured: what MobileNet, EfficientNet and ConvNeXt layers are made of.

A shape is written C,H,M,k,s: images (N, C, H, H), M kernels of k x k for every channel, stride s, padding k // 2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Shape(NamedTuple):
    """One convolution, for any batch.

    >>> shape = Shape(32, 112, 1, 3, 2)
    >>> shape.label, shape.output, shape.x(2), shape.y(2)
    ('32,112,1,3,2', 56, (2, 32, 112, 112), (2, 32, 56, 56))
    """

    channels: int
    size: int
    multiplier: int
    kernel: int
    stride: int

    @property
    def label(self) -> str:
        """As users write it."""
        return ",".join(map(str, self))

    @property
    def pad(self) -> int:
        """Zeros on every side."""
        return self.kernel // 2

    @property
    def output(self) -> int:
        """Rows and columns of the output."""
        return (self.size + 2 * self.pad - self.kernel) // self.stride + 1

    def x(self, batch: int) -> tuple[int, int, int, int]:
        """Shape of the images."""
        return batch, self.channels, self.size, self.size

    def y(self, batch: int) -> tuple[int, int, int, int]:
        """Shape of the output."""
        return batch, self.channels * self.multiplier, self.output, self.output

    def arrays(self, batch: int) -> dict[str, np.ndarray]:
        """x, W (M, C, k, k), b and gy, float32, the same numbers in every process."""
        draw = np.random.default_rng(0).standard_normal
        sizes = {
            "x": self.x(batch),
            "W": (self.multiplier, self.channels, self.kernel, self.kernel),
            "b": (self.channels * self.multiplier,),
            "gy": self.y(batch),
        }
        return {name: draw(size, dtype=np.float32) for name, size in sizes.items()}

    def flops(self, operation: str, batch: int) -> int:
        """Multiplications and additions, taps on the padding included: one product a tap forward, two backward."""
        products = int(np.prod(self.y(batch))) * self.kernel**2
        return 2 * products * (2 if operation == "backward" else 1)

    def bytes(self, operation: str, batch: int) -> int:
        """What has to be read and written at least: x and y forward; x, gy and gx backward."""
        x, y = int(np.prod(self.x(batch))), int(np.prod(self.y(batch)))
        return 4 * (2 * x + y if operation == "backward" else x + y)


SHAPES = tuple(
    Shape(*sizes)
    for sizes in (
        (32, 112, 1, 3, 1),
        (64, 112, 1, 3, 2),
        (128, 56, 1, 3, 1),
        (128, 56, 1, 3, 2),
        (256, 28, 1, 3, 1),
        (512, 14, 1, 3, 1),
        (512, 14, 1, 3, 2),
        (1024, 7, 1, 3, 1),
        (240, 28, 1, 5, 2),
        (672, 14, 1, 5, 1),
        (1152, 7, 1, 5, 1),
        (96, 56, 1, 7, 1),
        (384, 14, 1, 7, 1),
        (768, 7, 1, 7, 1),
        (32, 56, 2, 3, 1),
    )
)
