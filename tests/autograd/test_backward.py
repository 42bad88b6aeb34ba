"""The engine: order, accumulation, depth, and what is kept."""

import gc
import weakref

import numpy as np
import pytest

from dwbridge import functions as F
from dwbridge.autograd import FunctionNode, Variable, grad
from dwbridge.configuration import no_backprop_mode, using_config


def variable(*values: float) -> Variable:
    return Variable(np.array(values))


def test_a_chain_of_10000_functions() -> None:
    x = variable(1.0)
    y = x
    for _ in range(10_000):
        y = F.identity(y)
    y.backward()
    np.testing.assert_array_equal(x.grad, [1.0])


def test_a_long_chain_can_be_differentiated_twice_and_freed() -> None:
    x = variable(0.9)
    y = x
    for _ in range(3_000):
        y = y * 1.0
    (gx,) = grad([y * x], [x], enable_double_backprop=True)
    (ggx,) = grad([gx], [x])
    np.testing.assert_allclose(ggx.array, [2.0])
    del y, gx, ggx
    gc.collect()


def test_a_variable_used_twice_gets_both_gradients() -> None:
    x = variable(3.0)
    (x * x + x).backward()
    np.testing.assert_array_equal(x.grad, [7.0])


def test_a_diamond_visits_every_function_once() -> None:
    class Counted(FunctionNode):
        calls = 0

        def forward(self, inputs: tuple) -> tuple:
            return inputs

        def backward(self, indexes: tuple, gys: tuple) -> tuple:
            Counted.calls += 1
            return (gys[0],)

    x = variable(1.0)
    (h,) = Counted().apply((x,))
    deep = h
    for _ in range(5):
        deep = F.identity(deep)
    (h + deep).backward()
    assert Counted.calls == 1
    np.testing.assert_array_equal(x.grad, [2.0])


def test_gradients_accumulate_until_cleared() -> None:
    x = variable(2.0)
    for expected in (4.0, 8.0):
        (x * x).backward()
        np.testing.assert_array_equal(x.grad, [expected])
    x.cleargrad()
    (x * x).backward()
    np.testing.assert_array_equal(x.grad, [4.0])


def test_gradients_in_between_are_kept_only_on_request() -> None:
    x = variable(2.0)
    h = x * x
    y = h * h
    y.backward()
    assert h.grad is None
    assert y.grad is None
    y.backward(retain_grad=True)
    np.testing.assert_array_equal(h.grad, [8.0])
    np.testing.assert_array_equal(y.grad, [1.0])


def test_no_start_for_more_than_one_element() -> None:
    y = variable(1.0, 2.0) * 2
    with pytest.raises(TypeError, match=r"set y.grad, or sum y \(its shape is \(2,\)\)"):
        y.backward()


def test_loss_scale_multiplies() -> None:
    x = variable(3.0)
    (x * x).backward(loss_scale=16.0)
    np.testing.assert_array_equal(x.grad, [96.0])


def test_double_backprop_through_grad_var() -> None:
    x = variable(3.0)
    (x * x * x).backward(enable_double_backprop=True)
    gx = x.grad_var
    x.cleargrad()
    gx.backward()
    np.testing.assert_allclose(x.grad, [18.0])


def test_without_double_backprop_gradients_have_no_graph() -> None:
    x = variable(3.0)
    (x * x).backward()
    assert x.grad_var.creator is None


def test_grad_follows_only_ways_between_inputs_and_outputs() -> None:
    x, unrelated = variable(2.0), variable(5.0)
    y = x * x * unrelated
    (gx,) = grad([y], [x])
    np.testing.assert_array_equal(gx.array, [20.0])
    assert unrelated.grad is None
    assert x.grad is None


def test_grad_by_a_variable_in_between() -> None:
    x = variable(2.0)
    h = x * x
    gx, gh = grad([h * h * x], [x, h])
    np.testing.assert_array_equal(gh.array, [16.0])
    np.testing.assert_array_equal(gx.array, [80.0])


def test_grad_of_what_does_not_depend_is_none() -> None:
    assert grad([variable(1.0) * 2], [variable(1.0)]) == [None]


def test_grad_with_given_gradients_and_set_grad() -> None:
    x = variable(2.0, 3.0)
    (gx,) = grad([x * x], [x], [variable(1.0, 10.0)], grad_inputs=[variable(100.0, 100.0)], set_grad=True)
    np.testing.assert_array_equal(gx.array, [104.0, 160.0])
    np.testing.assert_array_equal(x.grad, gx.array)


def test_grad_refuses_a_bare_variable() -> None:
    x = variable(1.0)
    with pytest.raises(TypeError, match="outputs must be a list or a tuple of variables, got Variable"):
        grad(x, [x])  # type: ignore[arg-type]


def test_grad_refuses_gradients_that_do_not_match() -> None:
    x = variable(1.0)
    with pytest.raises(TypeError, match="grad_outputs must be a list or a tuple of variables, or None, got Variable"):
        grad([x * 2], [x], grad_outputs=x)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="grad_outputs must have as many variables as outputs: 1, got 0"):
        grad([x * 2], [x], grad_outputs=[])
    with pytest.raises(ValueError, match="grad_inputs must have as many variables as inputs: 1, got 2"):
        grad([x * 2], [x], grad_inputs=[None, None])


def test_grad_by_itself_and_twice() -> None:
    x = variable(2.0)
    np.testing.assert_array_equal(grad([x], [x])[0].array, [1.0])
    a, b = grad([x * x], [x, x])
    assert (a.array, b.array) == ([4.0], [4.0])


def test_third_derivative() -> None:
    x = variable(2.0)
    y = x**4
    for expected in (32.0, 48.0, 48.0):
        (y,) = grad([y], [x], enable_double_backprop=True)
        np.testing.assert_allclose(y.array, [expected])


def test_third_derivative_of_batch_normalization_is_the_numerical_one() -> None:
    x = np.random.normal(size=(4, 2))
    gamma, beta = np.array([1.5, 0.5]), np.zeros(2)

    def second(v: Variable) -> Variable:
        y = F.batch_normalization(v, gamma, beta)
        (g,) = grad([F.sum(y * y * y)], [v], enable_double_backprop=True)
        (gg,) = grad([F.sum(g * g)], [v], enable_double_backprop=True)
        return gg

    from dwbridge.gradient_check import check_backward

    check_backward(second, x, rtol=1e-4)


def test_nothing_is_recorded_in_no_backprop_mode() -> None:
    x = variable(2.0)
    with no_backprop_mode():
        y = x * x
    assert y.creator is None
    assert y.requires_grad  # as in Chainer: what is computed from it later is recorded, and stops here
    (y * 3).backward()
    np.testing.assert_array_equal(y.grad, [3.0])
    assert x.grad is None


def test_arrays_that_backward_does_not_need_are_freed() -> None:
    x = variable(1.0)
    h = F.neg(x)
    array = weakref.ref(h.array)
    y = F.neg(h)
    del h
    gc.collect()
    assert array() is None
    y.backward()
    np.testing.assert_array_equal(x.grad, [1.0])


def test_a_retained_output_survives_its_variable() -> None:
    x = variable(-1.0, 2.0)
    function = F.relu(x).creator_node
    gc.collect()
    (y,) = function.get_retained_outputs()
    np.testing.assert_array_equal(y.array, [0.0, 2.0])
    assert y.creator_node is function


def test_a_wrong_backward_is_named() -> None:
    class Wrong(FunctionNode):
        def forward(self, inputs: tuple) -> tuple:
            return (inputs[0] * 2,)

        def backward(self, indexes: tuple, gys: tuple) -> tuple:
            return (F.sum(gys[0]),)

    x = variable(1.0, 2.0)
    (y,) = Wrong().apply((x,))
    y.grad = np.ones(2)
    with pytest.raises(
        ValueError, match=r"backward of Wrong: the gradient of input 0 must be \(2,\) of float64, got \(\)"
    ):
        y.backward()


def test_debug_mode_finds_nan() -> None:
    x = Variable(np.array([-1.0]))
    with using_config("debug", True), np.errstate(invalid="ignore"):
        with pytest.raises(RuntimeError, match="NaN is detected on forward computation of Power"):
            x**0.5
        y = F.identity(x)
        y.grad = np.array([np.nan])
        with pytest.raises(RuntimeError, match="NaN is detected on backward computation of Identity"):
            y.backward()


def test_unchain_backward_cuts_the_graph() -> None:
    x = variable(2.0)
    h = x * x
    y = h * 3
    h.unchain_backward()
    y.backward()
    assert x.grad is None
