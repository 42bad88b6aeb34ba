"""Variable: its array, its gradient, its operators, copies and errors."""

import copy
import pickle

import numpy as np
import pytest

from dwbridge import functions as F
from dwbridge.autograd import Variable, as_array, as_variable


def test_only_arrays() -> None:
    with pytest.raises(TypeError, match="are expected, got list"):
        Variable([1.0])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="volatile"):
        Variable(np.zeros(1), volatile=True)


def test_attributes_are_the_arrays() -> None:
    x = Variable(np.zeros((2, 3), "f"), name="x")
    assert (x.shape, x.ndim, x.size, len(x), x.dtype) == ((2, 3), 2, 6, 2, np.float32)
    assert (x.name, str(x.device), x.xp) == ("x", "@numpy", np)
    assert x.data is x.array
    assert repr(Variable(np.array([1.0]), name="v")) == "variable v([1.])"
    assert repr(Variable()) == "variable(None)"


def test_the_gradient_must_fit() -> None:
    x = Variable(np.zeros(2, "f"))
    with pytest.raises(TypeError, match="grad must be an array or None, got list"):
        x.grad = [0.0, 0.0]
    with pytest.raises(TypeError, match="dtype float32, got float64"):
        x.grad = np.zeros(2)
    with pytest.raises(ValueError, match=r"shape \(2,\), got \(3,\)"):
        x.grad = np.zeros(3, "f")
    x.grad = np.ones(2, "f")
    np.testing.assert_array_equal(x.grad_var.array, [1, 1])


def test_zerograd_is_deprecated() -> None:
    x = Variable(np.ones(2))
    with pytest.warns(DeprecationWarning, match="Use Variable.cleargrad"):
        x.zerograd()
    np.testing.assert_array_equal(x.grad, [0, 0])


@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        (lambda a, b: a + b, [5.0]),
        (lambda a, b: a - b, [1.0]),
        (lambda a, b: a * b, [6.0]),
        (lambda a, b: a / b, [1.5]),
        (lambda a, b: -a, [-3.0]),
        (lambda a, b: a**2, [9.0]),
        (lambda a, b: 1 + a, [4.0]),
        (lambda a, b: 1 - a, [-2.0]),
        (lambda a, b: 2 * a, [6.0]),
        (lambda a, b: 6 / a, [2.0]),
        (lambda a, b: b.array + a, [5.0]),
        (lambda a, b: b.array - a, [-1.0]),
        (lambda a, b: np.float64(2) * a, [6.0]),
    ],
)
def test_operators(compute: object, expected: list[float]) -> None:
    y = compute(Variable(np.array([3.0])), Variable(np.array([2.0])))  # type: ignore[operator]
    assert isinstance(y, Variable)
    np.testing.assert_array_equal(y.array, expected)


def test_a_scalar_does_not_change_the_type() -> None:
    assert (Variable(np.ones(2, np.float16)) * 0.1).dtype == np.float16


def test_comparison_truth_and_hash_are_refused() -> None:
    x = Variable(np.array(1.0))
    for use in (lambda: x == x, lambda: x < x, lambda: bool(x), lambda: hash(x)):
        with pytest.raises(TypeError):
            use()


def test_reshape_takes_a_tuple_or_integers() -> None:
    x = Variable(np.arange(6.0))
    assert x.reshape((2, 3)).shape == x.reshape(2, 3).shape == x.reshape(-1, 3).shape == (2, 3)


def test_addgrad_and_copydata() -> None:
    a, b = Variable(np.zeros(2, "f")), Variable(np.ones(2, "f"))
    a.addgrad(b)
    assert a.grad is None
    b.grad = np.full(2, 3, "f")
    a.addgrad(b)
    assert a.grad is b.grad
    a.addgrad(b)
    np.testing.assert_array_equal(a.grad, [6, 6])
    a.copydata(Variable(np.full(2, 0.5)))
    np.testing.assert_array_equal(a.array, np.full(2, 0.5, "f"))
    assert a.dtype == np.float32
    with pytest.raises(ValueError, match=r"shape \(3,\) into one of shape \(2,\)"):
        a.copydata(Variable(np.zeros(3)))


def test_a_shallow_copy_shares_the_array_and_is_a_leaf() -> None:
    y = Variable(np.ones(2)) * 2
    clone = copy.copy(y)
    assert clone.array is y.array
    assert clone.creator is None


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_deep_copies_carry_array_gradient_and_name(duplicate: object) -> None:
    x = Variable(np.ones(2), name="x", grad=np.full(2, 5.0), requires_grad=False)
    clone = duplicate(x)  # type: ignore[operator]
    assert clone.array is not x.array
    np.testing.assert_array_equal(clone.array, x.array)
    np.testing.assert_array_equal(clone.grad, x.grad)
    assert (clone.name, clone.requires_grad) == ("x", False)


def test_as_variable_and_as_array() -> None:
    array = np.zeros(2)
    x = Variable(array)
    assert as_variable(x) is x
    assert not as_variable(array).requires_grad
    assert as_array(x) is array
    assert as_array(array) is array


def test_moving_to_the_cpu_keeps_the_array() -> None:
    x = Variable(np.ones(2), grad=np.ones(2))
    array, grad = x.array, x.grad
    x.to_cpu()
    assert x.array is array
    assert x.grad is grad


def test_relu_uses_the_output_only() -> None:
    x = Variable(np.array([1.0, -1.0]))
    F.sum(F.relu(x)).backward()
    np.testing.assert_array_equal(x.grad, [1, 0])
