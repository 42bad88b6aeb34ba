"""Arithmetic of variables: operators, their operands, and those that are refused."""

import numpy as np
import pytest

from dwbridge import functions as F
from dwbridge.autograd import Variable
from dwbridge.autograd.type_check import InvalidType


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
        (lambda a, b: abs(-a), [3.0]),
        (lambda a, b: +a, [3.0]),
        (lambda a, b: a // b, [1.0]),
        (lambda a, b: 7 // a, [2.0]),
        (lambda a, b: a**b, [9.0]),
        (lambda a, b: a**b.array, [9.0]),
        (lambda a, b: 2**a, [8.0]),
        (lambda a, b: b.array**a, [8.0]),
        (lambda a, b: a @ b, 6.0),
        (lambda a, b: a.array @ b, 6.0),
        (lambda a, b: a[0], 3.0),
        (lambda a, b: a + np.array([1]), [4.0]),
    ],
)
def test_operators(compute: object, expected: list[float]) -> None:
    y = compute(Variable(np.array([3.0])), Variable(np.array([2.0])))  # type: ignore[operator]
    assert isinstance(y, Variable)
    np.testing.assert_array_equal(y.array, expected)


def test_a_scalar_does_not_change_the_type() -> None:
    assert (Variable(np.ones(2, np.float16)) * 0.1).dtype == np.float16


def test_an_array_takes_the_variables_type() -> None:
    x = Variable(np.ones(2, "f"))
    assert (x + np.ones(2)).dtype == (np.ones(2) / x).dtype == (x ** np.ones(2)).dtype == np.float32
    assert F.add(np.ones(2, "f"), np.ones(2)).dtype == np.float32
    with pytest.raises(InvalidType, match="lhs.dtype == rhs.dtype"):
        x + Variable(np.ones(2))


def test_integers_are_added_as_in_chainer() -> None:
    x = Variable(np.array([1, 2]))
    np.testing.assert_array_equal((-(x + x) * 2).array, [-4, -8])
    assert (x * 2).dtype == np.int64


def test_what_is_no_operand() -> None:
    x = Variable(np.ones(2))
    for other in ([1.0, 2.0], "a", None):
        with pytest.raises(TypeError, match="expected a variable, an array or a scalar"):
            x + other
    with pytest.raises(TypeError, match="got two scalars"):
        F.mul(2, 3)


def test_floor_division_has_no_gradient() -> None:
    x = Variable(np.array([5.0]))
    y = x // 2
    assert y.creator is None
    y.backward()
    assert x.grad is None


@pytest.mark.parametrize("symbol", ["==", "!=", "<", "<=", ">", ">="])
def test_comparison_is_refused(symbol: str) -> None:
    message = f"Variables do not support {symbol} operator. You could use `array` attribute instead."
    with pytest.raises(TypeError, match=f"^{message}$"):
        eval(f"x {symbol} x", {"x": Variable(np.array(1.0))})


def test_truth_and_hash_are_refused() -> None:
    x = Variable(np.array(1.0))
    with pytest.raises(TypeError, match="Variables cannot be evaluated as Python bool"):
        bool(x)
    with pytest.raises(TypeError, match="unhashable"):
        hash(x)


def test_integers_are_not_divided() -> None:
    x = Variable(np.array([5, -7]))
    for divide in (lambda: x / x, lambda: x // x, lambda: x**x):
        with pytest.raises(InvalidType, match=r"lhs\.dtype\.kind == 'f'"):
            divide()
