"""Weight standardization: what the link computes with, and that the parameter stays what it is."""

import numpy as np
import pytest

from dwbridge.functions import depthwise_convolution_2d
from dwbridge.links import Convolution2D, DepthwiseConvolution2D, Linear
from dwbridge.links.hooks import SpectralNormalization, WeightStandardization

X = np.random.RandomState(0).standard_normal((2, 3, 5, 4)).astype(np.float32)


def standardized(W, eps):
    rows = W.reshape(len(W), -1).astype(np.float64)
    centred = rows - rows.mean(axis=1, keepdims=True)
    return (centred / np.sqrt(centred.var(axis=1, keepdims=True) + eps)).reshape(W.shape).astype(W.dtype)


@pytest.mark.parametrize("in_channels", [3, None])
def test_depthwise_computes_with_standardized_weights(in_channels):
    link = DepthwiseConvolution2D(in_channels, 2, 3).add_hook(WeightStandardization(eps=1e-2))
    y = link(X)
    expected = depthwise_convolution_2d(X, standardized(link.W.array, 1e-2), link.b)
    np.testing.assert_allclose(y.array, expected.array, rtol=1e-5, atol=1e-5)


def test_parameter_stays_and_gets_a_gradient_across_the_statistics():
    link = Convolution2D(3, 2, 3).add_hook(WeightStandardization())
    W, before = link.W, link.W.array.copy()
    y = link(X)
    link.cleargrads()
    y.grad = np.ones_like(y.array)
    y.backward()
    assert link.W is W
    np.testing.assert_array_equal(W.array, before)
    # what only shifts or scales a filter changes nothing
    rows, gradient = before.reshape(2, -1), W.grad.reshape(2, -1)
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-2)
    np.testing.assert_allclose((gradient * rows).sum(axis=1), 0, atol=1e-1)


def test_saves_nothing_of_its_own():
    link = Linear(3, 2).add_hook(WeightStandardization())
    link(X[0, 0, :, :3])
    assert ([path for path, _ in link.namedparams()], link._persistent) == (["/W", "/b"], set())


def test_together_with_spectral_normalization():
    link = Linear(3, 2).add_hook(SpectralNormalization()).add_hook(WeightStandardization())
    W = link.W
    link(X[0, 0, :, :3])
    assert link.W is W


def test_refused():
    with pytest.raises(ValueError, match="Weight 'V' does not exist!"):
        Linear(3, 2).add_hook(WeightStandardization(weight_name="V"))
    with (
        pytest.raises(NotImplementedError, match="not supposed to be used as context manager"),
        WeightStandardization(),
    ):
        pass
    with pytest.raises(TypeError):
        WeightStandardization(1e-3)
