"""Weight decay as a hook: every gradient becomes g + rate x, the gradient of the loss plus rate/2 |x|^2."""

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.kernels import kernels_for


class WeightDecay:
    """Optimizer hook (or update rule hook) that adds a parameter's multiple to its gradient.

    Args:
        rate: the multiple.
    """

    name = "WeightDecay"
    call_for_each_param = True
    timing = "pre"

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def __call__(self, rule: Any, param: Variable) -> None:
        x = param.array
        if x is None or param.grad is None:
            return
        # The gradient is still scaled, so the decay has to be.
        rate = float(self.rate if param._loss_scale is None else self.rate * param._loss_scale)
        kernels_for("optimizer_updates", x).weight_decay(x, param.grad, rate)
