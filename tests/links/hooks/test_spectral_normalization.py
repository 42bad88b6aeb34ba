"""Spectral normalization: what the link computes with, what it saves, when it draws and when it refuses."""

import io

import numpy as np
import pytest

from dwbridge.configuration import using_config
from dwbridge.functions import depthwise_convolution_2d
from dwbridge.functions import sum as sum_of
from dwbridge.links import Chain, DepthwiseConvolution2D, Linear, Link
from dwbridge.links.hooks import SpectralNormalization
from dwbridge.optimizers import SGD
from dwbridge.serializers import load_npz, save_npz

X = np.random.RandomState(0).standard_normal((2, 3, 5, 4)).astype(np.float32)


def hooked(*args, **arguments):
    link = DepthwiseConvolution2D(3, 2, 3) if not args else args[0]
    return link.add_hook(SpectralNormalization(**arguments))


def test_depthwise_computes_with_a_weight_of_largest_singular_value_one():
    link = hooked(n_power_iteration=100)
    sigma = np.linalg.svd(link.W.array.reshape(2, -1))[1][0]
    expected = depthwise_convolution_2d(X, link.W.array / sigma, link.b)
    np.testing.assert_allclose(link(X).array, expected.array, rtol=1e-5, atol=1e-6)


def test_factor_and_gamma():
    link = Linear(3, 2, nobias=True).add_hook(SpectralNormalization(100, factor=4.0, use_gamma=True))
    np.testing.assert_allclose(link.gamma.array, np.linalg.svd(link.W.array)[1][0], rtol=1e-6)
    x = np.eye(3, dtype=np.float32)
    # gamma starts as the largest singular value, so only the factor is left
    np.testing.assert_allclose(link(x).array, 4 * link.W.array.T, rtol=1e-5)


def test_parameter_stands_in_its_place_before_and_after():
    link = hooked()
    W, before = link.W, link.W.array.copy()
    link(X)
    assert link.W is W
    np.testing.assert_array_equal(W.array, before)


def test_gradient_is_that_of_the_quotient():
    with using_config("dtype", np.dtype(np.float64)):
        link = hooked(Linear(3, 2, nobias=True), n_power_iteration=200, eps=0)
    x = np.random.RandomState(1).standard_normal((4, 3))

    def forward(W):
        link.W.array[...] = W
        return float(sum_of(link(x) ** 3).array)

    y = sum_of(link(x) ** 3)
    link.cleargrads()
    y.backward()
    W = link.W.array.copy()
    for index in np.ndindex(W.shape):
        step = np.zeros_like(W)
        step[index] = 1e-5
        difference = (forward(W + step) - forward(W - step)) / 2e-5
        np.testing.assert_allclose(link.W.grad[index], difference, rtol=1e-5, atol=1e-7)


class TestVector:
    def test_is_saved_with_the_link(self):
        link, other = hooked(use_gamma=True), hooked(use_gamma=True)
        assert [name for name, _ in sorted(link.namedparams())] == ["/W", "/b", "/gamma"]
        link(X)
        file = io.BytesIO()
        save_npz(file, Chain(conv=link))
        file.seek(0)
        with np.load(file) as saved:
            assert sorted(saved) == ["conv/W", "conv/W_u", "conv/b", "conv/gamma"]
        file.seek(0)
        load_npz(file, Chain(conv=other))
        for name in ("W_u", "gamma", "W"):
            a, b = (getattr(each, name) for each in (link, other))
            np.testing.assert_array_equal(getattr(a, "array", a), getattr(b, "array", b))
        np.testing.assert_array_equal(link(X).array, other(X).array)

    def test_changes_only_in_training(self):
        link = hooked()
        before = link.W_u.copy()
        with using_config("train", False):
            first, second = link(X).array, link(X).array
        np.testing.assert_array_equal(link.W_u, before)
        np.testing.assert_array_equal(first, second)
        kept = link.W_u
        link(X)
        assert link.W_u is kept
        assert (kept != before).any()

    def test_is_drawn_when_the_weight_is_there(self):
        np.random.seed(1)
        deferred = hooked(DepthwiseConvolution2D(None, 2, 3))
        assert not hasattr(deferred, "W_u")
        deferred(X)
        np.random.seed(1)
        weight = DepthwiseConvolution2D(3, 2, 3).W.array
        np.testing.assert_array_equal(deferred.W.array, weight)
        np.testing.assert_array_equal(deferred.W_u.shape, (2,))

    def test_leaves_with_the_hook(self):
        link = hooked(use_gamma=True)
        link.delete_hook("SpectralNormalization")
        assert not hasattr(link, "W_u")
        assert not hasattr(link, "gamma")
        assert [path for path, _ in link.namedparams()] == ["/W", "/b"]
        hooked(DepthwiseConvolution2D(None, 1, 3)).delete_hook("SpectralNormalization")

    def test_other_weights_and_names(self):
        link = Link(V=(3, 2))
        link.V.array[...] = 1
        link.add_hook(SpectralNormalization(weight_name="V", name="mine"))
        assert link.V_u.shape == (3,)
        assert list(link.local_link_hooks) == ["mine"]


def test_forward_that_raised_does_not_keep_the_weight():
    """In Chainer the replaced weight stays for good, and training goes on beside the parameter: mended."""
    link = hooked()
    W = link.W
    with pytest.raises(Exception, match="Convolution"):
        link(X[:, :2])
    link(X)
    assert link.W is W
    with pytest.raises(Exception, match="Convolution"):
        link(X[:, :2])
    link.delete_hook("SpectralNormalization")
    assert link.W is W


def test_two_hooks_on_one_link():
    """In Chainer the weight is lost to the first hook's: mended."""
    link = hooked(n_power_iteration=100)
    link.add_hook(SpectralNormalization(1, name="again", weight_name="W", factor=2.0))
    W = link.W
    for _ in range(2):
        link(X)
        assert link.W is W


def test_normalized_weight_can_be_asked_for():
    link = hooked(n_power_iteration=100)
    hook = link.local_link_hooks["SpectralNormalization"]
    matrix = hook.reshape_W(hook.normalize_weight(link))
    assert matrix.shape == (2, 27)
    np.testing.assert_allclose(np.linalg.svd(matrix.array)[1][0], 1, rtol=1e-5)


def test_training_keeps_the_norm():
    link = hooked(Linear(3, 2), use_gamma=True)
    optimizer = SGD(lr=0.1).setup(link)
    for _ in range(20):
        optimizer.update(lambda: sum_of(link(X[0, 0, :, :3]) ** 2))
    assert link.gamma.update_rule.t == 20
    assert np.isfinite(link.W.array).all()


def test_copies_have_their_own_hook():
    link = hooked()
    clone = link.copy("copy")
    assert clone.local_link_hooks["SpectralNormalization"] is not link.local_link_hooks["SpectralNormalization"]
    clone(X)
    assert clone.W_u is not link.W_u


def test_refused():
    with pytest.raises(ValueError, match="Weight 'V' does not exist!"):
        hooked(weight_name="V")
    with pytest.raises(AssertionError, match="expected n_power_iteration > 0, got 0"):
        SpectralNormalization(0)
    with pytest.raises(ValueError, match=r"Expect W.shape\[0\] > 0"):
        hooked(DepthwiseConvolution2D(3, 0, 3))
    with (
        pytest.raises(NotImplementedError, match="not supposed to be used as context manager"),
        SpectralNormalization(),
    ):
        pass
