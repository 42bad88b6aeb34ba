"""Hard gradient clipping as a hook: every element of a gradient is brought into an interval."""

from typing import Any

from dwbridge.autograd import Variable


class GradientHardClipping:
    """Optimizer hook (or update rule hook) that clips every element of a gradient.

    Args:
        lower_bound: the least value.
        upper_bound: the largest value.

    Example:
        >>> import numpy as np
        >>> from dwbridge.autograd import Parameter
        >>> param = Parameter(np.zeros(3))
        >>> param.grad = np.array([-5.0, 0.5, 5.0])
        >>> GradientHardClipping(-1, 2)(None, param)
        >>> param.grad.tolist()
        [-1.0, 0.5, 2.0]
    """

    name = "GradientHardClipping"
    call_for_each_param = True
    timing = "pre"

    def __init__(self, lower_bound: float, upper_bound: float) -> None:
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound

    def __call__(self, rule: Any, param: Variable) -> None:
        g = param.grad
        if g is not None:
            param.xp.clip(g, float(self.lower_bound), float(self.upper_bound), out=g)
