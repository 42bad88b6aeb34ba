"""Two threads, one link, different configurations: neither sees what the other does."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dwbridge import Parameter, Variable, config, grad, no_backprop_mode, using_config
from dwbridge import functions as F
from dwbridge.autograd.recording import recording
from dwbridge.links import BatchNormalization, DepthwiseConvolution2D, Link, Sequential

ROUNDS = 30


def together(*jobs: Callable[[threading.Barrier], Any]) -> list[Any]:
    """Runs each job in a thread of its own; in every round, all wait for each other at the barrier."""
    barrier = threading.Barrier(len(jobs), timeout=60)
    results: list[Any] = [None] * len(jobs)
    errors: list[BaseException] = []

    def run(index: int, job: Callable[[threading.Barrier], Any]) -> None:
        try:
            results[index] = job(barrier)
        except BaseException as error:
            errors.append(error)
            barrier.abort()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


@pytest.fixture
def model() -> Sequential:
    return Sequential(DepthwiseConvolution2D(3, 2, 3, pad=1), F.relu, DepthwiseConvolution2D(6, 1, 3))


@pytest.fixture
def x() -> np.ndarray:
    return np.random.standard_normal((2, 3, 6, 6)).astype(np.float32)


def test_one_records_and_the_other_does_not(model: Sequential, x: np.ndarray) -> None:
    def training(barrier: threading.Barrier) -> set[bool]:
        recorded = set()
        for _ in range(ROUNDS):
            barrier.wait()
            recorded.add(model(x).creator is not None)
        return recorded

    def inference(barrier: threading.Barrier) -> set[bool]:
        recorded = set()
        for _ in range(ROUNDS):
            with no_backprop_mode():
                barrier.wait()
                recorded.add(model(x).creator is not None)
        return recorded

    assert together(training, inference) == [{True}, {False}]
    assert config.enable_backprop


def test_one_trains_and_the_other_does_not(x: np.ndarray) -> None:
    layer = BatchNormalization(3, initial_avg_mean=5, initial_avg_var=4)
    layer.decay = 1.0  # the running statistics, which both share, stay

    def forward(train: bool) -> Callable[[threading.Barrier], list[np.ndarray]]:
        def job(barrier: threading.Barrier) -> list[np.ndarray]:
            with using_config("train", train):
                outputs = []
                for _ in range(ROUNDS):
                    barrier.wait()
                    outputs.append(layer(x).array)
                return outputs

        return job

    training, inference = together(forward(True), forward(False))
    for y in training:
        np.testing.assert_allclose(y.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    for y in inference:
        np.testing.assert_array_equal(y, inference[0])
        np.testing.assert_allclose(y, (x - 5) / np.sqrt(4 + 2e-5), rtol=1e-5)


def test_gradients_of_the_same_link_by_grad_are_each_threads_own(model: Sequential, x: np.ndarray) -> None:
    weights = list(model.params())

    def gradients(scale: float) -> list[np.ndarray]:
        loss = F.sum(model(x) * np.full((2, 6, 4, 4), scale, np.float32))
        return [g.array for g in grad([loss], weights) if g is not None]

    expected = {scale: gradients(scale) for scale in (1.0, 2.0)}

    def job(scale: float) -> Callable[[threading.Barrier], None]:
        def run(barrier: threading.Barrier) -> None:
            for _ in range(ROUNDS):
                barrier.wait()
                for ours, theirs in zip(gradients(scale), expected[scale]):
                    np.testing.assert_array_equal(ours, theirs)

        return run

    together(job(1.0), job(2.0))
    for param in weights:
        assert param.grad is not None
        assert np.isnan(param.grad).all()  # nobody touched it


def test_types_of_new_parameters_are_each_threads_own() -> None:
    def making(dtype: str) -> Callable[[threading.Barrier], set[str]]:
        def job(barrier: threading.Barrier) -> set[str]:
            made = set()
            with using_config("dtype", np.dtype(dtype)):
                for _ in range(ROUNDS):
                    barrier.wait()
                    made.add(DepthwiseConvolution2D(3, 1, 2, initialW=1).W.dtype.name)
            return made

        return job

    assert together(making("float16"), making("float64")) == [{"float16"}, {"float64"}]


def test_type_checks_and_debug_mode_are_each_threads_own(model: Sequential, x: np.ndarray) -> None:
    broken = np.full_like(x, np.nan)

    def careful(barrier: threading.Barrier) -> None:
        with using_config("debug", True):
            for _ in range(ROUNDS):
                barrier.wait()
                with pytest.raises(RuntimeError, match="NaN is detected on forward computation"):
                    model(broken)

    def careless(barrier: threading.Barrier) -> None:
        for _ in range(ROUNDS):
            barrier.wait()
            assert np.isnan(model(broken).array).any()

    together(careful, careless)


def test_recordings_are_each_threads_own(model: Sequential, x: np.ndarray) -> None:
    def listening(barrier: threading.Barrier) -> set[int]:
        lengths = set()
        for _ in range(ROUNDS):
            with recording() as tape:
                barrier.wait()
                model(x)
            lengths.add(len(tape))
        return lengths

    def working(barrier: threading.Barrier) -> None:
        for _ in range(ROUNDS):
            barrier.wait()
            F.sum(model(x)).backward()
            Variable(x) * 2

    assert together(listening, working)[0] == {3}


def test_a_scope_that_is_open_in_one_thread_is_open_in_the_other() -> None:
    # As in Chainer: the scope is of the link. Two threads do not build one link at the same time.
    link = Link()

    def building(barrier: threading.Barrier) -> None:
        with link.init_scope():
            barrier.wait()
            barrier.wait()

    def assigning(barrier: threading.Barrier) -> bool:
        barrier.wait()
        link.W = Parameter(1, (2,))
        barrier.wait()
        return "W" in link._params

    assert together(building, assigning)[1]
