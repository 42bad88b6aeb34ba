"""AdaDelta (Zeiler, arXiv:1212.5701): no learning rate.

msg <- rho msg + (1 - rho) g^2,  dx = sqrt((msdx + eps) / (msg + eps)) g
msdx <- rho msdx + (1 - rho) dx^2,  x <- x - dx
"""

from dwbridge.autograd import Variable
from dwbridge.backend import Array
from dwbridge.kernels import kernels_for
from dwbridge.optimizers.gradient_method import GradientMethod
from dwbridge.optimizers.hyperparameter import Hyperparameter, HyperparameterProxy
from dwbridge.optimizers.update_rule import UpdateRule

_defaults = Hyperparameter()
_defaults.rho = 0.95
_defaults.eps = 1e-6


class AdaDeltaRule(UpdateRule):
    """Update rule of `AdaDelta`. State: `msg`, `msdx`, of the parameter's shape and type."""

    is_elementwise = True

    def __init__(
        self,
        parent_hyperparam: Hyperparameter | None = None,
        rho: float | None = None,
        eps: float | None = None,
    ) -> None:
        super().__init__(parent_hyperparam or _defaults)
        self.hyperparam.set_given(rho=rho, eps=eps)

    def init_state(self, param: Variable) -> None:
        self.state["msg"] = param.xp.zeros_like(param.array)  # type: ignore[index]
        self.state["msdx"] = param.xp.zeros_like(param.array)  # type: ignore[index]

    def step(self, x: Array, g: Array) -> None:
        msg, msdx = self.state["msg"], self.state["msdx"]  # type: ignore[index]
        rho, eps = float(self.hyperparam.rho), float(self.hyperparam.eps)
        kernels_for("optimizer_updates", x).ada_delta(x, g, msg, msdx, rho, eps)


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
