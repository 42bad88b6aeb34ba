"""The depthwise layers of MobileNetV2, EfficientNet-B0 and ConvNeXt-T for images of 224x224, each once.

Sources: Sandler et al., MobileNetV2 (2018), table 2; Tan and Le, EfficientNet (2019), table 1; Liu et al., A ConvNet
for the 2020s (2022), table 9.
"""

from __future__ import annotations

import math

from dwbridge.cli.bench.shapes import Shape

#: network -> channels, size, kernel, stride
LAYERS: dict[str, tuple[tuple[int, int, int, int], ...]] = {
    "mobilenet_v2": (
        *((32, 112, 3, 1), (96, 112, 3, 2), (144, 56, 3, 1), (144, 56, 3, 2), (192, 28, 3, 1), (192, 28, 3, 2)),
        *((384, 14, 3, 1), (576, 14, 3, 1), (576, 14, 3, 2), (960, 7, 3, 1)),
    ),
    "efficientnet_b0": (
        *((32, 112, 3, 1), (96, 112, 3, 2), (144, 56, 3, 1), (144, 56, 5, 2), (240, 28, 5, 1), (240, 28, 3, 2)),
        *((480, 14, 3, 1), (480, 14, 5, 1), (672, 14, 5, 1), (672, 14, 5, 2), (1152, 7, 5, 1), (1152, 7, 3, 1)),
    ),
    "convnext_t": ((96, 56, 7, 1), (192, 28, 7, 1), (384, 14, 7, 1), (768, 7, 7, 1)),
}

SHAPES = tuple(
    dict.fromkeys(Shape(channels, size, 1, k, s) for layers in LAYERS.values() for channels, size, k, s in layers)
)

OPERATIONS = ("forward", "backward_data", "backward_weight")
#: dtype -> bytes
ITEMSIZES = {"float32": 4, "float16": 2}


def least_bytes(operation: str, shape: Shape, batch: int, dtype: str) -> int:
    """What has to be read and written at least, weights included.

    forward: x, W and y; backward_data: gy, W and gx; backward_weight: x, gy and gW.

    >>> least_bytes('forward', Shape(1, 4, 1, 3, 2), 1, 'float32')
    116
    """
    assert operation in OPERATIONS
    elements = math.prod(shape.x(batch)) + math.prod(shape.y(batch))
    return ITEMSIZES[dtype] * (elements + shape.channels * shape.multiplier * shape.kernel**2)


def copies(moved: int, cache: int) -> int:
    """How many sets of buffers are used in turn, so that three times the cache lies between two uses of one.

    >>> copies(100, 60), copies(1000, 60), copies(7, 60)
    (2, 1, 26)
    """
    return max(1, math.ceil(3 * cache / moved))
