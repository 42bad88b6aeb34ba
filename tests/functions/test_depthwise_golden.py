"""Depthwise convolution against what Chainer 7.8.1 computed: values, gradients, gradients of gradients, all types.

Inputs are multiples of 1/8 of magnitude at most 1, so every product, and every sum of these few, is exact in every
type: whatever the order of summation, the results are equal bit for bit.
"""

import numpy as np
import pytest
from golden.make_depthwise_golden import RESULTS, SETTINGS, TYPES, computed, flattened

import dwbridge
from dwbridge import functions as F

#: of which input each result has the type
TYPE_OF = dict(zip(RESULTS, ("x", "x", "W", "x", "x", "W", "x"), strict=True))


@pytest.mark.parametrize("W_type", TYPES)
@pytest.mark.parametrize("x_type", TYPES)
def test_it_is_chainers(x_type: str, W_type: str, request: pytest.FixtureRequest) -> None:
    with np.load(request.config.rootpath / "tests" / "golden" / "chainer_depthwise.npz") as archive:
        expected = archive[f"{x_type}/{W_type}"]
    results = [computed(dwbridge, F, name, x_type, W_type) for name in SETTINGS]
    for result in results:
        for key, array in result.items():
            assert array.dtype == {"x": x_type, "W": W_type}[TYPE_OF[key]], key
    np.testing.assert_array_equal(flattened(results), expected)
