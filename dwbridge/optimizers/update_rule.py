"""Update rules: how one parameter changes by its gradient, and the state that this needs."""

import copy
from typing import Any

import numpy as np

from dwbridge.autograd import Parameter, Variable
from dwbridge.backend import Array, are_together, is_array, on_device_of
from dwbridge.optimizers.hookable import Hook, Hookable
from dwbridge.optimizers.hyperparameter import Hyperparameter
from dwbridge.serializers import Deserializer


class UpdateRule:
    """How one parameter is updated. Subclasses define `step`, and `init_state` if they keep a state.

    What Chainer's rules override works as well: `update_core`, or `update_core_cpu` and `update_core_gpu`.

    Args:
        parent_hyperparam: where hyperparameters come from that the rule does not set itself.

    Attributes:
        enabled (bool): whether `update` does anything.
        hyperparam: the rule's hyperparameters.
        t (int): number of updates so far.
    """

    is_elementwise = False

    def __init__(self, parent_hyperparam: Hyperparameter | None = None) -> None:
        self.enabled = True
        self.hyperparam = Hyperparameter(parent_hyperparam)
        self.t = 0
        self._state: dict[str, Any] | None = None
        self._use_fp32_update = False
        self._fp32_param: Parameter | None = None
        self._hooks = Hookable()

    @property
    def state(self) -> dict[str, Any] | None:
        """Arrays (and other values) that outlive an update, by name; None before the first one."""
        return self._state

    def add_hook(self, hook: Hook, name: str | None = None, timing: str = "auto") -> None:
        """Adds a hook, which is called with the rule and the parameter; see `Hookable.add`."""
        self._hooks.add(hook, name, timing)

    def remove_hook(self, name: str) -> None:
        """Removes a hook."""
        self._hooks.remove(name)

    def use_fp32_update(self, flag: bool = True) -> None:
        """Updates a float32 copy of a float16 parameter, which is kept, and rounds it into the parameter."""
        self._use_fp32_update = flag

    def init_state(self, param: Variable) -> None:
        """Fills `state` for a parameter of this shape, type and device."""

    def step(self, x: Array, g: Array) -> None:
        """Changes the parameter's array `x` in place, by its gradient `g` of the same shape and type."""
        raise NotImplementedError(f"{type(self).__name__} defines neither step nor update_core")

    def update_core(self, param: Variable) -> None:
        """Changes the parameter's array, in place: `update_core_cpu` or `update_core_gpu`, by where it is."""
        on_cpu = type(param.array) is np.ndarray or param.device.xp is np  # the first question is the cheap one
        (self.update_core_cpu if on_cpu else self.update_core_gpu)(param)

    def update_core_cpu(self, param: Variable) -> None:
        """`update_core` of a parameter in main memory: `step`, if there is a gradient."""
        self._step(param)

    def update_core_gpu(self, param: Variable) -> None:
        """`update_core` of a parameter on a GPU: `step`, if there is a gradient."""
        self._step(param)

    def _step(self, param: Variable) -> None:
        g = param.grad
        if g is not None:
            self.step(param.array, g)

    # -- updating -------------------------------------------------------------------------------------------------

    def update(self, param: Parameter) -> None:
        """One update, with hooks, if the rule is enabled.

        Raises:
            RuntimeError: if the parameter was never initialized, and its gradient not cleared.
        """
        if not self.enabled:
            return
        self.t += 1
        with on_device_of(param.array):
            self._update_by_type(param)

    def does_more(self, dtype: np.dtype) -> bool:
        """Whether an update of a parameter of this dtype is more than `update_core`: the first, one with hooks, ..."""
        through_fp32 = self._use_fp32_update and dtype == np.float16
        return self._state is None or through_fp32 or bool(self._hooks)

    def _update_by_type(self, param: Parameter) -> None:
        if self._use_fp32_update and param.array is not None and param.dtype == np.float16:
            self._update_through_fp32(param)
        else:
            self._update(param, param._loss_scale)

    def _update(self, param: Parameter, loss_scale: float | None) -> None:
        if param.array is not None:
            self._prepare_state(param)
            if loss_scale is not None:
                g: Any = param.grad
                g /= float(loss_scale)
        for hook in self._hooks.at("pre"):
            hook(self, param)
        self.update_core(param)
        for hook in self._hooks.at("post"):
            hook(self, param)

    def _update_through_fp32(self, param: Parameter) -> None:
        if self._fp32_param is None:
            self._fp32_param = Parameter(param.array.astype(np.float32), name=param.name)
        master = self._fp32_param
        g: Any = param.grad
        master.grad = g.astype(np.float32)
        self._update(master, param._loss_scale)
        param.array = master.array.astype(param.dtype)
        master.grad = None

    def _prepare_state(self, param: Parameter) -> None:
        if self._state is None:
            self._state = {}
            self.init_state(param)
        for name, value in self._state.items():
            if is_array(value) and not are_together(value, param.array):
                self._state[name] = param.device.send(value)

    # -- saving and loading ---------------------------------------------------------------------------------------

    def serialize(self, serializer: Any) -> None:
        """Saves or loads `t` and the state. A state that the rule does not have yet is made from what is saved.

        Raises:
            KeyError: if an enabled rule's state is not in the file.
        """
        if isinstance(serializer, Deserializer):
            before = vars(self) | {"_state": None if self._state is None else dict(self._state)}
            serializer.on_failure(lambda: vars(self).update(before))
        self.t = serializer("t", self.t)
        if self._state is not None:
            for name, value in self._state.items():
                self._state[name] = serializer(name, value)
        elif isinstance(serializer, Deserializer):
            loaded = {name: self._loaded(serializer, name) for name in self._state_names()}
            # Incomplete, it stays None, and the next update starts it.
            self._state = None if any(value is None for value in loaded.values()) else loaded

    def _loaded(self, serializer: Any, name: str) -> Any:
        try:
            return serializer(name, None)
        except KeyError:
            if self.enabled:
                raise
            return None

    def _state_names(self) -> list[str]:
        probe = copy.copy(self)
        probe._state = {}
        array = np.empty(1, np.float32)
        probe.init_state(Variable(array, grad=array))
        return list(probe._state)
