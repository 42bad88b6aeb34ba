"""Nesterov's accelerated gradient, in the form of Bengio et al. (arXiv:1212.0901).

v <- momentum v - lr g,  x <- x + momentum^2 v - (1 + momentum) lr g
"""

from typing import Any

import numpy as np

from dwbridge.optimizers.gradient_method import GradientMethod
from dwbridge.optimizers.hyperparameter import Hyperparameter, HyperparameterProxy
from dwbridge.optimizers.kernel_rule import KernelRule

_defaults = Hyperparameter()
_defaults.lr = 0.01
_defaults.momentum = 0.9


class NesterovAGRule(KernelRule):
    """Update rule of `NesterovAG`. State: `v`, of the parameter's shape and type."""

    routine = "nesterov_ag"
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


class NesterovAG(GradientMethod):
    """Nesterov's accelerated gradient.

    Args:
        lr: learning rate.
        momentum: how much of the last step is made again.

    Example:
        >>> import numpy as np
        >>> from dwbridge.links import Linear
        >>> model = Linear(2, 1, initialW=0)
        >>> optimizer = NesterovAG(lr=0.5).setup(model)
        >>> optimizer.update(lambda x: model(x).reshape(()), np.array([[1, 2]], 'f'))
        >>> model.W.array
        array([[-1.355, -2.71 ]], dtype=float32)
    """

    def __init__(
        self,
        lr: float = _defaults.lr,
        momentum: float = _defaults.momentum,
    ) -> None:
        super().__init__()
        self.hyperparam.lr = lr
        self.hyperparam.momentum = momentum

    lr = HyperparameterProxy("lr")
    momentum = HyperparameterProxy("momentum")

    def create_update_rule(self) -> NesterovAGRule:
        return NesterovAGRule(self.hyperparam)
