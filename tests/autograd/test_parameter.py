"""Parameter: what it is made from, when it gets its array, and what its gradient is before."""

import copy
import pickle

import numpy as np
import pytest

from dwbridge.autograd import Parameter
from dwbridge.configuration import using_config
from dwbridge.initializers import Constant, Normal


def test_an_array_becomes_the_parameters_own() -> None:
    array = np.ones((2, 3), "f")
    p = Parameter(array)
    assert p.array is array
    assert p.grad is None
    assert p.is_initialized


def test_a_shape_is_filled_at_once() -> None:
    p = Parameter(2.0, (2, 2))
    np.testing.assert_array_equal(p.array, np.full((2, 2), 2, "f"))
    assert np.isnan(p.grad).all()
    assert p.dtype == np.float32
    p = Parameter(shape=(3,))
    assert np.isnan(p.array).all()


def test_an_array_with_a_shape_is_copied() -> None:
    array = np.arange(3.0)
    p = Parameter(array, (2, 3))
    np.testing.assert_array_equal(p.array, [[0, 1, 2], [0, 1, 2]])
    assert p.array is not array


def test_before_it_is_initialized() -> None:
    p = Parameter(Normal())
    assert p.array is None
    assert not p.is_initialized
    assert repr(p) == "variable(None)"
    assert p.dtype == np.float64  # numpy.dtype(None): Chainer's answer for an initializer without a type
    assert Parameter(Constant(0, dtype="f2")).dtype == np.float16
    with pytest.raises(RuntimeError, match=r"Cannot retrieve Variable.grad"):
        p.grad  # noqa: B018
    for name in ("shape", "ndim", "size"):
        with pytest.raises(AttributeError):
            getattr(p, name)
    with pytest.raises(TypeError):
        len(p)
    with pytest.raises(RuntimeError, match="the dtype of an uninitialized parameter is not known"):
        Parameter(lambda array: None).dtype  # noqa: B018


def test_initialize_gives_array_and_nan_gradient() -> None:
    p = Parameter(1.0)
    p.initialize(3)
    np.testing.assert_array_equal(p.array, np.ones(3, "f"))
    assert np.isnan(p.grad).all()


def test_a_gradient_cleared_before_is_none_after() -> None:
    p = Parameter(1.0)
    p.cleargrad()
    assert p.grad is None
    p.initialize((2,))
    assert p.grad is None


def test_a_gradient_zeroed_before_is_zero_after() -> None:
    p = Parameter(1.0)
    with pytest.warns(DeprecationWarning, match="zerograd"):
        p.zerograd()
    p.initialize((2,))
    np.testing.assert_array_equal(p.grad, [0, 0])


def test_the_type_is_decided_at_initialization() -> None:
    p = Parameter(Normal())
    with using_config("dtype", np.dtype(np.float16)):
        p.initialize((2,))
    assert p.dtype == np.float16


def test_a_shallow_copy_made_before_is_initialized_with_the_original() -> None:
    p = Parameter(1.0)
    share = copy.copy(p)
    p.initialize((2,))
    assert share.array is p.array


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
@pytest.mark.parametrize("shape", [None, (2, 2)])
def test_deep_copies(duplicate: object, shape: object) -> None:
    p = Parameter(Constant(3.0), shape, name="W")
    clone = duplicate(p)  # type: ignore[operator]
    assert (clone.name, clone.is_initialized) == ("W", p.is_initialized)
    if shape is None:
        clone.initialize((1,))
        assert not p.is_initialized
    np.testing.assert_array_equal(clone.array.ravel()[:1], [3.0])


def test_update_calls_the_rule() -> None:
    class Rule:
        def update(self, param: Parameter) -> None:
            param.array[...] = 9

    p = Parameter(np.zeros(2))
    p.update()
    p.update_rule = Rule()
    p.update()
    np.testing.assert_array_equal(p.array, [9, 9])
