"""Variable: its array, its gradient, its methods, copies and errors."""

import copy
import pickle

import numpy as np
import pytest

from dwbridge import functions as F
from dwbridge.autograd import Parameter, Variable, as_array, as_variable


def test_only_arrays() -> None:
    with pytest.raises(TypeError, match="are expected, got list"):
        Variable([1.0])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="volatile"):
        Variable(np.zeros(1), volatile=True)
    with pytest.raises(TypeError, match="takes no argument foo"):
        Variable(np.zeros(1), foo=True)


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


def test_methods_of_arrays() -> None:
    x = Variable(np.arange(6.0).reshape(2, 3))
    assert x.T.shape == x.transpose().shape == x.transpose(None).shape == (3, 2)
    assert x.transpose(1, 0).shape == x.transpose((1, 0)).shape == x.transpose([1, 0]).shape == (3, 2)
    assert (x.mean().array, x.sum().array) == (2.5, 15)
    np.testing.assert_array_equal(x.mean(axis=0, keepdims=True).array, [[1.5, 2.5, 3.5]])
    np.testing.assert_array_equal(x.mean(axis=1, weights=np.array([1.0, 0.0, 0.0])).array, [0, 3])
    np.testing.assert_array_equal(x.sum(axis=1).array, [3, 12])
    with pytest.raises(ValueError, match="repeated axis"):
        x.transpose(0, 0)


@pytest.mark.parametrize(
    "index",
    [1, -1, slice(1), (..., 0), None, (0, None, 1), [0, 0], ([0, 1], [2, 0]), np.array([1, 0, 0]), (0, [1, 1]), True],
    ids=str,
)
def test_indexing_is_numpys_and_its_gradient_counts(index: object) -> None:
    x = Variable(np.arange(6.0).reshape(2, 3))
    y = x[index]
    np.testing.assert_array_equal(y.array, x.array[index])
    y.grad = np.ones_like(y.array)
    y.backward()
    counts = np.zeros((2, 3))
    np.add.at(counts, index, 1)
    np.testing.assert_array_equal(x.grad, counts)


def test_iteration_and_errors_of_indexing() -> None:
    x = Variable(np.arange(6.0).reshape(2, 3))
    assert [row.shape for row in x] == [(3,), (3,)]
    for index in (2, (0, 0, 0), "a", 1.5):
        with pytest.raises(IndexError):
            x[index]


def test_debug_print_as_chainer_prints_it() -> None:
    x = Variable(np.array([1.0, 3.0], "f"), name="x")
    head = "<variable x>\n- device: CPU\n- backend: <class 'numpy.ndarray'>\n- shape: (2,)\n- dtype: float32\n"
    head += "- statistics: mean=2.00000000, std=1.00000000\n- grad: "
    assert x.debug_print() == head + "None"
    x.grad = np.zeros(2, "f")
    assert x.debug_print() == head + "0"
    x.grad = np.ones(2, "f")
    assert x.debug_print() == head + "mean=1.00000000, std=0.00000000"
    nothing = Variable()
    facts = ["device", "backend", "shape", "dtype", "statistics", "grad"]
    assert nothing.debug_print() == "\n".join([f"<variable at 0x{id(nothing):x}>", *(f"- {f}: None" for f in facts)])


def test_repr_and_str() -> None:
    x = Variable(np.array([[1.0, 2.0], [3.0, 4.0]]), name="x")
    assert repr(x) == "variable x([[1., 2.],\n            [3., 4.]])"
    assert str(x) == "variable x([[1. 2.]\n            [3. 4.]])"
    assert repr(Variable(np.zeros((0, 3)))) == "variable([], shape=(0, 3))"
    assert repr(Variable(np.zeros(0))) == "variable([])"


def test_the_creator_can_be_taken_away_and_given_back() -> None:
    x = Variable(np.ones(1))
    y = x * 2
    function = y.creator
    y.creator_node = None
    assert y.creator is None
    y.set_creator(function)
    y.backward()
    np.testing.assert_array_equal(x.grad, [2])
    y.creator = None
    assert y.creator_node is None


def test_loss_scale_is_noted_on_leaves() -> None:
    x = Variable(np.ones(1))
    h = x * 2
    y = h * 3
    y.backward(loss_scale=4.0)
    assert (x._loss_scale, h._loss_scale, y._loss_scale) == (4.0, None, None)
    np.testing.assert_array_equal(x.grad, [24])


def test_a_given_gradient_is_not_scaled() -> None:
    x = Variable(np.ones(2))
    y = x * 2
    y.grad = np.ones(2)
    y.backward(loss_scale=4.0)
    np.testing.assert_array_equal(x.grad, [2, 2])


def test_the_constructor_without_checks() -> None:
    x = Variable._init_unchecked(np.zeros(2), name="x", requires_grad=False)
    assert (x.name, x.requires_grad) == ("x", False)


def test_copydata_initializes_whichever_parameter_has_no_array() -> None:
    a, b = Parameter(1.0), Variable(np.full(2, 3.0))
    a.copydata(b)
    np.testing.assert_array_equal(a.array, [3, 3])
    source = Parameter(1.0)
    b.copydata(source)
    np.testing.assert_array_equal(b.array, [1, 1])
    np.testing.assert_array_equal(source.array, [1, 1])
    Variable().copydata(Variable())
    with pytest.raises(AttributeError, match="initialize"):
        Variable().copydata(b)


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
    with pytest.raises(ValueError, match=r"from shape \(3,\) into shape \(2,\)"):
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
