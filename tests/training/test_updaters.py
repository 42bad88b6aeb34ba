"""Whole trainings, and what the updater does with batches."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dwbridge.links as L
from dwbridge import optimizers
from dwbridge.autograd import Variable
from dwbridge.datasets import TupleDataset
from dwbridge.serializers import load_npz, save_npz
from dwbridge.training import StandardUpdater, Trainer
from dwbridge.training.extensions import CosineShift, Evaluator, LogReport
from dwbridge.training.iterators import SerialIterator

# What Chainer 7.8.1 logs for `_trainer(Linear(4, 3))` below, to six digits.
CHAINERS_LOG = [
    {"main/loss": 0.999031, "main/accuracy": 0.555556, "validation/main/loss": 1.50866, "iteration": 3},
    {"main/loss": 0.789702, "main/accuracy": 0.666667, "validation/main/loss": 1.623276, "iteration": 5},
    {"main/loss": 0.81908, "main/accuracy": 0.833333, "validation/main/loss": 1.76379, "iteration": 7},
]


def _trainer(stop: tuple[int, str], out: Path) -> Trainer:
    random = np.random.RandomState(5)
    x, t = random.randn(10, 4).astype("f"), random.randint(0, 3, 10).astype("i")
    np.random.seed(11)
    model = L.Classifier(L.Linear(4, 3))
    optimizer = optimizers.MomentumSGD(lr=0.1)
    optimizer.setup(model)
    updater = StandardUpdater(SerialIterator(TupleDataset(x[:7], t[:7]), 3), optimizer)
    trainer = Trainer(updater, stop, out=out)
    held_out = SerialIterator(TupleDataset(x[7:], t[7:]), 2, repeat=False, shuffle=False)
    trainer.extend(Evaluator(held_out, model))
    trainer.extend(LogReport())
    return trainer


def test_a_training_is_chainers(tmp_path: Path) -> None:
    trainer = _trainer((3, "epoch"), tmp_path)
    trainer.run()
    log = trainer.get_extension("LogReport").log
    for entry, expected in zip(log, CHAINERS_LOG, strict=True):
        assert {name: entry[name] for name in expected} == pytest.approx(expected, abs=2e-6)


def _shifted(stop: int, out: Path) -> Trainer:
    trainer = _trainer((stop, "iteration"), out)
    trainer.extend(CosineShift("lr", 7))
    return trainer


def _entries(trainer: Trainer) -> list[dict[str, Any]]:
    return [entry | {"elapsed_time": None} for entry in trainer.get_extension("LogReport").log]


def test_a_resumed_training_ends_where_an_uninterrupted_one_does(tmp_path: Path) -> None:
    whole, file = _shifted(7, tmp_path), tmp_path / "snapshot.npz"
    whole.run()
    first = _shifted(4, tmp_path)
    first.run()
    save_npz(file, first)
    # A snapshot does not hold NumPy's global state, which the order of later sweeps is drawn from.
    state = np.random.get_state()
    second = _shifted(7, tmp_path)
    load_npz(file, second)
    np.random.set_state(state)
    second.run()
    assert _entries(second) == _entries(whole)


def test_a_snapshot_has_chainers_keys(tmp_path: Path) -> None:
    trainer = _shifted(4, tmp_path)
    trainer.run()
    save_npz(tmp_path / "snapshot.npz", trainer)
    with np.load(tmp_path / "snapshot.npz") as archive:
        keys = set(archive)
    assert {
        "updater/model:main/predictor/W",
        "updater/optimizer:main/predictor/W/v",
        "updater/optimizer:main/t",
        "updater/iterator:main/current_position",
        "updater/iterator:main/order",
        "updater/iteration",
        "extensions/LogReport/_log",
        "extension_triggers/validation/previous_iteration",
        "_snapshot_elapsed_time",
    } <= keys


class _Recorder:
    """An optimizer that notes what it is given."""

    def __init__(self) -> None:
        self.target = L.Linear(1, 1)
        self.updates: list[tuple] = []
        self.epochs = 0

    def update(self, loss_func: Callable, *args: Any, **kwargs: Any) -> None:
        self.updates.append((loss_func, args, kwargs))

    def new_epoch(self, auto: bool = False) -> None:
        assert auto
        self.epochs += 1


def _updated(examples: list, **options: Any) -> tuple[StandardUpdater, _Recorder]:
    optimizer = _Recorder()
    updater = StandardUpdater(SerialIterator(examples, 2, shuffle=False), optimizer, **options)
    updater.update()
    return updater, optimizer


def test_tuples_are_spread_over_positions() -> None:
    updater, optimizer = _updated([(1.0, 2), (3.0, 4)])
    ((loss_func, args, kwargs),) = optimizer.updates
    assert loss_func is optimizer.target
    assert [arg.tolist() for arg in args] == [[1, 3], [2, 4]]
    assert kwargs == {}
    assert (updater.iteration, updater.epoch, updater.is_new_epoch, optimizer.epochs) == (1, 1, True, 1)
    assert (updater.epoch_detail, updater.previous_epoch_detail) == (1.0, 0.0)


def test_dictionaries_are_spread_over_keywords() -> None:
    _, optimizer = _updated([{"x": 1.0}, {"x": 2.0}])
    assert optimizer.updates[0][2]["x"].tolist() == [1, 2]


def test_single_arrays_and_own_loss() -> None:
    def loss(x: Any) -> Variable:
        return Variable(x)

    _, optimizer = _updated([1.0, 2.0, 3.0], loss_func=loss, device=-1, auto_new_epoch=False)
    assert optimizer.updates[0][0] is loss
    assert optimizer.updates[0][1][0].tolist() == [1, 2]
    assert optimizer.epochs == 0


def test_several_by_name() -> None:
    iterators = {"main": SerialIterator([1.0], 1), "other": SerialIterator([2.0], 1)}
    recorders = {"main": _Recorder(), "other": _Recorder()}
    updater = StandardUpdater(iterators, recorders)
    assert updater.get_iterator("other") is iterators["other"]
    assert updater.get_optimizer("other") is recorders["other"]
    assert updater.get_all_optimizers() == recorders
