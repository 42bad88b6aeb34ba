"""A trainer whose updater only counts: two iterations make an epoch, the iteration is reported as the loss."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dwbridge.reporter import report
from dwbridge.training import Trainer


class _Link:
    def __init__(self) -> None:
        self.child = object()

    def namedlinks(self, skipself: bool = False) -> list[tuple[str, Any]]:
        return [("/child", self.child)]


class _Optimizer:
    alpha = 0.5

    def __init__(self) -> None:
        self.target = _Link()


class CountingUpdater:
    def __init__(self) -> None:
        self.iteration = 0
        self.finalized = False
        self.optimizer = _Optimizer()

    epoch_detail = property(lambda self: self.iteration / 2)
    epoch = property(lambda self: self.iteration // 2)
    is_new_epoch = property(lambda self: self.iteration % 2 == 0)

    def connect_trainer(self, trainer: Trainer) -> None:
        self.trainer = trainer

    def get_all_optimizers(self) -> dict[str, Any]:
        return {"main": self.optimizer}

    def get_optimizer(self, name: str) -> Any:
        return self.get_all_optimizers()[name]

    def update(self) -> None:
        self.iteration += 1
        report({"loss": float(self.iteration)}, self.optimizer.target)
        report({"norm": 1}, self.optimizer.target.child)

    def finalize(self) -> None:
        self.finalized = True

    def serialize(self, serializer: Any) -> None:
        self.iteration = serializer("iteration", self.iteration)


@pytest.fixture
def make_trainer(tmp_path: Path) -> Callable[..., Trainer]:
    def make(*stop: Any) -> Trainer:
        return Trainer(CountingUpdater(), stop or (3, "iteration"), out=tmp_path / "made" / "here")

    return make


@pytest.fixture
def trainer(make_trainer: Callable[..., Trainer]) -> Trainer:
    return make_trainer()
