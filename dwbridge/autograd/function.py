"""Function: Chainer's old style of operators, whose backward computes arrays and cannot be differentiated again."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Sequence
from typing import Any

from dwbridge.autograd.function_hook import FunctionHook
from dwbridge.autograd.function_node import FunctionNode
from dwbridge.autograd.variable import Variable
from dwbridge.backend import Array, is_cupy_array


class FunctionAdapter(FunctionNode):
    """The `FunctionNode` that stands for a `Function` in the graph.

    Until it is applied the function owns it; then the graph does, and it owns the function.
    """

    def __init__(self, function: Function) -> None:
        self._strong: Function | None = None
        self._weak = weakref.ref(function)

    @property
    def function(self) -> Any:
        """What the user wrote."""
        return self._strong if self._strong is not None else self._weak()

    @property
    def label(self) -> str:
        return self.function.label

    @property
    def _impl_name(self) -> str:
        return type(self.function).__name__

    def check_type_forward(self, in_types: Any) -> None:
        self.function.check_type_forward(in_types)

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        self.retain_inputs(range(len(inputs)))  # all of them, unless the function says otherwise
        return self.function.forward(inputs)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        assert self.inputs is not None
        arrays: list[Array | None] = [None] * len(self.inputs)
        for i, x in zip(self._input_indexes_to_retain, self.get_retained_inputs(), strict=True):
            arrays[i] = x.array
        gys = tuple(None if gy is None else gy.array for gy in grad_outputs)
        gxs = self.function.backward(tuple(arrays), gys)
        return tuple(self._as_variable(gxs[i]) for i in target_input_indexes)

    def _as_variable(self, gx: Array | None) -> Variable | None:
        if gx is None:
            return None
        gradient = Variable(gx)
        gradient.node.old_style_source = self.label  # whoever differentiates it again is told whose it is
        return gradient


class Function:
    """An operator on arrays. Subclasses implement `forward` and `backward`, or both for each kind of device.

    New operators are better written as `FunctionNode`, which can be differentiated any number of times. All inputs'
    arrays are kept for backward unless `forward` calls `retain_inputs`.

    Example:
        >>> import numpy as np
        >>> class Double(Function):
        ...     def forward(self, inputs):
        ...         return (2 * inputs[0],)
        ...     def backward(self, inputs, grad_outputs):
        ...         return (2 * grad_outputs[0],)
        >>> x = Variable(np.array([3.]))
        >>> y = Double()(x)
        >>> y.backward()
        >>> y.array, x.grad
        (array([6.]), array([2.]))
    """

    _used: weakref.ref[FunctionAdapter] | None = None
    _unused: FunctionAdapter | None = None

    def __call__(self, *inputs: Any) -> Any:
        """Applies the function; one variable, or a tuple of several.

        Raises:
            InvalidType: if the inputs do not satisfy `check_type_forward`.
        """
        node = self.node
        node._strong, self._unused = self, None
        self._used = weakref.ref(node)
        outputs = node.apply(inputs)
        return outputs[0] if len(outputs) == 1 else outputs

    # -- what a subclass says -------------------------------------------------------------------------------------

    @property
    def label(self) -> str:
        """The operator's name."""
        return type(self).__name__

    def check_type_forward(self, in_types: Any) -> None:
        """Checks dtypes and shapes of the inputs, with the expressions of `type_check`."""

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """Computes the output arrays: `forward_gpu` where an input is on a GPU, `forward_cpu` otherwise."""
        return self.forward_gpu(inputs) if any(map(is_cupy_array, inputs)) else self.forward_cpu(inputs)

    def forward_cpu(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """Computes the output arrays on the CPU."""
        raise NotImplementedError(f"{self.label} has no forward on the CPU")

    def forward_gpu(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """Computes the output arrays on a GPU."""
        raise NotImplementedError(f"{self.label} has no forward on a GPU")

    def backward(
        self, inputs: tuple[Array | None, ...], grad_outputs: tuple[Array | None, ...]
    ) -> Sequence[Array | None]:
        """Computes a gradient array, or None, for each input, from arrays; None stands for what was not kept."""
        on_gpu = any(map(is_cupy_array, (*inputs, *grad_outputs)))
        return self.backward_gpu(inputs, grad_outputs) if on_gpu else self.backward_cpu(inputs, grad_outputs)

    def backward_cpu(self, inputs: tuple[Array | None, ...], grad_outputs: tuple[Any, ...]) -> Sequence[Array | None]:
        """Gradients on the CPU; none by default."""
        return (None,) * len(inputs)

    def backward_gpu(self, inputs: tuple[Array | None, ...], grad_outputs: tuple[Any, ...]) -> Sequence[Array | None]:
        """Gradients on a GPU; none by default."""
        return (None,) * len(inputs)

    def retain_inputs(self, indexes: Sequence[int]) -> None:
        """Keeps only these inputs' arrays for backward. Called in `forward`."""
        self.node.retain_inputs(indexes)

    def retain_outputs(self, indexes: Sequence[int], retain_after_backward: bool = False) -> None:
        """Keeps these outputs' arrays for backward, as `output_data`. Called in `forward`."""
        if retain_after_backward:
            warnings.warn("retain_after_backward option has no effect", DeprecationWarning, 2)
        self.node.retain_outputs(indexes)

    # -- its place in the graph -----------------------------------------------------------------------------------

    @property
    def node(self) -> FunctionAdapter:
        """What stands for this function in the graph; a new one if there is none."""
        node = self._unused if self._used is None else self._used()
        if node is None:
            node = self._unused = FunctionAdapter(self)
            self._used = None
        return node

    @property
    def inputs(self) -> Any:
        """The nodes of the inputs."""
        return self.node.inputs

    @property
    def outputs(self) -> Any:
        """Weak references to the nodes of the outputs."""
        return self.node.outputs

    @property
    def output_data(self) -> Any:
        """The outputs' arrays, None for those that are not kept."""
        return self.node.output_data

    @property
    def rank(self) -> int:
        """The longest chain of functions that leads here."""
        return self.node.rank

    @property
    def local_function_hooks(self) -> dict[str, FunctionHook]:
        """The hooks of this function, by name."""
        return self.node.local_function_hooks

    def add_hook(self, hook: FunctionHook, name: str | None = None) -> None:
        """See `FunctionNode.add_hook`."""
        self.node.add_hook(hook, name)

    def delete_hook(self, name: str) -> None:
        """See `FunctionNode.delete_hook`."""
        self.node.delete_hook(name)

    def unchain(self) -> None:
        """Removes this function from the graph."""
        self.node.unchain()
