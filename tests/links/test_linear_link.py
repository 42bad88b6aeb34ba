"""The Linear link: arguments, shapes, initialization, text."""

import numpy as np
import pytest

from dwbridge.functions import linear
from dwbridge.links import Linear

X = np.random.RandomState(0).standard_normal((2, 4, 6, 5)).astype(np.float32)


def test_shapes_and_text():
    layer = Linear(3, 2)
    assert (layer.W.shape, layer.b.shape) == ((2, 3), (2,))
    assert str(layer) == "Linear(in_size=3, out_size=2, nobias=False)"


def test_forward_is_the_function():
    layer = Linear(120, 3)
    np.testing.assert_array_equal(layer(X).array, linear(X, layer.W, layer.b).array)


def test_one_argument_is_the_output_size():
    layer = Linear(3)
    assert (layer.in_size, layer.out_size, layer.W.array) == (None, 3, None)
    layer(X)
    assert layer.W.shape == (3, 120)


def test_batch_axes():
    layer = Linear(None, 3)
    assert layer(X, n_batch_axes=2).shape == (2, 4, 3)
    assert layer.W.shape == (3, 30)


def test_from_params():
    layer = Linear.from_params(np.ones((2, 3), np.float32), np.arange(2, dtype=np.float32))
    assert (layer.in_size, layer.out_size, layer.b.array.tolist()) == (3, 2, [0, 1])
    with pytest.raises(ValueError, match=r"`out_size` \(=2\) does not match the size of `b` \(=3\)"):
        Linear.from_params(np.ones((2, 3)), np.ones(3))
