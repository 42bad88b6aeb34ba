"""The links LayerNormalization and Swish: parameters, deferred shapes, initial values, the way through ONNX."""

import numpy as np
import pytest

from dwbridge import exporters
from dwbridge.configuration import using_config
from dwbridge.functions import layer_normalization, swish
from dwbridge.links import LayerNormalization, Sequential, Swish

X = np.random.RandomState(0).standard_normal((2, 4, 3, 5)).astype(np.float32)


def test_parameters_and_initial_values() -> None:
    layer = LayerNormalization(4)
    assert [path for path, _ in layer.namedparams()] == ["/beta", "/gamma"]
    assert layer.eps == 1e-6
    assert (layer.gamma.array.tolist(), layer.beta.array.tolist()) == ([1] * 4, [0] * 4)
    given = LayerNormalization(2, initial_gamma=np.array([1.0, 2.0], np.float32), initial_beta=3)
    assert (given.gamma.array.tolist(), given.beta.array.tolist()) == ([1, 2], [3, 3])


@pytest.mark.parametrize("axis", [1, -1])
def test_it_is_the_function_and_takes_its_size_from_the_first_input(axis: int) -> None:
    layer = LayerNormalization(eps=1e-3, initial_beta=2, axis=axis)
    assert layer.gamma.array is None
    y = layer(X)
    assert layer.gamma.shape == layer.beta.shape == (X.shape[axis],)
    expected = layer_normalization(X, layer.gamma, layer.beta, 1e-3, axis=axis)
    np.testing.assert_array_equal(y.array, expected.array)


def test_type_of_the_parameters() -> None:
    with using_config("dtype", np.float16):
        assert LayerNormalization(3).gamma.dtype == Swish((3,)).beta.dtype == np.float16


def test_without_beta_through_onnx() -> None:
    layer = LayerNormalization(5, initial_gamma=2, axis=-1, use_beta=False)
    assert [path for path, _ in layer.namedparams()] == ["/gamma"]
    model = exporters.export(layer, X)
    assert [(node.op_type, len(node.input)) for node in model.graph.node] == [("LayerNormalization", 2)]
    network = exporters.load(model)
    assert exporters.export(network, X).SerializeToString() == model.SerializeToString()
    np.testing.assert_allclose(network(X).array, layer(X).array, rtol=1e-6, atol=1e-6)


def test_channels_through_onnx_keep_the_parameters_shapes() -> None:
    model = exporters.export(LayerNormalization(4), X)
    assert [node.op_type for node in model.graph.node] == ["Transpose", "LayerNormalization", "Transpose"]
    assert {tuple(tensor.dims) for tensor in model.graph.initializer} == {(4,)}


def test_swish_takes_its_shape_from_the_first_input_or_is_given_it() -> None:
    deferred, given = Swish(None, 0.5), Swish((4,))
    y = deferred(X)
    assert deferred.beta.shape == (4, 3, 5)
    np.testing.assert_array_equal(y.array, swish(X, deferred.beta).array)
    assert (deferred.beta.array == 0.5).all() and (given.beta.array == 1).all()
    np.testing.assert_allclose(given(X).array, swish(X, 1.0).array, rtol=1e-6)


def test_they_train() -> None:
    model = Sequential(LayerNormalization(4), Swish((4,)))
    model(X).array.sum()
    y = model(X)
    y.grad = X
    y.backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in model.params())
