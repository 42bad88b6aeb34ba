"""Classifier: loss, accuracy, reports, and where the labels are."""

import numpy as np
import pytest

from dwbridge.functions import accuracy, softmax_cross_entropy
from dwbridge.links import Classifier, Linear
from dwbridge.reporter import Reporter

X = np.random.RandomState(0).standard_normal((5, 4)).astype(np.float32)
T = np.array([0, 1, 2, 0, 1], np.int32)


def test_loss_and_accuracy_are_returned_kept_and_reported():
    model = Classifier(Linear(4, 3))
    reporter = Reporter()
    reporter.add_observer("main", model)
    with reporter:
        loss = model(X, T)
    y = model.predictor(X)
    np.testing.assert_array_equal(loss.array, softmax_cross_entropy(y, T).array)
    np.testing.assert_array_equal(model.accuracy.array, accuracy(y, T).array)
    assert model.loss is loss
    assert sorted(reporter.observation) == ["main/accuracy", "main/loss"]


def test_predictor_is_the_child():
    assert [path for path, _ in Classifier(Linear(4, 3)).namedparams()] == ["/predictor/W", "/predictor/b"]


def test_accuracy_can_be_left_out():
    model = Classifier(Linear(4, 3))
    model.compute_accuracy = False
    model(X, T)
    assert model.accuracy is None


def test_functions_can_be_replaced():
    model = Classifier(Linear(4, 3), lossfun=lambda y, t: "loss", accfun=lambda y, t: "accuracy")
    assert model(X, T) == "loss"
    assert model.accuracy == "accuracy"


@pytest.mark.parametrize(
    ("key", "args", "kwargs"), [(-1, (X, T), {}), (0, (T, X), {}), ("t", (X,), {"t": T}), ("t", (), {"x": X, "t": T})]
)
def test_labels(key, args, kwargs):
    model = Classifier(Linear(4, 3), label_key=key)
    np.testing.assert_array_equal(model(*args, **kwargs).array, softmax_cross_entropy(model.predictor(X), T).array)


def test_missing_labels():
    with pytest.raises(ValueError, match="Label key -1 is out of bounds: there are 0 arguments"):
        Classifier(Linear(4, 3))()
    with pytest.raises(ValueError, match='Label key "t" is not found'):
        Classifier(Linear(4, 3), label_key="t")(X)


def test_key_of_another_type():
    with pytest.raises(TypeError, match="label_key must be int or str, but is <class 'float'>"):
        Classifier(Linear(4, 3), label_key=1.5)
