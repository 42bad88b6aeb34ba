"""AdaGrad (Duchi et al., JMLR 12, 2011).

h <- h + g^2,  x <- x - lr g / (sqrt(h) + eps)
"""

from typing import Any

import numpy as np

from dwbridge.optimizers.gradient_method import GradientMethod
from dwbridge.optimizers.hyperparameter import Hyperparameter, HyperparameterProxy
from dwbridge.optimizers.kernel_rule import KernelRule

_defaults = Hyperparameter()
_defaults.lr = 0.001
_defaults.eps = 1e-8


class AdaGradRule(KernelRule):
    """Update rule of `AdaGrad`. State: `h`, of the parameter's shape and type."""

    routine = "ada_grad"
    state_names = ("h",)

    def __init__(
        self,
        parent_hyperparam: Hyperparameter | None = None,
        lr: float | None = None,
        eps: float | None = None,
    ) -> None:
        super().__init__(parent_hyperparam or _defaults)
        self.hyperparam.set_given(lr=lr, eps=eps)

    def scalars(self, dtype: np.dtype) -> tuple[Any, ...]:
        hp = self.hyperparam
        return float(hp.lr), float(hp.eps)


class AdaGrad(GradientMethod):
    """AdaGrad: every element's rate falls with the sum of its squared gradients.

    Args:
        lr: learning rate.
        eps: keeps the division from overflowing.

    Example:
        >>> import numpy as np
        >>> from dwbridge.links import Linear
        >>> model = Linear(2, 1, initialW=0)
        >>> optimizer = AdaGrad(lr=0.5).setup(model)
        >>> optimizer.update(lambda x: model(x).reshape(()), np.array([[1, 2]], 'f'))
        >>> model.W.array
        array([[-0.5, -0.5]], dtype=float32)
    """

    def __init__(
        self,
        lr: float = _defaults.lr,
        eps: float = _defaults.eps,
    ) -> None:
        super().__init__()
        self.hyperparam.lr = lr
        self.hyperparam.eps = eps

    lr = HyperparameterProxy("lr")
    eps = HyperparameterProxy("eps")

    def create_update_rule(self) -> AdaGradRule:
        return AdaGradRule(self.hyperparam)
