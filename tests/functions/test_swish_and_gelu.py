"""What `swish` and `gelu` refuse, and what activations keep for their gradient."""

from typing import Any

import numpy as np
import pytest

from dwbridge import functions as F
from dwbridge.autograd import Variable
from dwbridge.autograd.type_check import InvalidType

X = np.ones((2, 3, 4), np.float32)


@pytest.mark.parametrize(
    ("beta", "message"),
    [
        (np.ones(3), r"beta\.dtype == x\.dtype"),
        (np.ones(2, np.float32), r"beta\.shape == x\.shape\[1:2\]"),
        (np.ones((2, 3, 4), np.float32), r"beta\.ndim <= x\.ndim - 1"),
    ],
)
def test_a_beta_that_does_not_fit_is_refused(beta: np.ndarray, message: str) -> None:
    with pytest.raises(InvalidType, match=message):
        F.swish(X, beta)


def test_gelu_refuses_other_approximations() -> None:
    with pytest.raises(ValueError, match="approximate must be 'none' or 'tanh', got 'erf'"):
        F.gelu(X, "erf")


@pytest.mark.parametrize("name", ["relu", "clipped_relu", "leaky_relu", "sigmoid", "tanh", "hard_sigmoid"])
def test_only_the_output_is_kept(name: str) -> None:
    x = Variable(X.copy())
    y: Any = getattr(F, name)(x * 2)
    (below,) = y.creator.inputs
    assert below.data is None
    assert y.creator.output_data[0] is y.array


def test_a_slope_that_turns_signs_keeps_the_input() -> None:
    x = Variable(np.array([-1.0, 2.0]))
    for slope, expected in ((-0.5, [-0.5, 1.0]), (0.0, [0.0, 1.0])):
        y = F.leaky_relu(x * 1, slope)
        x.cleargrad()
        F.sum(y).backward()
        assert x.grad.tolist() == expected
