"""The engine: gradients, from outputs to inputs, one function at a time.

Functions wait in a queue, the one with the longest way from the leaves first, so that each is visited once, after all
functions that use its outputs. There is no recursion: depth is limited by memory alone.
"""

from __future__ import annotations

import heapq
import itertools
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from dwbridge.autograd.function_hook import hooks_of
from dwbridge.autograd.function_node import FunctionNode
from dwbridge.autograd.operators import operators
from dwbridge.autograd.variable import Variable
from dwbridge.autograd.variable_node import VariableNode
from dwbridge.backend import are_where_they_compute, get_array_module, has_nan, on_device_of
from dwbridge.configuration import config, using_config

Gradients = dict[VariableNode, Variable]


class _Queue:
    """Functions, each once, highest rank first; among equals the one that came first."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, FunctionNode]] = []
        self._seen: set[FunctionNode] = set()
        self._count = itertools.count()

    def push(self, function: FunctionNode | None) -> None:
        if function is not None and function not in self._seen:
            self._seen.add(function)
            heapq.heappush(self._heap, (-function.rank, next(self._count), function))

    def __iter__(self) -> Iterator[FunctionNode]:
        while self._heap:
            yield heapq.heappop(self._heap)[2]


def backward(
    outputs: Sequence[Variable],
    retain_grad: bool = False,
    enable_double_backprop: bool = False,
    loss_scale: float | None = None,
) -> None:
    """Accumulates gradients of the outputs into the `grad` of every leaf that they were computed from.

    A leaf's gradient is added to what it holds already. See `Variable.backward` for the arguments.

    Raises:
        TypeError: if an output has more than one element and no `grad` to start from.
    """
    for y in outputs:
        y.node.check_old_style()
    gradients = {y.node: _first_gradient(y, loss_scale) for y in outputs if y.creator_node is not None}

    def settle(node: VariableNode, gradient: Variable) -> None:
        variable = node.get_variable_or_none()
        if variable is None:
            return
        if node.creator_node is None:
            if variable._loss_scale is not loss_scale:
                variable._loss_scale = loss_scale
            held = variable.grad_var
            variable.grad_var = gradient if held is None else operators().add(held, gradient)
        elif retain_grad:
            variable.grad_var = gradient
        else:
            variable._grad_var = None

    with using_config("enable_backprop", enable_double_backprop):
        _propagate(gradients, settle, operator.attrgetter("requires_grad"))


def grad(
    outputs: Sequence[Variable],
    inputs: Sequence[Variable],
    grad_outputs: Sequence[Variable | None] | None = None,
    grad_inputs: Sequence[Variable | None] | None = None,
    set_grad: bool = False,
    retain_grad: bool = False,
    enable_double_backprop: bool = False,
    loss_scale: float | None = None,
) -> list[Variable | None]:
    """Gradients of the outputs with respect to the inputs, computed along the ways that connect them and no others.

    Args:
        outputs: where gradients start.
        inputs: what to differentiate by; variables in between count as well as leaves.
        grad_outputs: a gradient for each output; None: ones.
        grad_inputs: gradients to which the results are added; None: nothing.
        set_grad: also assign the results to the inputs' `grad`.
        retain_grad: also assign the gradients of the variables in between.
        enable_double_backprop: record the computation, so that the results can be differentiated.
        loss_scale: multiplies the first gradients.

    Returns:
        One variable for each input, None where no output depends on it.

    Raises:
        TypeError: if outputs, inputs or given gradients are no lists or tuples.
        ValueError: if there are more or fewer gradients than what they belong to.

    Example:
        >>> import numpy as np
        >>> x = Variable(np.array([2.]))
        >>> gx, = grad([x * x * x], [x], enable_double_backprop=True)
        >>> ggx, = grad([gx], [x])
        >>> gx.array, ggx.array
        (array([12.]), array([12.]))
    """
    _check_sequences(outputs, inputs, grad_outputs, grad_inputs)
    wanted = {x.node for x in inputs}
    on_the_way = _nodes_between(outputs, wanted)
    start: Gradients = {}
    for y, gy in zip(outputs, grad_outputs or [None] * len(outputs), strict=True):
        if y.node in on_the_way:
            gy = _ones(y, loss_scale) if gy is None else gy
            start[y.node] = operators().add(start[y.node], gy) if y.node in start else gy
    found: Gradients = {x.node: g for x, g in zip(inputs, grad_inputs or ()) if g is not None}

    def settle(node: VariableNode, gradient: Variable) -> None:
        if node in wanted:
            found[node] = operators().add(found[node], gradient) if node in found else gradient
        elif retain_grad and (variable := node.get_variable_or_none()) is not None:
            variable.grad_var = gradient

    with using_config("enable_backprop", enable_double_backprop):
        _propagate(start, settle, on_the_way.__contains__)
    results = [found.get(x.node) for x in inputs]
    if set_grad:
        for x, gx in zip(inputs, results, strict=True):
            x.grad_var = gx
    return results


def _check_sequences(outputs: Any, inputs: Any, grad_outputs: Any, grad_inputs: Any) -> None:
    for name, sequence in (("outputs", outputs), ("inputs", inputs)):
        if not isinstance(sequence, (list, tuple)):
            raise TypeError(f"{name} must be a list or a tuple of variables, got {type(sequence).__name__}")
    for name, sequence, of in (("grad_outputs", grad_outputs, outputs), ("grad_inputs", grad_inputs, inputs)):
        if sequence is None:
            continue
        if not isinstance(sequence, (list, tuple)):
            raise TypeError(f"{name} must be a list or a tuple of variables, or None, got {type(sequence).__name__}")
        if len(sequence) != len(of):
            raise ValueError(f"{name} must have as many variables as {name[5:]}: {len(of)}, got {len(sequence)}")


def _propagate(
    gradients: Gradients, settle: Callable[[VariableNode, Variable], None], wanted: Callable[[VariableNode], bool]
) -> None:
    """Carries gradients to every wanted node; `settle` gets each node's final gradient, and none is kept longer."""
    queue, debug = _Queue(), config.debug
    for node in gradients:
        queue.push(node.creator_node)
    for function in queue:
        gys = _take_gradients(function, gradients, settle)
        inputs = function.inputs or ()
        indexes = tuple([i for i, x in enumerate(inputs) if wanted(x)])
        if not indexes or gys is None:
            continue
        for i, gx in zip(indexes, _differentiate(function, indexes, gys), strict=True):
            if gx is not None:
                _check_gradient(function, i, gx, debug)
                x = inputs[i]
                gradients[x] = operators().add(gradients[x], gx) if x in gradients else gx
                queue.push(x.creator_node)
    for node, gradient in gradients.items():
        settle(node, gradient)


def _take_gradients(
    function: FunctionNode, gradients: Gradients, settle: Callable[[VariableNode, Variable], None]
) -> tuple[Variable | None, ...] | None:
    """The gradients of a function's outputs; None if there is none."""
    gys: list[Variable | None] = []
    found = False
    for reference in function.outputs or ():
        node = reference()
        gy = None if node is None else gradients.pop(node, None)
        gys.append(gy)
        if node is not None and gy is not None:
            found = True
            settle(node, gy)
    return tuple(gys) if found else None


def _differentiate(
    function: FunctionNode, indexes: tuple[int, ...], gys: tuple[Variable | None, ...]
) -> tuple[Variable | None, ...]:
    inputs = function.inputs
    assert inputs is not None
    hooks = hooks_of(function)
    arrays = tuple([x.data for x in inputs]) if hooks else ()
    gy_arrays = tuple([None if gy is None else gy._data[0] for gy in gys])
    for hook in hooks:
        hook.backward_preprocess(function, arrays, gy_arrays)
    for i in indexes:
        if inputs[i].old_style_source is not None:
            inputs[i].check_old_style()
    others = (None,) * len(indexes)
    if are_where_they_compute(set(map(type, gy_arrays))):
        gxs = function.backward_accumulate(indexes, gys, others)
    else:
        with on_device_of(*gy_arrays):
            gxs = function.backward_accumulate(indexes, gys, others)
    for hook in hooks:
        hook.backward_postprocess(function, arrays, gy_arrays)
    return gxs


def _check_gradient(function: FunctionNode, i: int, gx: Variable, debug: bool) -> None:
    """Checks a function's gradient of its input i."""
    assert function.inputs is not None
    x, array = function.inputs[i], gx._data[0]
    if array.shape != x.shape or array.dtype != x.dtype:
        kind = ValueError if array.dtype == x.dtype else TypeError
        raise kind(
            f"backward of {function.label}: the gradient of input {i} must be {x.shape} of {x.dtype}, "
            f"got {array.shape} of {array.dtype}"
        )
    if debug and has_nan(array):
        raise RuntimeError(f"NaN is detected on backward computation of {function.label}")


def _first_gradient(y: Variable, loss_scale: float | None) -> Variable:
    if y.grad_var is not None:
        return y.grad_var
    if y.size != 1:
        raise TypeError(
            f"backward starts from one element or from a given gradient: set y.grad, or sum y (its shape is {y.shape})"
        )
    return _ones(y, loss_scale)


def _ones(y: Variable, loss_scale: float | None) -> Variable:
    with on_device_of(y.array):
        ones = get_array_module(y.array).ones_like(y.array)
        if loss_scale is not None:
            ones *= loss_scale
    return Variable(ones)


def _nodes_between(outputs: Sequence[Variable], inputs: set[VariableNode]) -> set[VariableNode]:
    """The nodes on ways from the inputs to the outputs: an input itself, or one whose creator uses such a node."""
    users: dict[VariableNode, list[FunctionNode]] = {}
    lowest = min((x.rank for x in inputs), default=0)
    queue = _Queue()
    for y in outputs:
        queue.push(y.creator_node)
    for function in queue:
        if function.rank < lowest:
            break  # ranks only fall from here, and no way from an input leads through a lower one
        for x in function.inputs or ():
            x.check_old_style()
            users.setdefault(x, []).append(function)
            queue.push(x.creator_node)
    nodes, todo = set(inputs), list(inputs)
    while todo:
        for function in users.get(todo.pop(), ()):
            for reference in function.outputs or ():
                node = reference()
                if node is not None and node not in nodes:
                    nodes.add(node)
                    todo.append(node)
    return nodes
