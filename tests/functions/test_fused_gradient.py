"""Gradients of gradients where the gradient of y was itself computed from x, or from y."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dwbridge import functions as F
from dwbridge.autograd import Variable, grad

X = np.random.RandomState(0).standard_normal((4, 3))
ONES, ZEROS = np.ones(3), np.zeros(3)
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "gelu": F.gelu,
    "sigmoid": F.sigmoid,
    "layer_normalization": lambda x: F.layer_normalization(x, ONES, ZEROS),
    "batch_normalization": lambda x: F.batch_normalization(x, ONES, ZEROS),
}


@pytest.mark.parametrize("of", ["x", "y"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_way_is_counted_twice(name: str, of: str) -> None:
    def gradient(array: np.ndarray) -> tuple[Variable, Variable]:
        x = Variable(array)
        y = FUNCTIONS[name](x)
        gy = (x if of == "x" else y) ** 2 + x
        return x, grad([y], [x], [gy], enable_double_backprop=True)[0]

    x, gx = gradient(X)
    direction = np.random.RandomState(1).standard_normal(X.shape)
    (actual,) = grad([F.sum(gx * direction)], [x])
    step = 1e-6
    for index in np.ndindex(X.shape):
        moved = np.zeros_like(X)
        moved[index] = step
        above, below = (gradient(X + s * moved)[1].array for s in (1, -1))
        numerical = ((above - below) * direction).sum() / (2 * step)
        np.testing.assert_allclose(actual.array[index], numerical, rtol=1e-5, atol=1e-7)
