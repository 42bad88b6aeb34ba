"""The demo's trainings and samples, on few epochs."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dwbridge.cli.demo.samples import digit_samples
from dwbridge.cli.demo.training import Training, accuracy, fine_tune, mean_loss, train
from dwbridge.datasets import get_digits


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Training:
    return train(2, 5, tmp_path_factory.mktemp("train"), show_progress=False)


def test_what_training_reports(training: Training) -> None:
    _, held_out = get_digits()
    assert training.accuracy == pytest.approx(accuracy(training.model.predictor, held_out))
    assert training.held_out == len(held_out)
    assert [entry["epoch"] for entry in training.log] == [1, 2]
    assert training.log[1]["main/loss"] < training.log[0]["main/loss"]


def test_one_seed_one_network(training: Training, tmp_path: Path) -> None:
    again = train(2, 5, tmp_path, show_progress=False)
    for first, second in zip(training.model.params(), again.model.params(), strict=True):
        np.testing.assert_array_equal(first.array, second.array)
    assert list(tmp_path.iterdir()) == []


def test_one_epoch_more(training: Training) -> None:
    network = training.model.predictor.copy("copy")
    tuning = fine_tune(network, 0)
    examples, held_out = get_digits()
    assert tuning.loss_after < tuning.loss_before
    assert tuning.loss_after == mean_loss(network, examples)
    assert tuning.loss_before == mean_loss(training.model.predictor, examples)
    assert tuning.accuracy_after == accuracy(network, held_out)


def test_samples_show_all_mistakes_first() -> None:
    x, t = get_digits(withlabel=False)[1], [label for _, label in get_digits()[1][:]]

    class Oracle:
        """Knows the label of every image, and claims the next digit for the images 3 and 10."""

        def __call__(self, images: np.ndarray) -> Any:
            scores = np.eye(10, dtype=np.float32)[t] * 5
            scores[[3, 10]] = np.roll(scores[[3, 10]], 1, axis=1)
            return type("Scores", (), {"array": scores})

    samples = digit_samples(Oracle(), 4)
    assert [sample.predicted == sample.label for sample in samples] == [False, False, True, True]
    np.testing.assert_array_equal(samples[1].image, x[10, 0])
    np.testing.assert_array_equal(samples[2].image, x[0, 0])
    assert samples[0].predicted == (t[3] + 1) % 10
    assert samples[0].probability == pytest.approx(np.exp(5) / (np.exp(5) + 9))
