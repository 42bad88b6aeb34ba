"""The BatchNormalization link: statistics in training and inference, deferred size, initial values, text."""

import numpy as np
import pytest

from dwbridge.configuration import using_config
from dwbridge.functions import batch_normalization, fixed_batch_normalization
from dwbridge.links import BatchNormalization

X = np.random.RandomState(0).standard_normal((2, 4, 6, 5)).astype(np.float32)


def test_parameters_persistents_and_text():
    layer = BatchNormalization(4)
    assert [path for path, _ in layer.namedparams()] == ["/beta", "/gamma"]
    assert sorted(layer._persistent) == ["N", "avg_mean", "avg_var"]
    assert (layer.avg_mean.tolist(), layer.avg_var.tolist(), layer.N) == ([0] * 4, [1] * 4, 0)
    assert str(layer).startswith("BatchNormalization(size=4, decay=0.9, eps=2e-05, dtype=float32")


def test_training_is_the_function_and_moves_the_averages():
    layer = BatchNormalization(4, decay=0.7, eps=1e-3)
    mean, var = np.zeros(4, np.float32), np.ones(4, np.float32)
    expected = batch_normalization(X, layer.gamma, layer.beta, 1e-3, mean, var, 0.7)
    np.testing.assert_array_equal(layer(X).array, expected.array)
    np.testing.assert_array_equal(layer.avg_mean, mean)
    np.testing.assert_array_equal(layer.avg_var, var)
    assert layer.avg_mean.any()


def test_inference_is_the_fixed_function_on_the_averages_themselves():
    layer = BatchNormalization(4, initial_avg_mean=0.5, initial_avg_var=2)
    with using_config("train", False):
        y = layer(X)
    expected = fixed_batch_normalization(X, layer.gamma, layer.beta, layer.avg_mean, layer.avg_var)
    np.testing.assert_array_equal(y.array, expected.array)
    inputs = [node.get_variable_or_none() for node in y.creator.inputs]
    assert any(variable is layer.gamma for variable in inputs)
    assert layer.avg_mean.tolist() == [0.5] * 4


def test_finetuning_averages_all_batches():
    layer = BatchNormalization(4)
    batches = [X, X + 1, X + 5]
    for batch in batches:
        layer(batch, finetune=True)
    assert layer.N == 3
    expected = np.mean([batch.mean((0, 2, 3)) for batch in batches], axis=0)
    np.testing.assert_allclose(layer.avg_mean, expected, rtol=1e-5)
    layer.start_finetuning()
    assert layer.N == 0


def test_size_from_the_first_input():
    layer = BatchNormalization(axis=(0, 2, 3))
    assert (layer.avg_mean, layer.gamma.array) == (None, None)
    assert str(layer).startswith("BatchNormalization(size=None")
    layer(X)
    assert (layer.avg_mean.shape, layer.gamma.shape) == ((4,), (4,))


def test_one_axis():
    layer = BatchNormalization(axis=0)
    assert layer.axis == (0,)
    layer(X)
    assert layer.gamma.shape == (4, 6, 5)


def test_without_gamma_and_beta():
    layer = BatchNormalization(4, use_gamma=False, use_beta=False)
    assert (layer.gamma, layer.beta, list(layer.params())) == (None, None, [])
    np.testing.assert_array_equal(layer(X).array, BatchNormalization(4)(X).array)
    assert str(layer).endswith("use_gamma=False, use_beta=False)")


def test_initial_values_and_dtype():
    values = np.arange(4.0)
    layer = BatchNormalization(
        4,
        dtype=np.float64,
        initial_gamma=2,
        initial_beta=values,
        initial_avg_mean=values + 1,
        initial_avg_var=3,
    )
    assert (layer.gamma.array.tolist(), layer.gamma.dtype) == ([2] * 4, np.float64)
    np.testing.assert_array_equal(layer.beta.array, values)
    np.testing.assert_array_equal(layer.avg_mean, values + 1)
    assert (layer.avg_var.tolist(), layer.avg_var.dtype) == ([3] * 4, np.float64)


def test_neither_size_nor_axis():
    with pytest.raises(RuntimeError, match="size or axis is required"):
        BatchNormalization()
