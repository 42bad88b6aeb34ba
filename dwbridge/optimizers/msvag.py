"""M-SVAG: momentum with variance adaptation (Balles and Hennig, arXiv:1705.07774), with decoupled weight decay.

At step t, with p = beta^t:

    m <- m + (1 - beta) (g - m),    v <- v + (1 - beta) (g^2 - v),    mt = m / (1 - p),    vt = v / (1 - p)
    rho = (1 - beta)^2 (1 - p^2) / ((1 - p)^2 (1 - beta^2)),    s = (vt - mt^2) / (1 - rho)
    x <- x - eta (lr mt mt^2 / (mt^2 + rho s) + weight_decay_rate x)

with the factor clipped to [0, 1], and 0 where it is 0/0.
"""

from typing import Any

import numpy as np

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.optimizers.gradient_method import GradientMethod
from dwbridge.optimizers.hyperparameter import Hyperparameter, HyperparameterProxy
from dwbridge.optimizers.update_rule import UpdateRule
from dwbridge.serializers import Deserializer

_defaults = Hyperparameter()
_defaults.lr = 0.1
_defaults.beta = 0.9
_defaults.eta = 1.0
_defaults.weight_decay_rate = 0


class MSVAGRule(UpdateRule):
    """Update rule of `MSVAG`. State: `m`, `v`, of the parameter's shape and type.

    Attributes:
        beta_power (float): beta^t of the next update.
    """

    is_elementwise = True

    def __init__(
        self,
        parent_hyperparam: Hyperparameter | None = None,
        lr: float | None = None,
        beta: float | None = None,
        eta: float | None = None,
        weight_decay_rate: float | None = None,
    ) -> None:
        super().__init__(parent_hyperparam or _defaults)
        self.hyperparam.set_given(lr=lr, beta=beta, eta=eta, weight_decay_rate=weight_decay_rate)
        self.beta_power = float(self.hyperparam.beta)

    def init_state(self, param: Variable) -> None:
        self.state["m"] = param.xp.zeros_like(param.array)  # type: ignore[index]
        self.state["v"] = param.xp.zeros_like(param.array)  # type: ignore[index]

    def step(self, x: Array, g: Array) -> None:
        hp, state = self.hyperparam, self.state
        assert state is not None
        beta, power = float(hp.beta), self.beta_power
        m, v = state["m"], state["v"]
        m += (1 - beta) * (g - m)
        v += (1 - beta) * (g * g - v)
        mt = m / (1 - power)
        factor = self._factor(mt * mt, v / (1 - power))
        x -= float(hp.eta) * (float(hp.lr) * mt * factor + float(hp.weight_decay_rate) * x)
        self.beta_power *= beta

    def _factor(self, mt2: Array, vt: Array) -> Array:
        """How much of the step its variance leaves, from 0 to 1."""
        xp, rho = get_array_module(mt2), self._rho
        s = (vt - mt2) / (1 - rho)
        with np.errstate(invalid="ignore"):  # 0/0 where all gradients were 0
            factor = xp.clip(mt2 / (mt2 + rho * s), 0, 1)
        return xp.where(xp.isnan(factor), factor.dtype.type(0), factor)

    @property
    def _rho(self) -> float:
        beta, power = float(self.hyperparam.beta), self.beta_power
        rho = ((1 - beta) ** 2) * (1 - power**2) / (((1 - power) ** 2) * (1 - beta**2))
        return min(rho, 0.9999)

    def serialize(self, serializer: Any) -> None:
        """Saves or loads `t` and the state, as every rule.

        Chainer forgets `beta_power` on loading, and goes on as if at the first step; here it follows `t`.
        """
        super().serialize(serializer)
        if isinstance(serializer, Deserializer):
            self.beta_power = _power_after(float(self.hyperparam.beta), self.t)


def _power_after(beta: float, t: int) -> float:
    """beta^(t + 1), multiplied up as the updates do, so that training goes on with the same bits."""
    power = beta
    for _ in range(t):
        if power * beta == power:
            break
        power *= beta
    return power


class MSVAG(GradientMethod):
    """M-SVAG.

    Args:
        lr: learning rate.
        beta: decay of the means of gradients and of squared gradients.
        eta: multiplies the step, decay included.
        weight_decay_rate: how much of a parameter every step takes away.

    Example:
        >>> import numpy as np
        >>> from dwbridge.links import Linear
        >>> model = Linear(2, 1, initialW=0)
        >>> optimizer = MSVAG(lr=0.5).setup(model)
        >>> optimizer.update(lambda x: model(x).reshape(()), np.array([[1, 2]], 'f'))
        >>> bool((model.W.array < 0).all())
        True
    """

    def __init__(
        self,
        lr: float = _defaults.lr,
        beta: float = _defaults.beta,
        eta: float = _defaults.eta,
        weight_decay_rate: float = _defaults.weight_decay_rate,
    ) -> None:
        super().__init__()
        self.hyperparam.lr = lr
        self.hyperparam.beta = beta
        self.hyperparam.eta = eta
        self.hyperparam.weight_decay_rate = weight_decay_rate

    lr = HyperparameterProxy("lr")
    beta = HyperparameterProxy("beta")
    eta = HyperparameterProxy("eta")
    weight_decay_rate = HyperparameterProxy("weight_decay_rate")

    def create_update_rule(self) -> MSVAGRule:
        return MSVAGRule(self.hyperparam)
