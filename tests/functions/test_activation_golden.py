"""Activations and layer normalization against what Chainer 7.8.1 computed: values, gradients, and their gradients."""

import numpy as np
from golden.make_activation_golden import FILE, every_result

import dwbridge
from dwbridge import functions as F

TOLERANCE = {np.dtype("float32"): 1e-5, np.dtype("float64"): 1e-12}


def test_they_are_chainers() -> None:
    results = every_result(dwbridge, F)
    with np.load(FILE) as expected:
        assert results.keys() == set(expected.files)
        for key, array in results.items():
            assert array.dtype == expected[key].dtype, key
            tolerance = TOLERANCE[array.dtype] * max(1.0, abs(expected[key]).max())
            np.testing.assert_allclose(array, expected[key], rtol=0, atol=tolerance, err_msg=key)
