"""Function, the old style of operators: arrays in and out, both ways, and no second derivative."""

import numpy as np
import pytest

from dwbridge.autograd import Function, FunctionAdapter, Variable, grad
from dwbridge.autograd import type_check as T


class Two(Function):
    def check_type_forward(self, in_types: T.TypeInfoTuple) -> None:
        T.expect(in_types.size() == 1, in_types[0].dtype.kind == "f")

    def forward(self, inputs: tuple) -> tuple:
        return inputs[0] * 2, inputs[0] * 3

    def backward(self, inputs: tuple, gys: tuple) -> tuple:
        return (sum(factor * gy for factor, gy in zip((2, 3), gys) if gy is not None),)


class SquareOfOld(Function):
    """Keeps its output instead of its input."""

    seen: tuple = ()

    def forward_cpu(self, inputs: tuple) -> tuple:
        self.retain_inputs(())
        self.retain_outputs((0,))
        return (inputs[0] ** 2,)

    def backward_cpu(self, inputs: tuple, gys: tuple) -> tuple:
        self.seen = inputs
        return (2 * np.sqrt(self.output_data[0]) * gys[0],)


def variable() -> Variable:
    return Variable(np.array([3.0]))


def test_gradients_of_several_outputs() -> None:
    x = variable()
    s, t = Two()(x)
    (s + t).backward()
    np.testing.assert_array_equal(x.grad, [5])
    assert s.creator is t.creator
    assert isinstance(s.creator, Two)
    assert isinstance(s.creator_node, FunctionAdapter)
    assert s.creator.label == s.creator_node.label == "Two"


def test_an_output_without_gradient_gives_none() -> None:
    x = variable()
    Two()(x)[1].backward()
    np.testing.assert_array_equal(x.grad, [3])


def test_what_is_kept() -> None:
    x, function = variable(), SquareOfOld()
    y = function(x)
    y.backward()
    np.testing.assert_array_equal(x.grad, [6])
    assert function.seen == (None,)
    assert (function.rank, len(function.inputs), len(function.outputs)) == (0, 1, 1)
    np.testing.assert_array_equal(function.output_data[0], [9])


def test_applied_twice_by_one_object() -> None:
    x, function = variable(), SquareOfOld()
    function(x)
    function(x).backward()
    np.testing.assert_array_equal(x.grad, [6])


def test_it_cannot_be_differentiated_twice() -> None:
    message = 'cannot twice-differentiate an old style Function "SquareOfOld"'
    x = variable()
    SquareOfOld()(x).backward(enable_double_backprop=True)
    with pytest.raises(RuntimeError, match=message):
        x.grad_var.backward()
    (gx,) = grad([SquareOfOld()(x) * x], [x], enable_double_backprop=True)
    with pytest.raises(RuntimeError, match=message):
        grad([gx], [x])
    (gx,) = grad([SquareOfOld()(x) * x], [x], enable_double_backprop=True)
    with pytest.raises(RuntimeError, match=message):
        gx.backward()


def test_the_type_check_names_the_function() -> None:
    with pytest.raises(T.InvalidType, match=r"Two \(Forward\)\n\nExpect: in_types\[0\].dtype.kind == f\nActual: i"):
        Two()(Variable(np.array([1])))


def test_what_is_missing() -> None:
    with pytest.raises(NotImplementedError, match="Function has no forward on the CPU"):
        Function()(np.ones(1))

    class Constant(Function):
        def forward(self, inputs: tuple) -> tuple:
            return (inputs[0] * 2,)

    x = variable()
    Constant()(x).backward()
    assert x.grad is None


def test_an_option_without_effect() -> None:
    with pytest.warns(DeprecationWarning, match="retain_after_backward option has no effect"):
        Two().retain_outputs((0,), retain_after_backward=True)
