"""RMSprop (Tieleman and Hinton, Lecture 6.5 of Neural Networks for Machine Learning, 2012).

ms <- alpha ms + (1 - alpha) g^2,  x <- x - lr g / (sqrt(ms) + eps);  with eps_inside_sqrt, / sqrt(ms + eps)
"""

from typing import Any

import numpy as np

from dwbridge.optimizers.gradient_method import GradientMethod
from dwbridge.optimizers.hyperparameter import Hyperparameter, HyperparameterProxy
from dwbridge.optimizers.kernel_rule import KernelRule

_defaults = Hyperparameter()
_defaults.lr = 0.01
_defaults.alpha = 0.99
_defaults.eps = 1e-8
_defaults.eps_inside_sqrt = False


class RMSpropRule(KernelRule):
    """Update rule of `RMSprop`. State: `ms`, of the parameter's shape and type."""

    routine = "rmsprop"
    state_names = ("ms",)

    def __init__(
        self,
        parent_hyperparam: Hyperparameter | None = None,
        lr: float | None = None,
        alpha: float | None = None,
        eps: float | None = None,
        eps_inside_sqrt: bool | None = None,
    ) -> None:
        super().__init__(parent_hyperparam or _defaults)
        self.hyperparam.set_given(lr=lr, alpha=alpha, eps=eps, eps_inside_sqrt=eps_inside_sqrt)

    def scalars(self, dtype: np.dtype) -> tuple[Any, ...]:
        hp = self.hyperparam
        if hp.eps != 0 and dtype.type(hp.eps) == 0:
            raise ValueError(f"eps of RMSprop optimizer is too small for {dtype.name} ({hp.eps})")
        return float(hp.lr), float(hp.alpha), float(hp.eps), hp.eps_inside_sqrt


class RMSprop(GradientMethod):
    """RMSprop.

    Args:
        lr: learning rate.
        alpha: decay of the mean of squared gradients.
        eps: keeps the division from overflowing.
        eps_inside_sqrt: whether `eps` is added under the root, as some other frameworks do.

    Raises:
        ValueError: on an update, if `eps` is 0 in the parameter's type.

    Example:
        >>> import numpy as np
        >>> from dwbridge.links import Linear
        >>> model = Linear(2, 1, initialW=0)
        >>> optimizer = RMSprop(lr=0.5, alpha=0.75).setup(model)
        >>> optimizer.update(lambda x: model(x).reshape(()), np.array([[1, 2]], 'f'))
        >>> model.W.array
        array([[-1., -1.]], dtype=float32)
    """

    def __init__(
        self,
        lr: float = _defaults.lr,
        alpha: float = _defaults.alpha,
        eps: float = _defaults.eps,
        eps_inside_sqrt: bool = _defaults.eps_inside_sqrt,
    ) -> None:
        super().__init__()
        self.hyperparam.lr = lr
        self.hyperparam.alpha = alpha
        self.hyperparam.eps = eps
        self.hyperparam.eps_inside_sqrt = eps_inside_sqrt

    lr = HyperparameterProxy("lr")
    alpha = HyperparameterProxy("alpha")
    eps = HyperparameterProxy("eps")
    eps_inside_sqrt = HyperparameterProxy("eps_inside_sqrt")

    def create_update_rule(self) -> RMSpropRule:
        return RMSpropRule(self.hyperparam)
