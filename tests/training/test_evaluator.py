from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dwbridge.configuration import config
from dwbridge.reporter import Reporter, report
from dwbridge.training import Trainer
from dwbridge.training.extensions import Evaluator
from dwbridge.training.iterators import SerialIterator


class Target:
    """Reports the mean of a batch, and in which mode it was called."""

    def __init__(self) -> None:
        self.calls: list[tuple[bool, bool]] = []

    def namedlinks(self, skipself: bool = False) -> list[tuple[str, Any]]:
        return []

    def __call__(self, x: np.ndarray) -> None:
        self.calls.append((config.train, config.enable_backprop))
        report({"mean": x.mean()}, self)


def _iterator(**options: Any) -> SerialIterator:
    return SerialIterator(np.arange(4.0), 2, **{"repeat": False, "shuffle": False, **options})


def test_means_without_a_trainer() -> None:
    target = Target()
    evaluator = Evaluator(_iterator(), target)
    for _ in range(2):  # the iterator starts anew
        assert evaluator() == {"main/mean": 1.5}
    assert target.calls == [(False, False)] * 4
    assert (config.train, config.enable_backprop) == (True, True)


def test_in_a_trainer_at_every_epochs_end(make_trainer: Callable[..., Trainer]) -> None:
    trainer = make_trainer(4, "iteration")
    target = Target()
    trainer.extend(Evaluator(_iterator(), target))
    trainer.run()
    assert len(target.calls) == 4
    assert trainer.observation["validation/main/mean"] == 1.5


def test_own_function_hook_and_converter() -> None:
    hooked = []
    target = Target()
    evaluator = Evaluator(
        {"main": _iterator()},
        {"main": target},
        converter=lambda batch, device: {"x": np.array(batch), "scale": 2},
        eval_hook=hooked.append,
        eval_func=lambda x, scale: report({"mean": scale * x.mean()}, target),
    )
    evaluator.name = "test"
    reporter = Reporter()
    with reporter:
        assert evaluator() == {"test/main/mean": 3.0}
    assert hooked == [evaluator]
    assert reporter.observation == {"test/main/mean": 3.0}
    assert evaluator.get_target("main") is target
    assert evaluator.get_iterator("main").epoch == 1


def test_a_tuple_of_arrays_is_spread() -> None:
    target = Target()
    evaluator = Evaluator(
        SerialIterator([(1.0, 2.0)], 1, repeat=False),
        target,
        eval_func=lambda a, b: report({"sum": float(a[0] + b[0])}, target),
    )
    assert evaluator() == {"main/sum": 3.0}


def test_an_iterator_that_never_ends_warns() -> None:
    with pytest.warns(UserWarning, match="the iterator 'main' repeats"):
        Evaluator(_iterator(repeat=True), Target())
