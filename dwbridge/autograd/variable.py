"""Variable: an array with a place in the computational graph."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from dwbridge.autograd.arithmetic import Arithmetic
from dwbridge.autograd.array_methods import ArrayMethods
from dwbridge.autograd.array_report import debug_report
from dwbridge.autograd.device_moves import DeviceMoves
from dwbridge.autograd.operators import operators
from dwbridge.autograd.variable_copying import VariableCopying
from dwbridge.autograd.variable_node import VariableNode
from dwbridge.backend import (
    Array,
    copyto,
    get_array_module,
    get_device,
    get_device_from_array,
    is_array,
    like,
    on_device_of,
)

if TYPE_CHECKING:
    from dwbridge.autograd.function_node import FunctionNode


class Variable(VariableCopying, ArrayMethods, DeviceMoves, Arithmetic):
    """An array and its gradient.

    Args:
        data: an array of NumPy or CuPy, or None for a variable without one.
        name: a name for people.
        grad: the gradient, of the array's shape and dtype.
        requires_grad: whether backward computations propagate to this variable.

    Raises:
        TypeError: if `data` is no array.
        ValueError: for the argument that Chainer dropped (`volatile`).

    Example:
        >>> import numpy as np
        >>> x = Variable(np.array([1., 2., 3.], 'f'))
        >>> y = x * x
        >>> y.grad = np.ones(3, 'f')
        >>> y.backward()
        >>> x.grad
        array([2., 4., 6.], dtype=float32)
    """

    # What most variables never have is the class's.
    _grad_var: Variable | None = None
    _loss_scale: float | None = None

    def __init__(
        self,
        data: Array | None = None,
        *,
        name: str | None = None,
        grad: Array | None = None,
        requires_grad: bool = True,
        **unknown: Any,
    ) -> None:
        if "volatile" in unknown:
            raise ValueError("Variable takes no argument volatile any more: use no_backprop_mode")
        if unknown:
            raise TypeError(f"Variable takes no argument {', '.join(unknown)}")
        if data is not None and not is_array(data):
            raise TypeError(f"numpy.ndarray or cupy.ndarray are expected, got {type(data).__name__}")
        self._data = [data]
        self._node = VariableNode(self, name, data, requires_grad)
        if grad is not None:
            self.grad = grad

    @staticmethod
    def _init_unchecked(
        data: Array | None = None,
        device: Any = None,
        name: str | None = None,
        grad: Array | None = None,
        grad_valid: bool = True,
        requires_grad: bool = True,
        **unused: Any,
    ) -> Variable:
        # Chainer's constructor without checks. The checks are cheap here, so it is the ordinary one.
        return Variable(data, name=name, grad=grad, requires_grad=requires_grad)

    @staticmethod
    def _of_output(array: Array, requires_grad: bool) -> Variable:
        """A variable without a name around what is known to be an array: every function makes some."""
        variable = Variable.__new__(Variable)
        variable._data = [array]
        variable._node = VariableNode(variable, None, array, requires_grad)
        return variable

    @staticmethod
    def _of_node(node: VariableNode) -> Variable:
        """A variable in the place of one that is gone, around the array that its node keeps."""
        variable = Variable.__new__(Variable)
        variable._data = [node.data]
        variable._node = node
        return variable

    # -- the gradient ---------------------------------------------------------------------------------------------

    @property
    def grad_var(self) -> Variable | None:
        """The gradient as a variable, which can be differentiated after `backward(enable_double_backprop=True)`."""
        return self._grad_var

    @grad_var.setter
    def grad_var(self, grad: Variable | None) -> None:
        if grad is not None:
            self._check_grad(grad._data[0])
        self._grad_var = grad

    @property
    def grad(self) -> Array | None:
        """The gradient, or None."""
        grad = self.grad_var
        return None if grad is None else grad.array

    @grad.setter
    def grad(self, grad: Array | None) -> None:
        if grad is not None and not is_array(grad):
            raise TypeError(f"grad must be an array or None, got {type(grad).__name__}")
        # A plain gradient of an array with a ChainerX name is in the same place, and gets the name.
        self.grad_var = None if grad is None else Variable(grad if self.array is None else like(grad, self.array))

    def _check_grad(self, grad: Array) -> None:
        array = self._data[0]
        if array is None:
            return
        if type(grad) is not type(array) and get_array_module(grad) is not get_array_module(array):
            raise TypeError(f"grad must be on the array's device {self.device}, got {get_device_from_array(grad)}")
        if grad.dtype != array.dtype:
            raise TypeError(f"grad must have the array's dtype {array.dtype}, got {grad.dtype}")
        if grad.shape != array.shape:
            raise ValueError(f"grad must have the array's shape {array.shape}, got {grad.shape}")

    def cleargrad(self) -> None:
        """Forgets the gradient; the next backward starts from nothing."""
        self.grad_var = None

    def zerograd(self) -> None:
        """Sets the gradient to zeros (deprecated; use `cleargrad`)."""
        warnings.warn("Variable.zerograd is deprecated. Use Variable.cleargrad instead.", DeprecationWarning, 2)
        self._zerograd()

    def _zerograd(self) -> None:
        if self.array is not None:
            with on_device_of(self.array):
                self.grad = get_array_module(self.array).zeros_like(self.array)

    def addgrad(self, other: Variable) -> None:
        """Adds another variable's gradient to this one's; takes it over if this one has none."""
        theirs = other.grad_var
        if theirs is None:
            return
        if get_device_from_array(theirs.array) != self.device:
            theirs = Variable(self.device.send(theirs.array))
        mine = self.grad_var
        self.grad_var = theirs if mine is None else operators().add(mine, theirs)

    def copydata(self, other: Variable) -> None:
        """Copies another variable's elements into this one's array, whose dtype stays.

        As in Chainer, whichever of the two is a parameter without an array is initialized with the other's shape: the
        source too, whose drawn elements are then what this one gets. Nothing happens if neither has one.

        Raises:
            ValueError: if the other's shape is neither this one's nor broadcasts to it.
            AttributeError: if one has no array and is no parameter.
        """
        if other.array is None and self.array is None:
            return
        for empty, full in ((other, self), (self, other)):
            if empty.array is None:
                empty.initialize(full.shape)  # type: ignore[attr-defined]  # a parameter's
        copyto(self.array, other.array)

    def debug_print(self) -> str:
        """A report for people: place, shape, dtype, mean and standard deviation of the array and of the gradient."""
        return debug_report(self.summary(), self.array, self.grad)

    # -- the graph ------------------------------------------------------------------------------------------------

    @property
    def node(self) -> VariableNode:
        """The node of the graph."""
        return self._node

    @property
    def creator_node(self) -> FunctionNode | None:
        """The function whose output this is, or None. Assigning None makes this variable a leaf."""
        return self._node.creator_node

    @creator_node.setter
    def creator_node(self, function: FunctionNode | None) -> None:
        if function is None:
            self.unchain()
        else:
            self.set_creator_node(function)

    @property
    def creator(self) -> Any:
        """What created this variable: the `FunctionNode`, or the old-style `Function` that it stands for."""
        node = self.creator_node
        return None if node is None else node.function

    @creator.setter
    def creator(self, function: Any) -> None:
        self.creator_node = None if function is None else function.node

    @property
    def rank(self) -> int:
        return self._node.rank

    @property
    def requires_grad(self) -> bool:
        """Whether backward computations propagate to this variable."""
        return self._node.requires_grad

    def set_creator(self, function: Any) -> None:
        """Makes this variable an output of the function, a `FunctionNode` or an old-style `Function`."""
        self.creator = function

    def set_creator_node(self, function: FunctionNode) -> None:
        """Makes this variable an output of the function."""
        self._node.set_creator_node(function)

    def retain_data(self) -> None:
        """Keeps the array in the node, so that it outlives the variable."""
        self._node.data = self._data[0]

    def backward(
        self, retain_grad: bool = False, enable_double_backprop: bool = False, loss_scale: float | None = None
    ) -> None:
        """Accumulates the gradients of this variable into the leaves that it was computed from.

        Args:
            retain_grad: keep the gradients of the variables in between as well.
            enable_double_backprop: record the computation, so that gradients can be differentiated.
            loss_scale: multiplies the first gradient; optimizers divide by it.

        Raises:
            TypeError: if the variable has more than one element and no `grad` to start from.
        """
        from dwbridge.autograd.backward import backward  # the engine works on variables

        backward([self], retain_grad, enable_double_backprop, loss_scale)

    def unchain(self) -> None:
        """Makes this variable a leaf."""
        self._node.unchain()

    def unchain_backward(self) -> None:
        """Cuts every link between functions that leads here, so that their arrays can be freed."""
        seen, todo = set(), [self.creator_node]
        while todo:
            function = todo.pop()
            if function is not None and function not in seen:
                seen.add(function)
                todo.extend(x.creator_node for x in function.inputs or ())
                function.unchain()

    # -- moving ----------------------------------------------------------------------------------------------------

    def to_device(self, device: Any) -> None:
        """Moves array and gradient, in place. See `get_device` for what names a device."""
        target = get_device(device)
        if self.array is None:
            return
        grad, self._grad_var = self._grad_var, None
        # A new cell: shares made by copy.copy stay where they are.
        self._data = [self._data[0]]
        self.array = target.send(self.array)
        self._grad_var = None if grad is None else Variable(target.send(grad.array))


VariableNode.make_variable = staticmethod(Variable._of_node)


def as_variable(value: Any) -> Variable:
    """The variable itself, or an array as a variable that requires no gradient.

    >>> import numpy as np
    >>> as_variable(np.zeros(2)).requires_grad
    False
    """
    return value if isinstance(value, Variable) else Variable(value, requires_grad=False)


def as_array(value: Any) -> Array:
    """The array of a variable, or the array itself."""
    return value.array if isinstance(value, Variable) else value
