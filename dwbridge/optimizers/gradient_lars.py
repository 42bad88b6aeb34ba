"""Layer-wise adaptive rates as a hook (You et al., arXiv:1708.03888): the gradient follows the parameter's norm.

g <- (g + weight_decay x) |x| / (eps + |g| + weight_decay |x|) where |x| > threshold, else g + weight_decay x
(the threshold and eps after arXiv:1801.03137). The paper's coefficient eta is part of the optimizer's learning rate.
"""

from typing import Any

import numpy as np

from dwbridge.autograd import Variable


class GradientLARS:
    """Optimizer hook (or update rule hook) that scales a gradient to its parameter's norm.

    Args:
        threshold: parameters of a smaller norm keep their gradient's length.
        weight_decay: how much of the parameter is added to the gradient.
        eps: keeps the division from overflowing.

    Example:
        >>> from dwbridge.autograd import Parameter
        >>> param = Parameter(np.array([6.0, 8.0]))
        >>> param.grad = np.array([0.0, 5.0])
        >>> GradientLARS(eps=0)(None, param)
        >>> param.grad.tolist()
        [0.0, 10.0]
    """

    name = "GradientLARS"
    call_for_each_param = True
    timing = "pre"

    def __init__(self, threshold: float = 1e-2, weight_decay: float = 0.0, eps: float = 1e-9) -> None:
        self.threshold = threshold
        self.weight_decay = weight_decay
        self.eps = eps

    def __call__(self, rule: Any, param: Variable) -> None:
        x, xp = param.array, param.xp
        if x is None or param.grad is None:
            return
        g = param.grad
        # The ratio of the norms is formed in float64, without leaving the device.
        x_norm, g_norm = (xp.linalg.norm(array).astype(np.float64) for array in (x, g))
        ratio = x_norm / (self.eps + g_norm + self.weight_decay * x_norm)
        g += float(self.weight_decay) * x
        g *= xp.where(x_norm > self.threshold, ratio, 1.0).astype(g.dtype)
