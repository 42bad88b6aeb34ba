"""Initializers and links draw what Chainer 7.8.1 draws from the same seed."""

import numpy as np
import pytest
from golden import chainer_scenarios as scenarios
from golden.dwbridge_framework import DWBRIDGE, golden_arrays
from golden.initializer_scenarios import DTYPES, INITIALIZERS, stream

from dwbridge import initializers

CHAINER = golden_arrays("chainer_streams.npz")
OURS = scenarios.link_streams(DWBRIDGE)
STREAMS = golden_arrays("chainer_initializers.npz")


def test_every_initializer_is_compared():
    classes = {name for name in initializers.__all__ if isinstance(getattr(initializers, name), type)}
    assert {class_name for class_name, *_ in INITIALIZERS.values()} == classes - {"Initializer"}
    assert set(STREAMS) == {np.dtype(dtype).name for dtype in DTYPES}


@pytest.mark.parametrize("dtype", DTYPES)
def test_initializers_are_chainers(dtype):
    theirs = STREAMS[np.dtype(dtype).name]
    for name in INITIALIZERS:
        ours = stream(DWBRIDGE, name, dtype)
        expected, theirs = np.split(theirs, [len(ours)])
        assert ours.dtype == expected.dtype
        if name.startswith("Orthogonal"):
            # The factoring is LAPACK's, which differs between builds in the last bits.
            np.testing.assert_allclose(ours, expected, rtol=0, atol=8 * np.finfo(dtype).eps, err_msg=name)
        else:
            np.testing.assert_array_equal(ours, expected, err_msg=name)
    assert len(theirs) == 0


def test_all_links_are_compared():
    assert set(OURS) == set(CHAINER)


@pytest.mark.parametrize("name", sorted(OURS))
def test_parameters_of_links_are_chainers(name):
    assert OURS[name].dtype == CHAINER[name].dtype
    np.testing.assert_array_equal(OURS[name], CHAINER[name])


def test_constant_draws_nothing():
    np.random.seed(0)
    DWBRIDGE.initializers.Constant(3)(np.empty(5, np.float32))
    after = np.random.random()
    np.random.seed(0)
    assert after == np.random.random()
