"""Optimizers: what changes the parameters of a link so that a loss falls."""

from collections.abc import Callable
from typing import Any, Self

from dwbridge.backend import on_device_of
from dwbridge.links import Link
from dwbridge.optimizers.hookable import Hook, Hookable
from dwbridge.optimizers.loss_scaling import LossScaling
from dwbridge.optimizers.weight_decay import WeightDecay
from dwbridge.serializers import Deserializer


class Optimizer(LossScaling):
    """What all optimizers have in common. Subclasses define `update`.

    Attributes:
        target: the link whose parameters are optimized; None before `setup`.
        t (int): number of updates so far.
        epoch (int): number of epochs so far.
        use_auto_new_epoch (bool): set by updaters that call `new_epoch` themselves.
    """

    target: Link | None = None
    t = 0
    epoch = 0
    use_auto_new_epoch = False
    _hooks: Hookable | None = None

    def setup(self, link: Link) -> Self:
        """Sets the target; earlier counts, hooks and states are dropped.

        Returns:
            self

        Raises:
            TypeError: if the target is no link.
        """
        if not isinstance(link, Link):
            raise TypeError(f"optimization target must be a link, got {type(link).__name__}")
        self.target = link
        self.t = 0
        self.epoch = 0
        self._hooks = Hookable(default_to_pre=True)
        return self

    def update(self, lossfun: Callable[..., Any] | None = None, *args: Any, **kwds: Any) -> None:
        """One step.

        Args:
            lossfun: what returns the loss, called with the other arguments; None if the gradients are there already.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define update")

    def new_epoch(self, auto: bool = False) -> None:
        """Counts an epoch.

        Args:
            auto: whether an updater calls it.

        Raises:
            RuntimeError: if it is called both by an updater and otherwise.
        """
        if auto and not self.use_auto_new_epoch:
            raise RuntimeError("invalid new_epoch call with auto=True: set optimizer.use_auto_new_epoch = True")
        if self.use_auto_new_epoch and not auto:
            raise RuntimeError("duplicated new_epoch with the updater: pass auto_new_epoch=False to the updater")
        self.epoch += 1

    def add_hook(self, hook: Hook, name: str | None = None, timing: str = "auto") -> None:
        """Adds a hook, which is called once per step with the optimizer.

        A hook with a true `call_for_each_param` is called for each parameter, with its update rule and the parameter.
        See `Hookable.add` for the arguments.

        Raises:
            RuntimeError: before `setup`.
        """
        self._check_set_up().add(hook, name, timing)

    def remove_hook(self, name: str) -> None:
        """Removes a hook.

        Raises:
            KeyError: if there is none of that name.
            RuntimeError: before `setup`.
        """
        self._check_set_up().remove(name)

    def call_hooks(self, timing: str = "pre") -> None:
        """Calls the hooks of `'pre'` or `'post'`."""
        for hook in self._check_set_up().at(timing):
            self.call_hook(hook)

    def call_hook(self, hook: Hook) -> None:
        """Calls one hook."""
        if not getattr(hook, "call_for_each_param", False):
            hook(self)
            return
        if type(hook) is WeightDecay:  # a subclass may do more for a parameter
            hook.call_for(self._target.params())
            return
        for param in self._target.params():
            with on_device_of(param.array):
                hook(param.update_rule, param)

    def _check_set_up(self) -> Hookable:
        if self._hooks is None:
            raise RuntimeError("Optimizer is not set up. Call `setup` method.")
        return self._hooks

    @property
    def _target(self) -> Link:
        if self.target is None:
            raise RuntimeError("Optimizer is not set up. Call `setup` method.")
        return self.target

    def serialize(self, serializer: Any) -> None:
        """Saves or loads the counts and the update rules' states; not the parameters."""
        if isinstance(serializer, Deserializer):
            before = {"t": self.t, "epoch": self.epoch}
            serializer.on_failure(lambda: vars(self).update(before))
        self.t = serializer("t", self.t)
        self.epoch = serializer("epoch", self.epoch)
        for path, param in self._target.namedparams():
            rule = getattr(param, "update_rule", None)
            if rule is not None:
                rule.serialize(serializer[path])
