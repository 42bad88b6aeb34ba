"""FunctionNode: one application of an operator, and its place in the graph."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn

from dwbridge.autograd.function_hook import FunctionHook, hooks_of
from dwbridge.autograd.input_checks import check_devices, check_types
from dwbridge.autograd.recording import record
from dwbridge.autograd.variable import Variable, as_variable
from dwbridge.autograd.variable_node import VariableNode
from dwbridge.backend import (
    Array,
    are_where_they_compute,
    common_tag,
    has_nan,
    is_array,
    is_cupy_array,
    on_device_of,
    tagged,
    untagged,
)
from dwbridge.configuration import config


class FunctionNode:
    """An operator on variables. Subclasses say what it computes and how it is differentiated.

    A subclass implements `forward`, on arrays, and `backward`, on variables. `backward` is made of functions, so what
    it computes can be differentiated again. Each application needs an object of its own.

    Attributes:
        inputs: the nodes of the inputs, or None before `apply` and where nothing was recorded.
        outputs: weak references to the nodes of the outputs, likewise.
        rank (int): the longest chain of functions that leads here.
        input_names: names of the inputs, for the messages of type checks.
        checked_attributes: the attributes that `check_type_forward` looks at, beside its argument. A class that has
            both says by it that what passed once, passes; None: it is asked at every application.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> class Square(FunctionNode):
        ...     def forward(self, inputs):
        ...         self.retain_inputs((0,))
        ...         return (inputs[0] ** 2,)
        ...     def backward(self, target_input_indexes, grad_outputs):
        ...         x, = self.get_retained_inputs()
        ...         return (2. * x * grad_outputs[0],)
        >>> x = Variable(np.array([3.], 'f'))
        >>> y, = Square().apply((x,))
        >>> y.backward()
        >>> x.grad
        array([6.], dtype=float32)
    """

    input_names: ClassVar[Sequence[str]] = ()
    checked_attributes: ClassVar[tuple[str, ...] | None] = None

    inputs: tuple[VariableNode, ...] | None = None
    outputs: tuple[weakref.ref[VariableNode], ...] | None = None
    rank = 0

    _input_indexes_to_retain: Sequence[int] = ()
    _output_indexes_to_retain: Sequence[int] = ()
    _retained_output_data: tuple[Array, ...] = ()
    _local_hooks: dict[str, FunctionHook] | None = None

    @property
    def label(self) -> str:
        """The operator's name."""
        return type(self).__name__

    @property
    def _impl_name(self) -> str:
        return type(self).__name__

    @property
    def function(self) -> Any:
        """This node itself; for an old-style `Function`, what the user wrote."""
        return self

    @property
    def node(self) -> FunctionNode:
        """This node itself."""
        return self

    # -- what a subclass says -------------------------------------------------------------------------------------

    def check_type_forward(self, in_types: Any) -> None:
        """Checks dtypes and shapes of the inputs; raises `type_check.InvalidType`. See `type_check` for `in_types`."""

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """Computes the output arrays: `forward_gpu` where an input is on a GPU, `forward_cpu` otherwise."""
        return self.forward_gpu(inputs) if any(map(is_cupy_array, inputs)) else self.forward_cpu(inputs)

    def forward_cpu(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """Computes the output arrays on the CPU."""
        raise NotImplementedError(f"{self.label} has no forward")

    def forward_gpu(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """Computes the output arrays on a GPU."""
        raise NotImplementedError(f"{self.label} has no forward on a GPU")

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        """Gradients of the wanted inputs.

        Args:
            target_input_indexes: which inputs' gradients are wanted, ascending.
            grad_outputs: one gradient for each output, None where there is none.

        Returns:
            One variable, or None, for each of `target_input_indexes`, or for each of the inputs. By default None: no
            gradient flows through the function.
        """
        return (None,) * len(target_input_indexes)

    def backward_accumulate(
        self,
        target_input_indexes: tuple[int, ...],
        grad_outputs: tuple[Variable | None, ...],
        grad_inputs: tuple[Variable | None, ...],
    ) -> tuple[Variable | None, ...]:
        """Gradients of the wanted inputs, added to those that there are already (None where there are none)."""
        gxs, count = self.backward(target_input_indexes, grad_outputs), len(target_input_indexes)
        if isinstance(gxs, tuple) and len(gxs) != count and len(gxs) == len(self.inputs or ()):
            gxs = tuple([gxs[i] for i in target_input_indexes])
        if not isinstance(gxs, tuple) or len(gxs) != count:
            got = f"{len(gxs)}" if isinstance(gxs, tuple) else type(gxs).__name__
            raise ValueError(f"backward of {self.label} must return a tuple of {count} gradients, got {got}")
        return _sums(gxs, grad_inputs)

    def retain_inputs(self, indexes: Sequence[int]) -> None:
        """Keeps these inputs' arrays for backward. Called in `forward`."""
        self._input_indexes_to_retain = tuple(indexes)

    def retain_outputs(self, indexes: Sequence[int]) -> None:
        """Keeps these outputs' arrays for backward. Called in `forward`."""
        self._output_indexes_to_retain = tuple(indexes)

    def __call__(self, *inputs: Any) -> NoReturn:
        raise RuntimeError(f"a FunctionNode ({self.label}) is not called: use apply(), which takes a tuple of inputs")

    # -- application ----------------------------------------------------------------------------------------------

    def apply(self, inputs: Sequence[Any]) -> tuple[Variable, ...]:
        """Computes the outputs and, unless backprop is disabled or no input requires it, records how.

        Raises:
            type_check.InvalidType: if the inputs do not satisfy `check_type_forward`.
            TypeError: if the arrays live on different devices, or an input is no array.
        """
        # One loop, and no comprehensions, which are calls before Python 3.12: this is every function's path.
        variables, nodes, data, requires_grad = [], [], [], False
        for x in inputs:
            if not isinstance(x, Variable):
                x = as_variable(x)
            node = x._node
            requires_grad = requires_grad or node.requires_grad
            variables.append(x)
            nodes.append(node)
            data.append(x._data[0])
        arrays, kinds = tuple(data), set(map(type, data))
        in_place = are_where_they_compute(kinds)
        if not in_place:
            check_devices(self.label, arrays)
        if type(self).check_type_forward is not FunctionNode.check_type_forward and config.type_check:
            check_types(self, arrays)
        hooks = hooks_of(self)
        outputs = self.forward(arrays) if in_place and not hooks else self._computed(arrays, in_place, hooks)
        if not isinstance(outputs, tuple) or not (kinds.issuperset(map(type, outputs)) or all(map(is_array, outputs))):
            raise TypeError(f"forward of {self.label} must return a tuple of arrays, got {type(outputs).__name__}")
        if config.debug and any(map(has_nan, outputs)):
            raise RuntimeError(f"NaN is detected on forward computation of {self.label}")
        results = tuple(map(Variable._of_output, outputs, itertools.repeat(requires_grad)))
        if requires_grad and config.enable_backprop:
            self._connect(nodes, arrays, results)
        record(self, variables, results)
        return results

    def _computed(self, arrays: tuple[Array, ...], in_place: bool, hooks: Sequence[FunctionHook]) -> tuple[Array, ...]:
        """The output arrays, with all that may be around `forward`; `in_place` if types say where the inputs are."""
        for hook in hooks:
            hook.forward_preprocess(self, arrays)
        if in_place:
            outputs = self.forward(arrays)
        else:  # kernels compute on plain arrays; results have the inputs' ChainerX name
            tag = common_tag(arrays)
            with on_device_of(*arrays):
                outputs = self.forward(arrays if tag is None else tuple(map(untagged, arrays)))
            if tag is not None and isinstance(outputs, tuple):
                outputs = tuple([tagged(y, tag) if is_array(y) else y for y in outputs])
        for hook in hooks:
            hook.forward_postprocess(self, arrays)
        return outputs

    def _connect(
        self, inputs: Sequence[VariableNode], arrays: tuple[Array, ...], results: tuple[Variable, ...]
    ) -> None:
        outputs, rank = [], 0
        for node in inputs:
            if node.rank > rank:
                rank = node.rank
        self.inputs, self.rank = tuple(inputs), rank
        for y in results:
            node = y._node
            outputs.append(weakref.ref(node))
            node.set_creator_node(self)
        self.outputs = tuple(outputs)
        for i in self._input_indexes_to_retain:
            inputs[i].data = arrays[i]
        if self._output_indexes_to_retain:
            for i in self._output_indexes_to_retain:
                results[i].retain_data()
            # The nodes of outputs are held weakly, so their arrays are kept here as well.
            self._retained_output_data = tuple([results[i].array for i in self._output_indexes_to_retain])

    # -- for backward ---------------------------------------------------------------------------------------------

    def get_retained_inputs(self) -> tuple[Variable, ...]:
        """The inputs that `retain_inputs` named, as variables of the graph."""
        assert self.inputs is not None, f"{self.label} was not recorded"
        return tuple([self.inputs[i].get_variable() for i in self._input_indexes_to_retain])

    @property
    def output_data(self) -> tuple[Array | None, ...]:
        """The outputs' arrays, None for those that are not kept.

        Raises:
            RuntimeError: if nothing was recorded.
        """
        if self.outputs is None:
            raise RuntimeError("retained output data is gone")
        kept = dict(zip(self._output_indexes_to_retain, self._retained_output_data, strict=True))
        return tuple(kept.get(i) for i in range(len(self.outputs)))

    def get_retained_outputs(self) -> tuple[Variable, ...]:
        """The outputs that `retain_outputs` named, as variables of the graph."""
        pairs = zip(self._output_indexes_to_retain, self._retained_output_data, strict=True)
        return tuple(self._output_variable(i, data) for i, data in pairs)

    def _output_variable(self, index: int, data: Array) -> Variable:
        assert self.outputs is not None, f"{self.label} was not recorded"
        node = self.outputs[index]()
        if node is not None:
            return node.get_variable()
        # Nobody held the output any more: a new variable takes its place in the graph.
        variable = Variable(data)
        variable.set_creator_node(self)
        self.outputs = (*self.outputs[:index], weakref.ref(variable.node), *self.outputs[index + 1 :])
        return variable

    def unchain(self) -> None:
        """Removes this function from the graph: its outputs become leaves."""
        for reference in self.outputs or ():
            node = reference()
            if node is not None:
                node.unchain()
        self.inputs = None

    # -- hooks ----------------------------------------------------------------------------------------------------

    @property
    def local_function_hooks(self) -> dict[str, FunctionHook]:
        """The hooks of this function, by name."""
        return self._local_hooks or {}

    def add_hook(self, hook: FunctionHook, name: str | None = None) -> None:
        """Adds a hook to this function.

        Raises:
            TypeError: if it is no `FunctionHook`.
            KeyError: if there is one of that name.
        """
        if not isinstance(hook, FunctionHook):
            raise TypeError(f"a FunctionHook is expected, got {type(hook).__name__}")
        name = hook.name if name is None else name
        if name in self.local_function_hooks:
            raise KeyError(f"hook {name} already exists")
        self._local_hooks = {**self.local_function_hooks, name: hook}
        hook.added(self)

    def delete_hook(self, name: str) -> None:
        """Removes the hook of that name.

        Raises:
            KeyError: if there is none.
        """
        if name not in self.local_function_hooks:
            raise KeyError(f"hook {name} does not exist")
        assert self._local_hooks is not None
        self._local_hooks.pop(name).deleted(self)


def _sums(gxs: tuple[Variable | None, ...], there: tuple[Variable | None, ...]) -> tuple[Variable | None, ...]:
    """Gradients, added to those that there are already."""
    for g in there:
        if g is not None:
            return tuple(gx if g is None else g if gx is None else g + gx for gx, g in zip(gxs, there, strict=True))
    return gxs  # as the engine asks for them, which adds gradients itself
