"""Initializers and links draw what Chainer 7.8.1 draws from the same seed."""

import numpy as np
import pytest
from golden import chainer_scenarios as scenarios
from golden.dwbridge_framework import DWBRIDGE, golden_arrays

CHAINER = golden_arrays("chainer_streams.npz")
OURS = scenarios.initializer_streams(DWBRIDGE) | scenarios.link_streams(DWBRIDGE)


def test_all_streams_are_compared():
    assert set(OURS) == set(CHAINER)


@pytest.mark.parametrize("name", sorted(OURS))
def test_stream_is_chainers(name):
    assert OURS[name].dtype == CHAINER[name].dtype
    if name.startswith("orthogonal"):
        # The factoring is LAPACK's, which differs between builds in the last bits.
        np.testing.assert_allclose(OURS[name], CHAINER[name], rtol=0, atol=1e-6)
    else:
        np.testing.assert_array_equal(OURS[name], CHAINER[name])


def test_constant_draws_nothing():
    np.random.seed(0)
    DWBRIDGE.initializers.Constant(3)(np.empty(5, np.float32))
    after = np.random.random()
    np.random.seed(0)
    assert after == np.random.random()
