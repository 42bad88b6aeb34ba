"""Optimizers that follow one gradient per step, by an update rule for each parameter."""

import warnings
from collections.abc import Callable
from typing import Any, Self

from dwbridge.links import Link
from dwbridge.optimizers.hookable import Hook
from dwbridge.optimizers.hyperparameter import Hyperparameter
from dwbridge.optimizers.optimizer import Optimizer
from dwbridge.optimizers.update_rule import UpdateRule
from dwbridge.optimizers.updates import update_all


class GradientMethod(Optimizer):
    """An optimizer that follows the gradient. Subclasses define `create_update_rule`.

    Attributes:
        hyperparam: hyperparameters, which all update rules see.
    """

    def __init__(self) -> None:
        super().__init__()
        self.hyperparam = Hyperparameter()
        self._use_fp32_update = False
        self._use_cleargrads = True

    def create_update_rule(self) -> UpdateRule:
        """A new update rule for a parameter."""
        raise NotImplementedError(f"{type(self).__name__} does not define create_update_rule")

    def setup(self, link: Link) -> Self:
        super().setup(link)
        for param in link.params():
            param.update_rule = self.create_update_rule()
            param.update_rule.use_fp32_update(self._use_fp32_update)
        return self

    def update(self, lossfun: Callable[..., Any] | None = None, *args: Any, **kwds: Any) -> None:
        """One step: the loss, its gradients, and an update of every parameter by its rule.

        Parameters that the loss does not depend on are updated with a gradient of 0, so that momentum and weight decay
        act on them as well.

        Args:
            lossfun: what returns the loss, called with the other arguments; None if the gradients are there already.
        """
        if lossfun is not None:
            self._backward(lossfun(*args, **kwds))
        self.reallocate_cleared_grads()
        self.check_nan_in_grads()
        self.call_hooks("pre")
        self.t += 1
        if self.is_safe_to_update() and not update_all(self._target.params()):
            self.reallocate_cleared_grads()
        self.call_hooks("post")
        self.update_loss_scale()

    def _backward(self, loss: Any) -> None:
        # After the forward computation, which is what initializes deferred parameters.
        if self._use_cleargrads:
            self._target.cleargrads()
        else:
            self._target.zerograds()
        loss.backward(loss_scale=self._loss_scale)

    def reallocate_cleared_grads(self) -> None:
        """Sets to zeros the gradients that are None, of parameters that have arrays."""
        for param in self._target.params(include_uninit=False):
            if param.grad_var is None:
                param._zerograd()

    def call_hook(self, hook: Hook) -> None:
        super().call_hook(hook)
        self.reallocate_cleared_grads()

    def use_cleargrads(self, use: bool = True) -> None:
        """Whether `update` clears gradients, or sets them to zeros (deprecated)."""
        warnings.warn("GradientMethod.use_cleargrads is deprecated.", DeprecationWarning, stacklevel=2)
        self._use_cleargrads = use

    def use_fp32_update(self, flag: bool = True) -> None:
        """Whether float16 parameters are updated through float32 copies."""
        self._use_fp32_update = flag
        for param in () if self.target is None else self.target.params():
            param.update_rule.use_fp32_update(flag)
