"""dwbridge's CUDA kernels, called as its functions call them."""

from __future__ import annotations

from typing import Any

import numpy as np

from dwbridge.cli.bench.shapes import Shape
from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda import depthwise
from gpu.clock import Call

#: Numbers that are drawn; arrays repeat them. So they are made in no time, and without cuRAND, which may not be there.
DRAWN = 1 << 20


def arrays(cupy: Any, shape: Shape, batch: int, dtype: str) -> dict[str, Any]:
    """x, W and gy on the device."""
    sizes = {"x": shape.x(batch), "W": (1, shape.channels, shape.kernel, shape.kernel), "gy": shape.y(batch)}
    drawn = np.random.default_rng(0).standard_normal(DRAWN, np.float32)
    return {name: cupy.resize(cupy.asarray(drawn), size).astype(dtype) for name, size in sizes.items()}


def calls(sets: list[dict[str, Any]], shape: Shape) -> dict[str, Call]:
    """What is timed; each call takes the number of the set of arrays that it computes on."""
    window = Window2D.of(shape.kernel, shape.stride, shape.pad, 1)

    def forward(i: int) -> Any:
        return depthwise.forward(sets[i]["x"], sets[i]["W"], None, window)

    def backward_data(i: int) -> Any:
        return depthwise.backward_data(sets[i]["gy"], sets[i]["W"], window, sets[i]["x"].shape)

    def backward_weight(i: int) -> Any:
        x, W = sets[i]["x"], sets[i]["W"]
        return depthwise.backward_weight(x, sets[i]["gy"], window, W.shape, W.dtype)

    return {"forward": forward, "backward_data": backward_data, "backward_weight": backward_weight}
