"""Adam's kin under their own names: each is `Adam` with some of its switches set."""

from dwbridge.optimizers.adam import Adam, _defaults


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101). Arguments as of `Adam`."""

    def __init__(
        self,
        alpha: float = _defaults.alpha,
        beta1: float = _defaults.beta1,
        beta2: float = _defaults.beta2,
        eps: float = _defaults.eps,
        eta: float = _defaults.eta,
        weight_decay_rate: float = _defaults.weight_decay_rate,
    ) -> None:
        super().__init__(alpha, beta1, beta2, eps, eta, weight_decay_rate)


class AMSGrad(Adam):
    """Adam with `amsgrad` (Reddi et al., ICLR 2018). Arguments as of `Adam`."""

    def __init__(
        self,
        alpha: float = _defaults.alpha,
        beta1: float = _defaults.beta1,
        beta2: float = _defaults.beta2,
        eps: float = _defaults.eps,
        eta: float = _defaults.eta,
    ) -> None:
        super().__init__(alpha, beta1, beta2, eps, eta, amsgrad=True)


class AdaBound(Adam):
    """Adam with `adabound` (Luo et al., ICLR 2019). Arguments as of `Adam`."""

    _amsgrad = False

    def __init__(
        self,
        alpha: float = _defaults.alpha,
        beta1: float = _defaults.beta1,
        beta2: float = _defaults.beta2,
        final_lr: float = _defaults.final_lr,
        gamma: float = _defaults.gamma,
        eps: float = _defaults.eps,
        eta: float = _defaults.eta,
    ) -> None:
        super().__init__(alpha, beta1, beta2, eps, eta, adabound=True, final_lr=final_lr, gamma=gamma)
        self.hyperparam.amsgrad = self._amsgrad


class AMSBound(AdaBound):
    """Adam with both `amsgrad` and `adabound`. Arguments as of `AdaBound`."""

    _amsgrad = True
