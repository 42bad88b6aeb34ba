"""How many inputs a unit of a weight array sums over, and how many outputs an input reaches.

Chainer's rule, and the one that every scaled initializer here uses: with the kernel's cells counted as
`shape[2] * shape[3] * ...`, fan_in is `shape[1]` times that and fan_out is `shape[0]` times that. For the depthwise
weight (M, C, kH, kW) this makes fan_in C*kH*kW, although one of its units sums over kH*kW inputs only: Chainer's
parameter streams depend on it.
"""

import math


def get_fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """The pair (fan_in, fan_out) of a weight array's shape.

    Args:
        shape: (outputs, inputs, *kernel).

    Raises:
        ValueError: if the shape is no tuple, or has fewer than two axes.

    Example:
        >>> get_fans((10, 3, 5, 5))
        (75, 250)
    """
    if not isinstance(shape, tuple):
        raise ValueError(f"fans: expected the shape as a tuple, got {type(shape).__name__}")
    if len(shape) < 2:
        raise ValueError(f"fans: expected a shape of at least 2 axes (outputs, inputs, ...), got {shape}")
    cells = math.prod(shape[2:])
    return shape[1] * cells, shape[0] * cells
