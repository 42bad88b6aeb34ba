"""The Convolution2D link: arguments, shapes, initialization, text."""

import numpy as np
import pytest

from dwbridge.functions import convolution_2d
from dwbridge.links import Convolution2D

X = np.random.RandomState(0).standard_normal((2, 4, 6, 5)).astype(np.float32)


def test_shapes_and_text():
    layer = Convolution2D(4, 6, (3, 1), 2, 1, dilate=2, groups=2)
    assert (layer.W.shape, layer.b.shape) == ((6, 2, 3, 1), (6,))
    assert str(layer) == (
        "Convolution2D(in_channels=4, out_channels=6, ksize=(3, 1), stride=(2, 2), pad=(1, 1), nobias=False, "
        "dilate=(2, 2), groups=2)"
    )


def test_forward_is_the_function():
    layer = Convolution2D(4, 6, 3, (2, 1), ((0, 1), (2, 0)), dilate=(1, 2), groups=2)
    expected = convolution_2d(X, layer.W, layer.b, (2, 1), ((0, 1), (2, 0)), dilate=(1, 2), groups=2)
    np.testing.assert_array_equal(layer(X).array, expected.array)


def test_two_arguments_are_output_channels_and_size():
    layer = Convolution2D(6, 3)
    assert (layer.in_channels, layer.out_channels, layer.ksize) == (None, 6, 3)
    assert (layer.W.array, layer.b.shape) == (None, (6,))
    layer(X)
    assert layer.W.shape == (6, 4, 3, 3)


def test_without_bias():
    assert Convolution2D(4, 6, 3, nobias=True).b is None


@pytest.mark.parametrize(("channels", "message"), [((3, 4), r"input channels \(=3\)"), ((4, 3), r"output .*\(=3\)")])
def test_groups_have_to_divide(channels, message):
    with pytest.raises(ValueError, match=message + r" must be divisible by the number of groups \(=2\)"):
        Convolution2D(*channels, 3, groups=2)


def test_from_params():
    W, b = np.ones((6, 2, 3, 1), np.float32), np.arange(6, dtype=np.float32)
    layer = Convolution2D.from_params(W, b, pad=1, groups=2)
    assert (layer.in_channels, layer.out_channels, layer.ksize, layer.pad) == (4, 6, (3, 1), (1, 1))
    np.testing.assert_array_equal(layer.b.array, b)
    with pytest.raises(ValueError, match=r"`out_channels` \(=6\) does not match the size of `b` \(=5\)"):
        Convolution2D.from_params(W, b[:5])
