"""Batch normalization's running statistics, against the oracle's loops."""

import numpy as np
import pytest
from oracles.batch_normalization import running_statistics

from dwbridge import functions as F


@pytest.mark.parametrize(
    ("shape", "channels", "axis"),
    [((6, 3), 3, None), ((2, 3, 4, 5), 3, None), ((2, 4, 5, 3), 3, (0, 1, 2)), ((1, 2), 2, None)],
)
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_they_are_updated_in_place(shape: tuple, channels: int, axis: object, dtype: str) -> None:
    x = np.random.normal(1, 2, shape).astype(dtype)
    gamma, beta = np.ones(channels, dtype), np.zeros(channels, dtype)
    mean, var = np.random.normal(size=channels).astype(dtype), np.random.uniform(1, 2, channels).astype(dtype)
    expected = running_statistics(x, gamma, mean.copy(), var.copy(), decay=0.7, axis=axis)
    F.batch_normalization(x, gamma, beta, running_mean=mean, running_var=var, decay=0.7, axis=axis)
    tolerance = {"f2": 4e-3, "f4": 1e-5, "f8": 1e-12}[dtype]
    for array, wanted in zip((mean, var), expected, strict=True):
        assert array.dtype == np.dtype(dtype)
        np.testing.assert_allclose(array, wanted, rtol=tolerance, atol=tolerance)
