"""Stochastic gradient descent:  x <- x - lr g."""

from dwbridge.backend import Array
from dwbridge.kernels import kernels_for
from dwbridge.optimizers.gradient_method import GradientMethod
from dwbridge.optimizers.hyperparameter import Hyperparameter, HyperparameterProxy
from dwbridge.optimizers.update_rule import UpdateRule

_defaults = Hyperparameter()
_defaults.lr = 0.01


class SGDRule(UpdateRule):
    """Update rule of `SGD`."""

    is_elementwise = True

    def __init__(self, parent_hyperparam: Hyperparameter | None = None, lr: float | None = None) -> None:
        super().__init__(parent_hyperparam or _defaults)
        self.hyperparam.set_given(lr=lr)

    def step(self, x: Array, g: Array) -> None:
        kernels_for("optimizer_updates", x).sgd(x, g, float(self.hyperparam.lr))


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
