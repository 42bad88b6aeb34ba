"""RMSprop of Alex Graves (arXiv:1308.0850, equations 38 to 41), centred and with momentum.

n <- alpha n + (1 - alpha) g^2,  g_mean <- alpha g_mean + (1 - alpha) g
delta <- momentum delta - lr g / sqrt(n - g_mean^2 + eps),  x <- x + delta
"""

from typing import Any

import numpy as np

from dwbridge.optimizers.gradient_method import GradientMethod
from dwbridge.optimizers.hyperparameter import Hyperparameter, HyperparameterProxy
from dwbridge.optimizers.kernel_rule import KernelRule

_defaults = Hyperparameter()
_defaults.lr = 1e-4
_defaults.alpha = 0.95
_defaults.momentum = 0.9
_defaults.eps = 1e-4


class RMSpropGravesRule(KernelRule):
    """Update rule of `RMSpropGraves`. State: `n`, `g`, `delta`, of the parameter's shape and type."""

    routine = "rmsprop_graves"
    state_names = ("n", "g", "delta")

    def __init__(
        self,
        parent_hyperparam: Hyperparameter | None = None,
        lr: float | None = None,
        alpha: float | None = None,
        momentum: float | None = None,
        eps: float | None = None,
    ) -> None:
        super().__init__(parent_hyperparam or _defaults)
        self.hyperparam.set_given(lr=lr, alpha=alpha, momentum=momentum, eps=eps)

    def scalars(self, dtype: np.dtype) -> tuple[Any, ...]:
        hp = self.hyperparam
        return float(hp.lr), float(hp.alpha), float(hp.momentum), float(hp.eps)


class RMSpropGraves(GradientMethod):
    """RMSprop of Alex Graves.

    Args:
        lr: learning rate.
        alpha: decay of the means of gradients and of squared gradients.
        momentum: how much of the last step is made again.
        eps: keeps the division from overflowing.

    Example:
        >>> import numpy as np
        >>> from dwbridge.links import Linear
        >>> model = Linear(2, 1, initialW=0)
        >>> optimizer = RMSpropGraves(lr=0.5).setup(model)
        >>> optimizer.update(lambda x: model(x).reshape(()), np.array([[1, 2]], 'f'))
        >>> bool((model.W.array < 0).all())
        True
    """

    def __init__(
        self,
        lr: float = _defaults.lr,
        alpha: float = _defaults.alpha,
        momentum: float = _defaults.momentum,
        eps: float = _defaults.eps,
    ) -> None:
        super().__init__()
        self.hyperparam.lr = lr
        self.hyperparam.alpha = alpha
        self.hyperparam.momentum = momentum
        self.hyperparam.eps = eps

    lr = HyperparameterProxy("lr")
    alpha = HyperparameterProxy("alpha")
    momentum = HyperparameterProxy("momentum")
    eps = HyperparameterProxy("eps")

    def create_update_rule(self) -> RMSpropGravesRule:
        return RMSpropGravesRule(self.hyperparam)
