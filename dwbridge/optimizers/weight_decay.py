"""Weight decay as a hook: every gradient becomes g + rate x, the gradient of the loss plus rate/2 |x|^2."""

from collections.abc import Iterable
from typing import Any

from dwbridge.autograd import Parameter, Variable
from dwbridge.backend import on_device_of
from dwbridge.kernels import kernels_for
from dwbridge.optimizers.updates import Waiting


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
        x, g = param.array, param.grad
        if x is not None and g is not None:
            kernels_for("optimizer_updates", x).weight_decay(x, g, self._rate_of(param))

    def call_for(self, params: Iterable[Parameter]) -> None:
        """What a call for each of the parameters does, in few passes over all of them."""
        waiting = Waiting()
        for param in params:
            x, g = param.array, param.grad
            if x is not None and g is not None and not waiting.takes_decay(x, g, self._rate_of(param)):
                waiting.compute()
                with on_device_of(x):
                    self(param.update_rule, param)
        waiting.compute()

    def _rate_of(self, param: Variable) -> float:
        # The gradient is still scaled, so the decay has to be.
        return float(self.rate if param._loss_scale is None else self.rate * param._loss_scale)
