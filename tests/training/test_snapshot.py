"""Snapshots while training: names, when, how many stay, and going on from them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dwbridge.serializers import load_npz
from dwbridge.training import Trainer
from dwbridge.training.extensions import snapshot, snapshot_object


def files(trainer: Trainer) -> list[str]:
    return sorted(os.listdir(trainer.out))


class Counter:
    def __init__(self) -> None:
        self.count = 3

    def serialize(self, serializer) -> None:
        self.count = serializer("count", self.count)


def test_every_epoch_under_chainers_name(make_trainer: Callable[..., Trainer]) -> None:
    trainer = make_trainer(4, "iteration")
    trainer.extend(snapshot())
    trainer.run()
    assert trainer.get_extension("_Snapshot").name == "_Snapshot"
    assert files(trainer) == ["snapshot_iter_2", "snapshot_iter_4"]


def test_training_goes_on_from_it(make_trainer: Callable[..., Trainer]) -> None:
    first = make_trainer(2, "iteration")
    first.extend(snapshot())
    first.run()
    second = make_trainer(5, "iteration")
    second.extend(snapshot())
    load_npz(Path(first.out) / "snapshot_iter_2", second)
    assert second.updater.iteration == 2
    second.run()
    assert second.updater.iteration == 5


def test_object_by_a_function_of_ones_own(make_trainer: Callable[..., Trainer]) -> None:
    trainer = make_trainer(2, "iteration")
    seen: list[tuple[str, object]] = []
    target = Counter()
    save = lambda path, saved: seen.append((path, saved))  # noqa: E731
    trainer.extend(snapshot_object(target, "model_{.updater.iteration}", savefun=save), trigger=(1, "iteration"))
    trainer.run()
    assert seen == [(os.path.join(trainer.out, f"model_{i}"), target) for i in (1, 2)]


def test_name_from_a_function(make_trainer: Callable[..., Trainer]) -> None:
    trainer = make_trainer(2, "iteration")
    trainer.extend(snapshot_object(Counter(), lambda trainer: f"at_{trainer.updater.iteration}.npz"))
    trainer.run()
    assert files(trainer) == ["at_2.npz"]


def test_condition(make_trainer: Callable[..., Trainer]) -> None:
    trainer = make_trainer(4, "iteration")
    trainer.extend(snapshot(condition=lambda: trainer.updater.iteration > 2))
    trainer.run()
    assert files(trainer) == ["snapshot_iter_4"]


def test_only_the_newest_are_kept(make_trainer: Callable[..., Trainer]) -> None:
    trainer = make_trainer(5, "iteration")
    Path(trainer.out).mkdir(parents=True)
    (Path(trainer.out) / "log").write_text("")
    trainer.extend(snapshot(n_retains=2), trigger=(1, "iteration"))
    trainer.run()
    assert files(trainer) == ["log", "snapshot_iter_4", "snapshot_iter_5"]


def test_autoload_takes_the_newest(make_trainer: Callable[..., Trainer]) -> None:
    first = make_trainer(4, "iteration")
    first.extend(snapshot())
    first.run()
    second = make_trainer(4, "iteration")
    second.extend(snapshot(autoload=True))
    second.run()
    assert second.updater.iteration == 4
    assert second.updater.optimizer is not first.updater.optimizer
    assert files(second) == ["snapshot_iter_2", "snapshot_iter_4"]


def test_autoload_without_a_file_begins_anew(make_trainer: Callable[..., Trainer]) -> None:
    trainer = make_trainer(2, "iteration")
    trainer.extend(snapshot_object(Counter(), lambda trainer: "x", autoload=True))
    trainer.run()
    assert trainer.updater.iteration == 2


@pytest.mark.parametrize(("on_error", "expected"), [(True, ["snapshot_iter_1"]), (False, [])])
def test_after_an_error(make_trainer: Callable[..., Trainer], on_error: bool, expected: list[str]) -> None:
    def fail(trainer: Trainer) -> None:
        raise ValueError("wrong")

    trainer = make_trainer(4, "iteration")
    trainer.extend(snapshot(snapshot_on_error=on_error))
    trainer.extend(fail)
    with pytest.raises(ValueError, match="wrong"):
        trainer.run()
    assert files(trainer) == expected
