"""Chainer 7.8.1, as its users call it; needs an interpreter with the NumPy of its time (1.23).

The same functions as the peers in `dwbridge/cli/bench/peers`, which say what they are. Its own way is im2col and one
matrix product for every group.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def versions() -> dict[str, str]:
    """Versions of what computes."""
    import chainer
    import numpy

    return {"chainer": chainer.__version__, "numpy": numpy.__version__}


def start(threads: int) -> None:
    """Nothing: BLAS has read its number of threads from the environment."""


def calls(arrays: dict[str, Any], stride: int, pad: int, threads: int) -> dict[str, Callable[[], Any]]:
    """`forward`, without recording; `backward`, through `chainer.grad`."""
    import chainer
    from chainer.functions import depthwise_convolution_2d

    x, W, b, gy = (arrays[name] for name in ("x", "W", "b", "gy"))

    def forward() -> Any:
        with chainer.no_backprop_mode():
            return (depthwise_convolution_2d(x, W, b, stride, pad).array,)

    leaves = [chainer.Variable(value) for value in (x, W, b)]
    y = depthwise_convolution_2d(*leaves, stride, pad)
    return {
        "forward": forward,
        "backward": lambda: tuple(g.array for g in chainer.grad([y], leaves, [chainer.Variable(gy)])),
    }
