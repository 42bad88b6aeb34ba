"""The gradient checks accept right gradients, and a planted error in any place is seen."""

import numpy as np
import pytest

from dwbridge import functions as F
from dwbridge.autograd import FunctionNode, Variable
from dwbridge.gradient_check import check_backward, check_double_backward


class Scaled(FunctionNode):
    """y = x * factor, with a factor of its own for backward, and one for the gradient's backward."""

    def __init__(self, factor: float, claimed: float, claimed_twice: float) -> None:
        self.factors = factor, claimed, claimed_twice

    def forward(self, inputs: tuple) -> tuple:
        return (inputs[0] * self.factors[0],)

    def backward(self, indexes: tuple, gys: tuple) -> tuple:
        factor, claimed, twice = self.factors
        return Scaled(claimed, twice, factor).apply((gys[0],))


def test_a_right_gradient_passes() -> None:
    x = np.random.normal(size=(3, 4))
    check_backward(lambda v: Scaled(2.0, 2.0, 2.0).apply((v,))[0], x)
    check_double_backward(lambda v: Scaled(2.0, 2.0, 2.0).apply((v,))[0], x)


def test_a_wrong_gradient_is_caught() -> None:
    x = np.random.normal(size=(3, 4))
    with pytest.raises(AssertionError, match="backward gives the directional derivative"):
        check_backward(lambda v: Scaled(2.0, 2.001, 2.0).apply((v,))[0], x)


def test_one_wrong_entry_is_caught() -> None:
    class OneOff(FunctionNode):
        def forward(self, inputs: tuple) -> tuple:
            return (inputs[0].copy(),)

        def backward(self, indexes: tuple, gys: tuple) -> tuple:
            mask = np.ones_like(gys[0].array)
            mask.flat[5] = 1.01
            return (gys[0] * mask,)

    with pytest.raises(AssertionError):
        check_backward(lambda v: OneOff().apply((v,))[0], np.ones((4, 4)))


def test_a_wrong_second_gradient_is_caught() -> None:
    x = np.random.normal(size=(3, 4))
    check_backward(lambda v: Scaled(2.0, 2.0, 2.1).apply((v,))[0], x)
    with pytest.raises(AssertionError):
        check_double_backward(lambda v: Scaled(2.0, 2.0, 2.1).apply((v,))[0], x)


def test_parameters_are_moved_too_and_restored() -> None:
    W = Variable(np.random.normal(size=(2, 3)))
    before = W.array.copy()
    check_backward(lambda x: F.linear(x, W), np.random.normal(size=(4, 3)), params=[W])
    np.testing.assert_array_equal(W.array, before)
