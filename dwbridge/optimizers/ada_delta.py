"""AdaDelta (Zeiler, arXiv:1212.5701): no learning rate.

msg <- rho msg + (1 - rho) g^2,  dx = sqrt((msdx + eps) / (msg + eps)) g
msdx <- rho msdx + (1 - rho) dx^2,  x <- x - dx
"""

from typing import Any

import numpy as np

from dwbridge.optimizers.gradient_method import GradientMethod
from dwbridge.optimizers.hyperparameter import Hyperparameter, HyperparameterProxy
from dwbridge.optimizers.kernel_rule import KernelRule

_defaults = Hyperparameter()
_defaults.rho = 0.95
_defaults.eps = 1e-6


class AdaDeltaRule(KernelRule):
    """Update rule of `AdaDelta`. State: `msg`, `msdx`, of the parameter's shape and type."""

    routine = "ada_delta"
    state_names = ("msg", "msdx")

    def __init__(
        self,
        parent_hyperparam: Hyperparameter | None = None,
        rho: float | None = None,
        eps: float | None = None,
    ) -> None:
        super().__init__(parent_hyperparam or _defaults)
        self.hyperparam.set_given(rho=rho, eps=eps)

    def scalars(self, dtype: np.dtype) -> tuple[Any, ...]:
        return float(self.hyperparam.rho), float(self.hyperparam.eps)


class AdaDelta(GradientMethod):
    """AdaDelta.

    Args:
        rho: decay of the means of squared gradients and of squared steps.
        eps: keeps the division from overflowing.

    Example:
        >>> import numpy as np
        >>> from dwbridge.links import Linear
        >>> model = Linear(2, 1, initialW=0)
        >>> optimizer = AdaDelta(eps=0.01).setup(model)
        >>> optimizer.update(lambda x: model(x).reshape(()), np.array([[1, 2]], 'f'))
        >>> bool((model.W.array < 0).all())
        True
    """

    def __init__(
        self,
        rho: float = _defaults.rho,
        eps: float = _defaults.eps,
    ) -> None:
        super().__init__()
        self.hyperparam.rho = rho
        self.hyperparam.eps = eps

    rho = HyperparameterProxy("rho")
    eps = HyperparameterProxy("eps")

    def create_update_rule(self) -> AdaDeltaRule:
        return AdaDeltaRule(self.hyperparam)
