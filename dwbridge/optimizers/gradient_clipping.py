"""Gradient clipping as a hook: all gradients together are scaled down to a given length."""

import math
from typing import Any

import numpy as np

from dwbridge.autograd import Parameter
from dwbridge.backend import is_cupy_array, on_device_of


class GradientClipping:
    """Optimizer hook that scales all gradients by threshold / |g| where |g|, their L2 norm together, is larger.

    Args:
        threshold: the largest norm.
    """

    name = "GradientClipping"
    timing = "pre"

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def __call__(self, opt: Any) -> None:
        params = list(opt.target.params(include_uninit=False))
        if params and all(is_cupy_array(param.array) for param in params):
            self._clip_on_gpus(params)
            return
        norm = math.sqrt(sum(_squared_norm(param) for param in params))
        if norm <= self.threshold:
            return
        for param in params:
            g = param.grad
            g *= float(self.threshold) / norm

    def _clip_on_gpus(self, params: list[Parameter]) -> None:
        """Without waiting for a GPU: gradients that need no clipping are multiplied by 1."""
        home, xp = params[0].device, params[0].xp
        squares = []
        for param in params:
            with on_device_of(param.array):
                g: Any = param.grad
                squares.append(g.ravel().dot(g.ravel()).astype(np.float64))
        with on_device_of(params[0].array):
            rate = xp.minimum(float(self.threshold) / xp.sqrt(sum(map(home.send, squares))), 1.0)
        for param in params:
            with on_device_of(param.array):
                g = param.grad
                g *= param.device.send(rate).astype(g.dtype)


def _squared_norm(param: Parameter) -> float:
    g: Any = param.grad
    g = g.ravel()
    return float(g.dot(g))
