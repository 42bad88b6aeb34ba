"""The DepthwiseConvolution2D link: arguments, shapes, dtypes, initialization (not the computation)."""

import numpy as np
import pytest

from dwbridge.autograd import Variable
from dwbridge.autograd.type_check import InvalidType
from dwbridge.configuration import no_backprop_mode, using_config
from dwbridge.functions import depthwise_convolution_2d
from dwbridge.initializers import Constant, HeNormal, Normal
from dwbridge.links import DepthwiseConvolution2D

X = np.random.RandomState(0).standard_normal((2, 3, 6, 5)).astype(np.float32)


class TestShapes:
    def test_parameters(self):
        layer = DepthwiseConvolution2D(3, 2, (5, 4))
        assert (layer.W.shape, layer.b.shape) == ((2, 3, 5, 4), (6,))

    def test_output(self):
        assert DepthwiseConvolution2D(3, 2, 3, stride=2, pad=1)(X).shape == (2, 6, 3, 3)

    def test_batch_of_none(self):
        assert DepthwiseConvolution2D(3, 2, 3)(X[:0]).shape == (0, 6, 4, 3)

    def test_no_kernels(self):
        assert DepthwiseConvolution2D(3, 0, 3).W.shape == (0, 3, 3, 3)


def test_arguments_are_kept_as_given():
    layer = DepthwiseConvolution2D(3, 2, 3, stride=[1, 2], pad=1)
    assert (layer.ksize, layer.stride, layer.pad, layer.dilate) == (3, [1, 2], (1, 1), (1, 1))
    assert (layer.channel_multiplier, layer.nobias, hasattr(layer, "in_channels")) == (2, False, False)
    assert str(layer) == "DepthwiseConvolution2D()"


def test_forward_is_the_function():
    layer = DepthwiseConvolution2D(3, 2, 3, (2, 1), ((0, 1), (2, 0)), initial_bias=np.arange(6), dilate=(1, 2))
    expected = depthwise_convolution_2d(X, layer.W, layer.b, (2, 1), ((0, 1), (2, 0)), dilate=(1, 2))
    np.testing.assert_array_equal(layer(X).array, expected.array)


def test_output_requires_gradient_and_reaches_parameters():
    layer = DepthwiseConvolution2D(3, 2, 3)
    layer.cleargrads()
    y = layer(Variable(X))
    y.grad = np.ones_like(y.array)
    y.backward()
    np.testing.assert_array_equal(layer.b.grad, np.full(6, 2 * 4 * 3))
    with no_backprop_mode():
        assert layer(X).creator is None


class TestBias:
    def test_none_is_a_plain_attribute(self):
        layer = DepthwiseConvolution2D(3, 2, 3, nobias=True, initial_bias="ignored")
        assert layer.b is None
        assert [path for path, _ in layer.namedparams()] == ["/W"]
        assert layer(X).shape == (2, 6, 4, 3)

    def test_is_zero_by_default(self):
        assert not DepthwiseConvolution2D(3, 2, 3).b.array.any()

    def test_initial_array(self):
        assert DepthwiseConvolution2D(3, 1, 3, initial_bias=np.arange(3)).b.array.tolist() == [0, 1, 2]


class TestDeferred:
    def test_first_input_decides(self):
        layer = DepthwiseConvolution2D(None, 2, 3)
        assert [path for path, _ in layer.namedparams()] == ["/W", "/b"]
        assert (layer.W.array, layer.b.array) == (None, None)
        assert layer(X).shape == (2, 6, 4, 3)
        assert (layer.W.shape, layer.b.shape) == ((2, 3, 3, 3), (6,))

    def test_dtype_is_decided_then(self):
        layer = DepthwiseConvolution2D(None, 2, 3)
        with using_config("dtype", np.dtype(np.float64)):
            layer(X.astype(np.float64))
        assert layer.W.dtype == np.float64

    def test_initialized_before_the_type_check(self):
        layer = DepthwiseConvolution2D(None, 2, 3)
        with pytest.raises(InvalidType):
            layer(np.zeros((1, 4, 5, 5), np.int32))
        assert layer.W.shape == (2, 4, 3, 3)

    def test_array_of_weights_is_copied_then(self):
        W = np.ones((2, 3, 3, 3))
        layer = DepthwiseConvolution2D(None, 2, 3, initialW=W)
        assert layer.W.array is None
        layer(X)
        assert (layer.W.dtype, layer.W.array is W) == (np.float32, False)


class TestInitialW:
    def test_default_is_he_normal_over_sqrt_2(self):
        np.random.seed(3)
        layer = DepthwiseConvolution2D(3, 2, 3)
        np.random.seed(3)
        expected = np.empty((2, 3, 3, 3), np.float32)
        HeNormal(1 / np.sqrt(2))(expected)
        np.testing.assert_array_equal(layer.W.array, expected)

    def test_default_has_the_deviation_of_all_channels(self):
        W = DepthwiseConvolution2D(16, 64, 5).W.array
        assert abs(W.std() * np.sqrt(16 * 5 * 5) - 1) < 0.02

    @pytest.mark.parametrize(
        "initial",
        [2.5, np.float64(2.5), np.full((2, 3, 3, 3), 2.5), np.full((1, 1, 3, 3), 2.5), Constant(2.5)],
        ids=["scalar", "numpy scalar", "array", "broadcast array", "initializer"],
    )
    def test_values_are_float32_whatever_they_were(self, initial):
        W = DepthwiseConvolution2D(3, 2, 3, initialW=initial).W
        assert W.dtype == np.float32
        assert (W.array == 2.5).all()

    def test_callable(self):
        assert (DepthwiseConvolution2D(3, 2, 3, initialW=lambda array: array.fill(7)).W.array == 7).all()

    def test_only_an_initializer_sets_the_dtype(self):
        assert DepthwiseConvolution2D(3, 2, 3, initialW=Normal(dtype=np.float64)).W.dtype == np.float64

    @pytest.mark.parametrize(
        ("initial", "error", "message"),
        [
            ([1.0], TypeError, "invalid type of initializer: <class 'list'>"),
            (Variable(np.ones((2, 3, 3, 3), np.float32)), TypeError, "invalid type of initializer"),
            ("abc", ValueError, "could not convert string"),
            (np.ones((4, 4)), ValueError, "broadcast"),
        ],
    )
    def test_refused(self, initial, error, message):
        with pytest.raises(error, match=message):
            DepthwiseConvolution2D(3, 2, 3, initialW=initial)


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_configured_dtype(dtype):
    with using_config("dtype", np.dtype(dtype)):
        layer = DepthwiseConvolution2D(3, 2, 3)
        without_bias = DepthwiseConvolution2D(3, 2, 3, nobias=True)
    assert (layer.W.dtype, layer.b.dtype) == (dtype, dtype)
    assert layer(X.astype(dtype)).dtype == dtype
    with pytest.raises(InvalidType):  # the bias has to have the input's type, the weight has not
        layer(X)
    assert without_bias(X).dtype == np.float32


@pytest.mark.parametrize(
    ("x", "error"),
    [
        (X[0], InvalidType),
        (X[:, :2], InvalidType),
        (X.astype(np.float64), InvalidType),
        (X.astype(np.int32), InvalidType),
        (X[:, :, :2, :2], AssertionError),
        ([1], TypeError),
    ],
    ids=["rank", "channels", "dtype of bias", "integers", "too small", "list"],
)
def test_wrong_input(x, error):
    with pytest.raises(error):
        DepthwiseConvolution2D(3, 2, 3)(x)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [((0, 1, 3), ZeroDivisionError), ((3, 1, (1, 2, 3)), ValueError), ((3, 1, None), TypeError)],
)
def test_wrong_arguments(arguments, error):
    with pytest.raises(error):
        DepthwiseConvolution2D(*arguments)


def test_stride_of_three_fails_when_called():
    layer = DepthwiseConvolution2D(3, 1, 3, stride=(1, 2, 3))
    with pytest.raises(ValueError, match="too many values to unpack"):
        layer(X)
