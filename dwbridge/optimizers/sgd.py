"""Stochastic gradient descent:  x <- x - lr g."""

from typing import Any

import numpy as np

from dwbridge.optimizers.gradient_method import GradientMethod
from dwbridge.optimizers.hyperparameter import Hyperparameter, HyperparameterProxy
from dwbridge.optimizers.kernel_rule import KernelRule

_defaults = Hyperparameter()
_defaults.lr = 0.01


class SGDRule(KernelRule):
    """Update rule of `SGD`."""

    routine = "sgd"

    def __init__(self, parent_hyperparam: Hyperparameter | None = None, lr: float | None = None) -> None:
        super().__init__(parent_hyperparam or _defaults)
        self.hyperparam.set_given(lr=lr)

    def scalars(self, dtype: np.dtype) -> tuple[Any, ...]:
        return (float(self.hyperparam.lr),)


class SGD(GradientMethod):
    """Stochastic gradient descent.

    Args:
        lr: learning rate.

    Example:
        >>> import numpy as np
        >>> from dwbridge.links import Linear
        >>> model = Linear(2, 1, initialW=0)
        >>> optimizer = SGD(lr=0.5).setup(model)
        >>> optimizer.update(lambda x: model(x).reshape(()), np.array([[1, 2]], 'f'))
        >>> model.W.array
        array([[-0.5, -1. ]], dtype=float32)
    """

    def __init__(self, lr: float = _defaults.lr) -> None:
        super().__init__()
        self.hyperparam.lr = lr

    lr = HyperparameterProxy("lr")

    def create_update_rule(self) -> SGDRule:
        return SGDRule(self.hyperparam)
