"""dwbridge: the kernels as links call them, and with everything around them (type checks, variables, the engine)."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from typing import Any


def versions() -> dict[str, str]:
    """Versions of what computes."""
    found = {}
    for package in ("dwbridge", "numpy", "numba", "llvmlite"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def start(threads: int) -> None:
    """Sets the number of threads."""
    from dwbridge.configuration import config

    config.num_threads = threads


def calls(arrays: dict[str, Any], stride: int, pad: int, threads: int) -> dict[str, Callable[[], Any]]:
    """`forward`, `backward`: the kernels; `.../function`: the user's function, and `grad` through the engine."""
    from dwbridge.autograd import Parameter, Variable, grad
    from dwbridge.configuration import no_backprop_mode
    from dwbridge.functions import depthwise_convolution_2d
    from dwbridge.geometry import Window2D
    from dwbridge.kernels import kernels_for

    x, W, b, gy = (arrays[name] for name in ("x", "W", "b", "gy"))
    window = Window2D.of(W.shape[2:], stride, pad)
    kernels: Any = kernels_for("depthwise", x)

    def forward_function() -> Any:
        with no_backprop_mode():
            return (depthwise_convolution_2d(x, W, b, stride, pad).array,)

    leaves = [Variable(x), Parameter(W), Parameter(b)]
    y = depthwise_convolution_2d(leaves[0], leaves[1], leaves[2], stride, pad)
    return {
        "forward": lambda: (kernels.forward(x, W, b, window),),
        "backward": lambda: kernels.backward(x, W, gy, window),
        "forward/function": forward_function,
        "backward/function": lambda: tuple(g.array for g in grad([y], leaves, [Variable(gy)]) if g is not None),
    }
