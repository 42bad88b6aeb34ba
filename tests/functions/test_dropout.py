"""Dropout: what it draws, what it keeps, and its gradients for a mask that stays."""

import numpy as np
import pytest

from dwbridge import functions as F
from dwbridge.configuration import using_config
from dwbridge.gradient_check import check_backward, check_double_backward


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_it_zeroes_or_scales(dtype: str) -> None:
    x = np.ones((50, 40), dtype)
    y, mask = F.dropout(x, 0.3, return_mask=True)
    assert y.dtype == mask.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(y.array, mask)
    assert set(np.unique(mask)) == {0, np.dtype(dtype).type(1 / 0.7)}
    assert abs((mask == 0).mean() - 0.3) < 0.05


def test_it_draws_as_chainer_does() -> None:
    np.random.seed(0)
    _, mask = F.dropout(np.ones((3, 4), "f"), 0.5, return_mask=True)
    np.random.seed(0)
    np.testing.assert_array_equal(mask != 0, np.random.rand(3, 4) >= 0.5)


def test_gradients_go_through_the_same_mask() -> None:
    x = np.random.normal(size=(5, 6))
    mask = F.dropout(x, 0.5, return_mask=True)[1]
    check_backward(lambda v: F.dropout(v, 0.5, mask=mask), x)
    check_double_backward(lambda v: F.power(F.dropout(v, 0.5, mask=mask), 3), x)


def test_outside_of_training_it_does_nothing() -> None:
    x = np.ones(3)
    with using_config("train", False):
        y, mask = F.dropout(x, 0.5, return_mask=True)
    assert y.array is x
    assert mask is None


@pytest.mark.parametrize("ratio", [-0.1, 1.0, 2.0])
def test_ratios_out_of_range(ratio: float) -> None:
    with pytest.raises(ValueError, match="dropout ratio must be at least 0 and below 1"):
        F.dropout(np.ones(3), ratio)
