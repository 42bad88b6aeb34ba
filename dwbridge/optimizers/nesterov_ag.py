"""Nesterov's accelerated gradient, in the form of Bengio et al. (arXiv:1212.0901).

v <- momentum v - lr g,  x <- x + momentum^2 v - (1 + momentum) lr g
"""

from dwbridge.autograd import Variable
from dwbridge.backend import Array
from dwbridge.kernels import kernels_for
from dwbridge.optimizers.gradient_method import GradientMethod
from dwbridge.optimizers.hyperparameter import Hyperparameter, HyperparameterProxy
from dwbridge.optimizers.update_rule import UpdateRule

_defaults = Hyperparameter()
_defaults.lr = 0.01
_defaults.momentum = 0.9


class NesterovAGRule(UpdateRule):
    """Update rule of `NesterovAG`. State: `v`, of the parameter's shape and type."""

    is_elementwise = True

    def __init__(
        self,
        parent_hyperparam: Hyperparameter | None = None,
        lr: float | None = None,
        momentum: float | None = None,
    ) -> None:
        super().__init__(parent_hyperparam or _defaults)
        self.hyperparam.set_given(lr=lr, momentum=momentum)

    def init_state(self, param: Variable) -> None:
        self.state["v"] = param.xp.zeros_like(param.array)  # type: ignore[index]

    def step(self, x: Array, g: Array) -> None:
        v, hp = self.state["v"], self.hyperparam  # type: ignore[index]
        kernels_for("optimizer_updates", x).nesterov_ag(x, g, v, float(hp.lr), float(hp.momentum))


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
