"""Momentum SGD whose momentum is free of the learning rate (Goyal et al., arXiv:1706.02677, equation 9).

v <- momentum v - g,  x <- x + lr v
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


class CorrectedMomentumSGDRule(UpdateRule):
    """Update rule of `CorrectedMomentumSGD`. State: `v`, of the parameter's shape and type."""

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
        kernels_for("optimizer_updates", x).corrected_momentum_sgd(x, g, v, float(hp.lr), float(hp.momentum))


class CorrectedMomentumSGD(GradientMethod):
    """Momentum SGD in which a change of `lr` acts on all of the step at once (`MomentumSGD` keeps old rates in `v`).

    Args:
        lr: learning rate.
        momentum: how much of the last step is made again.

    Example:
        >>> import numpy as np
        >>> from dwbridge.links import Linear
        >>> model = Linear(2, 1, initialW=0)
        >>> optimizer = CorrectedMomentumSGD(lr=0.5).setup(model)
        >>> optimizer.update(lambda x: model(x).reshape(()), np.array([[1, 2]], 'f'))
        >>> model.W.array, model.W.update_rule.state['v']
        (array([[-0.5, -1. ]], dtype=float32), array([[-1., -2.]], dtype=float32))
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

    def create_update_rule(self) -> CorrectedMomentumSGDRule:
        return CorrectedMomentumSGDRule(self.hyperparam)
