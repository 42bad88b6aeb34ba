"""RMSprop (Tieleman and Hinton, Lecture 6.5 of Neural Networks for Machine Learning, 2012).

ms <- alpha ms + (1 - alpha) g^2,  x <- x - lr g / (sqrt(ms) + eps);  with eps_inside_sqrt, / sqrt(ms + eps)
"""

from dwbridge.autograd import Variable
from dwbridge.backend import Array
from dwbridge.kernels import kernels_for
from dwbridge.optimizers.gradient_method import GradientMethod
from dwbridge.optimizers.hyperparameter import Hyperparameter, HyperparameterProxy
from dwbridge.optimizers.update_rule import UpdateRule

_defaults = Hyperparameter()
_defaults.lr = 0.01
_defaults.alpha = 0.99
_defaults.eps = 1e-8
_defaults.eps_inside_sqrt = False


class RMSpropRule(UpdateRule):
    """Update rule of `RMSprop`. State: `ms`, of the parameter's shape and type."""

    is_elementwise = True

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

    def init_state(self, param: Variable) -> None:
        self.state["ms"] = param.xp.zeros_like(param.array)  # type: ignore[index]

    def step(self, x: Array, g: Array) -> None:
        hp, ms = self.hyperparam, self.state["ms"]  # type: ignore[index]
        if hp.eps != 0 and g.dtype.type(hp.eps) == 0:
            raise ValueError(f"eps of RMSprop optimizer is too small for {g.dtype.name} ({hp.eps})")
        scalars = float(hp.lr), float(hp.alpha), float(hp.eps)
        kernels_for("optimizer_updates", x).rmsprop(x, g, ms, *scalars, hp.eps_inside_sqrt)


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
