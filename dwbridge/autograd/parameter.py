"""Parameter: a variable that belongs to a link, is initialised (now or at first use) and updated."""

from __future__ import annotations

from typing import Any

import numpy as np

from dwbridge.autograd.variable import Variable
from dwbridge.backend import CpuDevice, Device, get_device, is_array
from dwbridge.initializers import Constant, NaN, Zero, generate_array


class Parameter(Variable):
    """A variable to be trained.

    Args:
        initializer: an `Initializer`, any callable that fills an array in place, a scalar, an array, or None for NaN.
            An array without `shape` becomes the parameter's array itself.
        shape: the shape; None leaves the parameter without an array until `initialize` is called.
        name: the name within its link.

    Attributes:
        initializer: what fills the array.
        update_rule: what `update` calls, or None.

    Example:
        >>> W = Parameter(0.5)
        >>> W.is_initialized
        False
        >>> W.initialize((2, 2))
        >>> W.array
        array([[0.5, 0.5],
               [0.5, 0.5]], dtype=float32)
    """

    def __init__(self, initializer: Any = None, shape: Any = None, name: str | None = None) -> None:
        if initializer is None:
            initializer = NaN()
        elif np.isscalar(initializer):
            initializer = Constant(initializer)
        self._initial_device: Device = CpuDevice()
        self._grad_initializer: Any = None
        self.update_rule: Any = None
        self.initializer = initializer
        if shape is None and is_array(initializer):
            super().__init__(initializer, name=name)
        elif shape is None:
            super().__init__(name=name)
            self._grad_initializer = NaN(getattr(initializer, "dtype", None))
        else:
            self._set_up(shape, name)

    def _set_up(self, shape: Any, name: str | None) -> None:
        if is_array(self.initializer):
            self.initializer = Constant(self.initializer)
        data = generate_array(self.initializer, shape, np)
        super().__init__(data, name=name, grad=np.full_like(data, np.nan))

    @property
    def is_initialized(self) -> bool:
        """Whether there is an array."""
        return self.array is not None

    @property
    def dtype(self) -> np.dtype:
        """The array's dtype, or the one that the initializer asks for."""
        if self.is_initialized:
            return super().dtype
        if not hasattr(self.initializer, "dtype"):
            raise RuntimeError("the dtype of an uninitialized parameter is not known: its initializer has none")
        return np.dtype(self.initializer.dtype)

    @property
    def device(self) -> Device:
        """Where the array lives, or will live."""
        return super().device if self.is_initialized else self._initial_device

    def _checked_grad_var(self) -> Variable | None:
        if self._data[0] is None and isinstance(self._grad_initializer, NaN):
            raise RuntimeError(
                "Cannot retrieve Variable.grad. Either it must be set initially, or it must be cleared: "
                "the parameter is not initialized"
            )
        return self._grad_var

    #: set as a variable's is, without another call
    grad_var = property(_checked_grad_var, vars(Variable)["grad_var"].fset, doc=Variable.grad_var.__doc__)

    def cleargrad(self) -> None:
        self._grad_var = None
        if self._data[0] is None:
            self._grad_initializer = None

    def _zerograd(self) -> None:
        super()._zerograd()
        if not self.is_initialized:
            self._grad_initializer = Zero(getattr(self.initializer, "dtype", None))

    def initialize(self, shape: Any) -> None:
        """Fills a new array of the shape by the initializer.

        The gradient becomes NaN, so that a backward without `cleargrads` shows; None if it was cleared before.
        """
        xp = self._initial_device.xp
        data = generate_array(self.initializer, shape, xp, device=self._initial_device)
        filler = self._grad_initializer
        grad = None if filler is None else generate_array(filler, shape, xp, data.dtype, self._initial_device)
        self._grad_var = None
        self.array = data
        self._grad_var = None if grad is None else Variable(grad)

    def update(self) -> None:
        """Applies the update rule, if there is one."""
        if self.update_rule is not None:
            self.update_rule.update(self)

    def addgrad(self, other: Variable) -> None:
        """Adds another variable's gradient, if it has one; a parameter without an array is initialized with its shape.

        Raises:
            RuntimeError: if the other is a parameter without an array whose gradient was not cleared.
        """
        if other.grad_var is not None and not self.is_initialized:
            self.initialize(other.shape)
        super().addgrad(other)

    def to_device(self, device: Any) -> None:
        target = get_device(device)
        self._initial_device = target
        super().to_device(target)
