"""Gradient clipping as a hook: all gradients together are scaled down to a given length."""

import math
from typing import Any

from dwbridge.autograd import Parameter


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
        norm = math.sqrt(sum(_squared_norm(param) for param in params))
        if norm <= self.threshold:
            return
        for param in params:
            g = param.grad
            g *= float(self.threshold) / norm


def _squared_norm(param: Parameter) -> float:
    g: Any = param.grad
    g = g.ravel()
    return float(g.dot(g))
