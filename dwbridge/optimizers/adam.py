"""Adam (Kingma and Ba, arXiv:1412.6980) and its kin.

At step t, for the gradient g:

    m <- m + (1 - beta1) (g - m),    v <- v + (1 - beta2) (g^2 - v)
    alpha_t = alpha sqrt(1 - beta2^t) / (1 - beta1^t)
    x <- x - eta (alpha_t m / (sqrt(v) + eps) + weight_decay_rate x)

`weight_decay_rate` is AdamW's (Loshchilov and Hutter, arXiv:1711.05101). With `amsgrad` (Reddi et al., ICLR 2018) the
largest v so far stands in the place of v; with `adabound` (Luo et al., ICLR 2019) alpha_t / (sqrt(v) + eps) is clipped
to bounds that close in on `final_lr`.
"""

import math
import warnings
from typing import Any

import numpy as np

from dwbridge.autograd import Variable
from dwbridge.backend import Array, compute_dtype
from dwbridge.optimizers.gradient_method import GradientMethod
from dwbridge.optimizers.hyperparameter import Hyperparameter, HyperparameterProxy
from dwbridge.optimizers.kernel_rule import KernelRule

#: No type that is computed in takes a larger number for 0.
TINY = float(np.finfo(np.float32).tiny)

_defaults = Hyperparameter()
_defaults.alpha = 0.001
_defaults.beta1 = 0.9
_defaults.beta2 = 0.999
_defaults.eps = 1e-8
_defaults.eta = 1.0
_defaults.weight_decay_rate = 0
_defaults.amsgrad = False
_defaults.adabound = False
_defaults.final_lr = 0.1
_defaults.gamma = 1e-3


def _alpha_t(alpha: float, beta1: float, beta2: float, t: int) -> float:
    if t == 0:
        raise RuntimeError("the learning rate of Adam is not known before the first update")
    fix1 = 1.0 - math.pow(beta1, t)
    fix2 = 1.0 - math.pow(beta2, t)
    return float(alpha * math.sqrt(fix2) / fix1)


class AdamRule(KernelRule):
    """Update rule of `Adam`. State: `m`, `v`, with amsgrad `vhat`, of the parameter's shape and type.

    Args:
        parent_hyperparam: where hyperparameters come from that are not given.
        alpha: see `Adam`, here and below; None for the parent's.
        beta1: see `Adam`.
        beta2: see `Adam`.
        eps: see `Adam`.
        eta: see `Adam`.
        weight_decay_rate: see `Adam`.
        amsgrad: see `Adam`.
        adabound: see `Adam`.
        final_lr: see `Adam`.
        gamma: see `Adam`.
    """

    routine = "adam"

    def __init__(
        self,
        parent_hyperparam: Hyperparameter | None = None,
        alpha: float | None = None,
        beta1: float | None = None,
        beta2: float | None = None,
        eps: float | None = None,
        eta: float | None = None,
        weight_decay_rate: float | None = None,
        amsgrad: bool | None = None,
        adabound: bool | None = None,
        final_lr: float | None = None,
        gamma: float | None = None,
    ) -> None:
        super().__init__(parent_hyperparam or _defaults)
        self.hyperparam.set_given(alpha=alpha, beta1=beta1, beta2=beta2, eps=eps, eta=eta, final_lr=final_lr)
        self.hyperparam.set_given(weight_decay_rate=weight_decay_rate, amsgrad=amsgrad, adabound=adabound, gamma=gamma)
        if self.hyperparam.adabound:
            self.initial_alpha = self.hyperparam.alpha

    def init_state(self, param: Variable) -> None:
        for name in ("m", "v", "vhat") if self.hyperparam.amsgrad else ("m", "v"):
            self.state[name] = param.xp.zeros_like(param.array)  # type: ignore[index]

    @property
    def has_shared_scalars(self) -> bool:
        return not self.hyperparam.adabound  # whose bounds know an initial alpha

    def arrays(self) -> tuple[Array | None, ...]:
        state: Any = self._state
        return state["m"], state["v"], state["vhat"] if self.hyperparam.lookup("amsgrad") else None

    def scalars(self, dtype: np.dtype) -> tuple[Any, ...]:
        hp = self.hyperparam.get_dict()
        beta1, beta2, eps = hp["beta1"], hp["beta2"], hp["eps"]
        _check_eps(eps, dtype)
        bounds = self.bounds if hp["adabound"] else None
        decay = float(hp["eta"]), float(hp["weight_decay_rate"])
        return _alpha_t(hp["alpha"], beta1, beta2, self.t), float(beta1), float(beta2), float(eps), *decay, bounds

    @property
    def alpha_t(self) -> float:
        """The learning rate after correction for the first steps' bias."""
        hp = self.hyperparam
        return _alpha_t(hp.alpha, hp.beta1, hp.beta2, self.t)

    @property
    def lr(self) -> float:
        """Old name of `alpha_t` (deprecated)."""
        warnings.warn("AdamRule.lr has been renamed to AdamRule.alpha_t.", DeprecationWarning, stacklevel=2)
        return self.alpha_t

    @property
    def bounds(self) -> tuple[float, float]:
        """Lower and upper bound of the learning rates, with `adabound`."""
        if self.t == 0:
            raise RuntimeError("the bounds of AdaBound are not known before the first update")
        hp = self.hyperparam
        final_lr = float(hp.final_lr * hp.alpha / self.initial_alpha)  # follows schedules of alpha
        return final_lr * (1.0 - 1.0 / (hp.gamma * self.t + 1)), final_lr * (1.0 + 1.0 / (hp.gamma * self.t))


def _check_eps(eps: float, dtype: np.dtype) -> None:
    if eps > TINY:  # the usual case, without a question to the dtype
        return
    dtype = compute_dtype(dtype)
    if eps != 0 and dtype.type(eps) == 0:
        raise ValueError(f"eps of Adam optimizer is too small for {dtype.name} ({eps})")


class Adam(GradientMethod):
    """Adam.

    Args:
        alpha: learning rate.
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of squared gradients.
        eps: keeps the division from overflowing.
        eta: multiplies the step, decay included.
        weight_decay_rate: how much of a parameter every step takes away.
        amsgrad: use the largest mean of squares so far.
        adabound: clip the learning rates.
        final_lr: where the bounds close in, with `adabound`.
        gamma: how fast, with `adabound`.
    """

    def __init__(
        self,
        alpha: float = _defaults.alpha,
        beta1: float = _defaults.beta1,
        beta2: float = _defaults.beta2,
        eps: float = _defaults.eps,
        eta: float = _defaults.eta,
        weight_decay_rate: float = _defaults.weight_decay_rate,
        amsgrad: bool = _defaults.amsgrad,
        adabound: bool = _defaults.adabound,
        final_lr: float = _defaults.final_lr,
        gamma: float = _defaults.gamma,
    ) -> None:
        super().__init__()
        self.hyperparam.alpha = alpha
        self.hyperparam.beta1 = beta1
        self.hyperparam.beta2 = beta2
        self.hyperparam.eps = eps
        self.hyperparam.eta = eta
        self.hyperparam.weight_decay_rate = weight_decay_rate
        self.hyperparam.amsgrad = amsgrad
        self.hyperparam.adabound = adabound
        self.hyperparam.final_lr = final_lr
        self.hyperparam.gamma = gamma

    alpha = HyperparameterProxy("alpha")
    beta1 = HyperparameterProxy("beta1")
    beta2 = HyperparameterProxy("beta2")
    eps = HyperparameterProxy("eps")
    eta = HyperparameterProxy("eta")
    weight_decay_rate = HyperparameterProxy("weight_decay_rate")
    amsgrad = HyperparameterProxy("amsgrad")
    adabound = HyperparameterProxy("adabound")
    final_lr = HyperparameterProxy("final_lr")
    gamma = HyperparameterProxy("gamma")

    def create_update_rule(self) -> AdamRule:
        return AdamRule(self.hyperparam)

    @property
    def alpha_t(self) -> float:
        """The learning rate after correction for the first steps' bias."""
        hp = self.hyperparam
        return _alpha_t(hp.alpha, hp.beta1, hp.beta2, self.t)

    @property
    def lr(self) -> float:
        """Old name of `alpha_t` (deprecated)."""
        warnings.warn("Adam.lr has been renamed to Adam.alpha_t.", DeprecationWarning, stacklevel=2)
        return self.alpha_t
