"""Lasso as a hook: every gradient becomes g + rate sign(x), the gradient of the loss plus rate |x|_1."""

from typing import Any

from dwbridge.autograd import Variable


class Lasso:
    """Optimizer hook (or update rule hook) that adds the sign of a parameter, times a rate, to its gradient.

    Unlike `WeightDecay` it does not follow a loss scale, as in Chainer.

    Args:
        rate: the multiple.

    Example:
        >>> import numpy as np
        >>> from dwbridge.autograd import Parameter
        >>> param = Parameter(np.array([2.0, -3.0, 0.0]))
        >>> param.grad = np.ones(3)
        >>> Lasso(0.5)(None, param)
        >>> param.grad.tolist()
        [1.5, 0.5, 1.0]
    """

    name = "Lasso"
    call_for_each_param = True
    timing = "pre"

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def __call__(self, rule: Any, param: Variable) -> None:
        x = param.array
        if x is None or param.grad is None:
            return
        g = param.grad
        g += float(self.rate) * param.xp.sign(x)
