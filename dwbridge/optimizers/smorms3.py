"""SMORMS3 of Simon Funk (sifter.org/~simon/journal/20150420.html).

r = 1 / (mem + 1),  g_mean <- (1 - r) g_mean + r g,  g2 <- (1 - r) g2 + r g^2,  s = g_mean^2 / (g2 + eps)
x <- x - g min(s, lr) / (sqrt(g2) + eps),  mem <- 1 + mem (1 - s)
"""

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.optimizers.gradient_method import GradientMethod
from dwbridge.optimizers.hyperparameter import Hyperparameter, HyperparameterProxy
from dwbridge.optimizers.update_rule import UpdateRule

_defaults = Hyperparameter()
_defaults.lr = 0.001
_defaults.eps = 1e-16


class SMORMS3Rule(UpdateRule):
    """Update rule of `SMORMS3`. State: `mem`, `g`, `g2`, of the parameter's shape and type."""

    is_elementwise = True

    def __init__(
        self,
        parent_hyperparam: Hyperparameter | None = None,
        lr: float | None = None,
        eps: float | None = None,
    ) -> None:
        super().__init__(parent_hyperparam or _defaults)
        self.hyperparam.set_given(lr=lr, eps=eps)

    def init_state(self, param: Variable) -> None:
        self.state["mem"] = param.xp.ones_like(param.array)  # type: ignore[index]
        self.state["g"] = param.xp.zeros_like(param.array)  # type: ignore[index]
        self.state["g2"] = param.xp.zeros_like(param.array)  # type: ignore[index]

    def step(self, x: Array, g: Array) -> None:
        xp, state, eps = get_array_module(x), self.state, float(self.hyperparam.eps)
        assert state is not None
        r = 1 / (state["mem"] + 1)
        mean = (1 - r) * state["g"] + r * g
        g2 = (1 - r) * state["g2"] + r * g * g
        s = mean * mean / (g2 + eps)
        x -= g * xp.minimum(s, float(self.hyperparam.lr)) / (xp.sqrt(g2) + eps)
        after = {"mem": 1 + state["mem"] * (1 - s), "g": mean, "g2": g2}
        # A number beside bfloat16 makes float32.
        state.update((name, value.astype(x.dtype, copy=False)) for name, value in after.items())


class SMORMS3(GradientMethod):
    """SMORMS3: the rate follows how well the last gradients agree.

    Args:
        lr: the largest learning rate.
        eps: keeps the division from overflowing.

    Example:
        >>> import numpy as np
        >>> from dwbridge.links import Linear
        >>> model = Linear(2, 1, initialW=0)
        >>> optimizer = SMORMS3(lr=0.5).setup(model)
        >>> optimizer.update(lambda x: model(x).reshape(()), np.array([[1, 2]], 'f'))
        >>> bool((model.W.array < 0).all())
        True
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

    def create_update_rule(self) -> SMORMS3Rule:
        return SMORMS3Rule(self.hyperparam)
