"""Stochastic gradient descent with momentum:  v <- momentum v - lr g,  x <- x + v."""

from typing import Any

import numpy as np

from dwbridge.optimizers.gradient_method import GradientMethod
from dwbridge.optimizers.hyperparameter import Hyperparameter, HyperparameterProxy
from dwbridge.optimizers.kernel_rule import KernelRule

_defaults = Hyperparameter()
_defaults.lr = 0.01
_defaults.momentum = 0.9


class MomentumSGDRule(KernelRule):
    """Update rule of `MomentumSGD`. State: `v`, of the parameter's shape and type."""

    routine = "momentum_sgd"
    state_names = ("v",)

    def __init__(
        self,
        parent_hyperparam: Hyperparameter | None = None,
        lr: float | None = None,
        momentum: float | None = None,
    ) -> None:
        super().__init__(parent_hyperparam or _defaults)
        self.hyperparam.set_given(lr=lr, momentum=momentum)

    def scalars(self, dtype: np.dtype) -> tuple[Any, ...]:
        hp = self.hyperparam
        return float(hp.lr), float(hp.momentum)


class MomentumSGD(GradientMethod):
    """Stochastic gradient descent with momentum.

    Args:
        lr: learning rate.
        momentum: how much of the last step is made again.
    """

    def __init__(self, lr: float = _defaults.lr, momentum: float = _defaults.momentum) -> None:
        super().__init__()
        self.hyperparam.lr = lr
        self.hyperparam.momentum = momentum

    lr = HyperparameterProxy("lr")
    momentum = HyperparameterProxy("momentum")

    def create_update_rule(self) -> MomentumSGDRule:
        return MomentumSGDRule(self.hyperparam)
