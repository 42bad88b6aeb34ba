"""Gradient noise as a hook: g + N(0, eta / (1 + t)^0.55) (Neelakantan et al., arXiv:1511.06807)."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from dwbridge.autograd import Variable
from dwbridge.backend import Array


def exponential_decay_noise(xp: ModuleType, shape: tuple[int, ...], dtype: Any, hook: Any, opt: Any) -> Array:
    """Normal noise whose variance `hook.eta / (1 + opt.t)^0.55` falls with time.

    Args:
        xp: the array library that draws.
        shape: shape of the noise.
        dtype: its type.
        hook: the `GradientNoise`.
        opt: the update rule (or an optimizer): what counts the updates.
    """
    deviation = np.sqrt(hook.eta / np.power(1 + opt.t, 0.55))
    return xp.random.normal(0, deviation, shape).astype(dtype)


class GradientNoise:
    """Optimizer hook (or update rule hook) that adds noise to gradients.

    Args:
        eta: how strong it is; the paper takes 0.01, 0.3 or 1.0.
        noise_func: what makes the noise; called as `exponential_decay_noise` is.

    Example:
        >>> from dwbridge.autograd import Parameter
        >>> param = Parameter(np.zeros(2))
        >>> param.grad = np.ones(2)
        >>> GradientNoise(0.01, lambda xp, shape, dtype, hook, opt: xp.full(shape, 0.5, dtype))(None, param)
        >>> param.grad.tolist()
        [1.5, 1.5]
    """

    name = "GradientNoise"
    call_for_each_param = True
    timing = "pre"

    def __init__(self, eta: float, noise_func: Callable[..., Array] = exponential_decay_noise) -> None:
        self.eta = eta
        self.noise_func = noise_func

    def __call__(self, rule: Any, param: Variable) -> None:
        g = param.grad
        if g is not None:
            g += self.noise_func(param.xp, g.shape, g.dtype, self, rule)
